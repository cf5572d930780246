"""What a desk costs at 2,000, 200,000 and 1,000,000 tickets: pages, searches, the palette and counters.

For each, the whole time of a request (the best of several), what the database did for it (time and buffers of each statement
by EXPLAIN ANALYZE, the best of several, added up), and both against 2,000 tickets. Run with
`python -m tests.benchmarks.size [sizes …]`; with `--write` the table and the plans go into docs/performance.md.

All desks stand side by side and are asked in turns, so other work on the machine disturbs them alike.
"""

import argparse
import asyncio
import hashlib
import json
import os
import secrets
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, cast
from unittest import mock

import asyncpg
import httpx

from tests.benchmarks.desk import Desk, a_desk
from tests.benchmarks.filling import COMMON, ME, MIDDLING, MY_TEAM, PHRASE, RARE, fill_with

SIZES = (2_000, 200_000, 1_000_000)
ROUNDS, TIMES, EXPLAINED = 4, 8, 3
LINES = 16
"""Of a plan in the document."""
PERFORMANCE = Path(__file__).parents[2] / "docs" / "performance.md"
START, END = "<!-- made by tests.benchmarks.size -->", "<!-- end -->"

VIEWS = (
    "mine",
    "unassigned",
    "teams",
    "open",
    "pending",
    "solved",
    "snoozed",
    "mentions",
    "sent",
    "drafts",
    "automatic",
    "spam",
    "trash",
    f"team:{MY_TEAM}",
)
SEARCHES = {
    "a rare word": RARE, "a common word": COMMON, "a word of one in twenty": MIDDLING, "a phrase": f'"{PHRASE}"', "the beginning of a word": COMMON[:3],
    "two words": f"{COMMON} {MIDDLING}", "a word and operators": f"{COMMON} status:open assignee:me", "a word but not another": f"{COMMON} -{MIDDLING}",
    "operators alone": "tag:tag7 priority:urgent after:60d", "whom it is from": "from:company3.test", "nothing that is there": "nosuchword",
}  # fmt: skip
PALETTE = {"words": COMMON, "a number": "1500", "a name": "زهرا", "a page": "tanzimat"}


def requests() -> dict[str, str]:
    """What is measured, and its address."""
    found = {f"view {view}": f"/console/tickets/rows?view={view}" for view in VIEWS}
    found["the whole list page"] = "/console?view=open"
    found["counters"] = "/console/views?view=open"
    found["ticket"] = "/console/tickets/1500?view=open"
    found["a rare filter of the API"] = "/api/v1/tickets?tag=tag53&priority=low&limit=30"
    found |= {
        f"search: {name}": f"/console/tickets/rows?{httpx.QueryParams(view=f'search:{typed}')}"
        for name, typed in SEARCHES.items()
    }
    return found | {
        f"palette: {name}": f"/console/palette?{httpx.QueryParams(q=typed)}" for name, typed in PALETTE.items()
    }


PARTS = ("/console/tickets/rows", "/console/views", "/console/palette")
PART = {"HX-Request": "true"}
"""How the page asks for these: whoever comes by the address alone is led to the whole page."""


class Statements:
    """What reaches the database, while it is listened to."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, list[Any]]] = []

    def listen(self) -> None:
        from piccolo.engine.postgres import PostgresEngine

        plain = PostgresEngine._run_in_pool

        async def listening(engine: Any, query: str, args: Any = None) -> Any:
            self.seen.append((query, list(args or [])))
            return await plain(engine, query, args or [])

        mock.patch.object(PostgresEngine, "_run_in_pool", listening).start()


async def measure(desk: Desk, tickets: int) -> None:
    """Tell the names of what can be measured, then measure what is named, a line each, until there are no more."""
    from httpx import ASGITransport

    from helpdesk.app import create_app
    from helpdesk.kernel.database import connected
    from helpdesk.web.visits import session_cookie

    statements = Statements()
    statements.listen()
    token = desk.run("token", "create", "--agent", f"agent{ME}@bench.test")
    cookie = await _sign_in(desk.database_url)
    connection = await asyncpg.connect(desk.database_url)
    async with connected(), httpx.AsyncClient(
        transport=ASGITransport(app=cast(Any, create_app())), base_url="http://localhost:8000", cookies={session_cookie(): cookie},
        headers={"authorization": f"Bearer {token}"}, timeout=120,
    ) as client:  # fmt: skip
        addresses = requests() | await _far_pages(connection, tickets)
        print(json.dumps(list(addresses)), flush=True)
        while name := (await asyncio.to_thread(sys.stdin.readline)).strip():
            print(json.dumps(await _measured(client, connection, statements, addresses[name])), flush=True)
    await connection.close()


async def _far_pages(connection: asyncpg.Connection, tickets: int) -> dict[str, str]:
    """Pages a thousand pages behind the first, or as far as there are any, of everything and of a search."""
    from helpdesk.tickets.queries import cursor_of

    row = await connection.fetchrow(
        """SELECT id, last_message_at FROM hd_ticket WHERE spam_at IS NULL AND trashed_at IS NULL AND merged_into IS NULL
        ORDER BY last_message_at DESC, id DESC OFFSET $1 LIMIT 1""",
        min(30 * 999, tickets * 9 // 10),
    )
    assert row is not None
    cursor = cursor_of(dict(row))
    return {
        "page 1,000 of everything": f"/api/v1/tickets?sort=-last_message_at&limit=30&cursor={cursor}",
        "page 1,000 of a search": f"/console/tickets/rows?view=search:{COMMON}&after={cursor}",
    }


async def _sign_in(url: str) -> str:
    """A session of an agent who may not see everything."""
    token = secrets.token_urlsafe(32)
    connection = await asyncpg.connect(url)
    await connection.execute(
        "INSERT INTO hd_session (token_hash, agent, created_at, seen_at, address, user_agent) VALUES ($1, $2, now(), now(), '', '')",
        hashlib.sha256(token.encode()).hexdigest(), ME,
    )  # fmt: skip
    await connection.close()
    return token


async def _measured(
    client: httpx.AsyncClient, connection: asyncpg.Connection, statements: Statements, address: str
) -> dict[str, Any]:
    times = []
    for _ in range(TIMES):
        statements.seen.clear()
        started = time.perf_counter()
        answer = await client.get(address, headers=PART if address.startswith(PARTS) else {})
        times.append((time.perf_counter() - started) * 1000)
        if answer.status_code != 200:
            raise AssertionError(f"{address}: {answer.status_code} {answer.text[:300]}")
    plans = [
        await _explained(connection, query, args)
        for query, args in statements.seen
        if query.lstrip()[:6] in ("SELECT", "select")
    ]
    slowest = max(plans, key=lambda plan: plan["time"], default={"text": ""})
    return {
        "best": min(times), "database": sum(plan["time"] for plan in plans), "buffers": sum(plan["buffers"] for plan in plans), "plan": slowest["text"],
    }  # fmt: skip


async def _explained(connection: asyncpg.Connection, query: str, args: list[Any]) -> dict[str, Any]:
    """The best time of the statement in ms, its planning included, and the buffers it touched."""
    best: dict[str, Any] = {"time": float("inf")}
    for _ in range(EXPLAINED):
        [row] = await connection.fetch(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {query}", *args)
        plan = json.loads(row[0])[0]
        took = plan["Execution Time"] + plan["Planning Time"]
        if took < best["time"]:
            touched = plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"]
            best = {"time": took, "buffers": touched}
    lines = await connection.fetch(f"EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF) {query}", *args)
    return best | {"text": "\n".join(line[0] for line in lines)}


def one(tickets: int) -> None:
    """Fill a desk, and measure on it what is asked for on standard input; the figures go to standard output as JSON."""
    with a_desk() as desk:
        desk.run("agent", "create", "--email", "alma@bench.test", "--name", "Alma", "--role", "admin")
        started = time.monotonic()
        asyncio.run(
            fill_with(
                desk.database_url,
                tickets,
                lambda what: print(f"{time.monotonic() - started:6.0f} s  {what}", file=sys.stderr),
            )
        )
        os.environ.update({name: value for name, value in desk.environment.items() if name.startswith("HELPDESK_")})
        asyncio.run(measure(desk, tickets))


class Side:
    """A desk of one size in a process of its own."""

    def __init__(self, tickets: int) -> None:
        command = [sys.executable, "-m", "tests.benchmarks.size", "--one", str(tickets)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.names: list[str] = self._answer()

    def ask(self, name: str) -> dict[str, Any]:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{name}\n")
        self.process.stdin.flush()
        return self._answer()

    def end(self) -> None:
        self.process.communicate("\n")

    def _answer(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise ChildProcessError(f"{self.process.args} ended with {self.process.wait()}")
        return json.loads(line)


def compare(sizes: list[int]) -> dict[int, dict[str, Any]]:
    """By size and name the best of what several rounds found, one after the other on each desk."""
    sides = {size: Side(size) for size in sizes}
    found: dict[int, dict[str, Any]] = {size: {} for size in sizes}
    for name in sides[sizes[0]].names:
        for _round in range(ROUNDS):
            for size, side in sides.items():
                row, best = side.ask(name), found[size].get(name)
                found[size][name] = row if best is None else row | {
                    what: min(row[what], best[what]) for what in ("best", "database", "buffers")
                }  # fmt: skip
        print(
            f"{name:<40}",
            *(f"{found[size][name]['best']:7.1f} ms {found[size][name]['database']:7.2f} ms" for size in sizes),
            file=sys.stderr,
        )
    for side in sides.values():
        side.end()
    return found


def table(found: dict[int, dict[str, Any]]) -> str:
    """Rows of what was measured: the whole time and the database's at each size, the most growth against the smallest."""
    sizes = sorted(found)
    head = "| | " + " | ".join(f"{size:,}: all / database / buffers" for size in sizes) + " | growth: all / database |"
    lines = [head, "|---" * (len(sizes) + 2) + "|"]
    for name in found[sizes[0]]:
        rows = [found[size][name] for size in sizes]
        shown = " | ".join(f"{row['best']:.1f} ms / {row['database']:.1f} ms / {row['buffers']:,}" for row in rows)
        growth = " / ".join(f"{rows[-1][what] / rows[0][what]:.2f}" for what in ("best", "database"))
        lines.append(f"| {name} | {shown} | {growth} |")
    return "\n".join(lines)


def write(found: dict[int, dict[str, Any]]) -> None:
    """The generated part of docs/performance.md."""
    size = max(found)
    plans = "\n\n".join(f"### {name}\n\n```\n{_what_ran(row['plan'])}\n```" for name, row in found[size].items())
    part = f"{START}\n\n{table(found)}\n\n## Plans at {size:,} tickets\n\nOf each the statement that took longest.\n\n{plans}\n\n{END}"
    text = PERFORMANCE.read_text()
    before, _start, rest = text.partition(START)
    PERFORMANCE.write_text(f"{before}{part}{rest.partition(END)[2]}" if rest else f"{text}\n## By size\n\n{part}\n")


def _what_ran(plan: str) -> str:
    """The plan's beginning, which says where tickets come from, without what was never executed; names are looked up by key below."""
    kept: list[str] = []
    idle: int | None = None
    for line in plan.splitlines():
        depth = len(line) - len(line.lstrip())
        if idle is not None and depth > idle:
            continue
        idle = depth if "(never executed)" in line else None
        if idle is None:
            kept.append(line)
        elif kept and kept[-1].lstrip().startswith(("SubPlan", "InitPlan")):
            kept.pop()
    return "\n".join([line for line in kept if "Index Searches" not in line][:LINES])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, default=list(SIZES))
    parser.add_argument("--one", type=int)
    parser.add_argument("--write", action="store_true", help="the table and the plans, into docs/performance.md")
    given = parser.parse_args()
    if given.one:
        one(given.one)
        return 0
    found = compare(given.sizes)
    print(table(found))
    if given.write:
        write(found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
