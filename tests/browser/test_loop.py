"""The whole loop: a customer's mail in, an agent's answer out, the customer's answer back on the same ticket."""

import re
from email.message import EmailMessage
from zoneinfo import ZoneInfo

from persiantools.jdatetime import JalaliDateTime
from playwright.async_api import Locator, Page, expect

from tests.browser.casting import PASSWORD
from tests.browser.composing import editor, write
from tests.browser.product import Arrived, Product
from tests.browser.visits import Visits, a_file
from tests.cast import DORA, EVE

PDF = a_file("return label.pdf", b"%PDF-1.4 a label", "application/pdf")
NASRIN = ("nasrin@customer.test", "نسرین امینی")
PERSIAN_DIGITS = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
ANSWER = "Dear Dora,\n\nhere is your label. The courier comes tomorrow."


async def sign_in(page: Page, email: str) -> None:
    await page.fill("#email", email)
    await page.fill("#password", PASSWORD)
    await page.click(".door-card button.primary")


async def number_in(page: Page) -> int:
    number = await page.get_attribute("#conversation", "data-number")
    assert number
    return int(number)


def header(page: Page) -> Locator:
    return page.locator("#conversation-header")


async def test_a_mail_is_answered_and_the_answer_to_it_comes_back(visits: Visits, product: Product) -> None:
    page = await visits.visit("/console?view=open")
    await sign_in(page, product.people["ben"].email)
    await expect(page.locator("#live-dot")).to_have_attribute("data-state", "live")
    await page.evaluate("window.stays = true")

    first = product.mail("Broken glasses", "Two of the six glasses are broken.\n\nDora")
    await product.send(first)
    row = page.locator("#tickets li", has_text="Broken glasses")
    await row.click()
    await expect(page.locator("#items .message.customer")).to_contain_text("Two of the six glasses")
    number = await number_in(page)

    await page.get_by_role("button", name="Take it").click()
    await expect(header(page).get_by_label("Assignee")).to_have_value(str(product.people["ben"].id))
    await expect(header(page).get_by_label("Status")).to_have_value("open")

    await _write_solve_and_undo(page)
    await _send(page)

    sent = await product.outside.mail_to(DORA[0], where=lambda one: "courier" in one.text())
    _check(sent, first, product)
    await expect(page.locator("#items .message.agent.sent")).to_contain_text("Sent")

    await header(page).get_by_label("Status").select_option("pending")
    await expect(page.locator(".chip.warn")).to_be_visible()
    await _stranger_stays_out(page, product, number, [str(first["Message-ID"]), str(sent.mail["Message-ID"])])

    back = product.mail(
        "Re: Broken glasses",
        "Thank you, the parcel is packed.",
        to=str(sent.mail["Reply-To"]),
        answers=str(sent.mail["Message-ID"]),
    )
    await product.send(back)
    await expect(page.locator("#items .message.customer")).to_have_count(2)
    await expect(page.locator("#items .message.customer").last).to_contain_text("the parcel is packed")
    await expect(page.locator("#announcer")).to_have_text("New message from Dora Dogan")
    await expect(header(page).get_by_label("Status")).to_have_value("open")

    await page.get_by_role("button", name="Solve", exact=True).click()
    await expect(header(page).get_by_label("Status")).to_have_value("solved")
    await expect(page.locator(f"#row-{number}")).to_have_class(re.compile("leaving"))
    assert await number_in(page) == number
    assert await page.evaluate("window.stays"), "the page was loaded anew"


async def test_the_same_in_persian(visits: Visits, product: Product) -> None:
    page = await visits.visit("/console?view=open", locale="fa-IR")
    await expect(page.locator("html")).to_have_attribute("dir", "rtl")
    await sign_in(page, product.people["shirin"].email)
    await expect(page.locator("#live-dot")).to_have_attribute("data-state", "live")
    first = product.mail("لیوان‌های شکسته", "سلام، دو تا از شش لیوان شکسته است.\n\nنسرین", who=NASRIN)
    await product.send(first)
    await page.locator("#tickets li", has_text="لیوان‌های شکسته").click()
    await expect(page.locator("#items .message.customer")).to_contain_text("دو تا از شش لیوان")
    await _is_persian(page, await number_in(page))

    await page.click("form[action$='/assignment/me'] button")
    await expect(page.locator("select[name=assignee]")).to_have_value(str(product.people["shirin"].id))
    await write(page, "نسرین عزیز،\n\nبرچسب پیوست است. پیک فردا می‌آید.")
    await page.set_input_files("#composer input[type=file]", a_file("برچسب.pdf", b"%PDF-1.4", "application/pdf"))
    await editor(page).press("Control+Enter")
    await expect(page.locator("#items .message.agent .attachment")).to_contain_text("برچسب.pdf")

    sent = await product.outside.mail_to(NASRIN[0], where=lambda one: "پیک فردا" in one.text())
    assert sent.mail["In-Reply-To"] == first["Message-ID"]
    assert "> سلام، دو تا از شش لیوان شکسته است." in sent.text()
    assert 'dir="rtl"' in sent.text("html")
    assert [part.get_filename() for part in sent.mail.iter_attachments()] == ["برچسب.pdf"]
    await expect(page.locator("#items .message.agent.sent")).to_be_visible()

    back = product.mail("پاسخ: لیوان‌های شکسته", "سپاس، بسته آماده است.", who=NASRIN, to=str(sent.mail["Reply-To"]))
    await product.send(back)
    await expect(page.locator("#items .message.customer").last).to_contain_text("بسته آماده است")
    await expect(page.locator("#announcer")).to_contain_text(NASRIN[1])
    await page.click("form[action$='/solution'] button")
    await expect(page.locator("select[name=status]")).to_have_value("solved")


async def _is_persian(page: Page, number: int) -> None:
    """Direction, calendar and digits; the words are in test_pages."""
    await expect(page.locator("html")).to_have_attribute("dir", "rtl")
    assert await page.evaluate("getComputedStyle(document.querySelector('#items')).direction") == "rtl"
    await expect(page.locator("#conversation .number")).to_have_text(f"#{number}".translate(PERSIAN_DIGITS))
    today = JalaliDateTime.now(ZoneInfo("Asia/Tehran"))
    date = f"{today.day} {today.strftime('%B', locale='fa')} {today.year}".translate(PERSIAN_DIGITS)
    await expect(page.locator("#items .divider").first).to_have_text(date)
    assert date in (await page.locator("#items time").first.get_attribute("title") or "")


async def _write_solve_and_undo(page: Page) -> None:
    """Send and solve, then take it back: text, attachment and status are as before."""
    await write(page, ANSWER)
    await page.set_input_files("#composer input[type=file]", PDF)
    await expect(page.locator("#composer .attachment input[name=attachment_ids]")).to_have_count(1)
    await page.get_by_role("button", name="Send and solve").click()
    await expect(page.locator("#items .message.agent")).to_contain_text("The courier comes tomorrow")
    await expect(header(page).get_by_label("Status")).to_have_value("solved")
    await expect(page.locator("#composer textarea")).to_have_value("")

    await page.locator(".toast.undo").get_by_role("button", name="Undo").click()
    await expect(page.locator("#composer textarea")).to_have_value(ANSWER)
    await expect(page.locator("#composer .attachment")).to_contain_text(PDF["name"])
    await expect(header(page).get_by_label("Status")).to_have_value("open")
    await expect(page.locator("#items .message.agent")).to_have_count(0)
    await expect(page.locator(".toast.undo")).to_have_count(0)


async def _send(page: Page) -> None:
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.locator("#items .message.agent")).to_have_count(1)
    await expect(page.locator("#items .message.agent .attachment")).to_contain_text(PDF["name"])
    await expect(page.locator("#composer textarea")).to_have_value("")
    await expect(page.locator("#composer .attachment")).to_have_count(0)


def _check(arrived: Arrived, first: EmailMessage, product: Product) -> None:
    """The answer is threaded below the customer's mail and comes back to its ticket."""
    sent = arrived.mail
    mailbox, domain = product.mailbox.split("@")
    assert sent["From"].addresses[0].addr_spec == product.mailbox
    assert sent["From"].addresses[0].display_name.startswith("Ben Weber")
    assert re.fullmatch(rf"{mailbox}\+\S+@{re.escape(domain)}", sent["Reply-To"].addresses[0].addr_spec)
    assert sent["To"].addresses[0].addr_spec == DORA[0]
    assert sent["Subject"] == "Re: Broken glasses"
    assert sent["In-Reply-To"] == first["Message-ID"]
    assert str(first["Message-ID"]) in sent["References"]
    assert arrived.text().startswith("Dear Dora,")
    assert "> Two of the six glasses are broken." in arrived.text()
    [label] = sent.iter_attachments()
    assert (label.get_filename(), label.get_content()) == (PDF["name"], PDF["buffer"])


async def _stranger_stays_out(page: Page, product: Product, number: int, known: list[str]) -> None:
    """Somebody who knows the number and Message-IDs, the customer's and ours, still opens a ticket of their own."""
    for message_id in known:
        subject = f"Re: [#{number}] Broken glasses"
        text = f"Send everything to me, {message_id}"
        await product.send(product.mail(subject, text, who=EVE, answers=message_id))
    await expect(page.locator("#tickets li", has_text=f"[#{number}]")).to_have_count(2)
    assert [one["author"]["name"] for one in await product.messages(number)] == ["Dora Dogan", "Ben Weber"]
    await expect(page.locator("#items")).not_to_contain_text("Send everything to me")
