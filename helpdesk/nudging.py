"""Finding rows that waited too long for a worker, and ringing for them again (habit 6: the job is a nudge)."""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable

import dramatiq
import msgspec
import structlog

from helpdesk import actors
from helpdesk.kernel import redis
from helpdesk.kernel.database import rows
from helpdesk.promises.firing import TOGETHER

BATCH = 500
AGAIN_AFTER = 30.0  # seconds before the same row is nudged again
AGAIN_IF_LOST = 8.0  # the same when its queue is empty: its job may be lost
MARKED_FOR = 600  # seconds without a sweep that a mark outlives

log = structlog.get_logger(__name__)


class Sweep(msgspec.Struct, frozen=True):
    """Rows that a job should have taken by now. `waiting` is a WHERE clause; `since` tells how long a row has waited;
    a job takes `together` rows."""

    name: str
    table: str
    waiting: str
    late: str
    since: str
    actor: dramatiq.Actor
    together: int = 1


SWEEPS = [
    Sweep(
        name="intake", table="hd_raw_message", since="received_at", actor=actors.take_in,
        waiting="taken_in_at IS NULL",
        late="received_at < now() - interval '5 s' AND (claimed_until IS NULL OR claimed_until < now())",
    ),
    Sweep(
        name="events", table="hd_event", since="at", actor=actors.follow_up,
        waiting="followed_at IS NULL", late="at < now() - interval '5 s'",
    ),
    Sweep(
        name="promises", table="sla_clock_event", since="recorded_at", actor=actors.follow_clock, together=TOGETHER,
        waiting="follows AND followed_at IS NULL", late="recorded_at < now() - interval '5 s'",
    ),
    Sweep(
        name="deliveries", table="hd_delivery", since="not_before", actor=actors.deliver,
        waiting="((state = 'queued' AND not_before <= now()) OR state = 'sending')",
        late="((state = 'queued' AND not_before <= now() - interval '1 s') OR (state = 'sending' AND sending_until < now()))",
    ),
    Sweep(
        name="settling", table="hd_delivery", since="coalesce(sent_at, not_before)", actor=actors.settle,
        waiting="settled_at IS NULL AND state IN ('sent', 'failed', 'bounced')",
        late="coalesce(sent_at, not_before) < now() - interval '2 s'",
    ),
    Sweep(
        name="notices", table="hd_notice", since="due_at", actor=actors.tell,
        waiting="due_at <= now()", late="due_at < now() - interval '2 s'",
    ),
    Sweep(
        name="pushes", table="hd_push", since="not_before", actor=actors.send_push,
        waiting="not_before <= now()", late="not_before < now() - interval '5 s'",
    ),
    Sweep(
        name="bulk", table="hd_bulk", since="asked_at", actor=actors.work_off_bulk,
        waiting="undone_at IS NULL AND (finished_at IS NULL OR undo_asked_at IS NOT NULL)",
        late="worked_at < now() - interval '8 s'",
    ),
    Sweep(
        name="merges", table="hd_merge_asked", since="asked_at", actor=actors.merge_many,
        waiting="done_at IS NULL", late="asked_at < now() - interval '8 s'",
    ),
]  # fmt: skip


def nudge_waiting(sweep: Sweep) -> Callable[[], Awaitable[int]]:
    """The periodic work of a sweep; it remembers what it nudged lately, so that a backlog is not enqueued every time.

    What it remembers is worth nothing once Redis has forgotten: a mark of ours is then missing there.
    """
    nudged: dict[int, float] = {}
    mark = f"helpdesk:nudged:{sweep.name}:{secrets.token_hex(8)}"

    async def nudge() -> int:
        if await asyncio.to_thread(_is_missing, mark):
            nudged.clear()
        pause = AGAIN_AFTER if nudged and await asyncio.to_thread(_queue_length, sweep) else AGAIN_IF_LOST
        _forget(nudged, before=time.monotonic() - pause)
        found = await rows(
            f"SELECT id FROM {sweep.table} WHERE {sweep.waiting} AND {sweep.late} AND id <> ALL({{}}) ORDER BY id LIMIT {BATCH}",
            list(nudged),
        )
        ids = [row["id"] for row in found]
        for sent in await asyncio.to_thread(_send, sweep, ids):
            nudged[sent] = time.monotonic()
        return len(ids)

    return nudge


def _send(sweep: Sweep, ids: list[int]) -> list[int]:
    for first in range(0, len(ids), sweep.together):
        sweep.actor.send(*ids[first : first + sweep.together])
    if ids:
        log.info("nudged", queue=sweep.name, rows=len(ids))
    return ids


def _is_missing(mark: str) -> bool:
    """Whether Redis does not have the mark; from now on it does."""
    return redis.client().set(mark, "", ex=MARKED_FOR, get=True) is None


def _queue_length(sweep: Sweep) -> int:
    return redis.client().llen(f"dramatiq:{sweep.actor.queue_name}")


def _forget(nudged: dict[int, float], *, before: float) -> None:
    for id in [id for id, at in nudged.items() if at < before]:
        del nudged[id]
