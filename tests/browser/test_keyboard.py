"""Everything without a mouse."""

import asyncio
from collections.abc import Awaitable

from playwright.async_api import Page, Route, expect

from tests.browser.composing import write
from tests.browser.product import Product
from tests.browser.test_keyboard_day import Hands
from tests.browser.test_live import opened
from tests.browser.test_pages import judge
from tests.browser.visits import Visits

MOST_TABS = 150
WHERE = """() => {
    const there = document.activeElement;
    const parts = [".skip", ".rail", "#views", ".list", "#composer", "#conversation", "#person"];
    return parts.find(part => there.closest(part)) ?? "";
}"""


async def places_of(page: Page, *, until: str) -> list[str]:
    """The parts of the page that Tab goes through, each once a run."""
    places: list[str] = []
    for _ in range(MOST_TABS):
        await page.keyboard.press("Tab")
        place = await page.evaluate(WHERE)
        if not places or places[-1] != place:
            places.append(place)
        if place == until:
            return places
    raise AssertionError(f"Tab does not reach {until}: {places}")


async def test_the_skip_link_comes_first_and_leads_to_the_conversation(visits: Visits, product: Product) -> None:
    page = await opened(visits, await product.ticket("Skip to it"))
    await page.keyboard.press("Tab")
    await expect(page.locator(".skip")).to_be_focused()
    await expect(page.locator(".skip")).to_be_in_viewport()
    await page.keyboard.press("Enter")
    await expect(page.locator("#conversation")).to_be_focused()


async def test_tab_goes_through_the_page_as_it_is_read(visits: Visits, product: Product) -> None:
    page = await opened(visits, await product.ticket("In reading order"))
    places = await places_of(page, until="#composer")
    assert [place for place in places if place] == [".skip", ".rail", "#views", ".list", "#conversation", "#composer"]


async def test_a_row_opens_with_enter_and_the_conversation_has_the_focus(visits: Visits, product: Product) -> None:
    number = await product.ticket("Opened by Enter")
    page = await visits.visit("/console?view=unassigned", as_="ben")
    await page.focus(f"#row-{number} a")
    await page.keyboard.press("Enter")
    await expect(page.locator("#conversation")).to_have_attribute("data-number", str(number))
    await expect(page.locator("#conversation")).to_be_focused()


async def test_control_and_enter_send_and_with_shift_solve(visits: Visits, product: Product) -> None:
    number = await product.ticket("Sent from the keyboard")
    page = await opened(visits, number)
    await write(page, "first answer")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#items .message.agent")).to_have_count(1)
    await expect(page.locator("select[name=status]")).to_have_value("open")
    await write(page, "last answer")
    await page.keyboard.press("Control+Shift+Enter")
    await expect(page.locator("#items .message.agent")).to_have_count(2)
    await expect(page.locator("select[name=status]")).to_have_value("solved")


async def test_menus_open_walk_and_close_by_keys(visits: Visits, product: Product) -> None:
    page = await opened(visits, await product.ticket("Menus"))
    account = page.locator(".rail details.menu")
    await account.locator("summary").focus()
    await page.keyboard.press("Enter")
    await expect(account).to_have_attribute("open", "")
    await page.keyboard.press("ArrowDown")
    await expect(account.locator(".item").first).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(account).not_to_have_attribute("open", "")
    await expect(account.locator("summary")).to_be_focused()


async def test_keys_mean_their_place_and_the_palette_what_is_open(visits: Visits, product: Product) -> None:
    """The sheet, the palette and the keys do the same, under a Persian layout, too; the focus returns."""
    number = await product.ticket("Found in the palette", who=("palette@keys.test", "Palette Person"))
    page = await opened(visits, number)
    session = await page.context.new_cdp_session(page)
    hands = Hands(page, session, is_persian=True)
    await page.focus("#conversation")
    await hands.press("Shift+Slash")
    await expect(page.locator("#keys dt", has_text="Solve").first).to_be_visible()
    assert await judge(page, "sheet") == []
    await hands.press("Escape", "Control+KeyK")
    await expect(page.locator("#palette [role=option]").first).to_contain_text("Solve")
    assert await judge(page, "palette") == []
    await hands.type("> take")
    await expect(page.locator("#palette [role=option]").first).to_have_text("Take itI")
    await hands.press("Enter")
    await expect(page.locator("select[name=assignee]")).to_have_value(str(product.people["ben"].id))
    await expect(page.locator("#conversation")).to_be_focused()

    await hands.press("BracketLeft")
    await expect(page.locator("#person")).to_be_hidden()
    await hands.press("BracketLeft")
    await expect(page.locator("#person")).to_be_visible()
    await hands.press("KeyE")
    await expect(page.locator("select[name=status]")).to_have_value("solved")
    await hands.press("KeyZ")
    await expect(page.locator("select[name=status]")).to_have_value("open")
    await hands.press("Slash")
    await expect(page.locator("#search input")).to_be_focused()
    await hands.press("Escape", "KeyG", "KeyC")
    await page.wait_for_url("**/console/customers")
    await hands.press("Control+KeyK")
    await hands.type("@palette")
    await expect(page.locator("#palette [role=option]")).to_contain_text(["Palette Person"])
    await hands.press("Enter")
    await page.wait_for_url("**/console/customers/*")


async def test_what_came_with_an_answer_is_ready_for_the_very_next_key(visits: Visits, product: Product) -> None:
    """A control that htmx knows only a moment later would send its form natively: the page goes, and keys with it."""
    page = await opened(visits, await product.ticket("Solved, and not"))
    await page.evaluate(UNDO_AT_ONCE)
    await page.keyboard.press("KeyE")
    await page.wait_for_function("() => window.isPressed")
    await expect(page.locator(".toast")).to_have_count(0)
    await expect(page.locator("select[name=status]")).to_have_value("new")
    assert await page.evaluate("window.isPressed"), "the page has stayed"


UNDO_AT_ONCE = """() => {
    new MutationObserver((_, watching) => {
        watching.disconnect();
        window.isPressed = true;
        document.body.dispatchEvent(new KeyboardEvent("keydown", {key: "z", code: "KeyZ", bubbles: true, cancelable: true}));
    }).observe(document.querySelector("#toasts"), {childList: true});
}"""


async def test_who_goes_elsewhere_while_an_answer_is_on_its_way_stays_there(visits: Visits, product: Product) -> None:
    """A composer, a refusal, a conversation: none of them takes the focus, so that what is typed is no command."""
    visits.expect("409", "ERR_FAILED")
    number, other = await product.ticket("Opened slowly"), await product.ticket("Left for the search")
    page = await opened(visits, other)

    async def gone_while(address: str, asks: Awaitable[object], arrived: str) -> None:
        """The answer is let go when the focus has moved."""
        held: asyncio.Future[Route] = asyncio.get_running_loop().create_future()
        await page.route(address, lambda route: held.set_result(route), times=1)
        await page.focus("#conversation")
        await asks
        await asyncio.wait_for(held, 10)
        await page.keyboard.press("Slash")
        await held.result().continue_()
        await expect(page.locator(arrived)).to_have_count(1)
        await expect(page.locator("#search input")).to_be_focused()

    await gone_while("**/composer?mode=forward", page.keyboard.press("KeyF"), "#composer[data-mode=forward]")
    await page.route("**/header", lambda route: route.abort())
    await product.call("PATCH", f"/tickets/{other}", {"priority": "low"})
    await gone_while("**/priority", page.select_option("select[name=priority]", "high"), "#banner.conflict")
    await gone_while(f"**/tickets/{number}?*", page.keyboard.press("KeyJ"), f"#conversation[data-number='{number}']")
