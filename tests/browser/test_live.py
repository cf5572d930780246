"""An open page hears of everything, and takes nothing from the person who works in it."""

import asyncio
import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.async_api import Page, Request, Route, expect

from tests.browser.composing import begin, editor, write
from tests.browser.product import STARTS_WITHIN, Product
from tests.browser.visits import Visits

LONG = "\n\n".join(f"Line {number} of a long story about a parcel." for number in range(12))
STREAM = re.compile(r"/console/live\?")
OFF = r"ERR_INTERNET_DISCONNECTED|ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE"


async def opened(visits: Visits, number: int, *, view: str = "unassigned") -> Page:
    """The ticket in Ben's browser, with the stream open."""
    page = await visits.visit(f"/console/tickets/{number}?view={view}", as_="ben")
    await live(page)
    return page


async def live(page: Page) -> None:
    await expect(page.locator("#live-dot")).to_have_attribute("data-state", "live")


async def test_typed_text_focus_and_scroll_stay_while_the_page_changes(visits: Visits, product: Product) -> None:
    number = await product.ticket("A long story", LONG)
    for _ in range(4):
        await product.says(number, LONG)
    page = await opened(visits, number)
    await begin(page)
    await page.keyboard.type("half a thought")
    await page.hover("#timeline")
    [end, _] = await page.evaluate(PLACES)
    await page.mouse.wheel(0, -500)
    await page.wait_for_function("end => document.querySelector('#timeline').scrollTop <= end - 500", arg=end)
    await page.evaluate("document.querySelector('.list-scroll').scrollTop = 40")
    before = await page.evaluate(PLACES)

    await product.says(number, "Live words")
    await product.call("PATCH", f"/tickets/{number}", {"priority": "urgent"})

    await expect(page.locator("#items .message", has_text="Live words")).to_have_count(1)
    await expect(page.locator("#announcer")).to_have_text("New message from Dora Dogan")
    await expect(page.locator("select[name=priority]")).to_have_value("urgent")
    await expect(page.locator(f"#row-{number} .preview")).to_have_text("Live words")
    await expect(page.locator(f"#row-{number} a")).to_have_attribute("aria-current", "true")
    await expect(page.locator(".jump")).to_be_visible()
    assert await page.evaluate(PLACES) == before
    await expect(page.locator("#composer textarea")).to_have_value("half a thought")
    await expect(editor(page)).to_be_focused()
    await page.click(".jump")
    await expect(page.get_by_text("Live words").last).to_be_in_viewport()


PLACES = "[document.querySelector('#timeline').scrollTop, document.querySelector('.list-scroll').scrollTop]"


async def test_the_list_takes_new_rows_once_and_fades_those_that_leave(visits: Visits, product: Product) -> None:
    first = await product.ticket("Here from the beginning")
    page = await visits.visit("/console?view=unassigned", as_="ben")
    await live(page)

    second = await product.ticket("Here a moment later")
    await product.call("PATCH", f"/tickets/{first}", {"assignee": product.people["cleo"].id})

    await expect(page.locator("#tickets > li").first).to_have_attribute("id", f"row-{second}")
    await expect(page.locator(f"#row-{first}")).to_have_class(re.compile("leaving"))
    ids = await page.locator("#tickets > li").evaluate_all("rows => rows.map(row => row.id)")
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("part", ["header", "row?*"])
@pytest.mark.parametrize("slow", ["first", "both"])
async def test_of_two_changes_the_second_is_shown_however_slow_the_answers(
    visits: Visits, product: Product, part: str, slow: str
) -> None:
    number = await product.ticket("Two changes at once")
    page = await opened(visits, number)
    asked = asyncio.Event()

    async def hold_back(route: Route) -> None:
        answer = await route.fetch()
        is_first = not asked.is_set()
        asked.set()
        if is_first or slow == "both":
            await asyncio.sleep(1.5)
        await route.fulfill(response=answer)

    await page.route(f"**/console/tickets/{number}/{part}", hold_back)
    await product.call("PATCH", f"/tickets/{number}", {"subject": "The first"})
    await asyncio.wait_for(asked.wait(), 10)
    await product.call("PATCH", f"/tickets/{number}", {"subject": "The second"})

    await asyncio.sleep(2.5)
    if part == "header":
        await expect(page.get_by_label("Subject")).to_have_value("The second")
    else:
        await expect(page.locator(f"#row-{number} .subject")).to_contain_text("The second")
    await page.unroute_all()


async def test_a_header_in_use_waits_until_it_is_left(visits: Visits, product: Product) -> None:
    number = await product.ticket("Choosing a priority")
    page = await opened(visits, number)
    await page.focus("select[name=priority]")

    await product.call("PATCH", f"/tickets/{number}", {"subject": "Another subject"})
    await expect(page.locator(f"#row-{number} .subject")).to_contain_text("Another subject")

    await expect(page.get_by_label("Subject")).to_have_value("Choosing a priority")
    await begin(page)
    await expect(page.get_by_label("Subject")).to_have_value("Another subject")


async def test_what_happened_while_the_network_was_off_is_caught_up(visits: Visits, product: Product) -> None:
    visits.expect(OFF)
    number = await product.ticket("On the train")
    page = await opened(visits, number)
    await write(page, "written in the tunnel")

    await page.context.set_offline(True)
    await expect(page.locator("#live-dot")).to_have_attribute("data-state", "offline")
    for text in ("one", "two", "three"):
        await product.says(number, f"Word {text}")
    await page.context.set_offline(False)

    await expect(page.locator("#items .message", has_text="Word")).to_have_count(3)
    await live(page)
    texts = await page.locator("#items .message .body", has_text="Word").all_inner_texts()
    assert [text.strip() for text in texts] == ["Word one", "Word two", "Word three"]
    await expect(page.locator("#composer textarea")).to_have_value("written in the tunnel")


async def test_a_part_of_the_page_that_did_not_come_is_asked_for_again(visits: Visits, product: Product) -> None:
    visits.expect("503")
    number = await product.ticket("Fetched twice")
    page = await opened(visits, number)

    async def refuse(route: Route) -> None:
        await route.fulfill(status=503, body="")

    await page.route("**/timeline?after=*", refuse, times=1)
    await product.says(number, "Said while the page could not be served")
    await expect(page.locator("#items .message", has_text="Said while")).to_have_count(1)


async def test_a_killed_web_server_is_waited_for_and_nothing_is_missed(visits: Visits, product: Product) -> None:
    visits.expect(OFF)
    page = await visits.visit("/console?view=open", as_="ben")
    await live(page)
    product.desk.processes.pop("web").kill()
    await product.send(product.mail("During the fall", "Nobody serves pages now."))
    await expect(page.locator("#live-dot")).not_to_have_attribute("data-state", "live")
    product.desk.start("web")
    await asyncio.to_thread(product.desk.wait_ready, seconds=STARTS_WITHIN)
    await expect(page.locator("#tickets li", has_text="During the fall")).to_have_count(1, timeout=30_000)


async def test_a_stream_that_breaks_goes_on_behind_its_last_event(visits: Visits, product: Product) -> None:
    number = await product.ticket("A shaky line")
    page = await visits.visit(as_="ben")
    streams: list[Request] = []
    page.on("request", lambda one: streams.append(one) if STREAM.search(one.url) else None)

    async def say_one_thing_and_break(route: Route) -> None:
        [cursor] = parse_qs(urlsplit(route.request.url).query)["after"]
        await product.says(number, "Said while the line was down")
        told = json.dumps({"show": [{"id": 1, "title": "the last word", "body": "", "url": "/console", "tag": ""}]})
        event = f"retry: 200\nid: {cursor}\nevent: notices\ndata: {told}\n\n"
        await route.fulfill(content_type="text/event-stream", body=event)

    await page.route(STREAM, say_one_thing_and_break, times=1)
    await page.goto(f"{product.url}/console/tickets/{number}?view=unassigned")
    await expect(page.locator(".toast", has_text="the last word")).to_be_visible()
    await expect(page.locator("#items .message", has_text="Said while the line was down")).to_have_count(1)
    await live(page)
    assert [one.url for one in streams] == [streams[0].url] * 2, "the browser asks again by itself, with Last-Event-ID"


async def test_where_streams_do_not_get_through_the_page_polls(visits: Visits, product: Product) -> None:
    visits.expect("503")
    number = await product.ticket("Behind a proxy")
    page = await visits.visit(as_="ben")

    async def refuse(route: Route) -> None:
        await route.fulfill(status=503, body="no streams here")

    await page.route(STREAM, refuse)
    await page.goto(f"{product.url}/console/tickets/{number}?view=unassigned")
    async with page.expect_response(re.compile("/console/live/poll"), timeout=30_000):
        await product.says(number, "By poll")

    await expect(page.locator("#items .message", has_text="By poll")).to_have_count(1)
    await expect(page.locator("#live-dot")).to_have_attribute("data-state", "catching-up")
