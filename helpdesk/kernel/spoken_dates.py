"""Times as people say them: "tomorrow 9am", "in 3 hours", "شنبه ساعت ۱۰", "1405/08/01 14:30".

English and Persian, Gregorian and Jalali are all understood whatever the reader's language is; the language decides on
which day a week begins, and in which calendar months are counted. Pure: the moment, the zone and the language are given.
"""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec
from persiantools.jdatetime import JalaliDate

from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import N_, _
from helpdesk.kernel.spoken_words import (
    DAYS_AHEAD,
    EARLY,
    FILLERS,
    GREGORIAN_MONTHS,
    JALALI_MONTHS,
    LATE,
    NIGHT,
    PARTS,
    UNITS,
    WEEKDAYS,
    simplified,
)

MORNING = 9 * 60
"""Minutes from midnight, as all times of day here: when a day begins that was named without a time."""
FURTHEST = timedelta(days=5 * 366)
LONGEST = 100
MONDAY, SATURDAY = 0, 5


def _any(words: Iterable[str]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


_AMOUNT = rf"\d{{1,4}}(?:\.5)? ?(?:{_any(UNITS)})(?![^\W\d])(?: and 1 half| و نیم)?"
_PART_OF_AMOUNT = re.compile(rf"(\d{{1,4}})(\.5)? ?({_any(UNITS)})( and 1 half| و نیم)?")
_AFTER = re.compile(
    rf"(?:in |after |تا )?({_AMOUNT}(?: ?(?:and |و )?{_AMOUNT})*)(?: (?:from now|later|دیگر|دیگه|بعد|اینده))?(?= |$)"
)
_CLOCK = re.compile(rf"(at |ساعت |@ ?)?(?<![\d:])(\d{{1,2}})(?::(\d{{2}})|( و نیم))? ?(am|pm|{_any(PARTS)})?(?![\w:])")
_PART = re.compile(rf"\b({_any(PARTS)})\b")
_FULL_DATE = re.compile(r"\b(\d{4})([/.-])(\d{1,2})\2(\d{1,2})\b")
_MONTH_AND_DAY = re.compile(r"\b(\d{1,2})/(\d{1,2})\b")
_MONTHS = _any([*JALALI_MONTHS, *GREGORIAN_MONTHS])
_DAY_OF_MONTH = re.compile(
    rf"\b(?:(\d{{1,2}}) (?:of )?({_MONTHS})|({_MONTHS}) (\d{{1,2}}))\b(?![:\w])(?: (\d{{4}})\b)?"
)
_NEXT_WEEK = re.compile(r"\bnext week\b|\bهفته (?:بعدی?|اینده|دیگر|دیگه)\b")
_NEXT_MONTH = re.compile(r"\bnext month\b|\bماه (?:بعدی?|اینده|دیگر|دیگه)\b")
_WEEKDAY = re.compile(rf"\b({_any(WEEKDAYS)})\b")
_DAY_AHEAD = re.compile(rf"\b({_any(DAYS_AHEAD)})\b")
_LATER_TODAY = re.compile(r"later|later today|today|امروز|بعدا")


class Suggestion(msgspec.Struct, frozen=True):
    """An entry of a menu: `name` is a text for gettext, `at` is aware, in UTC."""

    name: str
    at: datetime


def understand(text: str, *, at: datetime, zone: ZoneInfo, language: str, field: str = "until") -> datetime:
    """The moment that the text means, said at `at` in the zone: aware, in UTC, in the future.

    A day without a time begins at 9:00; a time without a day is the next one; 1 to 6 without minutes are the afternoon's.
    Raises Invalid at `field` when it is not understood, has passed, or is more than five years away.
    """
    try:
        meant = _read(simplified(text), at.astimezone(zone), language) if len(text) <= LONGEST else None
    except (ValueError, OverflowError):  # there is no such day or hour
        meant = None
    if meant is None:
        raise Invalid(**{field: _("This was not understood. Write for example: tomorrow 9am, in 3 hours, monday 14:30, 1 Dec, 2026-12-01 10:00.")})  # fmt: skip
    moment = meant.astimezone(UTC)
    if moment <= at:
        raise Invalid(**{field: _("This time has passed. Choose a later one.")})
    if moment > at + FURTHEST:
        raise Invalid(**{field: _("This is more than five years away. Choose an earlier time.")})
    return moment


def suggestions(*, at: datetime, zone: ZoneInfo, language: str) -> list[Suggestion]:
    """For a menu: later today (while enough of it is left), tomorrow morning, the next working week, in a week; each once."""
    here = at.astimezone(zone)
    later, today = _later_today(here), here.date()
    named = [
        (N_("Later today"), later if later.date() == today and later.hour < 20 else None),
        (N_("Tomorrow morning"), _on(today + timedelta(days=1), MORNING, here)),
        (N_("Next week"), _on(_next_week(today, language), MORNING, here)),
        (N_("In a week"), _on(today + timedelta(days=7), MORNING, here)),
    ]
    once = {then.astimezone(UTC): name for name, then in reversed(named) if then is not None}
    return [Suggestion(once[then], then) for then in sorted(once)]


def _read(said: str, here: datetime, language: str) -> datetime | None:
    if _LATER_TODAY.fullmatch(said):
        return _later_today(here)
    if found := _AFTER.match(said):
        then = _add(here, found[1], language)
        clock, rest = _take_clock(said[found.end() :], is_day_known=True)
        if not _is_empty(rest):
            return None
        return then if clock is None else _on(then.date(), clock, here)
    days, rest = _take_days(said, here.date(), language)
    clock, rest = _take_clock(rest, is_day_known=bool(days))
    if not _is_empty(rest) or (clock is None and not days):
        return None
    if clock is None:  # said on a Monday, "Monday" is not today
        days = [day for day in days if day > here.date()] or days
    days = days or [here.date(), here.date() + timedelta(days=1)]
    meant = [_on(day, MORNING if clock is None else clock, here) for day in days]
    return next((then for then in meant if then > here), meant[-1])


def _take_days(said: str, today: date, language: str) -> tuple[list[date], str]:
    """The day that is named, or the first two of that name from today on, and the other words."""
    if found := _FULL_DATE.search(said):
        return [_date(int(found[1]), int(found[3]), int(found[4]))], _without(said, found)
    if found := _DAY_OF_MONTH.search(said):
        day, month, year = found[1] or found[4], found[2] or found[3], found[5]
        return _days_of_month(int(day), month, int(year) if year else None, today), _without(said, found)
    if language == "fa" and (found := _MONTH_AND_DAY.search(said)):
        return _jalali_days(int(found[1]), int(found[2]), JalaliDate(today).year), _without(said, found)
    if found := _NEXT_WEEK.search(said):
        return _in_next_week(_without(said, found), today, language)
    if found := _NEXT_MONTH.search(said):
        return [_next_month(today, language)], _without(said, found)
    if found := _WEEKDAY.search(said):
        first = today + timedelta(days=(WEEKDAYS[found[1]] - today.weekday()) % 7)
        return [first, first + timedelta(days=7)], _without(said, found)
    if found := _DAY_AHEAD.search(said):
        return [today + timedelta(days=DAYS_AHEAD[found[1]])], _without(said, found)
    return [], said


def _take_clock(said: str, *, is_day_known: bool) -> tuple[int | None, str]:
    """The time of day, and the other words. A bare number is an hour only beside a day."""
    if found := _CLOCK.search(said):
        prefix, hour, minutes, half, part = found.groups()
        if prefix or minutes or half or part or is_day_known:
            is_exact = bool(minutes) or hour.startswith("0")
            return _clock(int(hour), 30 if half else int(minutes or 0), part, is_exact), _without(said, found)
    if found := _PART.search(said):
        return PARTS[found[1]] * 60, _without(said, found)
    return None, said


def _clock(hour: int, minute: int, part: str | None, is_exact: bool) -> int:
    """Minutes from midnight; raises ValueError."""
    if hour > 24 or minute > 59 or (part in ("am", "pm") and not 1 <= hour <= 12):
        raise ValueError("no such time")
    if part in NIGHT and hour == 12:
        hour = 24
    elif part in EARLY:
        hour %= 12
    elif (part in LATE and hour < 12 and not (part in NIGHT and hour < 5)) or (
        not part and not is_exact and 1 <= hour <= 6
    ):
        hour += 12
    return hour * 60 + minute


def _add(here: datetime, amounts: str, language: str) -> datetime:
    """Hours are real ones; days, weeks and months keep the time of day through a change of clocks."""
    real, days = timedelta(), here.date()
    for amount, point, word, half in _PART_OF_AMOUNT.findall(amounts):
        count = int(amount) + (0.5 if point or half else 0)
        match UNITS[word]:
            case "minute" | "hour" as unit:
                real += timedelta(minutes=count) if unit == "minute" else timedelta(hours=count)
            case "month":
                days = _add_months(days, int(count), language)
            case unit:
                days += timedelta(days=int(count * (7 if unit == "week" else 1)))
    moved = here.replace(year=days.year, month=days.month, day=days.day)
    return moved.astimezone(UTC) + real if real else moved


def _on(day: date, minutes: int, here: datetime) -> datetime:
    return datetime.combine(day, time(), here.tzinfo) + timedelta(minutes=minutes)


def _later_today(here: datetime) -> datetime:
    """In three hours, on the next half hour."""
    late = here + timedelta(hours=3)
    return late + timedelta(minutes=-late.minute % 30, seconds=-late.second, microseconds=-late.microsecond)


def _next_week(today: date, language: str) -> date:
    first = SATURDAY if language == "fa" else MONDAY
    return today + timedelta(days=(first - today.weekday()) % 7 or 7)


def _in_next_week(said: str, today: date, language: str) -> tuple[list[date], str]:
    """Its first day, or the one that is named."""
    first = _next_week(today, language)
    if found := _WEEKDAY.search(said):
        return [first + timedelta(days=(WEEKDAYS[found[1]] - first.weekday()) % 7)], _without(said, found)
    return [first], said


def _next_month(today: date, language: str) -> date:
    first = _add_months(today, 1, language)
    return JalaliDate(first).replace(day=1).to_gregorian() if language == "fa" else first.replace(day=1)


def _add_months(day: date, count: int, language: str) -> date:
    """The same day so many months later, or the last one where the month is shorter."""
    if language == "fa":
        year, month = divmod(JalaliDate(day).year * 12 + JalaliDate(day).month - 1 + count, 12)
        last = JalaliDate.days_in_month(month + 1, year)
        return JalaliDate(year, month + 1, min(JalaliDate(day).day, last)).to_gregorian()
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    last = (date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))


def _date(year: int, month: int, day: int) -> date:
    return date(year, month, day) if year > 1700 else JalaliDate(year, month, day).to_gregorian()


def _days_of_month(day: int, month: str, year: int | None, today: date) -> list[date]:
    if month in JALALI_MONTHS:
        number = JALALI_MONTHS[month]
        return [_date(year, number, day)] if year else _jalali_days(number, day, JalaliDate(today).year)
    years = [year] if year else [today.year, today.year + 1]
    return [date(one, GREGORIAN_MONTHS[month], day) for one in years]


def _jalali_days(month: int, day: int, year: int) -> list[date]:
    return [JalaliDate(one, month, day).to_gregorian() for one in (year, year + 1)]


def _without(said: str, found: re.Match[str]) -> str:
    return f"{said[: found.start()]} {said[found.end() :]}".strip()


def _is_empty(said: str) -> bool:
    return set(said.split()) <= FILLERS
