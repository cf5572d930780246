"""A day that somebody typed, in their calendar and digits."""

from datetime import datetime, time, timedelta

from persiantools.jdatetime import JalaliDate

from helpdesk.kernel import typed_days
from helpdesk.kernel.language import _, digits, reader, zone
from helpdesk.kernel.time import now


def read_day(text: str, *, is_last: bool = False) -> datetime | None:
    """When the day begins for the reader, or with `is_last` when the next one does; None when it is no day."""
    try:
        typed = typed_days.read_day(text)
        return datetime.combine(typed, time(), zone(reader().time_zone)) + timedelta(days=is_last)
    except (ValueError, OverflowError):
        return None


def write_day(at: datetime) -> str:
    """The day as it is typed."""
    return typed_days.typed_day(at.astimezone(zone(reader().time_zone)).date())


def told_of_days() -> str:
    """How a day is typed: today, in the reader's calendar and in the other one."""
    today = now().astimezone(zone(reader().time_zone)).date()
    shown = [JalaliDate(today).isoformat(), today.isoformat()]
    one, other = shown if reader().language == "fa" else reversed(shown)
    return _("Days as %(one)s, or %(other)s.") % {
        "one": f"\u2066{digits(one)}\u2069",
        "other": f"\u2066{digits(other)}\u2069",
    }
