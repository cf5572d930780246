"""The managers' page at 200,000 tickets with their clocks, over spans of 28 days to three years; its statements one by one.

Run with `python -m tests.benchmarks.reports [TICKETS]`.
"""

import asyncio
import os
import sys
import time
from typing import Any, cast

import asyncpg
import httpx

from tests.benchmarks.desk import Desk, a_desk, percentile
from tests.benchmarks.filling import fill_with
from tests.benchmarks.pages import sign_in, timed

TICKETS = 200_000
TIMES = 7
SPANS = {
    "28 days": "28d",
    "28 days, by agent": "28d&by=agent",
    "28 days, by channel": "28d&by=channel",
    "90 days": "90d",
    "a year": "custom&from={year_ago}&to={until}",
    "three years": "custom&from={since}&to={until}",
}

# A first reply for all, a next one for half, a resolution for what was solved; promised in all but a tenth; of what
# was promised a tenth is broken, and a fifth stood still once.
CLOCKS = [
    "INSERT INTO sla_policy (name, position, created_at) VALUES ('Standard', 1, now())",
    "INSERT INTO sla_policy_version (policy, number, conditions, targets, made_at) VALUES (1, 1, '{}', '[]', now())",
    """
INSERT INTO sla_clock (ticket, metric, cycle, policy_version, priority, target, state, started_at, running_since, consumed, rested, due_at, original_due_at,
    breached_at, breach_cause, stopped_at, stop_cause, elapsed_business, elapsed_calendar, stopped_by, gen)
SELECT id, metric, 1, CASE WHEN is_promised THEN 1 END, priority, CASE WHEN is_promised THEN target END,
    CASE WHEN is_over THEN 'stopped' ELSE 'running' END, started_at, CASE WHEN NOT is_over THEN started_at END, CASE WHEN is_over THEN took / 3 ELSE 0 END, rested,
    CASE WHEN is_promised THEN due_at END, CASE WHEN is_promised THEN due_at END, CASE WHEN is_promised AND is_late THEN due_at END,
    CASE WHEN is_promised AND is_late THEN 'timer' ELSE '' END,
    CASE WHEN is_over THEN started_at + took * interval '1 s' END, CASE WHEN is_over THEN 'answered' ELSE '' END,
    CASE WHEN is_over THEN took / 3 END, CASE WHEN is_over THEN took END, CASE WHEN is_over THEN assignee END, 2
FROM (
    SELECT t.*, m.*, t.created_at + m.beginning AS started_at, t.created_at + m.beginning + m.target * interval '1 s' AS due_at, t.id % 10 > 0 AS is_promised,
        (m.target * (0.05 + (hashint8(t.id * 7 + m.place) & 1023) / 920.0))::int AS took, (hashint8(t.id * 7 + m.place) & 1023) > 874 AS is_late,
        m.metric <> 'first_resolution' OR t.solved_at IS NOT NULL AS is_over, CASE WHEN t.id % 5 = 0 THEN m.target / 20 ELSE 0 END AS rested
    FROM hd_ticket t, (VALUES ('first_reply', 3600, interval '0', 1), ('next_reply', 14400, interval '5 hours', 2), ('first_resolution', 86400, interval '0', 3))
        AS m (metric, target, beginning, place)
    WHERE NOT t.is_automatic AND (m.place <> 2 OR t.id % 2 = 0) AND t.spam_at IS NULL AND t.trashed_at IS NULL
) AS made ORDER BY id""",
    """
INSERT INTO sla_clock_event (clock, gen, epoch, kind, at, cause, state, consumed, target, priority)
SELECT c.id, line.gen, 0, line.kind, CASE line.gen WHEN 0 THEN c.started_at WHEN 1 THEN c.started_at + interval '1 minute' ELSE greatest(c.due_at, c.started_at + interval '1 minute') END,
    'timer', line.state, 0, c.target, c.priority
FROM sla_clock c, (VALUES (0, 'started', 'running'), (1, 'paused', 'paused'), (2, 'breached', 'running')) AS line (gen, kind, state)
WHERE line.gen = 0 OR (line.gen = 1 AND c.rested > 0) OR (line.gen = 2 AND (c.breached_at IS NOT NULL OR c.rested > 0)) ORDER BY c.id, line.gen""",
    """
INSERT INTO hd_event (ticket, kind, actor_kind, at, version, changes, followed_at)
SELECT t.id, e.kind, 'agent', t.created_at + e.after, e.version, jsonb_build_object('status', jsonb_build_array(e.old, e.new)), now()
FROM hd_ticket t, (VALUES ('status_changed', 'open', 'pending', interval '3 minutes', 2, 4), ('solved', 'open', 'solved', interval '5 hours', 3, 1),
    ('reopened', 'solved', 'open', interval '9 hours', 4, 20)) AS e (kind, old, new, after, version, every) WHERE t.id % e.every = 0 ORDER BY t.id""",
    "VACUUM ANALYZE",
]


async def fill_clocks(url: str) -> None:
    """Clocks with their ledgers, and the histories that reports ask about, for the tickets that are there."""
    connection = await asyncpg.connect(url, user="postgres")
    await connection.execute("SET session_replication_role = replica; SET synchronous_commit = off")
    for statement in CLOCKS:
        await connection.execute(statement)
    await connection.close()


class Statements:
    """What a page asks the database, with how long each took."""

    def __init__(self) -> None:
        self.seen: list[tuple[float, str]] = []

    def listen(self) -> None:
        from piccolo.engine.postgres import PostgresEngine

        run = PostgresEngine.run_querystring

        async def listening(engine: Any, querystring: Any, *args: Any, **more: Any) -> Any:
            started = time.perf_counter()
            found = await run(engine, querystring, *args, **more)
            self.seen.append((time.perf_counter() - started, " ".join(str(querystring).split())))
            return found

        PostgresEngine.run_querystring = listening  # pyright: ignore[reportAttributeAccessIssue]


async def measure(desk: Desk) -> None:
    from httpx import ASGITransport

    from helpdesk.app import create_app
    from helpdesk.kernel.database import connected
    from helpdesk.web.visits import session_cookie

    statements = Statements()
    statements.listen()
    cookie = await sign_in(desk)
    connection = await asyncpg.connect(desk.database_url)
    found = await connection.fetchrow(
        "SELECT count(*) AS clocks, min(started_at)::date AS since, (now() - interval '1 year')::date AS year_ago, now()::date AS until FROM sla_clock"
    )
    await connection.close()
    assert found is not None
    print(
        f"load {os.getloadavg()[0]:.0f}; {found['clocks']:,} clocks\n\n| span | page, median | slowest | of it in the database |\n|---|---:|---:|---:|"
    )
    async with connected(), httpx.AsyncClient(
        transport=ASGITransport(app=cast(Any, create_app())), base_url="http://localhost:8000", cookies={session_cookie(): cookie}, timeout=60,
    ) as client:  # fmt: skip
        for name, span in SPANS.items():
            path = f"/console/reports?period={span.format(**found)}"
            times = []
            for _ in range(TIMES):
                statements.seen.clear()
                times.append((await timed(client, path))[0])
            asked = sum(took for took, _text in statements.seen)
            print(
                f"| {name} | {percentile(times, 0.5) * 1000:.0f} ms | {max(times) * 1000:.0f} ms | {asked * 1000:.0f} ms |",
                flush=True,
            )
            if "-v" in sys.argv:
                for took, text in sorted(statements.seen, reverse=True)[:12]:
                    print(f"    {took * 1000:6.1f} ms  {text[:150]}", file=sys.stderr)


def main() -> None:
    tickets = next((int(word) for word in sys.argv[1:] if word.isdecimal()), TICKETS)
    with a_desk() as desk:
        desk.run("agent", "create", "--email", "alma@bench.test", "--name", "Alma", "--role", "admin")
        asyncio.run(fill_with(desk.database_url, tickets, lambda what: print(what, file=sys.stderr)))
        asyncio.run(fill_clocks(desk.database_url))
        os.environ.update({name: value for name, value in desk.environment.items() if name.startswith("HELPDESK_")})
        asyncio.run(measure(desk))


if __name__ == "__main__":
    main()
