"""Firing what is due: a loop in each scheduler, as many as there are.

A look every 200 ms at the latest, and when the next clock is due, but not more often than every 20 ms, so that what is due
together is fired together. That is early enough for what is planned meanwhile, too: nothing has to wake it. All is judged by
the database's clock, and slept by one that never jumps.
"""

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta
from time import monotonic

import structlog
from redis.exceptions import RedisError

from helpdesk import actors
from helpdesk.kernel import redis, time
from helpdesk.kernel.database import rows
from helpdesk.kernel.outages import is_outage
from sla.firing import BATCH, fire
from sla.timekeeping import Look, Timekeeper

SHORTEST_PAUSE, LONGEST_PAUSE = 0.02, 0.2  # seconds
AFTER_A_FAILURE = 1.0
WHILE_HELD_BACK = 1.0
"""Seconds, when all that is due waits for a mail: each look walks over all of it, which after an outage may be much."""
MANY = 5_000
"""When more are overdue, users get at least half of the database's time."""
HELD_BACK = timedelta(seconds=120)
TOGETHER = 20
"""Lines that one job follows; their tickets are held meanwhile."""
HALTED = "helpdesk:firing-halted"
"""Why nothing is fired, in Redis while that holds, for `health`."""
HALTED_FOR = 15  # seconds that it is believed; said anew before that

log = structlog.get_logger(__name__)

_LOOK = """
SELECT now() AS now, (SELECT min(next_fire_at) FROM sla_clock WHERE next_fire_at IS NOT NULL) AS next,
    (SELECT recorded_at FROM sla_clock_event ORDER BY id DESC LIMIT 1) AS written_at,
    (SELECT received_at FROM hd_raw_message WHERE taken_in_at IS NULL AND received_at > now() - {}::interval ORDER BY id LIMIT 1) AS unread_since
"""
"""`unread_since`: when the oldest mail was accepted that may still hold an answer."""
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
        self._started, self._has_looked = monotonic(), False

    async def step(self) -> float:
        """Look, and fire one batch of what is due; seconds until the next look."""
        if not self._has_looked:
            self.time.doubt(await firing_halted(), since=monotonic())
            self._has_looked = True
        began = monotonic()
        [seen] = await rows(_LOOK, self._patience)
        now, next_ = seen["now"], seen["next"]
        trouble = self.time.look(Look(now, began, monotonic(), ours=time.now()), written_at=seen["written_at"])
        await self._tell(trouble)
        if trouble or next_ is None or next_ > now:
            ahead = (next_ - now).total_seconds() if next_ and not trouble else LONGEST_PAUSE
            return min(max(ahead, SHORTEST_PAUSE), LONGEST_PAUSE)
        return await self._fire(now, seen["unread_since"])

    async def _fire(self, now: datetime, unread_since: datetime | None) -> float:
        began = monotonic()
        count, lines = await fire(at=now, unless_due_since=unread_since)
        await nudge(lines)
        if count < BATCH:
            return SHORTEST_PAUSE if count else WHILE_HELD_BACK if unread_since else LONGEST_PAUSE
        [found] = await rows(_OVERDUE, now, MANY + 1)
        return monotonic() - began if found["count"] > MANY else 0

    @property
    def _patience(self) -> timedelta:
        """For how long each mail is waited for; after the start for all."""
        is_new = monotonic() - self._started < HELD_BACK.total_seconds()
        return timedelta(days=1) if is_new else HELD_BACK

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


async def firing_halted() -> str:
    """Why some scheduler fires nothing at the moment; empty: none says so, or Redis does not answer."""
    with suppress(RedisError):
        found = await asyncio.to_thread(redis.client().get, HALTED)
        return found.decode() if isinstance(found, bytes) else ""
    return ""


async def nudge(lines: list[int]) -> None:
    """Have the workers follow lines of ledgers; what is lost on the way is found again by a sweep."""
    if lines:
        await asyncio.to_thread(_send, lines)


def _send(lines: list[int]) -> None:
    with suppress(RedisError):
        for first in range(0, len(lines), TOGETHER):
            actors.follow_clock.send(*lines[first : first + TOGETHER])


def _say(trouble: str) -> None:
    if trouble:
        redis.client().set(HALTED, trouble, ex=HALTED_FOR)
    else:
        redis.client().delete(HALTED)
