"""Two agents at one ticket see each other: in the list, in the header, and before they write the same answer."""

import re

from playwright.async_api import Page, expect

from tests.browser.composing import begin
from tests.browser.product import Product
from tests.browser.test_live import live
from tests.browser.visits import Visits

TYPED = "[...document.querySelectorAll('#composer textarea, #composer [contenteditable]')].map(one => one.value ?? one.innerText).join()"
BEAT = re.compile(r"/console/live/presence$")


async def test_a_colleague_is_seen_looking_then_writing_then_gone(visits: Visits, product: Product) -> None:
    number = await product.ticket("Who is here?")
    cleo = await visits.visit("/console?view=unassigned", as_="cleo")
    await live(cleo)
    corner = cleo.locator(f"#row-{number} .presence")

    ben = await visits.visit(f"/console/tickets/{number}?view=unassigned", as_="ben")
    await expect(corner).to_have_attribute("title", "Looking: Ben Weber")
    await _write(ben, "Dear Dora")
    await expect(corner).to_have_class("presence writing")
    await expect(cleo.locator(f"#row-{number}")).to_contain_text("Writing: Ben Weber")
    await expect(ben.locator(f"#row-{number} .presence")).to_have_count(0)  # nobody is told of themselves
    await ben.goto(f"{product.url}/console?view=open")
    await expect(corner).to_have_count(0)


async def test_writing_costs_a_request_when_it_begins_and_none_for_a_key(visits: Visits, product: Product) -> None:
    number = await product.ticket("Many keys")
    ben = await visits.visit(f"/console/tickets/{number}?view=unassigned", as_="ben")
    await live(ben)
    beats: list[str] = []
    ben.on("request", lambda request: beats.append(request.url) if BEAT.search(request.url) else None)
    await _write(
        ben, "A hundred keys are pressed here, and nobody but the person who presses them is troubled by any of it."
    )
    assert 1 <= len(beats) <= 2, "the change, and perhaps the beat of every ten seconds"


async def test_a_ticket_is_taken_over_with_a_word_why_and_the_draft_is_kept(visits: Visits, product: Product) -> None:
    number = await product.ticket("Taken over")
    ben = await visits.visit(f"/console/tickets/{number}?view=unassigned", as_="ben")
    cleo = await visits.visit(f"/console/tickets/{number}?view=unassigned", as_="cleo")
    await live(ben)
    await live(cleo)
    await _write(ben, "Half an answer")
    bar = cleo.locator("#writing-bar")
    await expect(bar).to_contain_text("Ben Weber is replying")
    await expect(cleo.locator("#also-here .avatar.writing")).to_have_text("BW")

    await bar.get_by_role("button", name="Watch").click()
    await expect(bar).to_be_hidden()
    await cleo.reload()
    await bar.get_by_role("button", name="Take over…").click()
    await cleo.get_by_label("A note for the team: why").fill("I know this customer")
    await cleo.locator("#take-over").get_by_role("button", name="Take over", exact=True).click()

    await expect(cleo.locator("#take-over")).to_be_hidden()
    await expect(cleo.locator("#items")).to_contain_text("Cleo Dubois took the ticket over from Ben Weber")
    await expect(cleo.locator("#items .message.note")).to_contain_text("I know this customer")
    await expect(ben.locator(".toast")).to_contain_text("Cleo Dubois took this ticket over. What you wrote is kept.")
    assert "Half an answer" in await ben.evaluate(TYPED)
    await ben.goto(f"{product.url}/console/notices?show=all")  # the open page has read it
    await expect(ben.locator("main")).to_contain_text("A colleague took your ticket over")


async def _write(page: Page, text: str) -> None:
    await begin(page)
    await page.keyboard.type(text)
