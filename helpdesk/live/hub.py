"""What is new, in the order of commits, for every open page of this process (rulings 18).

An event row carries the id of the transaction that wrote it. A reader takes only rows whose transaction is older than
every transaction still running, ordered by (transaction, id): no row can later appear before one that was read, so a
cursor is a point that nothing slips behind (docs/decisions/0005).
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import msgspec
import structlog
from asyncpg import InterfaceError, PostgresError
from redis.exceptions import RedisError

from helpdesk.kernel import redis
from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import Invalid
from helpdesk.live.bells import Bells
from helpdesk.live.presence import Presence
from helpdesk.people.actor import SignedIn
from helpdesk.tickets.queries import only_visible

log = structlog.get_logger(__name__)

MOST = 500
WITHOUT_BELL = 2.0
"""Seconds between looks when no bell rings: the bell may be lost, what it speaks of is not."""
WHILE_UNSETTLED = 0.05
"""Seconds between looks while an event waits for an older transaction to end."""

_NEWER = """
SELECT e.id, e.commit_order, e.kind, e.actor_kind, e.actor_id, e.message, e.changes, t.number
FROM hd_event e JOIN hd_ticket t ON t.id = e.ticket
WHERE (e.commit_order, e.id) > ({}, {}) AND e.commit_order < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
ORDER BY e.commit_order, e.id LIMIT {}
"""

_END = """
WITH settled AS (SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS before),
last AS (SELECT commit_order, id FROM hd_event, settled WHERE commit_order < before ORDER BY commit_order DESC, id DESC LIMIT 1)
SELECT (SELECT commit_order FROM last), (SELECT id FROM last),
    EXISTS (SELECT FROM hd_event, settled WHERE commit_order >= before) AS has_unsettled
"""


class Cursor(msgspec.Struct, frozen=True, order=True):
    commit_order: int
    event_id: int

    def __str__(self) -> str:
        return f"{self.commit_order}-{self.event_id}"


class LiveEvent(msgspec.Struct, frozen=True):
    """One event for one page: its name, its place, its data."""

    name: str
    cursor: str
    data: dict[str, Any]


def read_cursor(text: str) -> Cursor:
    """The cursor of `str(Cursor)`; raises Invalid."""
    order, _, event_id = text.partition("-")
    if not (order.isdecimal() and event_id.isdecimal()):
        raise Invalid(after="not a cursor of this stream")
    return Cursor(int(order), int(event_id))


SETTLED = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1"
"""In a statement: the last transaction whose events, and those of all before it, can be read now."""


def end_of(settled: int) -> Cursor:
    return Cursor(settled, 2**62)


async def here() -> Cursor:
    """The end of what can be read now: a page that starts here misses nothing that commits later."""
    [row] = await rows(f"SELECT {SETTLED} AS settled")
    return end_of(row["settled"])


async def newer(cursor: Cursor, agent: SignedIn) -> tuple[list[LiveEvent], Cursor, bool]:
    """The events behind the cursor that the agent may see, the new cursor, and whether there may be more.

    A cursor from the future (the database was restored) gives one `reset`.
    """
    end = await here()
    if cursor.commit_order > end.commit_order:
        return [LiveEvent("reset", str(end), {})], end, False
    found = await rows(_NEWER, cursor.commit_order, cursor.event_id, MOST)
    if not found:
        return [], cursor, False
    visible = await only_visible(sorted({row["number"] for row in found}), seen_by=agent)
    events = [event for row in found if (event := _event(row, visible, agent))]
    last = Cursor(found[-1]["commit_order"], found[-1]["id"])
    return events, last, len(found) == MOST


def _event(row: dict[str, Any], visible: set[int], agent: SignedIn) -> LiveEvent | None:
    cursor = str(Cursor(row["commit_order"], row["id"]))
    if row["number"] in visible:
        actor = f"{row['actor_kind']}:{row['actor_id']}" if row["actor_id"] else row["actor_kind"]
        data = {"kind": row["kind"], "ticket": row["number"], "actor": actor}
        if row["message"] and row["kind"] in ("delivered", "delivery_failed", "undone", "note_undone", "sent_again"):
            data["item"] = f"m{row['message']}"
        return LiveEvent("ticket", cursor, data)
    return LiveEvent("gone", cursor, {"ticket": row["number"]}) if _was_visible(row, agent) else None


def _was_visible(row: dict[str, Any], agent: SignedIn) -> bool:
    """Whether it is this very event that took the ticket out of the agent's sight; others must not hear of it."""
    changes = msgspec.json.decode(row["changes"])
    left_team = "team" in changes and changes["team"][0] not in agent.hidden_team_ids
    left_agent = "assignee" in changes and changes["assignee"][0] == agent.id
    return left_team or left_agent


class Hub:
    """Looks once for all streams of this process whether there is something new, and wakes them."""

    def __init__(self) -> None:
        self._bell = asyncio.Event()
        self._changed = asyncio.Event()
        self._end: tuple[int, int] | None = None
        self.presence = Presence()
        self.bells = Bells()

    def next_change(self) -> asyncio.Event:
        """Set when something new can be read. Ask for it before you read: what comes in between is not missed."""
        return self._changed

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._watch())]
        try:
            async with self.presence.watching():
                yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _watch(self) -> None:
        pause = WITHOUT_BELL
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._bell.wait(), pause)
            self._bell.clear()
            try:
                pause = WHILE_UNSETTLED if await self._look() else WITHOUT_BELL
            except (OSError, PostgresError, InterfaceError) as error:
                log.warning("live_waits", error=repr(error))
                await asyncio.sleep(1)

    async def _look(self) -> bool:
        """Wake the streams if the end has moved; whether there are events that cannot be read yet."""
        [row] = await rows(_END)
        end = (row["commit_order"] or 0, row["id"] or 0)
        if end != self._end:
            self._end = end
            changed, self._changed = self._changed, asyncio.Event()
            changed.set()
        return await self.bells.look() or row["has_unsettled"]

    async def _listen(self) -> None:
        client = redis.async_client()
        try:
            while True:
                try:
                    async with client.pubsub(ignore_subscribe_messages=True) as bell:
                        await bell.subscribe(redis.LIVE)
                        while True:
                            if await bell.get_message(timeout=30) is not None:
                                self._bell.set()
                except (RedisError, OSError) as error:
                    log.warning("bell_lost", error=repr(error))
                    await asyncio.sleep(1)
        finally:
            await client.aclose()
