"""The list of tickets stands still, tells what is unread, and is as wide as its reader wants it."""

import re
from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Page, expect

from tests.browser.product import Product
from tests.browser.visits import Visits

MOST_SHIFT = 0.02
WATCH_SHIFTS = """
window.shifted = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    window.shifted.push({ value: entry.value, what: entry.sources.map((one) => one.node?.className ?? one.node?.nodeName) });
  }
}).observe({ type: "layout-shift", buffered: true });
"""
"""Every shift counts, those soon after a click too, which browsers leave out of what they report."""


@pytest_asyncio.fixture(loop_scope="session")
async def desk(product: Product) -> AsyncIterator[list[int]]:
    """Fifteen tickets in nobody's hands, more than the list shows at once."""
    yield [
        await product.ticket(f"Standing still, number {n}", "A parcel did not come.\n\n" * (1 + n % 4))
        for n in range(15)
    ]
    await product.rows("UPDATE hd_ticket SET status = 'solved' WHERE subject LIKE 'Standing still%'")


async def watched(visits: Visits, product: Product, path: str) -> Page:
    page = await visits.visit(as_="cleo")
    await page.add_init_script(WATCH_SHIFTS)
    await page.goto(product.url + path)
    await expect(page.locator("#live-dot")).to_have_attribute("data-state", "live")
    return page


async def shift_of(page: Page) -> tuple[float, list[object]]:
    await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    found = await page.evaluate("window.shifted")
    return sum(one["value"] for one in found), found


async def test_nothing_jumps_while_tickets_are_opened(visits: Visits, product: Product, desk: list[int]) -> None:
    page = await watched(visits, product, "/console?view=unassigned")
    for number in desk[-8:]:
        await page.click(f"#row-{number} > a")
        await expect(page.locator("#conversation")).to_have_attribute("data-number", str(number))
        await expect(page.locator(f"#row-{number}")).not_to_have_class(re.compile("unread"))
    total, shifts = await shift_of(page)
    assert total < MOST_SHIFT, shifts


async def test_nothing_jumps_while_rows_arrive(visits: Visits, product: Product, desk: list[int]) -> None:
    page = await watched(visits, product, f"/console/tickets/{desk[-1]}?view=unassigned")
    for n in range(3):
        number = await product.ticket(f"Standing still, arriving {n}")
        await expect(page.locator(f"#row-{number}")).to_be_attached()
    await product.says(desk[3], "And this one moves up in other people's lists")
    await expect(page.locator(f"#row-{desk[3]} .preview")).to_contain_text("And this one")
    total, shifts = await shift_of(page)
    assert total < MOST_SHIFT, shifts
    await page.get_by_role("button", name="New tickets above").click()
    await expect(page.locator("#tickets > li").first).to_be_in_viewport()
    await expect(page.locator(".list .above")).to_have_count(0)


async def test_what_is_read_loses_its_dot_and_can_be_marked_as_unread(
    visits: Visits, product: Product, desk: list[int]
) -> None:
    number, row = desk[7], f"#row-{desk[7]}"
    page = await visits.visit("/console?view=unassigned", as_="cleo")
    await expect(page.locator(row)).to_have_class(re.compile("unread"))
    await page.click(f"{row} > a")
    await expect(page.locator(row)).not_to_have_class(re.compile("unread"))
    await page.click(f"#row-{desk[6]} > a")
    await expect(page.locator("#conversation")).to_have_attribute("data-number", str(desk[6]))
    await product.says(number, "Is anybody there?")
    await expect(page.locator(row)).to_have_class(re.compile("unread"))
    await page.click(f"{row} > a")
    await expect(page.locator(row)).not_to_have_class(re.compile("unread"))
    await page.locator("#conversation-header").get_by_label("More", exact=True).click()
    await page.get_by_role("button", name="Mark as unread").click()
    await page.wait_for_url("**/console?view=unassigned")
    await expect(page.locator(row)).to_have_class(re.compile("unread"))


async def test_a_finished_row_leaves_with_the_next_navigation(
    visits: Visits, product: Product, desk: list[int]
) -> None:
    page = await watched(visits, product, f"/console/tickets/{desk[2]}?view=unassigned")
    await product.call("PATCH", f"/tickets/{desk[2]}", {"status": "solved"})
    await expect(page.locator(f"#row-{desk[2]}")).to_have_class(re.compile("leaving"))
    await page.click(f"#row-{desk[5]} > a")
    await expect(page.locator(f"#row-{desk[2]}")).to_have_count(0)
    await page.go_back()
    await expect(page.locator("#conversation")).to_have_attribute("data-number", str(desk[2]))


async def test_one_row_is_reached_by_tab_and_the_others_by_arrows(visits: Visits, desk: list[int]) -> None:
    page = await visits.visit("/console?view=unassigned", as_="cleo")
    links = page.locator("#tickets > li.ticket > a")
    await expect(page.locator('#tickets > li.ticket > a[tabindex="0"]')).to_have_count(1)
    await links.nth(0).focus()
    await page.keyboard.press("ArrowDown")
    await expect(links.nth(1)).to_be_focused()
    await page.keyboard.press("End")
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("Home")
    await expect(links.nth(0)).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("#conversation[data-number]")).to_have_count(1)


async def test_widths_are_moved_by_keys_and_pointer_and_remembered(
    visits: Visits, product: Product, desk: list[int]
) -> None:
    for language, person in (("en", "cleo"), ("fa", "shirin")):
        page = await visits.visit("/console?view=unassigned", as_=person)
        line = page.locator(".splitter.of-list")
        before = await width(page, "#list")
        async with page.expect_response("**/console/panes"):
            await line.press("ArrowRight" if language == "en" else "ArrowLeft")
        assert await width(page, "#list") == before + 16
        await expect(line).to_have_attribute("aria-valuenow", str(before + 16))
        box = await line.bounding_box()
        assert box
        x, y = box["x"] + box["width"] / 2, box["y"] + 300
        await page.mouse.move(x, y)
        await page.mouse.down()
        await page.mouse.move(x + (50 if language == "en" else -50), y, steps=4)
        async with page.expect_response("**/console/panes"):
            await page.mouse.up()
        assert await width(page, "#list") == before + 66
        await page.reload()
        assert await width(page, "#list") == before + 66
    await product.rows("DELETE FROM hd_panes")


async def test_a_table_shows_one_thing_at_a_time_and_back_works(
    visits: Visits, product: Product, desk: list[int]
) -> None:
    page = await visits.visit("/console?view=unassigned", as_="cleo")
    await page.get_by_role("button", name="Whole table").click()
    await expect(page.locator(".columns")).to_be_visible()
    await expect(page.locator("#conversation")).to_be_hidden()
    await page.click(f"#row-{desk[4]} > a")
    await expect(page.locator("#conversation h1")).to_be_visible()
    await expect(page.locator("#list")).to_be_hidden()
    await page.go_back()
    await expect(page.locator(f"#row-{desk[4]}")).to_be_visible()
    await page.click(f"#row-{desk[4]} > a")
    await page.locator("#conversation-header").get_by_label("Back").click()
    await page.get_by_role("button", name="List beside the ticket").click()
    await expect(page.locator(".columns")).to_be_hidden()
    await page.get_by_role("button", name="Put the views away").click()
    await expect(page.locator("#views")).to_be_hidden()
    await page.locator("#list").get_by_role("button", name="Views").click()
    await page.get_by_role("button", name="Keep the views open").click()
    await expect(page.locator("#views")).to_be_visible()
    await product.rows("DELETE FROM hd_panes")


async def width(page: Page, selector: str) -> int:
    return round(await page.locator(selector).evaluate("one => one.getBoundingClientRect().width"))
