"""What promised times cost: `python -m tests.benchmarks.clocks [--clocks N] [--seconds S]`.

Two schedulers beside a million clocks: how late 200 a second are fired, how fast an outage is caught up, how long a changed
calendar takes for 200,000 of them, and what the claim reads. Then a ticket's change with five clocks against the same
change without any, in turns. How late: from the planned instant to the beginning of the transaction that fires.
"""

import argparse
import asyncio
import os
import time
from datetime import UTC, datetime, timedelta
from statistics import median
from unittest import mock

import asyncpg

from sla.calendar import Rules, Window
from tests.benchmarks.desk import Desk, a_desk, fill, milliseconds, percentile

TICKETS, A_SECOND, OVERDUE, OF_CALENDAR = 10_000, 200, 100_000, 200_000
ROUNDS = 150

_CLOCKS = """
INSERT INTO sla_clock (ticket, metric, cycle, policy_version, priority, target, state, started_at, running_since, due_at,
    original_due_at, next_fire_at, next_fire_kind, calendar_version, gen)
SELECT t.id, 'next_reply', c.cycle, $1, 'normal', 3600, 'running', d.at - interval '1 h', d.at - interval '1 h', d.at, d.at,
    d.at + interval '5 s', 'breach', CASE WHEN t.id * $2::int + c.cycle <= $3 THEN $4::int END, 1
FROM hd_ticket t, generate_series(1, $2::int) c (cycle), LATERAL (SELECT now() + interval '1 day' + random() * interval '30 days' AS at) d
"""
_CHOOSE = """
CREATE TEMP TABLE chosen AS SELECT id, row_number() OVER () AS place FROM (SELECT id FROM sla_clock
    WHERE breached_at IS NULL AND calendar_version IS NULL AND next_fire_at IS NOT NULL ORDER BY random() LIMIT $1) some_of_them
"""
_DUE_FROM = """
UPDATE sla_clock c SET due_at = d.at, next_fire_at = d.at + interval '5 s', running_since = d.at - interval '1 h'
FROM (SELECT id, $1::timestamptz + place * $2::interval AS at FROM chosen) d WHERE c.id = d.id
"""


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--clocks", type=int, default=1_000_000)
    asked.add_argument("--seconds", type=int, default=60)
    chosen = asked.parse_args()
    with a_desk() as desk:
        desk.run("agent", "create", "--email", "agent@bench.test", "--name", "Agent", "--role", "agent")
        os.environ |= {name: value for name, value in desk.environment.items() if name.startswith("HELPDESK_")}
        asyncio.run(_measure(desk, clocks=chosen.clocks, seconds=chosen.seconds))


async def _measure(desk: Desk, *, clocks: int, seconds: int) -> None:
    from helpdesk.kernel.database import connected

    await fill(desk, up_to=TICKETS)
    database = await asyncpg.connect(desk.database_url)
    try:
        async with connected(4):
            print(f"load {os.getloadavg()[0]:.0f}; {clocks:,} clocks of {TICKETS:,} tickets", flush=True)
            calendar = await _fill(desk, database, clocks)
            print(await _claim(database), flush=True)
            desk.start("scheduler", called="first")
            desk.start("scheduler", called="second")
            print(await _sweep(database, seconds), flush=True)
            print(await _catch_up(database), flush=True)
            print(await _replan(database, calendar), flush=True)
            desk.stop("first")
            desk.stop("second")
            print(await _change(), flush=True)
            print(f"load {os.getloadavg()[0]:.0f}")
    finally:
        await database.close()


async def _fill(desk: Desk, database: asyncpg.Connection, clocks: int) -> int:
    """A policy, a calendar and the clocks, of which some are measured by the calendar: its id."""
    from helpdesk.kernel.time import now
    from sla import calendars, policies
    from sla.targets import Metric, Target

    calendar = await calendars.create(calendars.Written(name="Office", own=_hours(8)), by=None, at=now())
    target = Target(metric=Metric.NEXT_REPLY, seconds=3600, is_business=False, entered=(1, "hours"))
    await policies.create(policies.Written(name="Standard", targets=[target]), by=None, at=now(), for_open=False)
    version = await database.fetchval("SELECT id FROM sla_policy_version")
    by = await database.fetchval("SELECT id FROM sla_calendar_version")
    each = clocks // TICKETS
    await database.execute(_CLOCKS, version, each, min(OF_CALENDAR, clocks // 5) + each, by, timeout=900)
    await database.execute("VACUUM ANALYZE sla_clock", timeout=300)
    await _write_out(desk)
    return calendar


async def _write_out(desk: Desk) -> None:
    """What was filled in is on its disk before anything is measured."""
    owner = await asyncpg.connect(desk.database_url, user="postgres")
    await owner.execute("CHECKPOINT", timeout=300)
    await owner.close()


async def _claim(database: asyncpg.Connection) -> str:
    from sla.firing import DUE

    statement = DUE
    for place in range(1, 4):
        statement = statement.replace("{}", f"${place}", 1)
    plan = await database.fetch(
        f"EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) {statement}", datetime.now(UTC), datetime.now(UTC), 500
    )
    return "\n".join(line[0] for line in plan)


async def _sweep(database: asyncpg.Connection, seconds: int) -> str:
    """So many a second for so long; then how late each was."""
    count = A_SECOND * seconds
    await asyncio.sleep(5)
    await _choose(database, count)
    begins = datetime.now(UTC) + timedelta(seconds=20)
    await database.execute(_DUE_FROM, begins - timedelta(seconds=5), timedelta(seconds=1) / A_SECOND, timeout=120)
    assert datetime.now(UTC) < begins, "they were due before they were planned"
    await _until(
        database, "SELECT count(*) = $1 FROM sla_clock_event WHERE kind = 'breached'", count, seconds=seconds + 120
    )
    late = await database.fetch("SELECT extract(epoch FROM recorded_at - at)::float8 - 5 AS lag FROM sla_clock_event")
    lags = [row["lag"] for row in late]
    figures = " / ".join(milliseconds(one) for one in (percentile(lags, 0.5), percentile(lags, 0.99), max(lags)))
    return f"{A_SECOND} a second for {seconds} s: p50 / p99 / max {figures}"


async def _choose(database: asyncpg.Connection, count: int) -> None:
    await database.execute("DROP TABLE IF EXISTS chosen")
    await database.execute(_CHOOSE, count, timeout=300)


async def _catch_up(database: asyncpg.Connection) -> str:
    before = await _number(database, "SELECT count(*) FROM sla_clock_event")
    await _choose(database, OVERDUE)
    began = time.monotonic()
    await database.execute(_DUE_FROM, datetime.now(UTC) - timedelta(hours=3), timedelta(milliseconds=50), timeout=300)
    written = time.monotonic() - began
    began = time.monotonic()
    await _until(database, "SELECT count(*) = $1 FROM sla_clock_event", before + OVERDUE, seconds=600)
    took = time.monotonic() - began
    return f"{OVERDUE:,} overdue: fired after {took:.0f} s, {OVERDUE / took:,.0f} a second (their plans were written in {written:.0f} s)"


async def _replan(database: asyncpg.Connection, calendar: int) -> str:
    from helpdesk.kernel.time import now
    from sla import calendars
    from sla.tables import Reason

    old = await _number(database, "SELECT max(id) FROM sla_calendar_version")
    count = await _number(database, "SELECT count(*) FROM sla_clock WHERE calendar_version = $1", old)
    written = calendars.Written(name="Office", own=_hours(9))
    await calendars.change(calendar, written, reason=Reason.CHANGE, by=None, at=now())
    began = time.monotonic()
    await _until(database, "SELECT NOT EXISTS (SELECT FROM sla_clock WHERE calendar_version = $1)", old, seconds=600)
    broken = await database.fetchval(
        "SELECT count(*) FROM sla_clock WHERE calendar_version > $1 AND breached_at IS NOT NULL", old
    )
    return f"a changed calendar of {count:,} clocks: all planned anew after {time.monotonic() - began:.0f} s, {broken} broken by it"


async def _change() -> str:
    """A ticket goes to and fro between two statuses, with five clocks and as if there were none, in turns."""
    from helpdesk.kernel.database import rows
    from helpdesk.kernel.time import now
    from helpdesk.people.actor import SYSTEM
    from helpdesk.tickets import promising
    from helpdesk.tickets.solving import set_status
    from sla import policies
    from sla.targets import Metric, Target
    from tests.make import a_ticket

    five = [
        Metric.FIRST_REPLY,
        Metric.FIRST_RESOLUTION,
        Metric.TOTAL_RESOLUTION,
        Metric.REQUESTER_WAIT,
        Metric.AGENT_WORK,
    ]
    targets = [Target(metric=one, seconds=7200, is_business=False, entered=(2, "hours")) for one in five]
    await policies.create(
        policies.Written(name="Five", targets=targets, is_internal=True), by=None, at=now(), for_open=False
    )
    ticket = await a_ticket()
    [found] = await rows("SELECT count(*) AS count FROM sla_clock WHERE ticket = {}", ticket.id)
    assert found["count"] == len(five), found
    nothing = mock.AsyncMock(return_value=[])
    took: dict[bool, list[float]] = {True: [], False: []}
    for place in range(4 * ROUNDS):
        has_clocks = place % 4 < 2  # twice each, so that both statuses are measured either way
        began = time.perf_counter()
        if has_clocks:
            await set_status(ticket, ("pending", "open")[place % 2], by=SYSTEM, at=now())
        else:
            with mock.patch.object(promising, "follow", nothing):
                await set_status(ticket, ("pending", "open")[place % 2], by=SYSTEM, at=now())
        took[has_clocks].append(time.perf_counter() - began)
    with_five, without = median(took[True]), median(took[False])
    return f"a change with five clocks {milliseconds(with_five)}, without {milliseconds(without)}: {with_five / without:.2f} ×"


async def _number(database: asyncpg.Connection, question: str, *values: object) -> int:
    return int(await database.fetchval(question, *values) or 0)


async def _until(database: asyncpg.Connection, question: str, value: int, *, seconds: float) -> None:
    async with asyncio.timeout(seconds):
        while not await database.fetchval(question, value):
            await asyncio.sleep(0.25)


def _hours(begins: int) -> Rules:
    day = (Window(begins * 60, 17 * 60),)
    return Rules(zone="Europe/Berlin", week=(day, day, day, day, day, (), ()))


if __name__ == "__main__":
    main()
