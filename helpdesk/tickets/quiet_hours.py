"""When an agent is left in peace: notices wait in the centre, mails and browsers tell them afterwards."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from helpdesk.kernel.database import rows, transaction
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _, zone
from helpdesk.people.actor import SignedIn

WEEK = frozenset(range(7))
_DAY = 24 * 60


class Quiet(msgspec.Struct, frozen=True, kw_only=True):
    """Hours that begin on each of `days`, and `whole_days`: 0 is Monday. Minutes after midnight, in the agent's time zone."""

    begins: int = 18 * 60
    ends: int = 8 * 60
    """On the next day when it is not later than `begins`."""
    days: frozenset[int] = frozenset()
    whole_days: frozenset[int] = frozenset()


def end_of_quiet(quiet: Quiet, at: datetime, where: ZoneInfo) -> datetime | None:
    """When the quiet time that holds `at` is over, in UTC; None when it is not quiet then.

    Quiet times that meet are one. `check` sees to it that they end within a week.
    """
    end = at
    while later := _latest_end(quiet, end, where):
        end = later
    return end if end > at else None


def _latest_end(quiet: Quiet, at: datetime, where: ZoneInfo) -> datetime | None:
    """The end of what is quiet at this moment."""
    today = at.astimezone(where).date()
    ends: list[datetime] = []
    for day in (today - timedelta(days=1), today):
        midnight = datetime.combine(day, time(), where)
        spans = [(0, _DAY)] if day.weekday() in quiet.whole_days else []
        if day.weekday() in quiet.days:
            spans.append((quiet.begins, quiet.ends + (_DAY if quiet.ends <= quiet.begins else 0)))
        for begins, ends_at in spans:  # what the clocks on the wall say, whatever was done to them that night
            first, last = ((midnight + timedelta(minutes=one)).astimezone(UTC) for one in (begins, ends_at))
            if first <= at < last:
                ends.append(last)
    return max(ends, default=None)


def check(quiet: Quiet) -> None:
    """Raise Invalid at the field for what never ends."""
    if not (0 <= quiet.begins < _DAY and 0 <= quiet.ends < _DAY):
        raise Invalid(begins=_("Give times such as 18:00."))
    if not quiet.days | quiet.whole_days <= WEEK:
        raise Invalid(days=_("There is no such day."))
    if not _ends(quiet):
        raise Invalid(whole_days=_("Leave some time of the week in which you hear of things."))


def _ends(quiet: Quiet) -> bool:
    """Whether some minute of a week is not quiet."""
    taken: set[int] = set()
    for day in quiet.whole_days:
        taken.update(range(day * _DAY, (day + 1) * _DAY))
    for day in quiet.days:
        last = quiet.ends + (_DAY if quiet.ends <= quiet.begins else 0)
        taken.update(minute % (7 * _DAY) for minute in range(day * _DAY + quiet.begins, day * _DAY + last))
    return len(taken) < 7 * _DAY


async def quiet_hours_of(agent_id: int) -> Quiet | None:
    """What the agent has chosen; None when they are never left in peace."""
    found = await rows("SELECT begins, ends, days, whole_days FROM hd_quiet_hours WHERE agent = {}", agent_id)
    return msgspec.convert(found[0], Quiet) if found else None


async def quiet_until(agent: SignedIn, at: datetime) -> datetime | None:
    """When the agent's quiet time is over; None when they may be told now."""
    quiet = await quiet_hours_of(agent.id or 0)
    return end_of_quiet(quiet, at, zone(agent.time_zone)) if quiet else None


async def choose_quiet_hours(quiet: Quiet | None, *, by: SignedIn, at: datetime) -> None:
    """From now on, None for never; what waited for the end of the former ones is looked at anew. Raises Invalid."""
    chosen = quiet if quiet and quiet.days | quiet.whole_days else None
    if chosen:
        check(chosen)
    async with transaction():
        await _keep(chosen, by.id)
        await rows(
            """UPDATE hd_notice SET due_at = {} WHERE id IN (
                SELECT id FROM hd_notice WHERE agent = {} AND due_at > {} ORDER BY id FOR UPDATE)""",
            at, by.id, at,
        )  # fmt: skip


async def _keep(quiet: Quiet | None, agent: int | None) -> None:
    if quiet is None:
        await rows("DELETE FROM hd_quiet_hours WHERE agent = {}", agent)
        return
    await rows(
        """INSERT INTO hd_quiet_hours (agent, begins, ends, days, whole_days) VALUES ({}, {}, {}, {}, {})
        ON CONFLICT (agent) DO UPDATE SET begins = excluded.begins, ends = excluded.ends, days = excluded.days,
            whole_days = excluded.whole_days""",
        agent, quiet.begins, quiet.ends, sorted(quiet.days), sorted(quiet.whole_days),
    )  # fmt: skip
