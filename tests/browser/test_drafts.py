"""What is typed survives the window, the network and the server; nothing leaves past what somebody else wrote."""

import asyncio

from playwright.async_api import Page, expect

from tests.browser.composing import TEXT, editor, write
from tests.browser.product import STARTS_WITHIN, Product
from tests.browser.test_composer import choose
from tests.browser.test_live import OFF, live, opened
from tests.browser.visits import Visits, a_file

SAVED = "#composer .saved"


async def type_and_save(page: Page, text: str) -> None:
    await write(page, text)
    await expect(page.locator(SAVED)).to_contain_text("Saved")


async def drafts(product: Product, number: int) -> list[str]:
    sql = "SELECT d.text FROM hd_draft d JOIN hd_ticket t ON t.id = d.ticket WHERE t.number = $1 AND d.discarded_at IS NULL"
    return [row["text"] for row in await product.rows(sql, number)]


async def test_a_draft_waits_in_every_browser_of_its_author_and_in_the_view(visits: Visits, product: Product) -> None:
    number = await product.ticket("At home and at work")
    page = await opened(visits, number)
    await page.set_input_files("#composer input[type=file]", a_file("plan.txt"))
    await type_and_save(page, "begun at work")
    await choose(page, "note")
    await type_and_save(page, "for the team")
    other = await visits.visit("/console?view=drafts", as_="ben")
    await other.click(f"#row-{number} a")
    await expect(other.locator(TEXT)).to_have_value("for the team")
    await choose(other, "reply")
    await expect(other.locator(TEXT)).to_have_value("begun at work")
    await expect(other.locator("#composer .attachment:visible")).to_contain_text("plan.txt")
    assert sorted(await drafts(product, number)) == ["begun at work", "for the team"]


async def test_without_a_connection_it_is_kept_here_and_sent_when_that_is_back(
    visits: Visits, product: Product
) -> None:
    visits.expect(OFF, "ERR_FAILED")
    number = await product.ticket("In a tunnel")
    page = await opened(visits, number)
    await type_and_save(page, "before the tunnel")
    await page.context.set_offline(True)
    await write(page, "before the tunnel and in it")
    await expect(page.locator(SAVED)).to_contain_text("kept in this browser")
    assert await drafts(product, number) == ["before the tunnel"]
    await page.context.set_offline(False)
    await expect(page.locator(SAVED)).to_contain_text("Saved")
    assert await drafts(product, number) == ["before the tunnel and in it"]


async def test_a_killed_server_costs_no_word(visits: Visits, product: Product) -> None:
    visits.expect(OFF, "ERR_FAILED", "ERR_ABORTED")
    number = await product.ticket("Power cut")
    page = await opened(visits, number)
    await type_and_save(page, "saved before")
    product.desk.processes.pop("web").kill()
    await write(page, "saved before, typed after")
    await expect(page.locator(SAVED)).to_contain_text("kept in this browser")
    product.desk.start("web")
    await asyncio.to_thread(product.desk.wait_ready, seconds=STARTS_WITHIN)
    await page.reload()
    await expect(page.locator(TEXT)).to_have_value("saved before, typed after")
    await expect(page.locator(SAVED)).to_contain_text("Saved")
    assert await drafts(product, number) == ["saved before, typed after"]
    await live(page)


async def test_two_windows_lose_neither_text(visits: Visits, product: Product) -> None:
    number = await product.ticket("Two windows")
    first, second = await opened(visits, number), await opened(visits, number)
    await type_and_save(first, "what the first window says")
    await write(second, "what the second window says")
    await expect(second.locator(SAVED)).to_contain_text("another window")
    await second.click("#composer .draft-menu > summary")
    await second.click("#composer .version")
    await expect(second.locator(TEXT)).to_have_value("what the first window says")


async def test_discarding_is_undone(visits: Visits, product: Product) -> None:
    number = await product.ticket("Away with it")
    page = await opened(visits, number)
    await type_and_save(page, "not so good")
    await page.click("#composer .draft-menu > summary")
    await page.click("#composer [data-discard]")
    await expect(page.locator(TEXT)).to_have_value("")
    assert await drafts(product, number) == []
    await page.locator(".toast").get_by_role("button", name="Undo").click()
    await expect(page.locator(TEXT)).to_have_value("not so good")


async def test_undoing_a_send_brings_the_very_draft_back(visits: Visits, product: Product) -> None:
    number = await product.ticket("Too quick")
    page = await opened(visits, number)
    await page.click("#composer details.recipients > summary")
    await page.get_by_label("Cc", exact=True).fill("boss@customer.test eve@stranger.test,")
    await expect(page.locator("#composer .token")).to_have_count(3)
    await expect(page.locator("#composer-difference")).to_contain_text("New to this conversation")
    await write(page, "sent too quickly")
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.locator(TEXT)).to_have_value("")
    await page.locator(".toast.undo").get_by_role("button", name="Undo").click()
    await expect(page.locator(TEXT)).to_have_value("sent too quickly")
    await expect(page.locator("#composer summary bdi", has_text="eve@stranger.test")).to_be_visible()
    assert await drafts(product, number) == ["sent too quickly"]


async def test_a_newer_message_is_shown_before_anything_leaves(visits: Visits, product: Product) -> None:
    visits.expect("409")
    number = await product.ticket("At the same second")
    page = await opened(visits, number)
    await write(page, "my answer")
    await product.says(number, "Never mind, it works")
    await editor(page).press("Control+Enter")
    newer = page.locator("#composer .newer")
    await expect(newer).to_contain_text("Never mind, it works")
    await newer.get_by_role("button", name="Edit").click()
    await expect(editor(page)).to_be_focused()
    await expect(page.locator(TEXT)).to_have_value("my answer")
    assert len(await product.messages(number)) == 2
    await editor(page).press("Control+Enter")
    await expect(page.locator("#items .message.agent")).to_contain_text("my answer")


async def test_tokens_by_keyboard_and_the_sender_alone(visits: Visits, product: Product) -> None:
    mail = product.mail("Copied people", "Please answer all.")
    mail["Cc"] = "boss@customer.test, two@customer.test"
    await product.send(mail)
    sql = "SELECT number FROM hd_ticket WHERE subject = 'Copied people'"
    [row] = await product.until(lambda: product.rows(sql), bool)
    page = await opened(visits, row["number"])
    await page.click("#composer details.recipients > summary")
    copies = page.locator("#composer .recipient", has_text="Cc").first
    await expect(copies.locator(".token")).to_have_count(2)
    await copies.locator("input:not([type=hidden])").press("Backspace")
    await expect(copies.locator(".token")).to_have_count(1)
    await expect(page.locator("#composer-difference")).to_contain_text("two@customer.test")
    await page.click("[data-sender-only]")
    await expect(copies.locator(".token")).to_have_count(0)
    await write(page, "only you")
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.locator("#items .message.agent")).to_contain_text("only you")
    sent = (await product.messages(row["number"]))[-1]
    assert (sent["mail"]["to"], sent["mail"]["cc"]) == (["dora@customer.test"], [])


async def test_a_customer_is_found_while_typing_for_a_new_ticket(visits: Visits, product: Product) -> None:
    await product.ticket("Known by name", who=("zora@customer.test", "Zora Zadeh"))
    page = await visits.visit("/console/tickets/new", as_="ben")
    await page.fill("#who", "zora")
    await page.locator("#people-found .item").first.wait_for()
    await page.locator("#who").press("Enter")
    await expect(page.locator("#email")).to_have_value("zora@customer.test")
    await page.fill("#subject", "We call you back")
    await page.fill("#text", "At four.")
    await expect(page.locator(".page-head .saved")).to_contain_text("Saved")
    await page.reload()
    await expect(page.locator("#subject")).to_have_value("We call you back")
    await page.get_by_role("button", name="Open the ticket").click()
    await expect(page.locator("#items .message.agent")).to_contain_text("At four.")
