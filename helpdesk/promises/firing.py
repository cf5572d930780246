"""Firing what is due: a loop in each scheduler, as many as there are.

A look every 200 ms at the latest, and at the very instant of the next clock: that is early enough for what is planned
meanwhile, too, so nothing has to wake it. All is judged by the database's clock, and slept by one that never jumps.
"""

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta
from time import monotonic

import structlog
from redis.exceptions import RedisError

from helpdesk import actors
from helpdesk.kernel import redis
from helpdesk.kernel.database import rows
from helpdesk.kernel.outages import is_outage
from sla.firing import BATCH, fire
from sla.timekeeping import Look, Timekeeper

LONGEST_PAUSE = 0.2  # seconds
AFTER_A_FAILURE = 1.0
MANY = 5_000
"""When more are overdue, users get at least half of the database's time."""
HELD_BACK = timedelta(seconds=120)
HALTED = "helpdesk:firing-halted"
"""Why nothing is fired, in Redis while that holds, for `health`."""
HALTED_FOR = 15  # seconds that it is believed; said anew before that

log = structlog.get_logger(__name__)

_LOOK = """
SELECT now() AS now, (SELECT min(next_fire_at) FROM sla_clock WHERE next_fire_at IS NOT NULL) AS next,
    (SELECT recorded_at FROM sla_clock_event ORDER BY id DESC LIMIT 1) AS written_at
"""
_UNREAD_SINCE = """
SELECT received_at FROM hd_raw_message WHERE taken_in_at IS NULL AND received_at > {} ORDER BY id LIMIT 1
"""
_OVERDUE = "SELECT count(*) AS count FROM (SELECT FROM sla_clock WHERE next_fire_at <= {} LIMIT {}) AS overdue"


async def fire_what_is_due(stopping: asyncio.Event) -> None:
    """Fire warnings, breaches and steps of ladders until asked to stop."""
    structlog.contextvars.bind_contextvars(work="fire clocks")
    firing = Firing()
    while not stopping.is_set():
        try:
            pause = await firing.step()
        except Exception as error:
            if is_outage(error):
                log.warning("work_waits", error=repr(error))
            else:
                log.exception("work_failed")
            pause = AFTER_A_FAILURE
        with suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), pause)


class Firing:
    """What a scheduler remembers between its looks."""

    def __init__(self) -> None:
        self.time = Timekeeper()
        self._halt_told = (0.0, "")
        self._first: datetime | None = None

    async def step(self) -> float:
        """Look, and fire one batch of what is due; seconds until the next look."""
        began = monotonic()
        [seen] = await rows(_LOOK)
        now, next_ = seen["now"], seen["next"]
        self._first = self._first or now
        trouble = self.time.look(Look(now, began, monotonic()), written_at=seen["written_at"])
        await self._tell(trouble)
        if trouble or next_ is None or next_ > now:
            ahead = (next_ - now).total_seconds() if next_ and not trouble else LONGEST_PAUSE
            return min(ahead, LONGEST_PAUSE)
        return await self._fire(now)

    async def _fire(self, now: datetime) -> float:
        """The lines of a full batch are left to the sweep, which is as fast as workers follow them."""
        began = monotonic()
        count, lines = await fire(unless_due_since=await self._unread_since(now))
        if count < BATCH:
            await nudge(lines)
            return 0 if count else LONGEST_PAUSE
        [found] = await rows(_OVERDUE, now, MANY + 1)
        return monotonic() - began if found["count"] > MANY else 0

    async def _unread_since(self, now: datetime) -> datetime | None:
        """When the oldest mail was accepted that may still hold an answer: each is waited for so long, and after the start all."""
        is_new = self._first is not None and now - self._first < HELD_BACK
        since = now - timedelta(days=1) if is_new else now - HELD_BACK
        found = await rows(_UNREAD_SINCE, since)
        return found[0]["received_at"] if found else None

    async def _tell(self, trouble: str) -> None:
        """Say in the log when firing halts and goes on, and to `health` as long as it halts."""
        told_at, told = self._halt_told
        if trouble == told and (not trouble or monotonic() - told_at < HALTED_FOR / 3):
            return
        if trouble != told:
            log.error("firing_halted", why=trouble) if trouble else log.warning("firing_goes_on")
        self._halt_told = (monotonic(), trouble)
        with suppress(RedisError):
            await asyncio.to_thread(_say, trouble)


async def nudge(lines: list[int]) -> None:
    """Have the workers follow lines of ledgers; what is lost on the way is found again by a sweep."""
    if lines:
        await asyncio.to_thread(_send, lines)


def _send(lines: list[int]) -> None:
    with suppress(RedisError):
        for line in lines:
            actors.follow_clock.send(line)


def _say(trouble: str) -> None:
    if trouble:
        redis.client().set(HALTED, trouble, ex=HALTED_FOR)
    else:
        redis.client().delete(HALTED)
