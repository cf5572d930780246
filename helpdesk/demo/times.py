"""When things happen at a desk: customers write by day, agents answer in working hours."""

from datetime import datetime, time, timedelta
from itertools import accumulate
from random import Random
from zoneinfo import ZoneInfo

ZONES = {"fa": ZoneInfo("Asia/Tehran"), "en": ZoneInfo("Europe/Berlin")}
# How much is written in each hour of the day, and on each day of the week (Monday is the first).
_HOURS = [2, 1, 1, 1, 1, 2, 4, 10, 22, 34, 36, 33, 27, 25, 29, 31, 30, 24, 17, 14, 13, 12, 9, 5]
_DAYS = {"fa": [10, 10, 10, 5, 2, 11, 11], "en": [11, 11, 10, 10, 9, 3, 3]}
_OPENS, _CLOSES = time(8), {"fa": time(17), "en": time(18)}
_DAYS_OFF = {"fa": {4}, "en": {5, 6}}
_FLOOR = timedelta(seconds=75)  # between two things on one ticket


def arrivals(count: int, language: str, begin: datetime, end: datetime, rng: Random) -> list[datetime]:
    """`count` times between the two, more of them by day, on working days and towards the end."""
    hours = int((end - begin) / timedelta(hours=1)) + 1
    slots = [begin + timedelta(hours=n) for n in range(hours)]
    weights = [_weight(slot, language) * (0.4 + n / hours) for n, slot in enumerate(slots)]
    chosen = rng.choices(slots, weights, k=count)
    return sorted(min(slot + timedelta(seconds=rng.randrange(3600)), end) for slot in chosen)


def gap(minutes: float, rng: Random) -> timedelta:
    """A pause with this median; one in six is more than three times as long."""
    return timedelta(minutes=min(rng.lognormvariate(0, 1.1), 8) * minutes)


def at_work(at: datetime, language: str, rng: Random) -> datetime:
    """The time itself in the working hours of those who answer in the language, else some time after they begin."""
    local = at.astimezone(ZONES[language])
    if local.weekday() not in _DAYS_OFF[language] and _OPENS <= local.time() < _CLOSES[language]:
        return at
    day = local.date() if local.time() < _OPENS else local.date() + timedelta(days=1)
    while day.weekday() in _DAYS_OFF[language]:
        day += timedelta(days=1)
    opening = datetime.combine(day, _OPENS, ZONES[language]).astimezone(at.tzinfo)
    return opening + timedelta(minutes=rng.uniform(1, 150))


def fitted(begin: datetime, pauses: list[timedelta], until: datetime) -> list[datetime]:
    """The times after each pause; shortened, all alike, when the last would be after `until`. No two are the same."""
    room = until - begin - _FLOOR * len(pauses)
    total = sum(pauses, timedelta())
    share = min(1.0, max(room / total, 0.0)) if total else 1.0
    return [begin + _FLOOR * n + passed * share for n, passed in enumerate(accumulate(pauses), start=1)]


def _weight(slot: datetime, language: str) -> float:
    local = slot.astimezone(ZONES[language])
    return _HOURS[local.hour] * _DAYS[language][local.weekday()]
