"""A desk with clocks that are due, whose processes are killed at their work, and whose database's time can be set."""

import asyncio
import signal
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from random import Random

import asyncpg

from sla.targets import Metric
from tests.benchmarks.desk import Desk, fill
from tests.chaos.sink import Sink

AGENTS = 20
METRICS = [one for one in Metric if one is not Metric.GROUP_OWNERSHIP]
STUCK = 90.0  # seconds without progress
MOST_KILLS = 60
IDLE = 20.0  # seconds until one is killed though none has done much
TOLD_EVERY = 15.0  # seconds between words about it

_TIME = """
CREATE TABLE set_ahead (by interval NOT NULL);
INSERT INTO set_ahead VALUES ('0');
CREATE FUNCTION public.now() RETURNS timestamptz STABLE LANGUAGE sql AS 'SELECT pg_catalog.now() + (SELECT by FROM public.set_ahead)';
ALTER ROLE CURRENT_USER SET search_path = public, pg_catalog;
"""
"""Whoever connects from then on is told this time."""
_AGENTS = """
INSERT INTO hd_agent (name, email, role, language, time_zone, theme, signature, images_from, created_at)
SELECT 'Agent ' || n, 'agent' || n || '@chaos.test', 'agent', 'en', 'UTC', 'system', '', '{}', now() FROM generate_series(1, $1::int) n
"""
_ASSIGN = """
UPDATE hd_ticket t SET status = 'open', assignee = (SELECT id FROM hd_agent WHERE email = 'agent' || 1 + t.id % $1::int || '@chaos.test')
"""
_CLOCKS = """
INSERT INTO sla_clock (ticket, metric, cycle, policy_version, priority, target, calendar_version, state, started_at, running_since,
    due_at, original_due_at, next_fire_at, next_fire_kind, gen)
SELECT t.id, m.metric, $2, ($3::int[])[1 + t.id / $4::int % cardinality($3::int[])], 'normal', 3600, $5, 'running', d.at - interval '1 h', d.at - interval '1 h',
    d.at, d.at, d.at + $6::interval, CASE WHEN $6::interval < interval '0' THEN 'warning' ELSE 'breach' END, 1
FROM (SELECT id FROM hd_ticket ORDER BY id OFFSET $7 LIMIT $8) t, unnest($1::text[]) m (metric),
    LATERAL (SELECT date_trunc('second', $9::timestamptz) + t.id % 600 * interval '1 s' AS at) d
"""


class ClockDesk:
    """What was found wrong is in `wrong`."""

    def __init__(
        self, desk: Desk, database: asyncpg.Connection, sink: Sink, chance: Random, *, altered: Sequence[str]
    ) -> None:
        self.desk, self.database, self.sink, self.chance, self.altered = desk, database, sink, chance, altered
        self.kills: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.began = time.monotonic()

    async def furnish(self, tickets: int) -> None:
        """The clock that can be set, and agents who share so many tickets."""
        await self.database.execute(_TIME)
        await self.database.execute(_AGENTS, AGENTS)
        await fill(self.desk, up_to=tickets)
        await self.database.execute(_ASSIGN, AGENTS)

    async def make_clocks(
        self, versions: Sequence[int], *, tickets: tuple[int, int], due: datetime, fires: timedelta, calendar: int | None = None, cycle: int = 1
    ) -> int:  # fmt: skip
        """Running clocks of an hour of all METRICS for tickets (how many to pass by, how many), due within ten minutes from
        `due`, that fire so long before or after; how many. Agents and policies (`versions`) share them evenly."""
        made = await self.database.execute(
            _CLOCKS, METRICS, cycle, list(versions), AGENTS, calendar, fires, *tickets, due, timeout=300
        )
        await self.database.execute("ANALYZE sla_clock")
        return int(made.split()[-1])

    def say(self, words: str) -> None:
        print(f"{time.monotonic() - self.began:5.0f} s  {words}", flush=True)

    def expect(self, what: str, found: object, right: object) -> None:
        if found != right:
            self.wrong.append(f"{what}: {found}, not {right}")

    async def count(self, question: str, *values: object) -> int:
        return int(await self.database.fetchval(question, *values) or 0)

    async def set_ahead(self, by: timedelta) -> None:
        await self.database.execute("UPDATE set_ahead SET by = $1", by)

    async def while_killing(
        self, names: Sequence[str], left: Callable[[], Awaitable[int]], *, what: str, every: float = 2.0
    ) -> None:  # fmt: skip
        """Run the processes, and kill -9 one of them at work about every so many seconds, until nothing is left, or moves.

        `left`: how many steps, whichever.
        """
        for name in names:
            self.start(name)
        began = moved = said = struck = time.monotonic()
        all_ = least = marked = await left()
        while found := await left():
            now = time.monotonic()
            if found < least:
                least, moved = found, now
            if now - moved > STUCK:
                self.wrong.append(f"{what}: {found:,} steps left, and nothing has moved for {STUCK:.0f} s")
                break
            is_at_work = marked - least > all_ / MOST_KILLS or now - struck > IDLE
            if is_at_work and now - struck > every * (0.5 + self.chance.random()):
                await self.kill(self.chance.choice(names), again=True)
                struck, marked = time.monotonic(), least
            if now - said > TOLD_EVERY:
                self.say(f"{what}: {found:,} steps left, killed {self.kills.total()} ×")
                said = now
            await asyncio.sleep(0.5)
        for name in names:
            await self.kill(name)
        self.say(f"{what}: took {time.monotonic() - began:.0f} s, killed {dict(self.kills)}")

    def start(self, name: str) -> None:
        kind = name.split()[0]
        altered = [*self.altered, *(("hurried", "hurried_digests", "twice") if kind == "worker" else ())]
        self.desk.start(kind, called=name, altered=altered)

    async def kill(self, name: str, *, again: bool = False) -> None:
        process = self.desk.processes.pop(name)
        process.send_signal(signal.SIGKILL)
        await asyncio.to_thread(process.wait)
        if again:
            self.kills[name.split()[0]] += 1
            self.start(name)
