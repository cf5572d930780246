"""Business time: the scenarios of its design as a table, what holds for any calendar, and a count of each minute."""

import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sla.calendar import Hours, Rules, Window, offsets, openings_under
from tests.sla.cases import MINUTE, NAMED, open_minutes, random_moment, random_rules, week, windows

HOUR = 60
YEAR = "2026-"


def _at(calendar: str, text: str) -> datetime:
    """A local time of the calendar's zone, this year's unless it says another; `+02:00` behind it for one of two."""
    read = datetime.fromisoformat(text if text[:2] == "20" else YEAR + text)
    return read if read.tzinfo else read.replace(tzinfo=ZoneInfo(NAMED[calendar].zone))


ADDED = [
    (1, "BER", "06-02 10:00", 240, "2026-06-02T14:00+02:00"),
    (2, "BER", "06-05 16:30", 60, "2026-06-08T09:30+02:00"),
    (3, "BER", "06-06 11:00", 60, "2026-06-08T10:00+02:00"),
    (4, "BER", "06-02 07:00", 60, "2026-06-02T10:00+02:00"),
    (5, "BER", "06-02 17:00", 1, "2026-06-03T09:01+02:00"),
    (6, "BER", "06-02 09:00", 480, "2026-06-02T17:00+02:00"),
    (8, "BER", "04-02 16:00", 120, "2026-04-07T10:00+02:00"),
    (9, "BER", "04-30 16:30", 60, "2026-05-04T09:30+02:00"),
    (10, "LUN", "06-02 11:30", 60, "2026-06-02T13:30+02:00"),
    (11, "LUN", "06-02 12:15", 30, "2026-06-02T13:30+02:00"),
    (12, "XMAS", "12-24 12:00", 120, "2026-12-28T10:00+01:00"),
    (13, "BER", "06-06 11:11:11", 0, "2026-06-06T11:11:11+02:00"),
    (15, "ZERO", "06-01 08:00", 60, "2026-06-02T10:00+02:00"),
    (16, "NEVER", "06-01 08:00", 1, None),
    (17, "KTM", "06-05 16:30", 60, "2026-06-07T10:30+05:45"),
    (18, "BER", "06-02 09:00", 10_000 * HOUR, "2031-03-18T17:00+01:00"),
    (19, "A24", "2026-03-29T00:30+01:00", 240, "2026-03-29T03:30Z"),
    (20, "A24", "2026-10-25T00:30+02:00", 240, "2026-10-25T02:30Z"),
    (21, "BER", "03-27 16:00", 120, "2026-03-30T08:00Z"),
    (24, "NGT", "03-28 22:00", 480, "2026-03-29T23:00+02:00"),
    (26, "NGT", "10-24 22:00", 480, "2026-10-25T05:00+01:00"),
    (29, "FLD", "2026-10-25T02:45+02:00", 30, "2026-10-25T01:30Z"),
    (33, "APIA", "2011-12-29 12:00", 480, "2012-01-02T12:00+14:00"),
    (34, "IRP", "2022-03-21 15:00", 120, "2022-03-22T04:30Z"),
    (35, "IRP", "2022-09-21 15:00", 120, "2022-09-22T05:30Z"),
    (37, "NYC", "2026-03-10T09:00-04:00", 60, "2026-03-10T15:00+01:00"),
    (37, "NYC", "2026-04-10T09:00-04:00", 60, "2026-04-10T16:00+02:00"),
    (38, "NGT", "06-02 03:00", 240, "2026-06-02T23:00+02:00"),
    (39, "NGF", "04-30 23:00", 120, "2026-05-04T23:00+02:00"),
    (40, "NGF", "06-05 23:00", 540, "2026-06-09T00:00+02:00"),
    (41, "IR", "05-13 15:00", 120, "2026-05-14T09:00+03:30"),
    (42, "IR", "05-14 11:30", 60, "2026-05-16T08:30+03:30"),
    (43, "IR", "05-15 10:00", 30, "2026-05-16T08:30+03:30"),
    (44, "IR", "05-09 08:00", 2_640, "2026-05-14T12:00+03:30"),
    (45, "IR", "02-18 15:00", 120, "2026-02-19T10:00+03:30"),
    (46, "IR", "03-18 13:00", 120, "2026-03-19T10:00+03:30"),
    (47, "IR", "03-19 11:30", 60, "2026-03-25T08:30+03:30"),
    (50, "IR", "03-31 15:30", 60, "2026-04-04T08:30+03:30"),
]
"""Number, calendar, local start, minutes, when they have passed."""

ELAPSED = [
    (7, "BER", "06-05 18:00", "06-08 09:00", 0),
    (14, "BER", "06-05 12:00", "06-05 10:00", 0),
    (22, "BER", "03-27 09:00", "03-30 17:00", 960),
    (23, "NGT", "03-28 22:00", "03-29 06:00", 420),
    (25, "NGT", "10-24 22:00", "10-25 06:00", 540),
    (27, "GAP", "03-29 00:00", "03-30 00:00", 0),
    (28, "FLD", "10-25 00:00", "10-26 00:00", 120),
    (28, "FLD", "10-24 00:00", "10-25 00:00", 90),
    (30, "W24", "03-29 00:00", "03-30 00:00", 1_380),
    (30, "W24", "10-25 00:00", "10-26 00:00", 1_500),
    (31, "LHI", "04-05 00:00", "04-06 00:00", 390),
    (31, "LHI", "10-04 00:00", "10-05 00:00", 330),
    (32, "APIA", "2011-12-29T08:00-10:00", "2012-01-02T16:00+14:00", 960),
    (48, "IR", "03-20 00:00", "04-04 00:00", 2_640),
    (49, "IRP", "03-20 00:00", "04-04 00:00", 5_280),
]


@pytest.mark.parametrize(("number", "calendar", "start", "minutes", "expected"), ADDED)
def test_so_many_open_minutes_later(number: int, calendar: str, start: str, minutes: int, expected: str | None):
    due = Hours(NAMED[calendar]).add(_at(calendar, start), minutes * 60)
    assert due == (expected and datetime.fromisoformat(expected))


@pytest.mark.parametrize(("number", "calendar", "start", "end", "minutes"), ELAPSED)
def test_open_minutes_between(number: int, calendar: str, start: str, end: str, minutes: int):
    assert Hours(NAMED[calendar]).elapsed(_at(calendar, start), _at(calendar, end)) == minutes * 60


def test_tehran_has_one_offset_since_2022():
    """Scenario 36: the zones' rules at hand are of 2022b or newer."""
    year = offsets(ZoneInfo("Asia/Tehran"), 1_672_531_200, 1_704_067_200)
    assert {one.seconds for one in year} == {12_600}


def test_a_calendar_without_open_time_ahead_says_so_and_does_not_search_without_end():
    start = datetime(2026, 6, 2, tzinfo=UTC)
    past = Rules("Europe/Berlin", week(), special={date(2023, 1, 2): windows("9-17")})
    shut = Rules(
        "UTC", week(("Mon", "9-17")), closed=frozenset(date(2025, 1, 1) + timedelta(days=n) for n in range(7_000))
    )
    for rules in (NAMED["NEVER"], past, shut):
        hours = Hours(rules)
        assert hours.add(start, 1) is hours.next_opening(start) is hours.closing_after(start) is None
        assert not hours.is_open(start)
        assert hours._made is None or len(hours._made.starts) < 200
    assert Hours(past).previous_closing(start) == datetime(2023, 1, 2, 16, tzinfo=UTC)
    assert Hours(NAMED["NEVER"]).subtract(start, 1) is None


def test_what_cannot_be_worked_within_twenty_years_is_never_due():
    hours = Hours(Rules("UTC", week(("Mon", "9-9:01"))))
    start = datetime(2026, 6, 2, tzinfo=UTC)
    assert hours.add(start, 60 * 52 * 15) is not None
    assert hours.add(start, 60 * 52 * 21) is None


def test_hours_that_never_close():
    start = datetime(2026, 6, 2, tzinfo=UTC)
    for name in ("A24", "W24"):
        hours = Hours(NAMED[name])
        assert hours.next_opening(start) == hours.previous_closing(start) == start
        assert hours.closing_after(start) is None
        assert hours.openings(start, start + MINUTE) == [(start, start + MINUTE)]


def test_a_closed_day_beats_a_special_one_beats_a_season_beats_the_week():
    rules = NAMED["IR"]
    assert rules.windows(date(2026, 2, 18)) == (Window(480, 960),)
    assert rules.windows(date(2026, 2, 21)) == (Window(540, 840),)
    day = date(2026, 3, 21)
    both = Rules(rules.zone, rules.week, rules.seasons, special={day: windows("10-11")}, closed=frozenset({day}))
    assert both.windows(day) == ()


def test_fractions_of_a_second_are_dropped():
    hours = Hours(NAMED["BER"])
    start = datetime(2026, 6, 2, 8, 0, 0, 999_999, tzinfo=UTC)
    assert hours.add(start, 10) == datetime(2026, 6, 2, 8, 0, 10, tzinfo=UTC)
    assert hours.elapsed(start, start + timedelta(seconds=1.5)) == 2


def test_openings_piece_by_piece_are_those_that_add_and_elapsed_sum_up():
    hours = Hours(NAMED["LUN"])
    start, end = datetime(2026, 6, 5, 8, tzinfo=UTC), datetime(2026, 6, 8, 8, tzinfo=UTC)
    pieces = hours.openings(start, end)
    assert [(a.hour, b.hour) for a, b in pieces] == [(8, 10), (11, 15), (7, 8)]
    assert sum((b - a).seconds for a, b in pieces) == hours.elapsed(start, end)
    assert hours.openings(end, start) == []


def test_zones_by_other_rules_make_other_openings():
    """What a new version of the zones' rules does: an hour of summer that ends a week later."""
    rules = NAMED["BER"]
    known = list(offsets(ZoneInfo(rules.zone), 1_790_000_000, 1_795_000_000))
    week_longer = [
        known[0]._replace(until=known[0].until + 604_800),
        known[1]._replace(since=known[1].since + 604_800),
    ]
    assert openings_under(rules, known).starts != openings_under(rules, week_longer).starts
    assert openings_under(rules, known) == openings_under(rules, iter(known))


seeds = st.integers(0, 2**32)


@given(seeds)
@settings(max_examples=25)
def test_what_holds_for_any_calendar(seed: int):
    """Properties 1 to 3, 5 and 6 of the design: sums split anywhere, adding undoes measuring, closed time costs nothing."""
    chance = random.Random(seed)
    b = random_moment(chance)
    hours = Hours(random_rules(chance, b.date()))
    a, c = b - timedelta(seconds=chance.randrange(2_000_000)), b + timedelta(seconds=chance.randrange(2_000_000))
    n, m = chance.randrange(1, 200_000), chance.randrange(1, 200_000)

    assert hours.elapsed(a, a) == 0
    assert hours.elapsed(a, b) + hours.elapsed(b, c) == hours.elapsed(a, c) <= (c - a).total_seconds()
    assert hours.elapsed(c, a) == 0
    due = hours.add(b, n)
    if due is None:
        assert hours.elapsed(b, b + timedelta(days=365)) < n
        return
    assert hours.elapsed(b, due) == n
    assert hours.elapsed(b, due - timedelta(seconds=1)) == n - 1
    assert hours.add(due, m) == hours.add(b, n + m)
    earlier = hours.add(a, n)
    assert earlier and earlier <= due
    back = hours.subtract(due, n)
    assert back and hours.elapsed(back, due) == n and hours.is_open(back)
    assert hours.add(b, 0) == b and hours.subtract(b, 0) == b
    halfway = b + (due - b) // 2
    assert hours.add(halfway, n - hours.elapsed(b, halfway)) == due
    closed = hours.closing_after(b)
    if closed and (opens := hours.next_opening(closed)):
        assert hours.elapsed(closed, opens) == 0
        assert hours.previous_closing(opens) == (closed if opens > closed else opens)


@given(seeds)
@settings(max_examples=20)
def test_sums_are_those_of_a_count_of_each_minute(seed: int):
    chance = random.Random(seed)
    first = random_moment(chance)
    rules = random_rules(chance, first.date())
    hours, count = Hours(rules), 1_000
    seen = list(open_minutes(rules, first, count))
    assert [hours.is_open(first + n * MINUTE) for n in range(0, count, 7)] == seen[::7]
    assert hours.elapsed(first, first + count * MINUTE) == 60 * sum(seen)
