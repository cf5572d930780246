"""Days and spans that lie behind are understood in both languages and calendars."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.kernel.past_dates import span_of

TEHRAN = ZoneInfo("Asia/Tehran")
AT = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
"""A Sunday, 1405/09/01."""


@pytest.mark.parametrize(
    ("typed", "start", "end"),
    [
        ("2026-08-01", "2026-08-01", "2026-08-02"), ("1405/08/01", "2026-10-23", "2026-10-24"), ("۱۴۰۵/۰۸/۰۱", "2026-10-23", "2026-10-24"),
        ("2026-11", "2026-11-01", "2026-12-01"), ("1405/08", "2026-10-23", "2026-11-22"), ("2025", "2025-01-01", "2026-01-01"),
        ("today", "2026-11-22", "2026-11-23"), ("yesterday", "2026-11-21", "2026-11-22"), ("دیروز", "2026-11-21", "2026-11-22"),
        ("پریروز", "2026-11-20", "2026-11-21"), ("monday", "2026-11-16", "2026-11-17"), ("پنج‌شنبه", "2026-11-19", "2026-11-20"),
        ("aug", "2026-08-01", "2026-09-01"), ("1 aug", "2026-08-01", "2026-08-02"), ("december", "2025-12-01", "2026-01-01"),
        ("مرداد", "2026-07-23", "2026-08-23"), ("۱ مرداد ۱۴۰۴", "2025-07-23", "2025-07-24"), ("last-month", "2026-10-01", "2026-11-01"),
    ],
)  # fmt: skip
def test_days_and_months(typed: str, start: str, end: str) -> None:
    span = span_of(typed, at=AT, zone=TEHRAN, language="en")

    assert span is not None
    assert (span.start.date().isoformat(), span.end.date().isoformat()) == (start, end)
    assert span.start.utcoffset() == TEHRAN.utcoffset(AT.replace(tzinfo=None))


@pytest.mark.parametrize(
    ("typed", "language", "start", "end"),
    [
        ("last week", "en", "2026-11-09", "2026-11-16"), ("هفتهٔ گذشته", "fa", "2026-11-14", "2026-11-21"),
        ("this month", "en", "2026-11-01", "2026-12-01"), ("این ماه", "fa", "2026-11-22", "2026-12-22"),
        ("last year", "en", "2025-01-01", "2026-01-01"), ("پارسال", "fa", "2025-03-21", "2026-03-21"),
    ],
)  # fmt: skip
def test_weeks_months_and_years_are_those_of_the_readers_calendar(
    typed: str, language: str, start: str, end: str
) -> None:
    span = span_of(typed, at=AT, zone=TEHRAN, language=language)

    assert span is not None
    assert (span.start.date().isoformat(), span.end.date().isoformat()) == (start, end)


@pytest.mark.parametrize(
    ("typed", "hours"),
    [("7d", 168), ("24h", 24), ("2 weeks", 336), ("۷ روز", 168), ("سه روز پیش", 72), ("last 3 days", 72), ("1y", 8760)],
)
def test_amounts_reach_back_from_now(typed: str, hours: int) -> None:
    span = span_of(typed, at=AT, zone=TEHRAN, language="fa")

    assert span is not None and span.is_recent
    assert (span.end, (span.end - span.start).total_seconds()) == (AT, hours * 3600)


@pytest.mark.parametrize(
    "typed", ["", "2026-02-30", "1405/13/01", "soon", "0000", "32", "31 feb", "12:30", "9999-12-31", "x" * 100]
)
def test_what_is_no_day_is_none(typed: str) -> None:
    assert span_of(typed, at=AT, zone=TEHRAN, language="en") is None


@given(st.text(max_size=45), st.sampled_from(["en", "fa"]))
def test_no_text_makes_it_fail_and_every_span_has_a_length(typed: str, language: str) -> None:
    span = span_of(typed, at=AT, zone=TEHRAN, language=language)

    assert span is None or span.start <= span.end
