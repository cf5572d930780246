"""Days that come back each year, as calendar files say it (RRULE of RFC 5545, 3.3.10): the fourth Thursday of November.

Only what repeats by the year, by months, days of a month or days of a week; the rest has no use for holidays. Each year costs
as much as any other, whatever the file says.
"""

import calendar
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from helpdesk.kernel.language import N_
from sla.said import Said

_KNOWN = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYMONTH", "BYMONTHDAY", "BYDAY", "WKST"}
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_EARLIEST = 1900
OTHERWISE = Said(N_("it repeats otherwise than each year"))


def yearly(rules: Mapping[str, Any], start: date, last: date) -> Iterator[date]:
    """The days from the first one up to another; raises ValueError, with what is Said, when the rule is of another kind."""
    if [str(one).upper() for one in rules.get("FREQ", [])] != ["YEARLY"] or set(rules) - _KNOWN:
        raise ValueError(OTHERWISE)
    if start.year < _EARLIEST:
        raise ValueError(Said(N_("it begins before %(year)s"), {"year": _EARLIEST}))
    until = _until(rules)
    last = min(last, until) if until else last
    left = _number(rules, "COUNT", default=-1)
    for year in range(start.year, last.year + 1, max(1, _number(rules, "INTERVAL", default=1))):
        for day in sorted(set(_in_year(rules, start, year))):
            if day < start:
                continue
            if day > last or left == 0:
                return
            yield day
            left -= 1


def _in_year(rules: Mapping[str, Any], start: date, year: int) -> Iterator[date]:
    months = [int(one) for one in rules.get("BYMONTH", [])]
    by_day = [str(one).upper() for one in rules.get("BYDAY", [])]
    numbers = [int(one) for one in rules.get("BYMONTHDAY", [])]
    if by_day and not months:
        raise ValueError(OTHERWISE)
    if not by_day and not numbers:
        numbers = [start.day]
    for month in months or ([start.month] if not rules.get("BYMONTHDAY") else range(1, 13)):
        if not 1 <= month <= 12:
            raise ValueError(Said(N_("it has no such month")))
        days = calendar.monthrange(year, month)[1]
        wanted = {number if number > 0 else days + 1 + number for number in numbers}
        for number in range(1, days + 1):
            day = date(year, month, number)
            if (not numbers or number in wanted) and (not by_day or _is_named(day, days, by_day)):
                yield day


def _is_named(day: date, days: int, by_day: list[str]) -> bool:
    """Whether it is one of `TH` (any), `4TH` (the fourth), `-1MO` (the last)."""
    name = _WEEKDAYS[day.weekday()]
    from_start, from_end = (day.day - 1) // 7 + 1, (day.day - days) // 7
    return any(one.lstrip("+") in (name, f"{from_start}{name}", f"{from_end}{name}") for one in by_day)


def _until(rules: Mapping[str, Any]) -> date | None:
    ends = rules.get("UNTIL")
    end: Any = ends[0] if isinstance(ends, list) and ends else ends
    return end.date() if isinstance(end, datetime) else end


def _number(rules: Mapping[str, Any], name: str, *, default: int) -> int:
    given = rules.get(name)
    return int(given[0]) if isinstance(given, list) and given else default
