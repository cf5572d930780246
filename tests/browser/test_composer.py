"""What an agent writes is sent once, and whatever happens it is not lost."""

import asyncio

from playwright.async_api import Page, Route, expect

from tests.browser.composing import TEXT, editor, write
from tests.browser.product import Product
from tests.browser.test_live import opened
from tests.browser.visits import Visits, a_file

FILES = "#composer input[type=file]"


async def choose(page: Page, mode: str) -> None:
    await page.check(f"#composer [name=mode][value={mode}]", force=True)


async def texts_of(product: Product, number: int) -> list[str]:
    return [one["body_text"] for one in await product.messages(number)]


async def test_reply_and_note_have_a_text_and_files_of_their_own(visits: Visits, product: Product) -> None:
    number = await product.ticket("Two drafts")
    page = await opened(visits, number)
    await write(page, "for the customer")
    await choose(page, "note")
    await expect(page.locator(TEXT)).to_have_value("")
    await write(page, "for the team")
    await page.set_input_files(FILES, a_file("secret.txt"))
    await expect(page.locator("#composer .attachment input")).to_have_count(1)

    await choose(page, "reply")
    await expect(page.locator(TEXT)).to_have_value("for the customer")
    await expect(page.locator("#composer .attachment")).to_be_hidden()
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.locator("#items .message.agent")).to_contain_text("for the customer")
    await choose(page, "note")
    await expect(page.locator(TEXT)).to_have_value("for the team")
    await page.get_by_role("button", name="Add note").click()
    await expect(page.locator("#items .message.note")).to_contain_text("secret.txt")

    files = [[file["name"] for file in one["attachments"]] for one in await product.messages(number)]
    assert files == [[], [], ["secret.txt"]]


async def test_sending_waits_for_uploads_and_two_clicks_send_once(visits: Visits, product: Product) -> None:
    number = await product.ticket("In a hurry")
    page = await opened(visits, number)

    async def slowly(route: Route) -> None:
        await asyncio.sleep(0.7)
        await route.continue_()

    await page.route("**/console/uploads", slowly)
    await write(page, "with a file, quickly")
    await page.set_input_files(FILES, a_file("quick.txt"))
    await page.get_by_role("button", name="Send", exact=True).dblclick()
    await editor(page).press("Control+Enter")
    await expect(page.locator("#items .message.agent .attachment")).to_contain_text("quick.txt")
    await write(page, "without a file")
    await page.get_by_role("button", name="Send", exact=True).dblclick()
    await expect(page.locator("#items .message.agent")).to_have_count(2)

    assert await texts_of(product, number) == ["Please help.", "with a file, quickly", "without a file"]


async def test_a_file_that_will_not_do_is_refused_by_name(visits: Visits, product: Product) -> None:
    visits.expect("422")
    page = await opened(visits, await product.ticket("Too large"))
    await page.evaluate("document.querySelector('#composer').dataset.maxBytes = 10")
    await page.set_input_files(FILES, a_file("huge.bin", b"x" * 11))
    await expect(page.locator(".toast.bad")).to_contain_text("huge.bin")
    await expect(page.locator("#composer .attachment")).to_have_count(0)


async def test_a_refused_reply_keeps_its_text_and_says_why(visits: Visits, product: Product) -> None:
    visits.expect("422")
    number = await product.ticket("Too long a letter")
    page = await opened(visits, number)
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.locator("#composer-error")).to_contain_text("Write something")

    letter = "word " * 40_001
    await write(page, letter)
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.locator("#composer-error")).to_contain_text("too long")
    assert (await page.input_value(TEXT)).strip() == letter.strip()
    await expect(page.locator(".toast.bad")).to_have_count(0)
    assert len(await product.messages(number)) == 1


async def test_a_server_in_trouble_costs_no_text(visits: Visits, product: Product) -> None:
    visits.expect("500", "ERR_FAILED")
    number = await product.ticket("Try again")
    page = await opened(visits, number)

    async def fail(route: Route) -> None:
        await route.fulfill(status=500, body="")

    await page.context.route("**/replies", fail)
    await write(page, "an answer")
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.locator(".toast.bad")).to_contain_text("500")
    await expect(page.locator(TEXT)).to_have_value("an answer")
    await page.context.unroute("**/replies")
    await page.reload()
    await expect(page.locator(TEXT)).to_have_value("an answer")
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.locator("#items .message.agent")).to_contain_text("an answer")


async def test_text_is_kept_for_each_ticket(visits: Visits, product: Product) -> None:
    first, second = await product.ticket("One of two"), await product.ticket("Two of two")
    page = await opened(visits, first)
    await write(page, "for the first")
    await page.click(f"#row-{second} a")
    await expect(page.locator("#conversation")).to_have_attribute("data-number", str(second))
    await expect(page.locator(TEXT)).to_have_value("")
    assert f"/tickets/{second}" in page.url
    await expect(page.locator("#tickets a[aria-current]")).to_have_count(1)
    await write(page, "for the second")
    await page.click(f"#row-{first} a")
    await expect(page.locator(TEXT)).to_have_value("for the first")


async def test_two_agents_changing_one_field_see_both_values(visits: Visits, product: Product) -> None:
    visits.expect("409")
    number = await product.ticket("High or urgent")
    page = await opened(visits, number)
    await page.focus("select[name=priority]")  # what is in use is not renewed
    await product.call("PATCH", f"/tickets/{number}", {"priority": "urgent"})
    await expect(page.locator(f"#row-{number} .dot")).to_have_class("dot urgent")

    await page.select_option("select[name=priority]", "high")
    banner = page.locator("#banner")
    await expect(banner).to_contain_text("Alma Admin")
    await expect(banner.locator("dd")).to_have_text(["High", "Urgent"])
    await expect(page.locator(".toast.bad")).to_have_count(0)
    assert (await product.call("GET", f"/tickets/{number}"))["priority"] == "urgent"

    await banner.get_by_role("button", name="Keep mine").click()
    await expect(page.locator("select[name=priority]")).to_have_value("high")
    await expect(banner).to_be_empty()
    assert (await product.call("GET", f"/tickets/{number}"))["priority"] == "high"
