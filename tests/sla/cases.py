"""Calendars of the scenarios, random ones, and what is open by looking at each minute: what the engine is compared with."""

import random
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sla.calendar import Rules, Season, Week, Window, Windows

MINUTE = timedelta(minutes=1)
ODD_ZONES = [
    "Europe/Berlin", "America/New_York", "Asia/Tehran", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu", "UTC",
    "America/Sao_Paulo", "Africa/Casablanca", "America/St_Johns", "Asia/Gaza", "Antarctica/Troll", "Europe/Dublin",
    "Asia/Pyongyang", "America/Caracas", "Pacific/Kiritimati",
]  # fmt: skip
"""Half hours, quarter hours, two hours, changes at midnight, a day left out, a summer that is negative."""


def windows(text: str) -> Windows:
    """`9-12 13-17`: hours, after 24 of the next morning; `1-2:30` has minutes."""
    return tuple(Window(*(_minutes(one) for one in part.split("-"))) for part in text.split())


def _minutes(text: str) -> int:
    hour, _colon, minute = text.partition(":")
    return int(hour) * 60 + int(minute or 0)


def week(*days: tuple[str, str]) -> Week:
    """Pairs of days (`Mon Tue`) and their windows."""
    found: dict[str, Windows] = {}
    for names, hours in days:
        found |= dict.fromkeys(names.split(), windows(hours))
    mon, tue, wed, thu, fri, sat, sun = (
        found.get(day, ()) for day in ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    )
    return mon, tue, wed, thu, fri, sat, sun


WORK, ALL = "Mon Tue Wed Thu Fri", "Mon Tue Wed Thu Fri Sat Sun"
_IRAN = week(("Sat Sun Mon Tue Wed", "8-16"), ("Thu", "8-12"))
_RAMADAN = Season(date(2026, 2, 19), date(2026, 3, 19), week(("Sat Sun Mon Tue Wed", "9-14"), ("Thu", "9-12")), rank=1)


def days(*texts: str) -> frozenset[date]:
    return frozenset(date.fromisoformat(text) for text in texts)


_NOWRUZ = days("2026-03-21", "2026-03-22", "2026-03-23", "2026-03-24", "2026-04-01", "2026-04-02")
BERLIN = "Europe/Berlin"

NAMED = {
    "BER": Rules(BERLIN, week((WORK, "9-17")), closed=days("2026-04-03", "2026-04-06", "2026-05-01", "2026-12-25")),
    "LUN": Rules(BERLIN, week((WORK, "9-12 13-17"))),
    "XMAS": Rules(
        BERLIN, week((WORK, "9-17")), special={date(2026, 12, 24): windows("9-13")}, closed=days("2026-12-25")
    ),
    "A24": Rules(BERLIN, week(), is_always=True),
    "W24": Rules(BERLIN, week((ALL, "0-24"))),
    "NGT": Rules(BERLIN, week((ALL, "22-30"))),
    "NGF": Rules(BERLIN, week((WORK, "22-30")), closed=days("2026-05-01")),
    "GAP": Rules(BERLIN, week((ALL, "2-3"))),
    "FLD": Rules(BERLIN, week((ALL, "1-2:30"))),
    "LHI": Rules("Australia/Lord_Howe", week((ALL, "0-6"))),
    "APIA": Rules("Pacific/Apia", week((WORK, "8-16"))),
    "IRP": Rules("Asia/Tehran", _IRAN),
    "IR": Rules("Asia/Tehran", _IRAN, seasons=(_RAMADAN,), closed=_NOWRUZ),
    "ZERO": Rules(BERLIN, week(("Mon", "9-9"), ("Tue", "9-17"))),
    "KTM": Rules("Asia/Kathmandu", week(("Sun Mon Tue Wed Thu Fri", "10-17"))),
    "NYC": Rules("America/New_York", week((WORK, "9-17"))),
    "NEVER": Rules(BERLIN, week()),
}


def open_minutes(rules: Rules, first: datetime, count: int) -> Iterable[bool]:
    """For each minute from `first` on whether it is open, by the wall clock alone: slow, and plainly right."""
    zone = ZoneInfo(rules.zone)
    by_date: dict[date, set[int]] = {}
    for number in range(count):
        wall = (first + number * MINUTE).astimezone(zone)
        today = wall.date()
        if today not in by_date:
            by_date[today] = _open_on(rules, today)
        yield wall.hour * 60 + wall.minute in by_date[today]


def _open_on(rules: Rules, day: date) -> set[int]:
    if rules.is_always:
        return set(range(1440))
    if day in rules.closed:
        return set()
    own = {minute for one in _windows_of(rules, day) for minute in range(one.start, min(one.end, 1440))}
    tail = {
        minute - 1440
        for one in _windows_of(rules, day - timedelta(days=1))
        for minute in range(max(one.start, 1440), one.end)
    }
    return own | tail


def _windows_of(rules: Rules, day: date) -> Windows:
    if day in rules.closed:
        return ()
    if day in rules.special:
        return rules.special[day]
    best = rules.week
    rank = -1
    for season in rules.seasons:
        if season.first <= day <= season.last and season.rank > rank:
            best, rank = season.week, season.rank
    return best[day.weekday()]


def random_rules(seed: random.Random, about: date) -> Rules:
    """Any calendar around a date: several windows a day, some over midnight, seasons, days that are special or closed."""
    near = [about + timedelta(days=seed.randrange(-8, 30)) for _ in range(12)]
    return Rules(
        seed.choice(ODD_ZONES),
        _random_week(seed),
        seasons=tuple(
            Season(day, day + timedelta(days=seed.randrange(0, 12)), _random_week(seed), rank=rank)
            for rank, day in enumerate(near[: seed.randrange(0, 3)])
        ),
        special={day: _random_windows(seed) for day in near[3 : seed.randrange(4, 8)]},
        closed=frozenset(near[8 : seed.randrange(9, 13)]),
    )


def _random_week(seed: random.Random) -> Week:
    mon, tue, wed, thu, fri, sat, sun = (_random_windows(seed) if seed.random() < 0.8 else () for _ in range(7))
    return mon, tue, wed, thu, fri, sat, sun


def _random_windows(seed: random.Random) -> Windows:
    starts = [seed.randrange(0, 1440) for _ in range(seed.choice((1, 1, 1, 2, 3)))]
    return tuple(Window(start, start + seed.choice((0, 1, 30, 90, 240, 480, 600, 1440))) for start in starts)


def random_moment(seed: random.Random) -> datetime:
    """A minute of the years in which the zones changed most, half of the time within a week of a change of Berlin's."""
    if seed.random() < 0.5:
        near = datetime(seed.choice((2011, 2015, 2022, 2026)), seed.choice((3, 4, 10)), 27, tzinfo=UTC)
        return near + timedelta(minutes=seed.randrange(-10_000, 10_000))
    return datetime(2010, 1, 1, tzinfo=UTC) + timedelta(minutes=seed.randrange(20 * 365 * 1440))
