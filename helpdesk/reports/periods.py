"""The spans that reports are asked for: civil days of the reader's zone and calendar, and the span before each. Pure.

A day has 23 or 25 hours when clocks are changed. Weeks, months and quarters are the reader's: Saturday and Jalali in Persian.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec
from persiantools.jdatetime import JalaliDate

from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import N_, _

Step = Literal["hour", "day", "week", "month"]

NAMES: dict[str, str] = {
    "today": N_("Today"),
    "7d": N_("Last 7 days"),
    "28d": N_("Last 28 days"),
    "90d": N_("Last 90 days"),
    "week": N_("This week"),
    "last-week": N_("Last week"),
    "month": N_("This month"),
    "last-month": N_("Last month"),
    "quarter": N_("This quarter"),
    "last-quarter": N_("Last quarter"),
}
USUAL = "28d"
CUSTOM = "custom"
LONGEST = 3 * 366
"""Days of a span that somebody chooses."""
_HOURLY, _DAILY, _WEEKLY = 2, 92, 366
"""Up to how many days a course is drawn by the hour, the day and the week; beyond, by the month."""
_DAY = timedelta(days=1)
_EARLIEST = date(1970, 1, 1)


class Days(msgspec.Struct, frozen=True):
    """From the first day until the one behind the last."""

    first: date
    behind: date

    def __len__(self) -> int:
        return (self.behind - self.first).days


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for, and the span that it is compared with."""

    name: str
    days: Days
    before: Days
    zone: ZoneInfo
    language: str

    @property
    def since(self) -> datetime:
        return midnight(self.days.first, self.zone)

    @property
    def until(self) -> datetime:
        """Not included, as the first instant of the day behind."""
        return midnight(self.days.behind, self.zone)

    @property
    def compared(self) -> tuple[datetime, datetime]:
        return midnight(self.before.first, self.zone), midnight(self.before.behind, self.zone)

    @property
    def step(self) -> Step:
        count = len(self.days)
        return "hour" if count <= _HOURLY else "day" if count <= _DAILY else "week" if count <= _WEEKLY else "month"

    @property
    def starts(self) -> list[datetime]:
        """When each step of its course begins; the first and the last may be parts of a week or a month."""
        if self.step == "hour":
            hours = int((self.until - self.since) / timedelta(hours=1))
            return [self.since + timedelta(hours=n) for n in range(hours)]
        days, first = [], self.days.first
        while first < self.days.behind:
            days.append(first)
            first = first + _DAY if self.step == "day" else _unit(self.step, first, self.language).behind
        return [midnight(day, self.zone) for day in days]


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """When the day begins there, in UTC; where the clocks skip midnight, at the first instant that there is."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def named(name: str, *, at: datetime, zone: ZoneInfo, language: str) -> Period:
    """One of NAMES, as of `at`; any other name is the usual one."""
    today = at.astimezone(zone).date()
    name = name if name in NAMES else USUAL
    if name == "today" or name.endswith("d"):
        count = 1 if name == "today" else int(name[:-1])
        return _of(name, Days(today - (count - 1) * _DAY, today + _DAY), None, zone, language)
    unit = _unit(name.removeprefix("last-"), today, language)
    previous = _unit(name.removeprefix("last-"), unit.first - _DAY, language)
    if name.startswith("last-"):
        return _of(name, previous, _unit(name.removeprefix("last-"), previous.first - _DAY, language), zone, language)
    days = Days(unit.first, today + _DAY)
    before = Days(previous.first, min(previous.behind, previous.first + len(days) * _DAY))
    return _of(name, days, before, zone, language)


def chosen(first: date, last: date, *, zone: ZoneInfo, language: str) -> Period:
    """From one day to another, both included; raises Invalid at `to`."""
    if last < first:
        raise Invalid(to=_("The last day is before the first."))
    if (last - first).days >= LONGEST or first < _EARLIEST:
        raise Invalid(to=_("Choose at most three years."))
    return _of(CUSTOM, Days(first, last + _DAY), None, zone, language)


def _of(name: str, days: Days, before: Days | None, zone: ZoneInfo, language: str) -> Period:
    """Without another span it is compared with as many days that end where it begins."""
    before = before or Days(days.first - len(days) * _DAY, days.first)
    return Period(name=name, days=days, before=before, zone=zone, language=language)


def _unit(unit: str, day: date, language: str) -> Days:
    """The week, month or quarter that the day is in."""
    is_persian = language == "fa"
    if unit == "week":
        first = day - timedelta(days=(day.weekday() - (5 if is_persian else 0)) % 7)
        return Days(first, first + timedelta(days=7))
    here = JalaliDate(day) if is_persian else day
    length = 3 if unit == "quarter" else 1
    month = here.month - (here.month - 1) % length
    following = (here.year, month + length) if month + length <= 12 else (here.year + 1, 1)
    return Days(_first_of(here.year, month, is_persian), _first_of(*following, is_persian))


def _first_of(year: int, month: int, is_jalali: bool) -> date:
    return JalaliDate(year, month, 1).to_gregorian() if is_jalali else date(year, month, 1)
