"""What runs by a calendar that was changed is planned anew: by and by for all, and at once for what is due or changes.

So no clock ever breaks a promise by hours that no longer hold. A change holds from its instant on. A correction was always
true: what was measured is measured again, and a breach that is none is void (docs/sla.md).
"""

from datetime import datetime
from typing import Any

import msgspec
import structlog

from helpdesk.kernel.database import rows, transaction
from sla import hours, ledger, moves, promises
from sla.calendar import Hours
from sla.clock import Clock, Line, State, Terms
from sla.explaining import Stretch, explain
from sla.ledger import COLUMNS, Stored
from sla.tables import Reason
from sla.targets import Metric, target_of

BATCH = 500
CORRECTION = Reason.CORRECTION.value
UNRECKONABLE = (LookupError, ValueError, ArithmeticError)
"""What goes wrong with one clock, and not with the database."""

log = structlog.get_logger(__name__)

_OUTDATED = """
SELECT v.id FROM sla_calendar_version v JOIN sla_calendar c ON c.id = v.calendar
WHERE v.number < c.version AND EXISTS (SELECT FROM sla_clock WHERE calendar_version = v.id AND state IN ('running', 'paused'))
"""
_BATCH = f"""
SELECT {", ".join(COLUMNS)} FROM sla_clock WHERE state IN ('running', 'paused') AND calendar_version = ANY({{}})
ORDER BY calendar_version, id LIMIT {{}} FOR NO KEY UPDATE SKIP LOCKED
"""
_STEPS = """
SELECT b.id, b.reason, b.effective_from FROM sla_calendar_version a
JOIN sla_calendar_version b ON b.calendar = a.calendar AND b.number > a.number
JOIN sla_calendar_version c ON c.calendar = a.calendar AND c.number >= b.number
WHERE a.id = {} AND c.id = {} ORDER BY b.number
"""
_VERSIONS = """
SELECT id, calendar, reason FROM sla_calendar_version
WHERE calendar IN (SELECT calendar FROM sla_calendar_version WHERE id = ANY({})) AND id <= {} ORDER BY calendar, number
"""


class Step(msgspec.Struct, frozen=True):
    """From one version of a calendar to the next."""

    id: int
    reason: str
    effective_from: datetime


_steps: dict[tuple[int, int], list[Step]] = {}
"""For ever, since a version never changes."""


async def replan(*, most: int = BATCH) -> tuple[int, list[int]]:
    """Plan clocks of outdated calendars anew: how many it were, and the lines that somebody is to hear of.

    Those that somebody holds are passed by, for the next time.
    """
    outdated = [row["id"] for row in await rows(_OUTDATED)]
    if not outdated:
        return 0, []
    async with transaction():
        [read] = await rows("SELECT now() AS now, edition FROM sla_settings")
        found = [ledger.stored(row) for row in await rows(_BATCH, outdated, most)]
        for one in found:
            try:
                await bring_up_to_date(one, await terms_of(one.clock), at=read["now"], edition=read["edition"])
            except UNRECKONABLE:  # the others have theirs all the same
                log.exception("clock_cannot_be_planned", ticket=one.ticket, metric=one.clock.metric)
                one.clock = one.as_it_was
        return sum(one.is_changed for one in found), await ledger.write(found)


async def bring_up_to_date(one: Stored, terms: Terms, *, at: datetime, edition: int) -> Terms:
    """Measure a clock, which the caller holds, by the newest version of its calendar, and give back the terms by that."""
    newest, _hours = await hours.newest(one.clock.calendar_version, edition=edition)
    return await follow_versions(one, newest, terms, at=at)


async def follow_versions(one: Stored, newest: int | None, terms: Terms, *, at: datetime) -> Terms:
    """Measure the clock by one version of its calendar after the other until that one; `terms` has its own hours."""
    for step in await steps(one.clock.calendar_version, newest):
        after = msgspec.structs.replace(terms, hours=await hours.hours(step.id), calendar_version=step.id)
        if step.reason == CORRECTION:
            await _correct(one, after, at=at)
        else:
            moves.change_hours(one.clock, min(step.effective_from, at), terms.hours, after)
        terms = after
    return terms


async def steps(before: int | None, after: int | None) -> list[Step]:
    """The versions after the first, until the second; none when they are not of one calendar."""
    if before is None or after is None or before == after:
        return []
    if (before, after) not in _steps:
        _steps[before, after] = [Step(**row) for row in await rows(_STEPS, before, after)]
    return _steps[before, after]


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


def measured_again(stretches: list[Stretch], by: dict[int | None, Hours]) -> int:
    """Seconds consumed in a clock's stretches; `by` has the hours that each version should have had."""
    total = 0
    for one in stretches:
        if one.kind == "run" or (one.kind in ("gap", "before") and one.counted):
            total += by[one.calendar_version].elapsed(one.since, one.until)
        elif one.kind == "recount" and one.reason == "attached_late":
            total += one.counted
    return total


def correct(clock: Clock, consumed: int, terms: Terms, *, at: datetime) -> None:
    """So much was consumed until now. A breach that never was is void; nothing is broken in the past."""
    clock.consumed = consumed
    if clock.state is State.RUNNING:
        clock.running_since = at
    if clock.breached_at and clock.target is not None and consumed < clock.target and not clock.is_pinned:
        moves.void(clock, at, CORRECTION)
    if not clock.breached_at and not clock.is_pinned:
        clock.due_at = None
    moves.change_hours(clock, at, terms.hours, terms, cause=CORRECTION)


async def _correct(one: Stored, terms: Terms, *, at: datetime) -> None:
    clock = one.clock
    lines = [*await ledger.lines(one), *clock.ledger]
    versions = {clock.calendar_version, *(line.calendar_version for line in lines)}
    measured = {version: await hours.hours(version) for version in versions}
    stretches = explain(clock, lines, measured, at).stretches
    right = await _corrected(versions, until=terms.calendar_version or 0)
    correct(clock, measured_again(_dated(stretches, lines), right), terms, at=at)


def _dated(stretches: list[Stretch], lines: list[Line]) -> list[Stretch]:
    """With a calendar for what has none of its own: that of the line that ended it."""
    first = lines[0].calendar_version

    def version(one: Stretch) -> int | None:
        if one.kind == "run":
            return one.calendar_version
        return next((line.calendar_version for line in lines if line.at >= one.until), first)

    return [msgspec.structs.replace(one, calendar_version=version(one)) for one in stretches]


async def _corrected(versions: set[int | None], *, until: int) -> dict[int | None, Hours]:
    """For each version the hours that it should have had: those of the last of the corrections that follow it."""
    right: dict[int, int] = {}
    waiting: list[int] = []
    known: list[dict[str, Any]] = await rows(_VERSIONS, [one for one in versions if one is not None], until)
    for row in known:
        if row["reason"] != CORRECTION:
            waiting = []
        waiting.append(row["id"])
        right.update((one, row["id"]) for one in waiting)
    return {version: await hours.hours(right[version] if version else None) for version in versions}
