"""Hours of a day as people type and read them: `9–12, 13–17:30`; pure, but for the reader's digits."""

import re

from helpdesk.kernel.language import _, digits
from helpdesk.kernel.text import latin_digits

Window = tuple[int, int]
"""Minutes since midnight, the end excluded."""
DAY = 24 * 60

_WINDOW = re.compile(
    r"(\d{1,2})(?:[:.٫](\d{2}))?\s*(?:-|−|–|—|\bto\b|\buntil\b|تا)\s*(\d{1,2})(?:[:.٫](\d{2}))?", re.IGNORECASE
)


class BadHours(ValueError):
    """The text says no hours; `str()` is what is wrong, for the person who typed it."""


def read_windows(text: str, *, over_midnight: bool = False) -> list[Window]:
    """What was typed, in order, with windows that overlap or touch made one; an empty text has none. Raises BadHours.

    24:00 is the end of the day. Where it may go `over_midnight`, `22–6` is until the next morning, as minute 1800.
    """
    found = [
        _read(part, over_midnight) for part in re.split(r"[,،;؛\n]|\band\b|\bو\b", latin_digits(text)) if part.strip()
    ]
    return merged(found)


def merged(windows: list[Window]) -> list[Window]:
    """In order, and apart from each other."""
    apart: list[Window] = []
    for start, end in sorted(windows):
        if apart and start <= apart[-1][1] and max(end, apart[-1][1]) <= apart[-1][0] + DAY:
            apart[-1] = apart[-1][0], max(end, apart[-1][1])
        else:
            apart.append((start, end))
    return apart


def windows_in_words(windows: list[Window]) -> str:
    """As it was typed, in the reader's digits; `read_windows` reads it again."""
    return _(", ").join(f"{_clock(start)}–{_clock(end if end <= DAY else end - DAY)}" for start, end in windows)


def _read(part: str, over_midnight: bool) -> Window:
    found = _WINDOW.fullmatch(part.strip())
    if not found:
        raise BadHours(_("Write hours as 9:00–12:30, 14:00–18:00."))
    hour, minute, end_hour, end_minute = (int(one or 0) for one in found.groups())
    start, end = hour * 60 + minute, end_hour * 60 + end_minute
    if max(minute, end_minute) > 59 or start >= DAY or end > DAY:
        raise BadHours(_("A day has hours from 0:00 to 24:00."))
    if start == end:
        raise BadHours(_("Hours that end when they begin have no length; the whole day is 0–24."))
    if end < start and not over_midnight:
        raise BadHours(_("Hours must end later than they begin."))
    return start, end if end > start else end + DAY


def _clock(minute: int) -> str:
    return digits(f"{minute // 60}:{minute % 60:02}")
