"""What is done with a ticket as a whole, in a browser."""

import re

from playwright.async_api import expect

from tests.browser.composing import write
from tests.browser.product import Product
from tests.browser.test_live import live, opened
from tests.browser.visits import Visits


async def test_a_ticket_is_snoozed_in_ones_own_words_and_taken_back(visits: Visits, product: Product) -> None:
    number = await product.ticket("Not today", "Later, please.")
    page = await opened(visits, number)
    await page.click("#snooze-menu > summary")
    await page.fill("#until", "tomorrow at 3")
    await expect(page.locator("#understood")).to_have_text(re.compile("15:00"))
    await page.fill("#until", "whenever")
    await expect(page.locator("#understood")).to_have_text(re.compile("not understood"))
    await page.fill("#until", "in 2 days")
    await page.keyboard.press("Enter")
    await expect(page.locator("#snooze-menu > summary")).to_have_text(re.compile("Until"))
    await expect(page.locator("#items")).to_contain_text("snoozed the ticket until")
    await page.locator(".toast", has_text="Snoozed").get_by_role("button", name="Undo").click()
    await expect(page.locator("#snooze-menu > summary")).to_have_text(re.compile("Snooze"))
    assert (await product.call("GET", f"/tickets/{number}"))["snoozed_until"] is None


async def test_the_subject_is_changed_where_it_stands(visits: Visits, product: Product) -> None:
    number = await product.ticket("Untitled", "Hello.")
    page = await opened(visits, number)
    await page.fill("#conversation-header input[name=subject]", "A better name")
    await page.keyboard.press("Enter")
    await expect(page.locator("#items")).to_contain_text("A better name")
    await expect(page.locator(f"#row-{number} .subject")).to_contain_text("A better name")
    assert (await product.call("GET", f"/tickets/{number}"))["subject"] == "A better name"


async def test_tags_are_edited_one_by_one_with_suggestions(visits: Visits, product: Product) -> None:
    other = await product.ticket("Tagged", "Hello.")
    await product.call("PATCH", f"/tickets/{other}", {"tags": ["vat-2026"]})
    number = await product.ticket("To be tagged", "Hello.")
    page = await opened(visits, number)
    await page.click("#conversation-header summary[aria-label=Tags]")
    await page.locator("#conversation-header .tags-editor input").focus()
    await expect(page.locator("#tags-known option[value='vat-2026']")).to_have_count(1)
    await page.keyboard.type("refund,")
    await page.keyboard.type("vip")
    await page.keyboard.press("Enter")
    await page.keyboard.type("half")
    await page.get_by_role("button", name="Remove vip").click()
    await page.locator(".conversation-fields form:has(#tags) button.primary").click()
    await expect(page.locator("#items")).to_contain_text("half, refund")
    assert (await product.call("GET", f"/tickets/{number}"))["tags"] == ["half", "refund"]


async def test_an_open_page_shows_what_a_merge_brings_and_keeps_what_is_typed(visits: Visits, product: Product) -> None:
    first = await product.ticket("The first", "The very first words.")
    second = await product.ticket("The second", "Words in between.")
    await product.says(first, "The last words.")
    page = await opened(visits, first)
    await write(page, "half a thought")
    await product.call("POST", f"/tickets/{second}/merge", {"into": first})
    await expect(page.locator("#items")).to_contain_text("merged ticket")
    said = await page.locator("#items .message .body").all_inner_texts()
    assert [text.strip() for text in said] == ["The very first words.", "Words in between.", "The last words."]
    await expect(page.locator("#composer textarea")).to_have_value("half a thought")
    await product.call("DELETE", f"/tickets/{second}/merge")
    await expect(page.locator("#items .message")).to_have_count(2)


async def test_a_merged_number_opens_the_other_ticket_and_undoes(visits: Visits, product: Product) -> None:
    first = await product.ticket("A door", "One.")
    second = await product.ticket("B door", "Two.")
    page = await opened(visits, second)
    await page.locator("#conversation-header").get_by_label("More", exact=True).click()
    await page.get_by_role("link", name="Merge into…").click()
    await page.fill("#typed", str(first))
    await page.get_by_role("button", name="Merge", exact=True).click()
    await expect(page.locator("#banner")).to_contain_text(f"#{second} was merged into this one")
    await expect(page.locator("#conversation")).to_have_attribute("data-number", str(first))
    await page.get_by_role("button", name="Undo the merge").click()
    await expect(page.locator("#conversation")).to_have_attribute("data-number", str(second))


async def test_earlier_messages_come_without_a_jump_and_a_copied_link_finds_its_message(
    visits: Visits, product: Product
) -> None:
    number = await product.ticket("A long one", "The beginning.")
    for n in range(60):
        await product.call("POST", f"/tickets/{number}/messages", {"audience": "internal", "body_text": f"Note {n}"})
    messages = await product.call("GET", f"/tickets/{number}/messages?limit=5")
    page = await opened(visits, number)
    await expect(page.get_by_text("Note 59", exact=True)).to_be_in_viewport()
    await page.evaluate("document.getElementById('timeline').scrollTop = 0")
    place = "document.querySelector('#items > [data-key^=m]').getBoundingClientRect().top"
    top = "(() => { const shown = [...document.querySelectorAll('#items > [data-key^=m]')].find((one) => one.innerText.includes('Note 20')); return shown.getBoundingClientRect().top; })()"
    assert await page.evaluate(place)
    before = await page.evaluate(top)
    await page.get_by_role("link", name="Earlier messages").click()
    await expect(page.locator("#items > .more")).to_have_count(0)
    assert abs(await page.evaluate(top) - before) < 60, "but for the line of the button that went"
    days = await page.locator("#items > .divider[id^=day]").evaluate_all("all => all.map((one) => one.id)")
    assert len(days) == len(set(days))
    link = await visits.visit(f"/console/tickets/{number}#item-m{messages['items'][0]['id']}", as_="ben")
    await live(link)
    await expect(link.get_by_text("The beginning.").last).to_be_in_viewport()


async def test_the_pages_around_a_ticket_are_clean(visits: Visits, product: Product) -> None:
    number = await product.ticket("Pages", "Words.")
    [message] = (await product.call("GET", f"/tickets/{number}/messages"))["items"]
    for path in (f"/console/tickets/{number}/merge", f"/console/tickets/{number}/print", f"/console/tickets/{number}/transcript",
                 f"/console/messages/{message['id']}/split", f"/console/messages/{message['id']}/redaction"):  # fmt: skip
        page = await visits.visit(path, as_="alma")
        await expect(page.locator("main h1")).to_be_visible()
        assert visits.unexpected() == [], path
