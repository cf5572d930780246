"""Promised times where agents read them: rows, views, the ticket and its panel."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from helpdesk.kernel.database import rows
from helpdesk.kernel.time import now
from helpdesk.tickets.by_due import page_by_due
from helpdesk.tickets.editing import edit
from helpdesk.tickets.queries import in_view
from helpdesk.tickets.tables import Ticket
from sla import firing
from sla.targets import Metric, Target
from tests.cast import hire
from tests.console.browsing import Browser
from tests.make import a_promise, a_ticket

Browsers = Callable[[], Browser]
HOUR = 3600


def reply_within(hours: int, **more: Any) -> Target:
    return Target(metric=Metric.FIRST_REPLY, seconds=hours * HOUR, **more)


async def asked(minutes: int, subject: str = "Printer on fire") -> Ticket:
    """A ticket that came so many minutes ago."""
    return await a_ticket(subject, at=now() - timedelta(minutes=minutes))


def pills(page: str) -> list[tuple[str, str]]:
    """Colour and words of each pill."""
    return re.findall(r'class="badge pill (\w*)".*?<span class="words truncate">(.*?)</span>', page)


async def test_rows_say_in_words_what_is_promised(browser: Browsers) -> None:
    ben = await hire("ben")
    await a_promise(reply_within(2))
    await asked(170)
    await asked(100)
    waiting = await asked(30)
    await edit(waiting, {"status": "pending"}, by=ben, at=now())
    await asked(10)
    visitor = await browser().sign_in(ben)
    page = (await visitor.get("/console/tickets/rows?view=open", htmx=True)).text
    assert pills(page) == [
        ("good", "1 h 50 min left · First reply"), ("good", "1 h 30 min left · First reply"), ("warn", "20 min left · First reply"),
        ("bad", "50 min late · First reply"),
    ]  # fmt: skip
    assert "paused" not in page


async def test_what_rests_waits_and_what_is_done_says_how(browser: Browsers) -> None:
    ben = await hire("ben")
    await a_promise(reply_within(2, rests_in_pending=True))
    waiting, late, kept = await asked(30), await asked(200), await asked(10)
    await edit(waiting, {"status": "pending"}, by=ben, at=now())
    for one in (late, kept):
        await edit(one, {"status": "solved"}, by=ben, at=now())
    visitor = await browser().sign_in(ben)
    [row] = pills((await visitor.get("/console/tickets/rows?view=pending", htmx=True)).text)
    assert row == ("", "Waits for the customer · First reply")
    found = pills((await visitor.get("/console/tickets/rows?view=solved", htmx=True)).text)
    assert sorted(found) == [("bad", "First reply was late"), ("good", "First reply in time")]


async def test_rows_with_promises_cost_no_statement_more(browser: Browsers, queries_at_most: Any) -> None:
    visitor = await browser().sign_in(await hire("ben"))
    await a_promise(reply_within(2))
    for n in range(3):
        await asked(n)
    for _turn in range(2):
        with queries_at_most(2):
            await visitor.get("/console/tickets/rows?view=open", htmx=True)


async def test_at_risk_is_what_is_due_today_or_over_the_nearest_first(browser: Browsers) -> None:
    ben = await hire("ben")
    await a_promise(reply_within(2), Target(metric=Metric.FIRST_RESOLUTION, seconds=900 * HOUR))
    late, soon = await asked(300, "Late"), await asked(118, "Soon")
    answered = await asked(200, "Answered")
    await edit(answered, {"status": "solved"}, by=ben, at=now())
    await rows("UPDATE sla_settings SET edition = edition + 1")
    await rows("UPDATE sla_policy SET is_active = false")
    await asked(300, "Nothing promised")
    visitor = await browser().sign_in(ben)
    page = (await visitor.get("/console?view=at_risk")).text
    assert re.findall(r'id="row-(\d+)"', page) == [str(late.number), str(soon.number)]
    assert re.search(r'view=at_risk" aria-current="page".*?<span class="count">2</span>', page)


async def test_every_view_can_begin_with_what_is_due_next(browser: Browsers) -> None:
    """Page by page without a gap: first what is promised, each ticket once, then the rest."""
    ben = await hire("ben")
    plain = [await asked(n, "Nothing promised") for n in (5, 6)]
    await a_promise(reply_within(2), Target(metric=Metric.FIRST_RESOLUTION, seconds=90 * HOUR))
    due = [await asked(n) for n in (10, 100, 50, 200)]
    expected = [due[3].number, due[1].number, due[2].number, due[0].number, plain[0].number, plain[1].number]
    for limit in (1, 2, 3, 4, 6):
        found: list[int] = []
        cursor = None
        while True:
            page = await page_by_due(in_view("open", ben), seen_by=ben, cursor=cursor, limit=limit, with_details=True)
            assert page.rows
            found += [row["number"] for row in page.rows]
            cursor = page.next
            if cursor is None:
                break
        assert found == expected, limit
    visitor = await browser().sign_in(ben)
    page = (await visitor.get("/console?view=open&sort=due")).text
    assert [int(one) for one in re.findall(r'id="row-(\d+)"', page)] == expected


async def test_the_next_ticket_of_a_list_by_due_is_its_neighbour(browser: Browsers) -> None:
    ben = await hire("ben")
    await a_promise(reply_within(2))
    first, second = await asked(100), await asked(50)
    visitor = await browser().sign_in(ben)
    typed = {"name": ben.name, "language": "en", "time_zone": "UTC", "theme": "system", "goes": "next"}
    await visitor.post("/console/preferences", typed)
    answer = await visitor.post(f"/console/tickets/{first.number}/solution?view=open&sort=due")
    assert answer.headers["location"] == f"/console/tickets/{second.number}?view=open&sort=due"


async def test_what_is_due_is_read_from_its_index(database: None) -> None:
    """Not with all that was due in earlier years."""
    ben, ticket = await hire("ben"), await a_ticket()
    await rows(
        """INSERT INTO sla_clock (ticket, metric, cycle, priority, target, state, started_at, due_at, stopped_at, elapsed_business, elapsed_calendar)
        SELECT {}, 'next_reply', n, 'normal', 60, 'stopped', now(), now() - n * interval '1 hour', now(), 1, 1 FROM generate_series(1, 5000) AS n""",
        ticket.id,
    )  # fmt: skip
    await rows("ANALYZE sla_clock")
    plan = await rows("EXPLAIN SELECT FROM hd_ticket WHERE {}", in_view("at_risk", ben).querystring)
    assert "sla_clock_at_risk" in " ".join(str(line) for line in plan)


async def test_the_ticket_says_all_that_is_promised_and_how_each_time_came_about(browser: Browsers) -> None:
    ben = await hire("ben")
    await a_promise(reply_within(4), Target(metric=Metric.REQUESTER_WAIT, seconds=40 * HOUR))
    ticket = await asked(300)
    await firing.fire()
    await edit(ticket, {"status": "pending"}, by=ben, at=now())
    await edit(ticket, {"status": "open"}, by=ben, at=now())
    visitor = await browser().sign_in(ben)
    base = f"/console/tickets/{ticket.number}"
    assert pills((await visitor.get(f"{base}/header", htmx=True)).text) == [("bad", "1 h late · First reply")]
    for htmx in (True, False):
        panel = (await visitor.get(f"{base}/promises", htmx=htmx)).text
        assert (
            "1 h late · First reply" in panel and "5 h of 40 h used" in panel and "Promised, around the clock" in panel
        )
        first, second = re.findall(rf'hx-get="{base}/promises/(\d+)"', panel)
        why = (await visitor.get(f"{base}/promises/{second}", htmx=htmx)).text
        assert "5 h of 40 h used" in why and "It waited for the customer" not in why and "It ran" in why
        assert "Time was up" in (await visitor.get(f"{base}/promises/{first}", htmx=htmx)).text
    assert (await visitor.get(f"{base}/promises/999")).status_code == 404
    assert "set_due" not in panel and "Set another due time" not in panel


async def test_a_manager_sets_a_due_time_by_hand_and_gives_it_up(browser: Browsers) -> None:
    mani, ben = await hire("mani"), await hire("ben")
    await a_promise(reply_within(4))
    ticket = await asked(10)
    [clock] = await rows("SELECT id, due_at FROM sla_clock WHERE target IS NOT NULL")
    base, agent = f"/console/tickets/{ticket.number}", await browser().sign_in(ben)
    path = f"{base}/promises/{clock['id']}/due"
    assert (await agent.post(path, {"due": "in 2 days"}, htmx=True)).status_code == 403
    manager = await browser().sign_in(mani)
    for wrong in ("yesterday", "2020-01-01 10:00"):
        assert (await manager.post(path, {"due": wrong}, htmx=True)).status_code == 422
    answer = await manager.post(path, {"due": "in 2 days"}, htmx=True)
    assert pills(answer.text) == [("good", "48 h left · First reply")]
    [line] = await rows(
        "SELECT e.event, c.is_pinned FROM sla_clock_event e JOIN sla_clock c ON c.id = e.clock WHERE e.kind = 'pinned'"
    )
    assert line["is_pinned"] and line["event"]
    assert "set First reply to be due" in (await manager.get(f"{base}/timeline", htmx=True)).text
    assert "set by hand" in (await manager.get(f"{base}/promises", htmx=True)).text
    await manager.post(path, {"reckon": "1"}, htmx=True)
    [again] = await rows("SELECT due_at, is_pinned FROM sla_clock WHERE target IS NOT NULL")
    assert again == {"due_at": clock["due_at"], "is_pinned": False}
    await edit(ticket, {"status": "solved"}, by=ben, at=now())
    assert (await manager.post(path, {"due": "in 2 days"}, htmx=True)).status_code == 422
