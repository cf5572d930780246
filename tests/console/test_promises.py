"""Promised times where agents read them: rows, views, the ticket and its panel."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from helpdesk.kernel.database import rows, transaction
from helpdesk.kernel.time import now
from helpdesk.tickets.by_due import page_by_due
from helpdesk.tickets.editing import edit
from helpdesk.tickets.queries import in_view
from helpdesk.tickets.tables import Ticket
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
    page = (await visitor.get("/console/tickets/rows?view=open")).text
    assert pills(page) == [
        ("good", "First reply due in 1 h 50 min"), ("good", "First reply due in 1 h 30 min"), ("warn", "First reply due in 20 min"),
        ("bad", "First reply 50 min over"),
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
    [row] = pills((await visitor.get("/console/tickets/rows?view=pending")).text)
    assert row == ("", "First reply waits for the customer")
    found = pills((await visitor.get("/console/tickets/rows?view=solved")).text)
    assert sorted(found) == [("bad", "First reply was late"), ("good", "First reply in time")]


async def test_rows_with_promises_cost_no_statement_more(browser: Browsers, queries_at_most: Any) -> None:
    visitor = await browser().sign_in(await hire("ben"))
    await a_promise(reply_within(2))
    for n in range(3):
        await asked(n)
    for _turn in range(2):
        with queries_at_most(2):
            await visitor.get("/console/tickets/rows?view=open")


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
    ben = await hire("ben")
    async with transaction():
        await rows("SET LOCAL enable_seqscan = off")
        plan = await rows("EXPLAIN SELECT FROM hd_ticket WHERE {}", in_view("at_risk", ben).querystring)
    assert "sla_clock_at_risk" in " ".join(str(line) for line in plan)
