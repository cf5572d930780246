"""A year of a calendar: twelve months of the reader's own, with the days that are not as usual."""

from calendar import monthrange
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from persiantools.jdatetime import JalaliDate

from helpdesk.kernel.language import N_, _, digits, month_name, reader, week
from sla.calendar import Rules
from sla.holidays import KnownDay

_STATES = {
    "closed": N_("closed"), "part": N_("open for a part of the day"), "season": N_("other hours in a season"),
}  # fmt: skip
"""What a day is besides open or closed as its week has it."""


def year_of(day: date) -> int:
    """In the reader's calendar."""
    return JalaliDate(day).year if reader().language == "fa" else day.year


def months(year: int) -> Iterator[tuple[str, list[date]]]:
    """Names and days of the months of a year of the reader's calendar."""
    for month in range(1, 13):
        if reader().language == "fa":
            first = JalaliDate(year, month, 1).to_gregorian()
            count = JalaliDate.days_in_month(month, year)
        else:
            first, count = date(year, month, 1), monthrange(year, month)[1]
        yield month_name(month), [first + timedelta(days=number) for number in range(count)]


def year_view(rules: Rules | None, days: list[KnownDay], year: int) -> list[dict[str, Any]]:
    """The months with their days: `state` is closed, part, season, off or open; `waits` that a day of a set may be closed."""
    by_day: dict[date, list[KnownDay]] = {}
    for one in days:
        by_day.setdefault(one.day, []).append(one)
    order = week()
    return [
        {
            "name": name,
            "blank": order.index(dates[0].weekday()),
            "days": [_day(day, rules, by_day) | {"number": digits(number)} for number, day in enumerate(dates, 1)],
        }
        for name, dates in months(year)
    ]


def _day(day: date, rules: Rules | None, by_day: Mapping[date, list[KnownDay]]) -> dict[str, Any]:
    known = by_day.get(day, [])
    names = [one.name for one in known if not one.is_refused]
    if rules and (name := rules.names.get(day)):
        names = [name, *(one for one in names if one not in name)]
    state = _state(day, rules, known)
    waits = any(one.waits for one in known) and state not in ("closed", "part")
    is_estimated = any(one.is_estimated and not one.is_refused for one in known)
    said = [*names, _(_STATES[state])] if state in _STATES else names
    said += [_("waits for approval")] if waits else []
    said += [_("estimated")] if is_estimated else []
    return {"state": state, "waits": waits, "is_estimated": is_estimated, "said": _(", ").join(said)}


def _state(day: date, rules: Rules | None, known: list[KnownDay]) -> str:
    if rules is None:
        counting = [one for one in known if one.is_approved]
        return "open" if not counting else "part" if all(one.windows for one in counting) else "closed"
    if day in rules.closed:
        return "closed"
    if day in rules.special:
        return "part"
    if not rules.is_always and not rules.open_minutes(day):
        return "off"
    return "season" if rules.season(day) else "open"
