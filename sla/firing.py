"""What a timer finds due: warnings, breaches, steps of the ladder.

Any number of schedulers may fire: a row is claimed with the line that it writes, in one transaction. A killed one leaves
nothing half done, and the row is free at once (docs/sla.md).
"""

from datetime import UTC, datetime, timedelta

import structlog

from helpdesk.kernel.database import rows, transaction
from sla import hours, ledger, moves, promises, sweeping
from sla.clock import Clock
from sla.ledger import COLUMNS, Stored
from sla.moves import GRACE
from sla.replanning import UNRECKONABLE, bring_up_to_date, terms_of
from sla.sweeping import Ended

BATCH = 500
PUT_OFF = timedelta(minutes=1)
MOST_COUNTED = 10_000
_NEVER = datetime.max.replace(tzinfo=UTC)

log = structlog.get_logger(__name__)

DUE = f"""
SELECT at.now, (SELECT edition FROM sla_settings) AS edition, {", ".join(COLUMNS)},
    EXISTS (SELECT FROM sla_sweep WHERE tickets IS NULL) AS has_choices
FROM sla_clock, (SELECT coalesce({{}}::timestamptz, now()) AS now) AS at
WHERE next_fire_at <= at.now AND (next_fire_kind = 'escalation' OR due_at > at.now - interval '{GRACE.total_seconds()} s' OR due_at < {{}})
ORDER BY next_fire_at LIMIT {{}} FOR NO KEY UPDATE OF sla_clock SKIP LOCKED
"""
"""Compared with an instant, or with now(): with clock_timestamp() the index would be read whole. Who holds a clock has its
ticket, and may wait for a lock of ours: nobody is waited for."""


async def fire(
    *, at: datetime | None = None, most: int = BATCH, unless_due_since: datetime | None = None
) -> tuple[int, list[int]]:
    """Fire what is due: how many clocks were looked at, and the lines that somebody is to hear of.

    `at`: what the database's clock said when it was last believed; None: what it says.
    `unless_due_since`: a mail that was accepted then still waits to be worked off, so what was due later is not broken yet.
    """
    async with transaction():
        due = await rows(DUE, at, unless_due_since or _NEVER, most)
        if not due:
            return 0, []
        now, edition = due[0]["now"], due[0]["edition"]
        found = [ledger.stored(row) for row in due]
        in_use = {one.policy for one in await promises.current(edition)}
        choices = await sweeping.ended([one.ticket for one in found]) if due[0]["has_choices"] else {}
        for one in found:
            await _fire(one, now, edition, in_use, choices.get(one.ticket, []))
        return len(found), await ledger.write(found)


async def _fire(one: Stored, now: datetime, edition: int, in_use: set[int], choices: list[Ended]) -> None:
    """A clock whose calendar was changed is planned anew first, and fires if it is due still. One whose policy was switched
    off or deleted is put off: it is about to end; and so is one that is about to be measured by another calendar, and one
    that cannot be reckoned, for the others' sake."""
    try:
        if await _is_promised(one.clock, in_use) and not await _is_measured_otherwise(one, choices):
            moves.fire(one.clock, now, await bring_up_to_date(one, await terms_of(one.clock), at=now, edition=edition))
        else:
            one.clock.next_fire_at = now + PUT_OFF
    except UNRECKONABLE:
        log.exception("clock_cannot_fire", ticket=one.ticket, metric=one.clock.metric)
        one.clock = one.as_it_was
        one.clock.next_fire_at = now + PUT_OFF


async def _is_promised(clock: Clock, in_use: set[int]) -> bool:
    return clock.policy_version is None or (await promises.promise(clock.policy_version)).policy in in_use


async def _is_measured_otherwise(one: Stored, choices: list[Ended]) -> bool:
    calendar = await hours.calendar_of(one.clock.calendar_version) if choices else None
    return any(calendar == choice.calendar for choice in choices)


async def overdue() -> tuple[int, timedelta]:
    """How many clocks should have fired by now, counted up to MOST_COUNTED, and for how long the first has waited."""
    [found] = await rows(
        """SELECT count(*) AS count, now() - min(next_fire_at) AS lag
        FROM (SELECT next_fire_at FROM sla_clock WHERE next_fire_at <= now() ORDER BY next_fire_at LIMIT {}) AS overdue""",
        MOST_COUNTED,
    )
    return found["count"], found["lag"] or timedelta()
