"""Six hours down, then three schedulers and a worker that are killed over and over: `python -m tests.chaos.clocks`.

Every clock is broken once; every breach is told once in its ticket's history and once to its agent; what was gathered leaves
as one mail for each agent, with no warning among it. Ends with 1 when a number is wrong.
"""

import argparse
import asyncio
import os
import random
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta

import asyncpg

from tests.benchmarks.desk import Desk, a_desk, fill

TICKETS, AGENTS, SCHEDULERS = 1_000, 20, 3

_CLOCKS = """
INSERT INTO sla_clock (ticket, metric, cycle, policy_version, priority, target, state, started_at, running_since, due_at,
    original_due_at, next_fire_at, next_fire_kind, gen)
SELECT t.id, 'next_reply', c.cycle, $1, 'normal', 3600, 'running', d.at - interval '1 h', d.at - interval '1 h', d.at, d.at,
    d.at - interval '15 min', 'warning', 1
FROM (SELECT id FROM hd_ticket ORDER BY id LIMIT $2::int) t, generate_series(1, $3::int) c (cycle),
    LATERAL (SELECT $4::timestamptz + (t.id + c.cycle) % 600 * interval '1 s' AS at) d
"""


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--clocks", type=int, default=100_000)
    asked.add_argument(
        "--told", type=int, default=5_000, help="of so many somebody hears; it takes a worker most of the time"
    )
    asked.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    chosen = asked.parse_args()
    print(f"seed {chosen.seed}, load {os.getloadavg()[0]:.0f}", flush=True)
    with a_desk() as desk:
        for number in range(AGENTS):
            desk.run(
                "agent", "create", "--email", f"a{number}@bench.test", "--name", f"Agent {number}", "--role", "agent"
            )
        os.environ |= {name: value for name, value in desk.environment.items() if name.startswith("HELPDESK_")}
        wrong = asyncio.run(_run(desk, chosen.clocks, chosen.told, random.Random(chosen.seed)))
    print("\n".join(wrong) or "GREEN: every one once")
    sys.exit(1 if wrong else 0)


async def _run(desk: Desk, clocks: int, told: int, chance: random.Random) -> list[str]:
    from helpdesk.kernel.database import connected

    await fill(desk, up_to=TICKETS)
    database = await asyncpg.connect(desk.database_url)
    try:
        async with connected(4):
            await _make(database, clocks)
        kills, seconds = await _while_killing(
            desk, [f"scheduler {place}" for place in range(SCHEDULERS)], chance, lambda: _is_over(database)
        )
        print(f"{clocks:,} fired in {seconds:.0f} s, {kills} × kill -9 of {SCHEDULERS} schedulers", flush=True)
        await database.execute("UPDATE sla_clock_event SET followed_at = now() WHERE id IN (SELECT id FROM sla_clock_event WHERE follows AND followed_at IS NULL ORDER BY id DESC LIMIT $1)", clocks - told)  # fmt: skip
        kills, seconds = await _while_killing(desk, ["worker"], chance, lambda: _is_told(database), every=8.0)
        print(f"{told:,} told in {seconds:.0f} s, {kills} × kill -9 of the worker", flush=True)
        return await _wrong(database, clocks, told)
    finally:
        await database.close()


async def _make(database: asyncpg.Connection, clocks: int) -> None:
    from helpdesk.kernel.time import now
    from sla import policies
    from sla.targets import Metric, Target, Warning

    target = Target(
        metric=Metric.NEXT_REPLY, seconds=3600, is_business=False, warnings=(Warning(percent=75),), entered=(1, "hours")
    )
    await policies.create(policies.Written(name="Standard", targets=[target]), by=None, at=now(), for_open=False)
    version = await database.fetchval("SELECT id FROM sla_policy_version")
    await database.execute("UPDATE hd_ticket SET assignee = 1 + id % $1::int, status = 'open'", AGENTS)
    six_hours_ago = datetime.now(UTC) - timedelta(hours=6)
    await database.execute(_CLOCKS, version, TICKETS, clocks // TICKETS, six_hours_ago, timeout=300)
    await database.execute("VACUUM ANALYZE sla_clock")


async def _while_killing(
    desk: Desk, names: Sequence[str], chance: random.Random, is_done: Callable[[], Awaitable[bool]], *, every: float = 2.0
) -> tuple[int, float]:  # fmt: skip
    """Run the processes, and kill one of them now and then, until all is done: how many times, and how long it took."""
    began, kills = time.monotonic(), 0
    for name in names:
        desk.start(name.split()[0], called=name)
    while not await is_done():
        await asyncio.sleep(every * (0.5 + chance.random()))
        victim = chance.choice(list(names))
        process = desk.processes[victim]
        process.send_signal(signal.SIGKILL)
        await asyncio.to_thread(process.wait)
        desk.start(victim.split()[0], called=victim)
        kills += 1
    return kills, time.monotonic() - began


async def _is_over(database: asyncpg.Connection) -> bool:
    return not await database.fetchval("SELECT EXISTS (SELECT FROM sla_clock WHERE next_fire_at IS NOT NULL)")


async def _is_told(database: asyncpg.Connection) -> bool:
    """Every line is followed, every event, and every notice has left or is called off."""
    return not await database.fetchval(
        """SELECT EXISTS (SELECT FROM sla_clock_event WHERE follows AND followed_at IS NULL)
        OR EXISTS (SELECT FROM hd_event WHERE followed_at IS NULL) OR EXISTS (SELECT FROM hd_notice WHERE due_at IS NOT NULL)"""
    )


async def _wrong(database: asyncpg.Connection, clocks: int, told: int) -> list[str]:
    expected = {
        "breaches": ("SELECT count(*) FROM sla_clock_event WHERE kind = 'breached'", clocks),
        "clocks broken": ("SELECT count(DISTINCT clock) FROM sla_clock_event WHERE kind = 'breached'", clocks),
        "warnings told": ("SELECT count(*) FROM sla_clock_event WHERE kind = 'warned'", 0),
        "told in histories": ("SELECT count(*) FROM hd_event WHERE kind = 'sla_breached'", told),
        "clocks told of": ("SELECT count(DISTINCT changes -> 'promised' -> 1 ->> 'clock') FROM hd_event WHERE kind = 'sla_breached'", told),
        "notices": ("SELECT count(*) FROM hd_notice WHERE kind = 'promise_late'", told),
        "notices that were mailed": ("SELECT count(*) FROM hd_notice WHERE mailed_at IS NOT NULL", told),
    }  # fmt: skip
    found = {name: await database.fetchval(question) for name, (question, _) in expected.items()}
    mails = await database.fetchval("SELECT count(*) FROM hd_delivery WHERE kind = 'notice'")
    print(", ".join(f"{name} {count:,}" for name, count in found.items()), f"in {mails} mails to {AGENTS} agents")
    return [f"{name}: {found[name]:,}, not {right:,}" for name, (_, right) in expected.items() if found[name] != right]


if __name__ == "__main__":
    main()
