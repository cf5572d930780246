"""Days and spans of days that lie behind, as people type them into a search: "yesterday", "۱۴۰۵/۰۸/۰۱", "last week", "7d".

English and Persian, Gregorian and Jalali are all understood whatever the reader's language is; the language decides on
which day a week begins, and in which calendar "this month" is counted. Pure: the moment, the zone and the language are given.
"""

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec
from persiantools.jdatetime import JalaliDate

from helpdesk.kernel.spoken_words import GREGORIAN_MONTHS, JALALI_MONTHS, WEEKDAYS, simplified

LONGEST = 40
_JALALI_BEFORE = 1700
"""Years below are of the Jalali calendar."""
_MONDAY, _SATURDAY = 0, 5
_WEEK = timedelta(days=7)
_DAYS_AGO = {"today": 0, "yesterday": 1, "day before yesterday": 2, "امروز": 0, "دیروز": 1, "پریروز": 2}
_HOURS = {"h": 1, "hour": 1, "ساعت": 1, "d": 24, "day": 24, "روز": 24, "w": 168, "week": 168, "هفته": 168}
_HOURS |= {
    "m": 24 * 30,
    "mo": 24 * 30,
    "month": 24 * 30,
    "ماه": 24 * 30,
    "y": 24 * 365,
    "year": 24 * 365,
    "سال": 24 * 365,
}
_NUMERIC = re.compile(r"(\d{4})(?:[-/.](\d{1,2}))?(?:[-/.](\d{1,2}))?")
_AMOUNT = re.compile(
    rf"(?:last |past )?(\d{{1,4}}) ?({'|'.join(sorted(_HOURS, key=len, reverse=True))})s?(?: ago| پیش| گذشته| اخیر)?"
)
_THIS = re.compile(r"this (week|month|year)|این (هفته|ماه|سال)|(امسال)")
_LAST = re.compile(r"last (week|month|year)|(هفته|ماه|سال) (?:گذشته|پیش|قبل|قبلی)|(پارسال)")
_MONTHS = {**JALALI_MONTHS, **GREGORIAN_MONTHS}
_NAMES = "|".join(sorted(_MONTHS, key=len, reverse=True))
_NAMED = re.compile(rf"(?:(\d{{1,2}}) )?({_NAMES})(?: (\d{{1,2}}))?(?: (\d{{4}}))?")
_UNITS = {"week": "week", "هفته": "week", "month": "month", "ماه": "month", "year": "year", "سال": "year"}
_UNITS |= {"امسال": "year", "پارسال": "year"}


class Span(msgspec.Struct, frozen=True):
    """From `start` until `end`, which is not included; both aware. `is_recent`: an amount of time up to now."""

    start: datetime
    end: datetime
    is_recent: bool = False


def span_of(text: str, *, at: datetime, zone: ZoneInfo, language: str) -> Span | None:
    """What was typed, seen from `at` in the zone; None when it is no day and no span.

    A name without a year is the latest such day or month that has begun; an amount ("7d") reaches back from now.
    """
    if len(text) > LONGEST:
        return None
    said = simplified(re.sub(r"[-_](?!\d)", " ", text))
    if found := _AMOUNT.fullmatch(said):
        return Span(at - timedelta(hours=int(found[1]) * _HOURS[found[2]]), at, is_recent=True)
    try:
        days = _days(said, at.astimezone(zone).date(), language)
    except (ValueError, OverflowError):  # there is no such day
        return None
    return Span(datetime.combine(days[0], time(), zone), datetime.combine(days[1], time(), zone)) if days else None


def _days(said: str, today: date, language: str) -> tuple[date, date] | None:
    """The first day, and the one behind the last."""
    if found := _NUMERIC.fullmatch(said):
        return _numeric(*(int(part) if part else None for part in found.groups()))
    if said in _DAYS_AGO:
        return _one(today - timedelta(days=_DAYS_AGO[said]))
    if said in WEEKDAYS:
        return _one(today - timedelta(days=(today.weekday() - WEEKDAYS[said]) % 7))
    if found := _THIS.fullmatch(said):
        return _unit(_UNITS[found[found.lastindex or 0]], today, language)
    if found := _LAST.fullmatch(said):
        unit = _UNITS[found[found.lastindex or 0]]
        return _unit(unit, _unit(unit, today, language)[0] - timedelta(days=1), language)
    found = _NAMED.fullmatch(said)
    if not found or (found[1] and found[3]):
        return None
    return _named(found[2], int(found[1] or found[3] or 0), int(found[4] or 0), today)


def _one(day: date) -> tuple[date, date]:
    return day, day + timedelta(days=1)


def _numeric(year: int | None, month: int | None, day: int | None) -> tuple[date, date]:
    assert year is not None
    is_jalali = year < _JALALI_BEFORE
    if month is None:
        return _day(year, 1, 1, is_jalali), _day(year + 1, 1, 1, is_jalali)
    return _month(year, month, is_jalali) if day is None else _one(_day(year, month, day, is_jalali))


def _day(year: int, month: int, day: int, is_jalali: bool) -> date:
    return JalaliDate(year, month, day).to_gregorian() if is_jalali else date(year, month, day)


def _month(year: int, month: int, is_jalali: bool) -> tuple[date, date]:
    following = (year + 1, 1) if month == 12 else (year, month + 1)
    return _day(year, month, 1, is_jalali), _day(*following, 1, is_jalali)


def _unit(unit: str, day: date, language: str) -> tuple[date, date]:
    """The week, month or year of the day in the reader's calendar."""
    if unit == "week":
        first = day - timedelta(days=(day.weekday() - (_SATURDAY if language == "fa" else _MONDAY)) % 7)
        return first, first + _WEEK
    is_jalali = language == "fa"
    here = JalaliDate(day) if is_jalali else day
    if unit == "month":
        return _month(here.year, here.month, is_jalali)
    return _day(here.year, 1, 1, is_jalali), _day(here.year + 1, 1, 1, is_jalali)


def _named(month: str, day: int, year: int, today: date) -> tuple[date, date]:
    is_jalali = month in JALALI_MONTHS
    of_year: Callable[[int], tuple[date, date]] = (
        (lambda one: _one(_day(one, _MONTHS[month], day, is_jalali)))
        if day
        else (lambda one: _month(one, _MONTHS[month], is_jalali))
    )
    if year:
        return of_year(year)
    this_year = JalaliDate(today).year if is_jalali else today.year
    found = of_year(this_year)
    return found if found[0] <= today else of_year(this_year - 1)
