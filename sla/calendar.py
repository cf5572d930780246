"""When a desk is open, and sums over its open time: pure, exact to the second, O(log n) in the number of openings.

An instant is open when the wall clock of the calendar's zone lies then in a window of its civil date, or in what a window
of the date before has left after midnight. So a window in the hour that spring leaves out has no length, one in the hour
that autumn repeats is open twice, and no day needs a case of its own. Sums run over openings in UTC with sums of their
lengths before them, made for some years around the instants that are asked for.

All instants are aware datetimes; fractions of a second are dropped. Lengths are whole seconds.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, lru_cache
from itertools import accumulate
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

DAY = 86_400
MINUTES = 1_440
REACH = 5 * 366 * DAY
"""How far ahead, or back, open time is looked for before there is said to be none."""
FARTHEST = 4 * REACH
"""How far it is added up where there is some: the longest targets on the shortest weeks end beyond, and have no end."""
AROUND = 400 * DAY
"""Openings are made for this long before and after what is asked for, so that the next question finds them."""
PROBE = DAY // 2
"""No zone changed its offset twice within half a day."""
EPOCH = date(1970, 1, 1)
ONE_DAY = timedelta(days=1)


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
    name: str = ""
    ramadan: Literal["", "estimated", "announced"] = ""
    """It is Ramadan, whose days are kept up to date (`sla.ramadans`), and whether these are certain."""


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
    names: dict[date, str] = {}
    """What closed and special days are called; for readers."""

    @property
    def last_day(self) -> date | None:
        """The last with a window; None: there is no last one. The first of all days when there is no window."""
        if self.is_always or any(self.week):
            return None
        seasons = (season.last for season in self.seasons if any(season.week))
        special = (day for day, windows in self.special.items() if windows)
        return max((*seasons, *special), default=date.min)

    def windows(self, on: date) -> Windows:
        """Those that begin on a date."""
        if on in self.closed:
            return ()
        if on in self.special:
            return self.special[on]
        season = self.season(on)
        return (season.week if season else self.week)[on.weekday()]

    def season(self, on: date) -> Season | None:
        found = [season for season in self.seasons if season.first <= on <= season.last]
        return max(found, key=lambda season: season.rank, default=None)

    def open_minutes(self, on: date) -> list[tuple[int, int]]:
        """Beginnings and ends of what is open on a date by its wall clock, in no order, overlaps included."""
        if on in self.closed:
            return []
        today = [(one.start, min(one.end, MINUTES)) for one in self.windows(on)]
        return today + [(0, one.end - MINUTES) for one in self.windows(on - ONE_DAY) if one.end > MINUTES]


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
    """Answers about one version of a calendar; make it once and keep it: what it has worked out it remembers.

    Seconds are never negative. Instants lie between 1902 and 2200: beyond, nobody knows the zones' rules.
    """

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self._made: Openings | None = None

    @cached_property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.rules.zone)

    @cached_property
    def _end(self) -> int | None:
        """An instant after which nothing opens any more; None: there is none."""
        last = self.rules.last_day
        return None if last is None else ((last - EPOCH).days + 3) * DAY

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
        """The earliest instant at which so many open seconds have passed since `start`; None when no open second is within
        five years, or not as many within twenty.

        Nothing added is the instant itself. What ends at closing time ends then, not at the next opening.
        """
        at = _seconds(start)
        if self.rules.is_always or not seconds:
            return _instant(at + seconds)
        if self._end is not None and at >= self._end:
            return None
        for reach in (AROUND, REACH, FARTHEST):
            made = self._covering(at, at + reach)
            since, until = made.opened(at), made.opened(at + reach)
            if since + seconds <= until:
                n = bisect_left(made.before, since + seconds) - 1
                return _instant(made.starts[n] + since + seconds - made.before[n])
            if reach == REACH and since == until:
                return None
        return None

    def subtract(self, end: datetime, seconds: int) -> datetime | None:
        """The latest instant from which so many open seconds pass until `end`; None as in `add`."""
        at = _seconds(end)
        if self.rules.is_always or not seconds:
            return _instant(at - seconds)
        if self.rules.last_day == date.min:
            return None
        for reach in (AROUND, REACH, FARTHEST):
            made = self._covering(at - reach, at)
            since, until = made.opened(at - reach), made.opened(at)
            if until - seconds >= since:
                n = bisect_right(made.before, until - seconds) - 1
                return _instant(made.starts[n] + until - seconds - made.before[n])
            if reach == REACH and since == until:
                return None
        return None

    def is_open(self, at: datetime) -> bool:
        """Whether the second that begins then is open: the instant of closing is not."""
        return self.elapsed(at, at + timedelta(seconds=1)) > 0

    def next_opening(self, at: datetime) -> datetime | None:
        """The instant itself when it is open, else when it opens next."""
        second = self.add(at, 1)
        return second and second - timedelta(seconds=1)

    def previous_closing(self, at: datetime) -> datetime | None:
        """The latest instant, this one included, just before which it was open. Only comparisons with other engines ask it."""
        second = self.subtract(at, 1)
        return second and second + timedelta(seconds=1)

    def closing_after(self, at: datetime) -> datetime | None:
        """When it closes: the opening that holds now, or else the next one; None when there is none, or it never ends."""
        opening = self.next_opening(at)
        if opening is None or self.rules.is_always:
            return None
        since = _seconds(opening)
        for reach in (AROUND, REACH):
            made = self._covering(since, since + reach)
            closing = made.ends[bisect_right(made.starts, since) - 1]
            if closing < made.last:
                return _instant(closing)
        return None

    def openings(self, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
        """Open time between two instants, piece by piece."""
        a, b = _seconds(start), _seconds(end)
        if self.rules.is_always:
            return [(_instant(a), _instant(b))] if a < b else []
        made = self._covering(a, b)
        first, last = bisect_right(made.ends, a), bisect_left(made.starts, b)
        return [(_instant(max(made.starts[n], a)), _instant(min(made.ends[n], b))) for n in range(first, last)]

    def _covering(self, first: int, last: int) -> Openings:
        """Openings that reach over two instants: those at hand, else they grow, or begin anew far from them."""
        made = self._made
        if made and made.first <= first and last <= made.last:
            return made
        if made and first - AROUND <= made.last and made.first <= last + AROUND:
            first, last = min(first, made.first), max(last, made.last)
        first, last = first - AROUND, last + AROUND
        self._made = openings_under(self.rules, offsets(self._zone, first, last))
        return self._made


class Offset(NamedTuple):
    """Between two instants a zone is so many seconds east of UTC."""

    since: int
    until: int
    seconds: int


def openings_under(rules: Rules, zone: Iterable[Offset]) -> Openings:
    """Open time by stretches of a zone, which follow each other."""
    stretches = list(zone)
    starts: list[int] = []
    ends: list[int] = []
    for start, end in sorted(piece for stretch in stretches for piece in _pieces(rules, stretch)):
        if ends and start <= ends[-1]:
            ends[-1] = max(ends[-1], end)
        else:
            starts.append(start)
            ends.append(end)
    before = list(accumulate((end - start for start, end in zip(starts, ends, strict=True)), initial=0))
    return Openings(stretches[0].since, stretches[-1].until, starts, ends, before)


def offsets(zone: ZoneInfo, first: int, last: int) -> Iterator[Offset]:
    """The time between two instants, cut where the offset of a zone changes, and at each turn of the year."""
    for year in range(_instant(first).year, _instant(last).year + 1):
        for one in _offsets_of(zone, year):
            since, until = max(one.since, first), min(one.until, last)
            if since < until:
                yield Offset(since, until, one.seconds)


def _pieces(rules: Rules, zone: Offset) -> Iterator[tuple[int, int]]:
    for day in range((zone.since + zone.seconds) // DAY, (zone.until + zone.seconds - 1) // DAY + 1):
        midnight = day * DAY - zone.seconds
        for opens, closes in rules.open_minutes(EPOCH + timedelta(days=day)):
            start, end = max(midnight + 60 * opens, zone.since), min(midnight + 60 * closes, zone.until)
            if start < end:
                yield start, end


@lru_cache(4_000)
def _offsets_of(zone: ZoneInfo, year: int) -> tuple[Offset, ...]:
    since, end = (int(datetime(one, 1, 1, tzinfo=UTC).timestamp()) for one in (year, year + 1))
    found: list[Offset] = []
    offset = _offset(zone, since)
    for probe in range(since + PROBE, end + PROBE, PROBE):
        if (now := _offset(zone, min(probe, end))) != offset:
            change = _change(zone, probe - PROBE, min(probe, end))
            found.append(Offset(since, change, offset))
            since, offset = change, now
    return (*found, Offset(since, end, offset))


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
