"""Sets of holidays as they are kept: written by hand, or taken over from a country's days or a calendar file.

A day counts when it is approved. What an import brings waits for somebody's word where it is uncertain; what somebody
has decided, an import leaves. Each change makes new versions of the calendars that keep the set, where they differ then.
"""

from datetime import date, datetime
from typing import Any

import msgspec

from helpdesk.kernel.database import rows, transaction
from helpdesk.kernel.errors import Invalid, NotFound
from helpdesk.kernel.language import _, digits
from sla import said
from sla.calendar import Rules, Window, Windows
from sla.calendar_checking import FIRST, LAST, checked
from sla.calendars import renew_with
from sla.naming import checked_name
from sla.tables import HolidaySource, Reason

MOST_SETS, MOST_DAYS = 200, 2_000
LONGEST_DAY_NAME = 200
BEHIND, AHEAD = 1, 3
"""Years around this one whose days an import takes."""


class Day(msgspec.Struct, frozen=True):
    """A holiday; without windows it is closed."""

    day: date
    name: str
    windows: Windows = ()
    is_estimated: bool = False
    is_approved: bool = True


class KnownDay(Day, frozen=True, kw_only=True):
    id: int
    is_refused: bool
    is_own: bool

    @property
    def waits(self) -> bool:
        """For somebody to say whether it counts."""
        return not self.is_approved and not self.is_refused


class HolidaySet(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    name: str
    source: HolidaySource
    detail: str
    language: str
    fetched_at: datetime | None
    problem: str
    created_at: datetime
    days: int
    waiting: int
    """Days that wait for approval."""
    calendars: list[str]
    """Names of those that keep it."""

    @property
    def problem_words(self) -> str:
        return said.read(self.problem)


_LIST = """
SELECT s.id, s.name, s.source, s.detail, s.language, s.fetched_at, s.problem, s.created_at,
    (SELECT count(*) FROM sla_holiday WHERE holiday_set = s.id) AS days,
    (SELECT count(*) FROM sla_holiday WHERE holiday_set = s.id AND NOT is_approved AND NOT is_refused) AS waiting,
    ARRAY(SELECT c.name FROM sla_calendar_holidays k JOIN sla_calendar c ON c.id = k.calendar
        WHERE k.holiday_set = s.id ORDER BY lower(c.name)) AS calendars
FROM sla_holiday_set s
"""


async def list_sets() -> list[HolidaySet]:
    """By name."""
    return [msgspec.convert(row, HolidaySet) for row in await rows(f"{_LIST} ORDER BY lower(s.name), s.id")]


async def find_set(set_id: int) -> HolidaySet:
    """Raises NotFound."""
    found = await rows(f"{_LIST} WHERE s.id = {{}}", set_id)
    if not found:
        raise NotFound(_("There is no such set of holidays."))
    return msgspec.convert(found[0], HolidaySet)


async def days_of(sets: list[int], first: date = FIRST, last: date = LAST) -> list[KnownDay]:
    """In order."""
    found = await rows(
        """SELECT id, day, name, windows, is_estimated, is_approved, is_refused, is_own FROM sla_holiday
        WHERE holiday_set = ANY({}::int[]) AND day BETWEEN {} AND {} ORDER BY day, name, id""",
        sets, first, last,
    )  # fmt: skip
    return [_known(row) for row in found]


async def create_set(
    name: str, days: list[Day], *, at: datetime, source: HolidaySource = HolidaySource.MANUAL, detail: str = "", language: str = ""
) -> int:  # fmt: skip
    """Add a set with its first days; its id. Raises Invalid at `name` or a day's field."""
    tidy = checked_name(name)
    async with transaction():
        [found] = await rows("SELECT count(*) AS count FROM sla_holiday_set")
        if found["count"] >= MOST_SETS:
            raise Invalid(name=_("There are too many sets of holidays. Delete one first."))
        is_fetched = source is not HolidaySource.MANUAL
        [made] = await rows(
            """INSERT INTO sla_holiday_set (name, source, detail, language, fetched_at, tried_at, created_at)
            VALUES ({}, {}, {}, {}, {}, {}, {}) RETURNING id""",
            tidy, source.value, detail, language, at if is_fetched else None, at if is_fetched else None, at,
        )  # fmt: skip
        await _add(made["id"], [_tidy(one) for one in days], is_own=not is_fetched)
    return made["id"]


async def rename_set(set_id: int, name: str) -> None:
    tidy = checked_name(name)
    if not await rows("UPDATE sla_holiday_set SET name = {} WHERE id = {} RETURNING id", tidy, set_id):
        raise NotFound(_("There is no such set of holidays."))


async def delete_set(set_id: int) -> None:
    """Raises Invalid at `set` while a calendar keeps it; one that is gone already is no error."""
    async with transaction():
        await rows("SELECT FROM sla_holiday_set WHERE id = {} FOR UPDATE", set_id)
        if await rows("SELECT FROM sla_calendar_holidays WHERE holiday_set = {} LIMIT 1", set_id):
            raise Invalid(set=_("Calendars use this set. Take it out of them first."))
        await rows("DELETE FROM sla_holiday_set WHERE id = {}", set_id)


async def save_day(set_id: int, day_id: int | None, day: Day, *, reason: Reason, by: int | None, at: datetime) -> None:
    """Change a day, or add one; it counts from then on. Raises Invalid at `day`, `name` or `windows`, NotFound."""
    tidy = _tidy(day)
    async with transaction():
        await _hold(set_id)
        same = await rows(
            "SELECT id FROM sla_holiday WHERE holiday_set = {} AND day = {} AND name = {}", set_id, tidy.day, tidy.name
        )
        if same and same[0]["id"] != day_id:
            raise Invalid(day=_("This day is in the set already."))
        if day_id is None:
            await _add(set_id, [tidy], is_own=True)
        else:
            found = await rows(
                """UPDATE sla_holiday SET day = {}, name = {}, windows = {}, is_estimated = false, is_approved = true,
                is_refused = false, is_own = true WHERE id = {} AND holiday_set = {} RETURNING id""",
                tidy.day, tidy.name, _json(tidy.windows), day_id, set_id,
            )  # fmt: skip
            if not found:
                raise NotFound(_("There is no such day in the set."))
        await renew_with(set_id, reason=reason, by=by, at=at)


async def judge_days(
    set_id: int, ids: list[int], counts: bool, *, reason: Reason, by: int | None, at: datetime
) -> None:
    """Say of days that they count, or that they do not; a day by hand that does not count is deleted."""
    async with transaction():
        await _hold(set_id)
        if not counts:
            await rows(
                "DELETE FROM sla_holiday WHERE holiday_set = {} AND id = ANY({}::bigint[]) AND is_own", set_id, ids
            )
        await rows(
            """UPDATE sla_holiday SET is_approved = {}, is_refused = {}
            WHERE holiday_set = {} AND id = ANY({}::bigint[])""",
            counts, not counts, set_id, ids,
        )  # fmt: skip
        await renew_with(set_id, reason=reason, by=by, at=at)


async def take_over(set_id: int, days: list[Day], *, at: datetime, etag: str = "") -> None:
    """Make the set what its source says now.

    New days come in; days ahead that the source no longer has go; those behind stay, as do those that somebody wrote or
    has refused. An estimate that has become certain counts.
    """
    given = {(one.day, one.name): one for one in map(_tidy, days)}
    async with transaction():
        await _hold(set_id)
        known = {(one.day, one.name): one for one in await days_of([set_id])}
        today = at.date()
        gone = [
            one.id for key, one in known.items()
            if key not in given and one.day > today and not one.is_own and not one.is_refused
        ]  # fmt: skip
        certain = [
            one.id for key, one in known.items() if one.is_estimated and key in given and not given[key].is_estimated
        ]  # fmt: skip
        await rows("DELETE FROM sla_holiday WHERE id = ANY({}::bigint[])", gone)
        await rows(
            "UPDATE sla_holiday SET is_estimated = false, is_approved = NOT is_refused WHERE id = ANY({}::bigint[])",
            certain,
        )
        await _add(set_id, [one for key, one in given.items() if key not in known], is_own=False)
        await rows(
            "UPDATE sla_holiday_set SET fetched_at = {}, etag = {}, problem = '' WHERE id = {}",
            at, etag, set_id,
        )  # fmt: skip
        await renew_with(set_id, reason=Reason.CHANGE, by=None, at=at)


def years_around(at: datetime) -> range:
    return range(at.year - BEHIND, at.year + AHEAD + 1)


async def _add(set_id: int, days: list[Day], *, is_own: bool) -> None:
    [found] = await rows("SELECT count(*) AS count FROM sla_holiday WHERE holiday_set = {}", set_id)
    if found["count"] + len(days) > MOST_DAYS:
        raise Invalid(day=_("A set has at most %(n)s days.") % {"n": digits(MOST_DAYS)})
    await rows(
        """INSERT INTO sla_holiday (holiday_set, day, name, windows, is_estimated, is_approved, is_own)
        SELECT {}, given.*, {}::bool FROM unnest({}::date[], {}::text[], {}::jsonb[], {}::bool[], {}::bool[]) AS given
        ON CONFLICT (holiday_set, day, name) DO NOTHING""",
        set_id, is_own, [one.day for one in days], [one.name for one in days], [_json(one.windows) for one in days],
        [one.is_estimated for one in days], [one.is_approved for one in days],
    )  # fmt: skip


async def _hold(set_id: int) -> None:
    if not await rows("SELECT FROM sla_holiday_set WHERE id = {} FOR UPDATE", set_id):
        raise NotFound(_("There is no such set of holidays."))


def _tidy(day: Day) -> Day:
    if not FIRST <= day.day <= LAST:
        raise Invalid(day=_("Days lie between 1970 and 2199."))
    name = " ".join(day.name.split())[:LONGEST_DAY_NAME] or _("Holiday")
    try:
        windows = checked(Rules("UTC", ((), (), (), (), (), (), ()), special={day.day: day.windows})).special[day.day]
    except Invalid as error:
        raise Invalid(windows=error.fields["special"]) from error
    return msgspec.structs.replace(day, name=name, windows=windows)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _known(row: dict[str, Any]) -> KnownDay:
    windows = tuple(Window(start, end) for start, end in msgspec.json.decode(row["windows"]))
    return msgspec.convert(row | {"windows": windows}, KnownDay)
