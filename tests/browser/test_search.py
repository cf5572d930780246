"""Searching while one types, with the keyboard, and to the message that was found."""

from playwright.async_api import expect

from tests.browser.product import Product
from tests.browser.visits import Visits


async def test_results_come_while_one_types_and_lead_to_the_message(visits: Visits, product: Product) -> None:
    number = await product.ticket("A kettle of brass", "It whistles in the marmalade.")
    page = await visits.visit("/console?view=unassigned", as_="ben")
    await page.keyboard.press("/")
    await expect(page.locator("#search input")).to_be_focused()
    await page.keyboard.type("marmal")
    await expect(page.locator("#tickets > li")).to_have_count(1)
    await expect(page.locator(f"#row-{number} mark")).to_have_text("marmalade")
    await expect(page.locator("#view-name")).to_have_text("Search")
    assert page.url.endswith("/console/search?q=marmal")

    await page.click(f"#row-{number} a")
    await expect(page.locator("#items .item.named .message")).to_contain_text("marmalade")
    await page.reload()
    await expect(page.locator("#tickets > li")).to_have_count(1)
    await expect(page.locator("#items .item.named")).to_have_count(1)


async def test_what_is_not_understood_is_told_while_one_types_and_gone_with_it(
    visits: Visits, product: Product
) -> None:
    await product.ticket("Anything")
    page = await visits.visit("/console/search", as_="ben")
    await page.click(".list .empty [data-insert='status:']")
    await expect(page.locator("#search input")).to_have_value("status:")
    await page.keyboard.type("lost")
    await expect(page.locator("#search-problems")).to_contain_text("knows no “lost”")
    await page.fill("#search input", "status:new")
    await expect(page.locator("#search-problems p")).to_have_count(0)
    await expect(page.locator("#tickets > li").first).to_be_visible()


async def test_searches_of_late_are_offered_until_they_are_forgotten(visits: Visits, product: Product) -> None:
    number = await product.ticket("Remembered teapot")
    page = await visits.visit("/console/search?q=teapot", as_="ben")
    await page.click(f"#row-{number} a")
    await page.goto(page.url.split("/console")[0] + "/console/search")
    await expect(page.locator("[data-recent] a")).to_have_text(["teapot"])
    await page.click("[data-forget]")
    await expect(page.locator("[data-recent]")).to_be_hidden()
