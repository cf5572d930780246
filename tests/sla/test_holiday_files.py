"""Calendar files: what of them is a holiday."""

from datetime import date

import pytest
from icalendar import vRecur

from sla.each_year import yearly
from sla.holiday_files import Unreadable, read_days

FIRST, LAST = date(2025, 1, 1), date(2029, 12, 31)


def event(*lines: str) -> str:
    return "\r\n".join(("BEGIN:VEVENT", *lines, "END:VEVENT"))


def file(*events: str) -> bytes:
    return "\r\n".join(("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//y", *events, "END:VCALENDAR", "")).encode()


def read(*events: str) -> list[tuple[str, str, bool]]:
    found = read_days(file(*events), FIRST, LAST)
    return [(one.day.isoformat(), one.name, one.is_approved) for one in found.days]


def test_whole_days_count_and_the_last_one_is_not_included():
    christmas = event(
        "DTSTART;VALUE=DATE:20261225", "DTEND;VALUE=DATE:20261227", "SUMMARY:Christ\r\n mas", "TRANSP:TRANSPARENT"
    )
    persian = event("DTSTART;VALUE=DATE:20260321", "SUMMARY:نوروز")
    assert read(christmas, persian) == [
        ("2026-03-21", "نوروز", True), ("2026-12-25", "Christmas", True), ("2026-12-26", "Christmas", True),
    ]  # fmt: skip


def test_what_does_not_look_like_a_holiday_waits_for_approval():
    odd = [
        event("DTSTART:20261201T090000Z", "DTEND:20261201T120000Z", "SUMMARY:Meeting"),
        event("DTSTART;VALUE=DATE:20261203", "STATUS:TENTATIVE", "SUMMARY:Perhaps"),
        event("DTSTART;VALUE=DATE:20261204", "DESCRIPTION:Observance\\nTo hide it, go to settings", "SUMMARY:Fathers"),
        event("DTSTART;VALUE=DATE:20261210", "DTEND;VALUE=DATE:20261214", "SUMMARY:Long"),
    ]
    found = read(*odd)
    assert len(found) == 7 and not any(is_approved for _day, _name, is_approved in found)


def test_what_is_far_away_or_called_off_is_not_taken():
    gone = event("DTSTART;VALUE=DATE:20261203", "STATUS:CANCELLED", "SUMMARY:Gone")
    old = event("DTSTART;VALUE=DATE:20241231", "SUMMARY:Old")
    late = event("DTSTART;VALUE=DATE:20300101", "SUMMARY:Late")
    kept = event("DTSTART;VALUE=DATE:20260101", "SUMMARY:Kept")
    assert [name for _day, name, _is in read(gone, old, late, kept)] == ["Kept"]


def test_what_repeats_by_the_week_is_left_out_with_a_word_and_refused_alone():
    weekly = event("DTSTART;VALUE=DATE:20261201", "RRULE:FREQ=WEEKLY", "SUMMARY:Team")
    year = event("DTSTART;VALUE=DATE:20260101", "SUMMARY:Year")
    found = read_days(file(weekly, year), FIRST, LAST)
    assert [one.name for one in found.days] == ["Year"]
    assert found.left_out == ["Team: it repeats otherwise than each year"]
    with pytest.raises(Unreadable, match="otherwise than each year"):
        read_days(file(weekly), FIRST, LAST)


def test_days_left_out_of_a_repetition():
    new_year = event(
        "DTSTART;VALUE=DATE:20200101", "RRULE:FREQ=YEARLY;UNTIL=20280101T000000Z", "EXDATE;VALUE=DATE:20270101", "SUMMARY:New year",
    )  # fmt: skip
    assert [day for day, _name, _is in read(new_year)] == ["2025-01-01", "2026-01-01", "2028-01-01"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"<html></html>",
        b"\xff\xfe\x00",
        b"BEGIN:VCALENDAR\nBEGIN:VEVENT\n",
        file(),
        file(event("SUMMARY:x")),
    ],
)
def test_what_is_no_calendar_is_refused_with_a_word(content: bytes):
    with pytest.raises(Unreadable):
        read_days(content, FIRST, LAST)


@pytest.mark.parametrize(
    ("rule", "start", "days"),
    [
        ("FREQ=YEARLY", "2024-02-29", ["2024-02-29", "2028-02-29"]),
        ("FREQ=YEARLY;INTERVAL=2;BYMONTH=5;BYMONTHDAY=-1", "2025-01-01", ["2025-05-31", "2027-05-31", "2029-05-31"]),
        ("FREQ=YEARLY;BYMONTH=11;BYDAY=4TH;COUNT=2", "2020-11-26", ["2020-11-26", "2021-11-25"]),
        ("FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO;UNTIL=20270101", "2025-05-01", ["2025-05-26", "2026-05-25"]),
        ("FREQ=YEARLY;BYMONTH=5;BYMONTHDAY=18,19,20,21,22,23,24;BYDAY=MO;COUNT=1", "2026-01-01", ["2026-05-18"]),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31", "2020-01-01", []),
    ],
)
def test_what_comes_back_each_year(rule: str, start: str, days: list[str]):
    found = yearly(vRecur.from_ical(rule), date.fromisoformat(start), LAST)
    assert [day.isoformat() for day in found] == days


@pytest.mark.parametrize(
    "rule", ["FREQ=DAILY", "FREQ=YEARLY;BYHOUR=1", "FREQ=YEARLY;BYDAY=MO", "FREQ=YEARLY;BYEASTER=0"]
)
def test_other_repetitions_are_refused(rule: str):
    with pytest.raises(ValueError):
        list(yearly(vRecur.from_ical(rule), FIRST, LAST))
