"""How long a sum of business time takes: `python -m tests.benchmarks.business_time`.

Against a loop over the minutes, and against businesstimedelta, which keeps office hours and holidays as well. All three
answer the same questions, and must give the same answers.
"""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from datetime import time as wall
from typing import Any
from zoneinfo import ZoneInfo

import businesstimedelta
import pytz

from sla.calendar import Hours, Rules, Window

DAY = (Window(9 * 60, 17 * 60),)
RULES = Rules(
    "Europe/Berlin", (DAY, DAY, DAY, DAY, DAY, (), ()), closed=frozenset({date(2026, 4, 3), date(2026, 12, 25)})
)
START = datetime(2026, 3, 26, 15, 30, tzinfo=UTC)
"""Before a weekend on which summer time begins, and a holiday a week later."""
SECONDS = 10 * 8 * 3600
MINUTE = timedelta(minutes=1)


def main() -> None:
    hours, theirs = Hours(RULES), _theirs()
    due = hours.add(START, SECONDS)
    assert due is not None and due == _loop_add(START, SECONDS) == theirs.add(START, SECONDS).astimezone(UTC)
    assert hours.elapsed(START, due) == SECONDS == _loop_elapsed(START, due) == theirs.elapsed(START, due)

    print("| ten working days of business time | add, µs | elapsed, µs |")
    print("|---|---:|---:|")
    for name, add, elapsed in (
        ("sla.calendar", hours.add, hours.elapsed),
        ("businesstimedelta", theirs.add, theirs.elapsed),
        ("a loop over the minutes", _loop_add, _loop_elapsed),
    ):
        print(f"| {name} | {_microseconds(add, START, SECONDS):,.1f} | {_microseconds(elapsed, START, due):,.1f} |")
    print(f"| first question to a calendar | {_first():,.0f} | |")


class _Theirs:
    def __init__(self, rules: Any) -> None:
        self.rules = rules

    def add(self, start: datetime, seconds: int) -> datetime:
        moved: Any = start + businesstimedelta.BusinessTimeDelta(self.rules, seconds=seconds)
        return moved

    def elapsed(self, start: datetime, end: datetime) -> int:
        return int(self.rules.difference(start, end).timedelta.total_seconds())


def _theirs() -> _Theirs:
    zone = pytz.timezone(RULES.zone)
    work = businesstimedelta.WorkDayRule(start_time=wall(9), end_time=wall(17), working_days=[0, 1, 2, 3, 4], tz=zone)
    return _Theirs(businesstimedelta.Rules([work, businesstimedelta.HolidayRule(RULES.closed, tz=zone)]))


def _is_open(at: datetime, zone: ZoneInfo) -> bool:
    local = at.astimezone(zone)
    return local.weekday() < 5 and 9 <= local.hour < 17 and local.date() not in RULES.closed


def _loop_add(start: datetime, seconds: int) -> datetime:
    zone, at = ZoneInfo(RULES.zone), start
    while seconds > 0:
        seconds -= 60 * _is_open(at, zone)
        at += MINUTE
    return at


def _loop_elapsed(start: datetime, end: datetime) -> int:
    zone, at, seconds = ZoneInfo(RULES.zone), start, 0
    while at < end:
        seconds += 60 * _is_open(at, zone)
        at += MINUTE
    return seconds


def _microseconds(ask: Callable[..., object], *asked: object) -> float:
    """A question's time: the best of five rounds of a tenth of a second, at least one question each."""
    best = float("inf")
    for _round in range(5):
        count, began = 0, time.perf_counter()
        while (passed := time.perf_counter() - began) < 0.1:
            ask(*asked)
            count += 1
        best = min(best, passed / count)
    return best * 1e6


def _first() -> float:
    return min(_timed(lambda: Hours(RULES).add(START, SECONDS)) for _round in range(5)) * 1e6


def _timed(ask: Callable[[], object]) -> float:
    began = time.perf_counter()
    ask()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
