"""When a desk is open, and sums over its open time: pure, exact to the second, O(log n) in the number of openings.

An instant is open when the wall clock of the calendar's zone lies then in a window of its civil date, or in what a window
of the date before has left after midnight. So a window in the hour that spring leaves out has no length, one in the hour
that autumn repeats is open twice, and no day needs a case of its own. Sums run over openings in UTC with sums of their
lengths before them, made for some years around the instants that are asked for.

All instants are aware datetimes; fractions of a second are dropped. Lengths are whole seconds.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import accumulate
from zoneinfo import ZoneInfo

import msgspec

DAY = 86_400
MINUTES = 1_440
REACH = 5 * 366 * DAY
"""How far ahead, or back, open time is looked for before there is said to be none."""
AROUND = 400 * DAY
"""Openings are made for this long before and after what is asked for, so that the next question finds them."""
PROBE = DAY // 2
"""No zone changed its offset twice within half a day."""


class Window(msgspec.Struct, frozen=True, array_like=True):
    """Minutes after the midnight of its date: 0 ≤ start < 1440, start < end ≤ start + 1440; an end after 1440 is of the next morning."""

    start: int
    end: int


Windows = tuple[Window, ...]
Week = tuple[Windows, Windows, Windows, Windows, Windows, Windows, Windows]
"""Monday first."""


class Season(msgspec.Struct, frozen=True):
    """Another week from a date to a date, both included, as in Ramadan; of several the highest rank holds."""

    first: date
    last: date
    week: Week
    rank: int = 0


class Rules(msgspec.Struct, frozen=True):
    """What somebody wrote down about a calendar. Closed beats special beats season beats week.

    A closed date is closed from midnight to midnight: the morning that a night shift would have had in it, too.
    """

    zone: str
    week: Week
    seasons: tuple[Season, ...] = ()
    special: dict[date, Windows] = {}
    closed: frozenset[date] = frozenset()
    is_always: bool = False
    """Open without end, whatever else is said."""

    @property
    def is_never(self) -> bool:
        """Whether no window is written down at all."""
        weeks = (self.week, *(season.week for season in self.seasons))
        return not self.is_always and not any(any(week) for week in weeks) and not any(self.special.values())

    def windows(self, on: date) -> Windows:
        """Those that begin on a date."""
        if on in self.closed:
            return ()
        if on in self.special:
            return self.special[on]
        seasons = [season for season in self.seasons if season.first <= on <= season.last]
        week = max(seasons, key=lambda season: season.rank).week if seasons else self.week
        return week[on.weekday()]

    def open_minutes(self, on: date) -> Iterator[tuple[int, int]]:
        """Beginnings and ends of what is open on a date by its wall clock, in no order, overlaps included."""
        if on in self.closed:
            return
        for window in self.windows(on):
            if window.start < window.end:
                yield window.start, min(window.end, MINUTES)
        for window in self.windows(on - timedelta(days=1)):
            if window.end > MINUTES:
                yield 0, window.end - MINUTES


class Openings(msgspec.Struct, frozen=True):
    """Open time between two instants, in seconds since 1970: its pieces in order, and how much lies before each."""

    first: int
    last: int
    starts: list[int]
    ends: list[int]
    before: list[int]
    """One more than pieces: the last is all."""

    def opened(self, at: int) -> int:
        """Open seconds from `first` to an instant."""
        n = bisect_right(self.starts, at)
        return self.before[n] - max(0, self.ends[n - 1] - at) if n else 0


class Hours:
    """Answers about one version of a calendar; make it once and keep it: what it has worked out it remembers."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self._made = Openings(0, 0, [], [], [0])

    @cached_property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.rules.zone)

    def elapsed(self, start: datetime, end: datetime) -> int:
        """Open seconds in [start, end); 0 when the end is not later."""
        a, b = _seconds(start), _seconds(end)
        if b <= a:
            return 0
        if self.rules.is_always:
            return b - a
        made = self._covering(a, b)
        return made.opened(b) - made.opened(a)

    def add(self, start: datetime, seconds: int) -> datetime | None:
        """The earliest instant at which so many open seconds have passed since `start`; None when there are not as many within five years.

        Nothing added is the instant itself. What ends at closing time ends then, not at the next opening.
        """
        at = _seconds(start)
        if self.rules.is_always or not seconds:
            return _instant(at + seconds)
        if self.rules.is_never:
            return None
        for reach in _reaches():
            made = self._covering(at, at + reach)
            wanted = made.opened(at) + seconds
            if wanted <= made.before[-1]:
                n = bisect_left(made.before, wanted) - 1
                return _instant(made.starts[n] + wanted - made.before[n])
        return None

    def subtract(self, end: datetime, seconds: int) -> datetime | None:
        """The latest instant from which so many open seconds pass until `end`; None when there are not as many within five years."""
        at = _seconds(end)
        if self.rules.is_always or not seconds:
            return _instant(at - seconds)
        if self.rules.is_never:
            return None
        for reach in _reaches():
            made = self._covering(at - reach, at)
            wanted = made.opened(at) - seconds
            if wanted >= made.opened(at - reach):
                n = bisect_right(made.before, wanted) - 1
                return _instant(made.starts[n] + wanted - made.before[n])
        return None

    def is_open(self, at: datetime) -> bool:
        """Whether the second that begins then is open: the instant of closing is not."""
        return self.elapsed(at, at + timedelta(seconds=1)) > 0

    def next_opening(self, at: datetime) -> datetime | None:
        """The instant itself when it is open, else when it opens next."""
        second = self.add(at, 1)
        return second and second - timedelta(seconds=1)

    def previous_closing(self, at: datetime) -> datetime | None:
        """The latest instant, this one included, just before which it was open."""
        second = self.subtract(at, 1)
        return second and second + timedelta(seconds=1)

    def closing_after(self, at: datetime) -> datetime | None:
        """When it closes: the opening that holds now, or else the next one."""
        opening = self.next_opening(at)
        if opening is None or self.rules.is_always:
            return None
        made = self._covering(_seconds(opening), _seconds(opening) + 2 * DAY)
        return _instant(made.ends[bisect_right(made.starts, _seconds(opening)) - 1])

    def openings(self, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
        """Open time between two instants, piece by piece."""
        a, b = _seconds(start), _seconds(end)
        if self.rules.is_always:
            return [(_instant(a), _instant(b))] if a < b else []
        made = self._covering(a, b)
        first, last = bisect_right(made.ends, a), bisect_left(made.starts, b)
        return [(_instant(max(made.starts[n], a)), _instant(min(made.ends[n], b))) for n in range(first, last)]

    def _covering(self, first: int, last: int) -> Openings:
        made = self._made
        if made.first <= first and last <= made.last and made.last:
            return made
        if (
            made.last and first - AROUND <= made.last and made.first <= last + AROUND
        ):  # it grows; far from it, it begins anew
            first, last = min(first, made.first), max(last, made.last)
        self._made = _openings(self.rules, self._zone, first - AROUND, last + AROUND)
        return self._made


def _reaches() -> Iterator[int]:
    """Far, then farther: most targets are met within weeks."""
    yield AROUND
    yield REACH


def _openings(rules: Rules, zone: ZoneInfo, first: int, last: int) -> Openings:
    pieces = sorted(
        (max(midnight + 60 * start, since), min(midnight + 60 * end, until))
        for since, until, offset in _offsets(zone, first, last)
        for day in range((since + offset) // DAY, (until + offset - 1) // DAY + 1)
        for midnight in [day * DAY - offset]
        for start, end in rules.open_minutes(date(1970, 1, 1) + timedelta(days=day))
    )
    starts: list[int] = []
    ends: list[int] = []
    for start, end in pieces:
        if start >= end:
            continue
        if ends and start <= ends[-1]:
            ends[-1] = max(ends[-1], end)
        else:
            starts.append(start)
            ends.append(end)
    before = list(accumulate((end - start for start, end in zip(starts, ends, strict=True)), initial=0))
    return Openings(first, last, starts, ends, before)


def _offsets(zone: ZoneInfo, first: int, last: int) -> Iterator[tuple[int, int, int]]:
    """The time between two instants, cut where the zone's offset changes: from, to, seconds east of UTC."""
    since, offset = first, _offset(zone, first)
    for probe in range(first + PROBE, last + PROBE, PROBE):
        if (now := _offset(zone, min(probe, last))) != offset:
            change = _change(zone, probe - PROBE, min(probe, last))
            yield since, change, offset
            since, offset = change, now
    yield since, last, offset


def _change(zone: ZoneInfo, before: int, after: int) -> int:
    """The first second with the later offset."""
    offset = _offset(zone, before)
    while after - before > 1:
        middle = (before + after) // 2
        before, after = (middle, after) if _offset(zone, middle) == offset else (before, middle)
    return after


def _offset(zone: ZoneInfo, at: int) -> int:
    offset = datetime.fromtimestamp(at, zone).utcoffset()
    assert offset is not None
    return int(offset.total_seconds())


def _seconds(at: datetime) -> int:
    return int(at.timestamp() // 1)


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
