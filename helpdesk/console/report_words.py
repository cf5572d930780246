"""Figures of reports in the reader's words: lengths of time, shares, changes, names."""

from datetime import datetime, timedelta

from helpdesk.kernel.language import _, digits, moment, number, reader
from helpdesk.kernel.lengths import short_length, sign_of

_HOUR, _DAY = 3_600, 86_400


def length(seconds: int | None, *, in_days: bool = False) -> str:
    """To the minute: "31 min", "4 h 40 min". `in_days` is for calendar time: a day is 24 hours, which no working day has."""
    if seconds is None:
        return "–"
    if 0 < seconds < 60:
        return _("%(n)s s") % {"n": digits(seconds)}
    if not in_days or seconds < 2 * _DAY:
        return short_length(seconds)
    days, hours = divmod(round(seconds / _HOUR), 24)
    words = _("%(days)s d %(hours)s h") if hours else _("%(n)s d")
    return words % {"days": number(days), "hours": digits(hours), "n": number(days)}


def span(since: datetime, until: datetime) -> str:
    """The days from one until before the other: "24 Oct – 20 Nov 2026"."""
    first, last = moment(since, "date"), moment(until - timedelta(seconds=1), "date")
    return first if first == last else _("%(first)s – %(last)s") % {"first": moment(since, "day"), "last": last}


def share(value: float | None, places: int = 1) -> str:
    """ "94.2%"."""
    if value is None:
        return "–"
    text = f"{value * 100:.{places}f}"
    if places and "." in text:
        text = text.removesuffix(".0")
    return _percent(text)


def change(now: float | None, before: float | None, *, is_share: bool = False) -> str:
    """Against the span before: "−18%", or of a share in points: "+1.4 pt"; empty where there is nothing to compare."""
    if now is None or before is None or (not before and not is_share):
        return ""
    if is_share:
        points = f"{abs(now - before) * 100:.1f}".removesuffix(".0")
        return _("%(points)s pt") % {"points": sign_of(now - before) + _point(points)} if points != "0" else ""
    part = round(abs(now - before) / before * 100)
    return sign_of(now - before) + _percent(str(part)) if part else ""


def tone(now: float | None, before: float | None, less_is_better: bool | None) -> str:
    """Of a change: good, warn, or none."""
    if now is None or before is None or less_is_better is None or now == before:
        return ""
    return "good" if (now < before) == less_is_better else "warn"


def _point(text: str) -> str:
    return digits(text.replace(".", "٫")) if reader().language == "fa" else text


def _percent(text: str) -> str:
    return _point(text) + ("٪" if reader().language == "fa" else "%")
