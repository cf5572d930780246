"""Times in the words of the reader."""

from datetime import UTC, datetime, timedelta

import pytest

from helpdesk.kernel.language import file_size, gettext, moment, speaking, time_words

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "style", "passed", "words"),
    [
        ("en", "narrow", timedelta(seconds=59), "now"),
        ("en", "narrow", timedelta(minutes=4, seconds=59), "4m"),
        ("en", "narrow", timedelta(hours=23, minutes=59), "23h"),
        ("en", "narrow", timedelta(days=6), "6d"),
        ("en", "relative", timedelta(minutes=1), "1 minute ago"),
        ("en", "relative", timedelta(hours=3, minutes=50), "3 hours ago"),
        ("en", "relative", timedelta(days=1), "1 day ago"),
        ("fa", "narrow", timedelta(seconds=3), "اکنون"),
        ("fa", "narrow", timedelta(minutes=4), "۴ د"),
        ("fa", "narrow", timedelta(hours=12), "۱۲ ساعت"),
        ("fa", "narrow", timedelta(days=2), "۲ روز"),
        ("fa", "relative", timedelta(minutes=12), "۱۲ دقیقه پیش"),
        ("fa", "relative", timedelta(days=6, hours=23), "۶ روز پیش"),
    ],
)
def test_what_passed_is_told_in_whole_units(language: str, style: str, passed: timedelta, words: str) -> None:
    with speaking(language):
        assert time_words(NOW - passed, style, NOW) == words


def test_a_time_a_little_ahead_is_now() -> None:
    assert time_words(NOW + timedelta(seconds=5), "relative", NOW) == "now"


def test_a_week_ago_is_a_day_and_another_year_is_told() -> None:
    assert time_words(NOW - timedelta(days=7), "narrow", NOW) == "14 Nov"
    assert time_words(NOW - timedelta(days=400), "relative", NOW) == "17 Oct 2025"
    with speaking("fa"):
        assert time_words(NOW - timedelta(days=7), "narrow", NOW) == "۲۳ آبان"
        assert time_words(NOW - timedelta(days=300), "narrow", NOW) == "۵ بهمن ۱۴۰۴"


def test_the_short_style_is_the_clock_today_in_the_zone_of_the_reader() -> None:
    late = datetime(2026, 11, 21, 21, 0, tzinfo=UTC)
    with speaking("fa", "Asia/Tehran"):
        assert time_words(late, "short", late) == "۰۰:۳۰"
        assert time_words(NOW, "short", late) == "۳۰ آبان"


def test_persian_dates_are_jalali_with_persian_digits() -> None:
    with speaking("fa", "Asia/Tehran"):
        assert moment(NOW) == "۳۰ آبان ۱۴۰۵، ۱۵:۳۰"
        assert moment(NOW, "full") == "شنبه ۳۰ آبان ۱۴۰۵، ۱۵:۳۰"


def test_nothing_is_nothing_in_every_language() -> None:
    for language in ("en", "fa"):
        with speaking(language):
            assert gettext("") == ""


def test_a_size_has_a_decimal_only_where_it_says_something() -> None:
    with speaking("en"):
        assert [file_size(size) for size in (1, 84_000, 10_000_000, 2_540_000)] == [
            "1 byte",
            "84 KB",
            "10 MB",
            "2.5 MB",
        ]
    with speaking("fa"):
        assert file_size(2_540_000) == "۲٫۵ مگابایت"
