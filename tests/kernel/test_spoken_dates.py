"""Times as people say them, in both languages and both calendars."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.spoken_dates import suggestions, understand

TEHRAN, BERLIN = ZoneInfo("Asia/Tehran"), ZoneInfo("Europe/Berlin")
SUNDAY = datetime(2026, 11, 22, 10, 10, tzinfo=TEHRAN)
"""1 Azar 1405."""


def local(said: str, language: str, zone: ZoneInfo = TEHRAN, at: datetime = SUNDAY) -> str:
    meant = understand(said, at=at.astimezone(UTC), zone=zone, language=language)
    assert meant.tzinfo is UTC
    return f"{meant.astimezone(zone):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("tomorrow 9am", "2026-11-23 09:00"),
        ("Tomorrow", "2026-11-23 09:00"),
        ("tomorrow at 3", "2026-11-23 15:00"),
        ("tomorrow at 03:00", "2026-11-23 03:00"),
        ("tomorrow evening", "2026-11-23 18:00"),
        ("day after tomorrow, 8 in the morning", "2026-11-24 08:00"),
        ("in 3 hours", "2026-11-22 13:10"),
        ("3h", "2026-11-22 13:10"),
        ("1h30m", "2026-11-22 11:40"),
        ("half an hour from now", "2026-11-22 10:40"),
        ("in an hour and a half", "2026-11-22 11:40"),
        ("in 2 days", "2026-11-24 10:10"),
        ("in two days at 16:45", "2026-11-24 16:45"),
        ("in a week", "2026-11-29 10:10"),
        ("in 1 month", "2026-12-22 10:10"),
        ("later today", "2026-11-22 13:30"),
        ("today 17:00", "2026-11-22 17:00"),
        ("tonight", "2026-11-22 20:00"),
        ("at 5pm", "2026-11-22 17:00"),
        ("9:00", "2026-11-23 09:00"),
        ("12 pm", "2026-11-22 12:00"),
        ("12am", "2026-11-23 00:00"),
        ("midnight", "2026-11-23 00:00"),
        ("monday", "2026-11-23 09:00"),
        ("on Monday at 14:30", "2026-11-23 14:30"),
        ("next Saturday", "2026-11-28 09:00"),
        ("sunday", "2026-11-29 09:00"),
        ("sunday 17:00", "2026-11-22 17:00"),
        ("next week", "2026-11-23 09:00"),
        ("friday next week", "2026-11-27 09:00"),
        ("next month", "2026-12-01 09:00"),
        ("2026-12-01", "2026-12-01 09:00"),
        ("2026-12-01T14:30", "2026-12-01 14:30"),
        ("1405/10/01 14:30", "2026-12-22 14:30"),
        ("1 Dec", "2026-12-01 09:00"),
        ("Dec 1st 4pm", "2026-12-01 16:00"),
        ("3 january", "2027-01-03 09:00"),
        ("12 march 2027 8:15", "2027-03-12 08:15"),
        ("1 Dey", "2026-12-22 09:00"),
    ],
)
def test_english(said: str, meant: str) -> None:
    assert local(said, "en") == meant


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("فردا", "2026-11-23 09:00"),
        ("فردا ساعت ۹ صبح", "2026-11-23 09:00"),
        ("فردا ۵ عصر", "2026-11-23 17:00"),
        ("پس‌فردا ظهر", "2026-11-24 12:00"),
        ("امشب", "2026-11-22 20:00"),
        ("امروز بعد از ظهر", "2026-11-22 14:00"),
        ("ساعت ۳", "2026-11-22 15:00"),
        ("ساعت ۹ و نیم", "2026-11-23 09:30"),
        ("فردا ۱۲ شب", "2026-11-24 00:00"),
        ("فردا ساعت ۲ شب", "2026-11-23 02:00"),
        ("۳ ساعت دیگر", "2026-11-22 13:10"),
        ("دو ساعت و نیم دیگه", "2026-11-22 12:40"),
        ("نیم ساعت دیگر", "2026-11-22 10:40"),
        ("تا یک هفته دیگر", "2026-11-29 10:10"),
        ("یک ماه دیگر", "2026-12-22 10:10"),
        ("شنبه ساعت ۱۰", "2026-11-28 10:00"),
        ("سه‌شنبه", "2026-11-24 09:00"),
        ("سه شنبه آینده ساعت ٨:١٥", "2026-11-24 08:15"),
        ("یکشنبه", "2026-11-29 09:00"),
        ("پنجشنبه", "2026-11-26 09:00"),
        ("هفتهٔ بعد", "2026-11-28 09:00"),
        ("هفته آینده دوشنبه", "2026-11-30 09:00"),
        ("اول هفته بعد", "2026-11-28 09:00"),
        ("ماه بعد", "2026-12-22 09:00"),
        ("اول مرداد", "2027-07-23 09:00"),
        ("بیست و دوم بهمن", "2027-02-11 09:00"),
        ("سی‌ام آذر", "2026-12-21 09:00"),
        ("۱۵ دی ۱۴۰۵ ساعت ۱۱", "2027-01-05 11:00"),
        ("۱۴۰۵/۱۰/۱ ۱۴:۳۰", "2026-12-22 14:30"),
        ("۱۰/۱", "2026-12-22 09:00"),
        ("1 دسامبر", "2026-12-01 09:00"),
        ("tomorrow 9am", "2026-11-23 09:00"),
    ],
)
def test_persian(said: str, meant: str) -> None:
    assert local(said, "fa") == meant


@pytest.mark.parametrize(
    "said",
    ["", " ", "soon", "tomorrow tomorrow", "tomorrow maybe", "9", "31 april", "25:00", "tomorrow 13pm", "۱۴۰۵/۱۳/۱", "12/1", "x" * 5000],
)  # fmt: skip
def test_what_is_not_understood_says_what_is(said: str) -> None:
    with pytest.raises(Invalid) as refusal:
        local(said, "en")
    assert "tomorrow 9am" in refusal.value.fields["until"]


def test_a_time_that_has_passed_is_refused() -> None:
    for said in ("2026-11-21", "today 9:00", "1405/08/01 14:30"):
        with pytest.raises(Invalid, match="has passed"):
            local(said, "en")


def test_a_time_too_far_away_is_refused() -> None:
    for said in ("in 300 weeks", "2050-01-01"):
        with pytest.raises(Invalid, match="five years"):
            local(said, "en")


def test_days_keep_the_time_of_day_when_the_clocks_change_and_hours_are_real() -> None:
    before = datetime(2026, 10, 24, 10, 0, tzinfo=BERLIN)  # summer time ends on the 25th
    assert local("in 1 day", "en", BERLIN, before) == "2026-10-25 10:00"
    assert local("in 24 hours", "en", BERLIN, before) == "2026-10-25 09:00"
    assert local("tomorrow 9am", "en", BERLIN, before) == "2026-10-25 09:00"


def test_suggestions_are_in_order_each_once_and_in_the_week_of_the_language() -> None:
    at = SUNDAY.astimezone(UTC)
    shown = {language: [(one.name, f"{one.at.astimezone(TEHRAN):%d %H:%M}") for one in suggestions(at=at, zone=TEHRAN, language=language)] for language in ("en", "fa")}  # fmt: skip
    assert shown["en"] == [("Later today", "22 13:30"), ("Tomorrow morning", "23 09:00"), ("In a week", "29 09:00")]
    assert shown["fa"] == [
        ("Later today", "22 13:30"), ("Tomorrow morning", "23 09:00"), ("Next week", "28 09:00"), ("In a week", "29 09:00"),
    ]  # fmt: skip
    late = datetime(2026, 11, 22, 18, 0, tzinfo=TEHRAN).astimezone(UTC)
    assert suggestions(at=late, zone=TEHRAN, language="en")[0].name == "Tomorrow morning"
