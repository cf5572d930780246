"""Agents hear of what concerns them: the bell in every tab, one toast, one notice of the browser."""

import re

from playwright.async_api import Page, expect

from tests.browser.product import Product
from tests.browser.test_live import STREAM, live
from tests.browser.visits import Visits

HIDE = """
Object.defineProperty(document, "hidden", { get: () => true });
window.shown = [];
const known = Storage.prototype.getItem;
Storage.prototype.getItem = function (key) { return key === "notices-shown" ? null : known.call(this, key); };
if (location.protocol === "http:") {
  localStorage.setItem("notices-in-tabs", "text");
  ServiceWorkerRegistration.prototype.showNotification = async (title, told) => void window.shown.push({ title, ...told });
}
"""
"""A tab in the background that has not read yet what the other one has written: browsers tell that when they like."""


async def settled(page: Page, path: str) -> Page:
    await page.goto(path)
    await live(page)
    return page


async def test_every_tab_counts_one_shows_and_the_panel_reads(visits: Visits, product: Product) -> None:
    first = await visits.visit("/console?view=mine", as_="cleo")
    await live(first)
    second = await settled(await first.context.new_page(), f"{product.url}/console?view=open")
    await first.evaluate("document.querySelector('.bell').click()")  # what waits from elsewhere is read first
    await expect(first.locator("#notices-panel")).to_be_visible()
    if await first.locator("#notices-panel > .notices-head form").count():
        await first.click("#notices-panel > .notices-head button")
    await expect(first.locator("#notices-panel .empty")).to_contain_text("Nothing new")
    await first.keyboard.press("Escape")
    await expect(first.locator("#notices-panel")).to_be_hidden()

    number = await product.ticket("Sixty plates", "Where are they?")
    await product.call("PATCH", f"/tickets/{number}", {"assignee": product.people["cleo"].id})
    for page in (first, second):
        await expect(page.locator(".bell .badge")).to_have_text("1")
    await product.says(number, "Still nothing.")
    await expect(second.locator(".bell .badge")).to_have_text("2")

    async def toasts() -> list[str]:
        return [
            words for page in (first, second) for words in await page.locator(".of-notice .small").all_inner_texts()
        ]

    told = await product.until(toasts, lambda found: len(found) >= 2)
    assert sorted(told) == [
        "Alma Admin: A ticket was assigned to you",
        "Dora Dogan: A customer answered: Still nothing.",
    ]

    await second.click(".bell")
    group = second.locator(f"#notices-panel [data-ticket='{number}']")
    await expect(group).to_contain_text("Sixty plates")
    await expect(group.locator(".line")).to_have_count(2)
    await expect(group.locator(".said").first).to_have_text("Still nothing.")
    await second.click(".bell")
    await expect(second.locator("#notices-panel")).to_be_hidden()
    await second.click(".bell")
    await group.get_by_role("button").click()
    await expect(second.locator("#notices-panel .empty")).to_be_visible()
    await second.click("#notices-panel [data-notices=all]")
    await expect(group).to_be_visible()
    for page in (first, second):
        await expect(page.locator(".bell .badge")).to_have_count(0)

    await settled(second, f"{product.url}/console/tickets/{number}")
    await product.says(number, "Found them.")
    await expect(second.locator("#items .message", has_text="Found them.")).to_have_count(1)
    await expect(first.locator(".bell .badge")).to_have_count(0)
    streams = [one for one in visits.requests if STREAM.search(one.url)]
    assert len(streams) == 3, "a page has one stream, with presence and notices on it"


async def test_of_tabs_in_the_background_one_shows_a_notice_of_the_browser(visits: Visits, product: Product) -> None:
    first = await visits.visit("", as_="shirin", permissions=["notifications"])
    await first.context.add_init_script(HIDE)
    tabs = [first, await first.context.new_page()]
    for tab in tabs:
        await settled(tab, f"{product.url}/console?view=mine")
        await tab.evaluate("navigator.serviceWorker.ready.then(() => true)")
    number = await product.ticket("فاکتور مهر")
    await product.call("PATCH", f"/tickets/{number}", {"assignee": product.people["shirin"].id})

    async def shown() -> list[dict]:
        """Of this ticket: she may hear of others, too."""
        found = [one for tab in tabs for one in await tab.evaluate("window.shown")]
        return [one for one in found if one["tag"] == f"ticket-{number}"]

    [told] = await product.until(shown, lambda found: len(found) > 0)
    assert "فاکتور مهر" in told["title"] and re.search("[۰-۹]", told["title"]) and told["dir"] == "rtl"
    assert told["data"] == {"url": f"/console/tickets/{number}"} and told["tag"] == f"ticket-{number}"
    sql = "SELECT n.id FROM hd_notice n JOIN hd_ticket t ON t.id = n.ticket WHERE t.number = $1 AND n.pushed_at IS NOT NULL"
    await product.until(lambda: product.rows(sql, number), lambda found: len(found) == 1)  # the worker was there, too
    assert len(await shown()) == 1
