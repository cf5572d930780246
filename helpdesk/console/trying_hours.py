"""What a length of time comes to by a calendar, and of which pieces."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _
from helpdesk.kernel.text import latin_digits
from helpdesk.kernel.typed_days import read_day
from sla.calendar import Hours

MOST_SHOWN = 40
LONGEST = timedelta(days=20 * 366)
_MOMENT = re.compile(r"(\S+)(?:[ T]+(\d{1,2})[:.](\d{2}))?")
_LENGTH = re.compile(r"(\d{1,5})(?:[:.](\d{2}))?\s*(?:h|ساعت)?")


class Piece(msgspec.Struct, frozen=True):
    start: datetime
    end: datetime
    seconds: int


class Tried(msgspec.Struct, frozen=True):
    """By the wall clock of the calendar's zone."""

    start: datetime
    end: datetime | None
    """When the length has passed; None: never."""
    seconds: int
    is_length: bool
    """Whether a length was given, not an end."""
    pieces: list[Piece]
    more: int
    """Pieces that are not shown."""


def try_out(hours: Hours, start: str, length: str, end: str, *, at: datetime) -> Tried:
    """From a start, `2026-12-24 16:00` in the calendar's zone (nothing: now), a length in hours or up to an end; raises Invalid at the field."""
    zone = ZoneInfo(hours.rules.zone)
    since = _moment(start, "start", zone) if start else at
    if length:
        seconds = _length(length)
        until = hours.add(since, seconds)
        return _tried(hours, zone, since, until, seconds, is_length=True)
    until = _moment(end, "end", zone) if end else at
    if until - since > LONGEST:
        raise Invalid(end=_("At most twenty years are measured at once."))
    return _tried(hours, zone, since, until, hours.elapsed(since, until), is_length=False)


def _tried(
    hours: Hours, zone: ZoneInfo, start: datetime, end: datetime | None, seconds: int, *, is_length: bool
) -> Tried:
    pieces = hours.openings(start, end) if end else []
    shown = [
        Piece(since.astimezone(zone), until.astimezone(zone), int((until - since).total_seconds()))
        for since, until in pieces[:MOST_SHOWN]
    ]
    return Tried(
        start.astimezone(zone),
        end and end.astimezone(zone),
        seconds,
        is_length,
        shown,
        max(0, len(pieces) - MOST_SHOWN),
    )


def _moment(text: str, field: str, zone: ZoneInfo) -> datetime:
    found = _MOMENT.fullmatch(latin_digits(text).strip())
    try:
        if found is None:
            raise ValueError
        day = read_day(found[1])
        if not 1970 <= day.year < 2200:
            raise ValueError
        return datetime(day.year, day.month, day.day, int(found[2] or 0), int(found[3] or 0), tzinfo=zone)
    except (ValueError, OverflowError) as error:
        raise Invalid(**{field: _("Write a day and a time as 2026-12-24 16:00 or 1405-10-03 16:00.")}) from error


def _length(text: str) -> int:
    found = _LENGTH.fullmatch(latin_digits(text).strip())
    if not found or int(found[2] or 0) > 59:
        raise Invalid(length=_("Write hours as 4, or hours and minutes as 4:30."))
    return int(found[1]) * 3600 + int(found[2] or 0) * 60
