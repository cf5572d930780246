"""A day that somebody typed, in their calendar and digits."""

import re
from datetime import date, datetime, time, timedelta

from persiantools.jdatetime import JalaliDate

from helpdesk.kernel.language import _, digits, reader, zone
from helpdesk.kernel.text import latin_digits
from helpdesk.kernel.time import now

_DAY = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_JALALI_BEFORE = 1700
"""Years below are of the Jalali calendar."""


def read_day(text: str, *, is_last: bool = False) -> datetime | None:
    """When the day begins for the reader, or with `is_last` when the next one does; None when it is no day."""
    found = _DAY.fullmatch(latin_digits(text).strip())
    if not found:
        return None
    year, month, day = (int(part) for part in found.groups())
    try:
        typed = JalaliDate(year, month, day).to_gregorian() if year < _JALALI_BEFORE else date(year, month, day)
        return datetime.combine(typed, time(), zone(reader().time_zone)) + timedelta(days=is_last)
    except (ValueError, OverflowError):
        return None


def write_day(at: datetime) -> str:
    """The day as it is typed."""
    day = at.astimezone(zone(reader().time_zone)).date()
    shown = JalaliDate(day) if reader().language == "fa" else day
    return f"{shown.year:04}-{shown.month:02}-{shown.day:02}"


def told_of_days() -> str:
    """How a day is typed: today, in the reader's calendar and in the other one."""
    today = now().astimezone(zone(reader().time_zone)).date()
    shown = [JalaliDate(today).isoformat(), today.isoformat()]
    one, other = shown if reader().language == "fa" else reversed(shown)
    return _("Days as %(one)s, or %(other)s.") % {
        "one": f"\u2066{digits(one)}\u2069",
        "other": f"\u2066{digits(other)}\u2069",
    }
