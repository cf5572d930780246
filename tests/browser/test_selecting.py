"""Tickets are selected and changed together, and who is done with one goes on from there."""

from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Page, expect

from tests.browser.product import Product
from tests.browser.visits import Visits


@pytest_asyncio.fixture(loop_scope="session")
async def desk(product: Product) -> AsyncIterator[list[int]]:
    """Four tickets in nobody's hands, the newest last."""
    yield [await product.ticket(f"Many at once, number {n}") for n in range(4)]
    await product.rows("UPDATE hd_ticket SET status = 'solved' WHERE subject LIKE 'Many at once%'")
    await product.rows("UPDATE hd_agent SET goes = 'stay'")


async def opened(visits: Visits, product: Product, path: str) -> Page:
    page = await visits.visit(as_="cleo")
    await page.goto(product.url + path)
    await expect(page.locator("#live-dot")).to_have_attribute("data-state", "live")
    return page


async def priorities(product: Product, numbers: list[int]) -> set[str]:
    found = await product.rows("SELECT priority FROM hd_ticket WHERE number = ANY($1)", numbers)
    return {row["priority"] for row in found}


async def test_a_range_is_changed_together_and_back_and_nothing_moves(
    visits: Visits, product: Product, desk: list[int]
) -> None:
    page = await opened(visits, product, "/console?view=unassigned")
    top, bottom = desk[3], desk[1]
    box = page.locator(f"#row-{top} .pick")
    place = await page.locator(f"#row-{top}").bounding_box()
    await expect(page.locator("#bulk")).to_be_hidden()
    await box.click()
    await page.locator(f"#row-{bottom} .pick").click(modifiers=["Shift"])
    await expect(page.locator("#bulk-count")).to_have_text("3 selected")
    assert await page.locator(f"#row-{top}").bounding_box() == place
    await page.click("#bulk [data-does=priority]")
    await page.click("#bulk [value='priority:urgent']")
    await expect(page.locator(".toast.bulk-state")).to_contain_text("3 tickets")
    await expect(page.locator("#bulk")).to_be_hidden()
    await expect(page.locator(f"#row-{bottom} .dot.urgent")).to_be_attached()
    assert await priorities(product, desk[1:]) == {"urgent"} and await priorities(product, desk[:1]) == {"normal"}
    await page.click(".toast.bulk-state >> text=Undo")
    await expect(page.locator(".toast.bulk-state")).to_contain_text("taken back")
    assert await priorities(product, desk) == {"normal"}
    await page.locator(f"#row-{top} > a").focus()
    await page.keyboard.press("Control+a")
    assert await page.locator(".pick input:not(:checked)").count() == 0
    await page.locator("#bulk-whole").dispatch_event("click")
    await expect(page.locator("#bulk-scope [name=highest]")).to_be_attached()
    await page.locator("#bulk [value=trash]").dispatch_event("click")
    await page.click("dialog[open] a[data-close]")
    await expect(page.locator("dialog[data-open]")).to_have_count(0)
    assert await page.locator(".pick input:not(:checked)").count() == 0
    await page.click("#bulk [data-does=tags]")
    await page.locator("#bulk .tags-editor input").press_sequentially("moved")
    await page.keyboard.press("Enter")
    await expect(page.locator("#bulk .tags-shown .tag")).to_have_text("moved")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Escape")
    await expect(page.locator("#bulk")).to_be_visible()
    await page.locator(f"#row-{top} > a").focus()
    await page.keyboard.press("Escape")
    await expect(page.locator("#bulk")).to_be_hidden()


async def test_solving_goes_on_to_the_neighbour_and_undoing_comes_back(
    visits: Visits, product: Product, desk: list[int]
) -> None:
    page = await opened(visits, product, f"/console/tickets/{desk[3]}?view=unassigned")
    shown = page.locator("#conversation")
    for goes, leads_to in (("next", str(desk[2])), ("list", None)):
        await product.rows("UPDATE hd_agent SET goes = $1", goes)
        await page.click("[data-does=solve]:visible")
        if leads_to:
            await expect(shown).to_have_attribute("data-number", leads_to)
            await expect(page.locator(f"#row-{leads_to} > a")).to_be_focused()
        else:
            await expect(page.locator("#conversation:not([data-number])")).to_be_visible()
            await expect(page).to_have_url(f"{product.url}/console?view=unassigned")
        await page.locator(".toast form button").last.click()
        await expect(shown).to_have_attribute("data-number", str(desk[3]))
        await expect(page.locator("[data-does=solve]:visible")).to_be_attached()
    await product.rows("UPDATE hd_agent SET goes = 'next'")
    await page.keyboard.press("Shift+E")
    await expect(shown).to_have_attribute("data-number", str(desk[2]))
    await page.locator(".toast form button").last.click()
    await expect(shown).to_have_attribute("data-number", str(desk[3]))
    await page.keyboard.press("r")
    await page.keyboard.type("It is on its way.")
    await page.keyboard.press("Control+Enter")
    await expect(shown).to_have_attribute("data-number", str(desk[2]))
    await page.locator(".toast.undo button").last.click()
    await expect(shown).to_have_attribute("data-number", str(desk[3]))
    await expect(page.locator("#composer")).to_contain_text("It is on its way.")
