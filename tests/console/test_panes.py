"""The console as each agent has arranged it, and lists in the order that their address says."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from helpdesk.kernel.time import now
from helpdesk.tickets.editing import edit
from helpdesk.tickets.reading import mark_read
from helpdesk.tickets.replying import Draft, reply
from helpdesk.tickets.snoozing import snooze
from tests.cast import again, hire, make_team
from tests.console.browsing import Browser
from tests.make import a_ticket

Browsers = Callable[[], Browser]


async def test_the_console_stays_as_its_agent_arranged_it(browser: Browsers) -> None:
    ben, cleo = await hire("ben"), await hire("cleo")
    visitor, other = await browser().sign_in(ben), await browser().sign_in(cleo)
    plain = await visitor.get("/console?view=open")
    assert 'class="console inbox"' in plain.text and "style.css" not in plain.text
    answer = await visitor.post("/console/panes", {"is_table": "1", "view": "open", "sort": "created"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/console?view=open&sort=created")
    await visitor.post("/console/panes", {"list_width": "500"}, htmx=True)
    await visitor.post("/console/panes", {"hides_views": "1"})
    arranged = await visitor.get("/console?view=open")
    assert 'class="console inbox as-table without-views"' in arranged.text
    sheet = re.search(r'href="(/console/panes/style\.css[^"]+)"', arranged.text)
    assert sheet
    style = await visitor.get(sheet[1].replace("&amp;", "&"))
    assert style.text == ":root{--list-width:500px;}" and "immutable" in style.headers["cache-control"]
    assert 'class="console inbox"' in (await other.get("/console?view=open")).text


async def test_rows_are_as_close_as_each_agent_likes_them(browser: Browsers) -> None:
    visitor, other = await browser().sign_in(await hire("ben")), await browser().sign_in(await hire("cleo"))
    assert 'name="is_compact" value="1"' in (await visitor.get("/console?view=open")).text
    await visitor.post("/console/panes", {"is_compact": "1", "view": "open"})
    for path in ("/console?view=open", "/console/search?q=printer"):
        assert 'class="console inbox compact"' in (await visitor.get(path)).text, path
    assert '<option value="compact" selected>' in (await visitor.get("/console/preferences")).text
    assert (
        "compact"
        not in (await other.get("/console?view=open")).text.partition("<main")[0].partition('class="console')[2][:40]
    )
    typed = {"name": "Ben", "language": "en", "time_zone": "UTC", "theme": "system", "rows": "comfortable"}
    assert (await visitor.post("/console/preferences", typed)).status_code == 303
    assert 'class="console inbox"' in (await visitor.get("/console?view=open")).text


async def test_after_arranging_the_open_ticket_is_open_still(browser: Browsers) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    answer = await (await browser().sign_in(ben)).post(
        "/console/panes", {"hides_views": "1", "view": "open", "number": str(ticket.number)}
    )
    assert answer.headers["location"] == f"/console/tickets/{ticket.number}?view=open"


@pytest.mark.parametrize(("typed", "kept"), [("9999", 720), ("1", 280), ("0", 0), ("wide", 0), ("-5", 0)])
async def test_no_pane_is_wider_or_narrower_than_makes_sense(browser: Browsers, typed: str, kept: int) -> None:
    visitor = await browser().sign_in(await hire("ben"))
    await visitor.post("/console/panes", {"list_width": typed}, htmx=True)
    assert (f"list_width={kept}&" in (await visitor.get("/console?view=open")).text) is bool(kept)
    style = await visitor.get("/console/panes/style.css?list_width=99999&views_width=-4")
    assert style.text == ":root{--list-width:720px;}"


async def test_a_list_is_in_the_order_that_its_address_says(browser: Browsers) -> None:
    """By the newest message, by the newest ticket, by priority; every page of it, and the rows' links keep it."""
    ben = await hire("ben")
    tickets = [await a_ticket(f"Number {n}", at=now() - timedelta(minutes=n)) for n in range(35)]
    for n, priority in ((30, "urgent"), (33, "high"), (2, "low")):
        await edit(tickets[n], {"priority": priority}, by=ben, at=now())
    await reply(tickets[34], Draft(body_text="The last word"), by=ben, at=now())
    numbers = [ticket.number for ticket in tickets]
    normal = [numbers[n] for n in range(34) if n not in (30, 33, 2)]
    visitor = await browser().sign_in(ben)
    for sort, expected in (("", [numbers[34], *numbers[:34]]), ("created", numbers),
                           ("priority", [numbers[30], numbers[33], numbers[34], *normal, numbers[2]])):  # fmt: skip
        first = await visitor.get("/console", params={"view": "open", "sort": sort} if sort else {"view": "open"})
        more = re.search(r'hx-get="(/console/tickets/rows\?[^"]+)"', first.text)
        assert more and ("sort=" in more[1]) is bool(sort)
        second = await visitor.get(more[1].replace("&amp;", "&"), htmx=True)
        assert [int(one) for one in re.findall(r'id="row-(\d+)"', first.text + second.text)] == expected, sort
        if sort:
            assert f'href="/console/tickets/{expected[0]}?view=open&amp;sort={sort}"' in first.text
    for wrong in ("/console?view=open&sort=colour", "/console/tickets/rows?view=open&sort=colour"):
        assert (await visitor.get(wrong)).status_code == 404
    assert (await visitor.get("/console?view=open&sort=priority&after=rubbish")).status_code == 422


async def test_a_snoozed_ticket_is_in_its_own_view_alone(browser: Browsers) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    await edit(ticket, {"assignee": ben.id}, by=ben, at=now())
    await snooze(ticket, now() + timedelta(days=1), by=ben, at=now())
    visitor = await browser().sign_in(ben)
    for view, is_there in (("mine", False), ("open", False), ("snoozed", True)):
        assert (f'id="row-{ticket.number}"' in (await visitor.get(f"/console?view={view}")).text) is is_there, view


async def test_my_teams_are_those_that_i_am_in(browser: Browsers) -> None:
    ben, cleo = await hire("ben"), await hire("cleo")
    mine, theirs = await make_team("Support", ben), await make_team("Billing", cleo)
    here, there = await a_ticket(team=mine.id), await a_ticket("Another", team=theirs.id)
    page = await (await browser().sign_in(await again(ben))).get("/console?view=teams")
    assert f'id="row-{here.number}"' in page.text and f'id="row-{there.number}"' not in page.text


async def test_what_i_answered_today_is_gathered(browser: Browsers) -> None:
    ben, cleo = await hire("ben"), await hire("cleo")
    ticket, other = await a_ticket(), await a_ticket("Another")
    await reply(ticket, Draft(body_text="Use water"), by=ben, at=now())
    await reply(other, Draft(body_text="Use sand"), by=cleo, at=now())
    page = await (await browser().sign_in(ben)).get("/console?view=sent")
    assert f'id="row-{ticket.number}"' in page.text and f'id="row-{other.number}"' not in page.text


async def test_a_view_says_that_it_holds_something_unread(browser: Browsers) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    visitor = await browser().sign_in(ben)
    unread = '<a href="/console?view=unassigned" class="unread">'
    assert unread in (await visitor.get("/console/views?view=mine", htmx=True)).text
    await mark_read(ticket, by=ben, upto=1, at=now())
    assert unread not in (await visitor.get("/console/views?view=mine", htmx=True)).text
