"""What a timer finds due: warnings, breaches, steps of the ladder.

Any number of schedulers may fire: a row is claimed with the line that it writes, in one transaction. A killed one leaves
nothing half done, and the row is free at once (docs/sla.md).
"""

from datetime import UTC, datetime

import msgspec

from helpdesk.kernel.database import rows, transaction
from sla import clock as moves
from sla import hours, ledger, promises, tracking
from sla.clock import Clock, Terms
from sla.ledger import COLUMNS
from sla.targets import Metric, target_of

BATCH = 500
_NEVER = datetime.max.replace(tzinfo=UTC)

DUE = f"""
SELECT {", ".join(COLUMNS)} FROM sla_clock WHERE next_fire_at <= {{}} AND (next_fire_kind <> 'breach' OR due_at < {{}})
ORDER BY next_fire_at LIMIT {{}} FOR UPDATE SKIP LOCKED
"""
"""Compared with a bound instant: with clock_timestamp() the index would be read whole."""


async def fire(*, most: int = BATCH, unless_due_since: datetime | None = None) -> tuple[int, list[int]]:
    """Fire what is due by the database's clock: how many clocks were looked at, and the lines that somebody is to hear of.

    `unless_due_since`: a mail that was accepted then still waits to be worked off, so what was due later is not broken yet.
    """
    async with transaction():
        [read] = await rows("SELECT now() AS now, edition FROM sla_settings")
        due = await rows(DUE, read["now"], unless_due_since or _NEVER, most)
        found = [ledger.stored(row) for row in due]
        for one in found:
            await _fire(one.clock, read["now"], read["edition"])
        return len(found), await ledger.write(found)


async def _fire(clock: Clock, now: datetime, edition: int) -> None:
    """A clock whose calendar was changed is planned anew first, and fires if it is due still."""
    terms = await terms_of(clock)
    newest, by_newest = await hours.newest(clock.calendar_version, edition=edition)
    if newest != clock.calendar_version:
        since = await tracking.changed_at(clock.calendar_version, newest) or now
        changed = msgspec.structs.replace(terms, hours=by_newest, calendar_version=newest)
        moves.change_hours(clock, min(since, now), terms.hours, changed)
        terms = changed
    moves.fire(clock, now, terms)


async def terms_of(clock: Clock) -> Terms:
    """What a clock runs under, by its row alone."""
    target = None
    if clock.policy_version is not None and clock.target is not None:
        promise = await promises.promise(clock.policy_version)
        target = target_of(promise.targets, Metric(clock.metric), clock.priority)
    return Terms(
        hours=await hours.hours(clock.calendar_version), calendar_version=clock.calendar_version, target=target,
        policy_version=clock.policy_version, priority=clock.priority,
    )  # fmt: skip
