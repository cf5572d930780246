"""Holidays in calendar files (iCalendar, RFC 5545); pure.

A public holiday is an event of whole days, once or each year. What looks like something else is taken, too, but counts only
when somebody says so: an event with a time, a tentative one, one that its file calls an observance, one longer than a
holiday is.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
from icalendar import Calendar

from helpdesk.kernel.language import N_, _
from sla.calendar import ONE_DAY
from sla.each_year import OTHERWISE, yearly
from sla.holidays import Day
from sla.said import Said, reason_of

MOST_EVENTS = 5_000
LONGEST = 20
"""Days of one event; what is longer is no holiday."""
ODD = 4
"""Days of one event from which on it waits for approval."""
_OBSERVANCES = ("observance", "gedenktag", "season", "not a public holiday")


class Unreadable(ValueError):
    """The file holds no days that can be taken; it was Said why, and `str()` is that in the reader's language."""


class Found(msgspec.Struct, frozen=True):
    """The days of a file. `left_out`: events that were not taken, and why."""

    days: list[Day]
    left_out: list[str]


def read_days(content: bytes, first: date, last: date) -> Found:
    """The days of a file between two others, both included; raises Unreadable."""
    try:
        calendar: Any = Calendar.from_ical(content.decode("utf-8-sig", "replace"))
        events = list(calendar.walk("VEVENT"))
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Unreadable(Said(N_("This is no calendar file (iCalendar, .ics)."))) from error
    if not events:
        raise Unreadable(Said(N_("The calendar file has no events.")))
    if len(events) > MOST_EVENTS:
        raise Unreadable(Said(N_("The calendar file has more than %(n)s events."), {"n": MOST_EVENTS}))
    days: dict[tuple[date, str], Day] = {}
    left_out: list[Said] = []
    for event in events:
        try:
            days |= {(one.day, one.name): one for one in _days(event, first, last)}
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
            left_out.append(Said("%(event)s: %(why)s", {"event": _name(event), "why": reason_of(error)}))
    if not days and left_out:
        raise Unreadable(left_out[0])
    return Found([days[key] for key in sorted(days)], [str(one)[:300] for one in left_out])


def _days(event: Any, first: date, last: date) -> Iterator[Day]:
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        return
    start, length = _extent(event)
    if length > LONGEST:
        raise ValueError(Said(N_("it lasts %(n)s days, which no holiday does"), {"n": length}))
    name, is_odd = _name(event), _is_odd(event, length)
    for begins in _beginnings(event, start, first - LONGEST * ONE_DAY, last):
        for number in range(length):
            day = begins + number * ONE_DAY
            if first <= day <= last:
                yield Day(day, name, is_approved=not is_odd)


def _extent(event: Any) -> tuple[date, int]:
    """The first day and how many there are."""
    if "DTSTART" not in event:
        raise ValueError(Said(N_("it has no beginning")))
    start = event["DTSTART"].dt
    end = event["DTEND"].dt if "DTEND" in event else None
    if end is None and "DURATION" in event:
        end = start + event["DURATION"].dt
    if isinstance(start, datetime):
        last = end - timedelta(seconds=1) if isinstance(end, datetime) and end > start else start
        return start.date(), (last.date() - start.date()).days + 1
    return start, max(1, (end - start).days) if end else 1


def _beginnings(event: Any, start: date, first: date, last: date) -> list[date]:
    rules = event.get("RRULE")
    if rules is None:
        return [start] if first <= start <= last else []
    if isinstance(rules, list):
        raise ValueError(OTHERWISE)
    left = _left_out(event)
    return [day for day in yearly(rules, start, last) if first <= day and day not in left]


def _left_out(event: Any) -> set[date]:
    given = event.get("EXDATE", [])
    listed = [one.dt for part in (given if isinstance(given, list) else [given]) for one in part.dts]
    return {one.date() if isinstance(one, datetime) else one for one in listed}


def _is_odd(event: Any, length: int) -> bool:
    said = f"{event.get('DESCRIPTION', '')} {event.get('CATEGORIES', '')}".lower()
    return (
        isinstance(event["DTSTART"].dt, datetime)
        or length >= ODD
        or str(event.get("STATUS", "")).upper() == "TENTATIVE"
        or any(one in said for one in _OBSERVANCES)
    )


def _name(event: Any) -> str:
    return " ".join(str(event.get("SUMMARY", "")).split())[:200] or _("Holiday")
