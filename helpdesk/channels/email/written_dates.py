"""Dates as mail programs write them for people to read, in the header of a mail that is forwarded."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime

from persiantools.jdatetime import JalaliDate

from helpdesk.channels.email.quote_words import folded

_MONTHS = (
    # How the names of the months begin in Arabic, Dutch, English, French, German, Italian, Persian, Portuguese, Russian,
    # Spanish and Turkish.
    "jan ene gen oca янв ژانویه ینایر", "feb fev fév şub фев فوریه فبرایر", "mar mär mrt maa март марта مارس",
    "apr avr abr nis апр آوریل ابریل", "may mai mei mag май мая مه می مایو", "jun juin giu haz июн ژوئن یونیو",
    "jul juil lug tem июл ژوئیه جولای یولیو", "aug aoû aou ago ağu авг اوت آگوست اغسطس", "sep set eyl сен سپتامبر سبتمبر",
    "oct okt ott out eki окт اکتبر اکتوبر", "nov kas ноя نوامبر نوفمبر", "dec dez déc dic ara дек دسامبر دیسمبر",
)  # fmt: skip
_JALALI = ["فروردین", "اردیبهشت", "خرداد", "تیر", "مرداد", "شهریور", "مهر", "آبان", "آذر", "دی", "بهمن", "اسفند"]
_DIGITS = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩", "01234567890123456789")
_TIME = re.compile(r"(?<!\d)(\d{1,2})[:h.](\d{2})(?:[:.](\d{2}))?(?!\d|[./]\d)\s*([ap]\.?\s?m\b|ق\.?ظ|ب\.?ظ|ص\b|م\b)?")
_ZONE = re.compile(r"(?:gmt|utc|غرینتش|گرینویچ|\s)\s?([+-])(\d{1,2}):?([0-5]\d)?(?!\d)|\b(gmt|utc)\b")
_NUMBERS = re.compile(r"(?<!\d)(\d{1,4})[./-](\d{1,2})[./-](\d{1,4})(?!\d)")
_DAY_MONTH = re.compile(r"(?<!\d)(\d{1,2})(?:\.|º|er|st|nd|rd|th)?\s?(?:de\s)?([^\W\d]{2,})")
_MONTH_DAY = re.compile(r"([^\W\d]{2,})\.?\s(\d{1,2})(?:st|nd|rd|th)?(?!\d|:)")
_YEAR = re.compile(r"(?<!\d)(1[34]\d\d|19\d\d|20\d\d)(?!\d)")


def read_date(text: str, *, zone: tzinfo = UTC) -> datetime | None:
    """The moment in UTC, None when it cannot be told for sure; a time without a zone is one of `zone`."""
    plain = " ".join(folded(text[:200]).translate(_DIGITS).split())
    try:
        return _standard(plain) or _written(plain, zone)
    except (ValueError, OverflowError):
        return None


def _standard(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    return found.astimezone(UTC) if found.tzinfo else None


def _written(text: str, zone: tzinfo) -> datetime | None:
    time = _TIME.search(text)
    said = _ZONE.search(text, time.end() if time else len(text))
    without_time = f"{text[: time.start()]} {text[time.end() :]}" if time else text
    day = _by_names(without_time) or _by_numbers(without_time)
    if day is None or time is None:
        return None
    hour, minute, second = int(time[1]), int(time[2]), int(time[3] or 0)
    if half := time[4]:
        hour = hour % 12 + (12 if half[0] in "pبم" else 0)
    if said and said[1]:
        offset = timedelta(hours=int(said[2]), minutes=int(said[3] or 0))
        zone = timezone(offset if said[1] == "+" else -offset)
    elif said:
        zone = UTC
    return datetime(*day, hour, minute, second, tzinfo=zone).astimezone(UTC)


def _by_names(text: str) -> tuple[int, int, int] | None:
    year = _YEAR.search(text)
    pairs = [(found[1], found[2]) for found in _DAY_MONTH.finditer(text)]
    pairs += [(found[2], found[1]) for found in _MONTH_DAY.finditer(text)]
    for day, name in pairs if year else ():
        if (month := _month(name)) and year:
            return int(year[1]), month, int(day)
        if name in _JALALI and year:
            return _from_jalali(int(year[1]), _JALALI.index(name) + 1, int(day))
    return None


def _month(name: str) -> int | None:
    return next((n for n, starts in enumerate(_MONTHS, start=1) if name.startswith(tuple(starts.split()))), None)


def _by_numbers(text: str) -> tuple[int, int, int] | None:
    """2026-11-20, 20.11.2026, 20/11/2026, 11/20/2026, 1405/8/29; None for 11/10/2026, which two countries read in two ways."""
    found = _NUMBERS.search(text)
    if found is None:
        return None
    first, second, third = map(int, found.groups())
    if first > 1000:
        return _from_jalali(first, second, third) if first < 1500 else (first, second, third)
    if third < 1000:
        return None
    if "." in found.group() or first > 12:
        return third, second, first
    return (third, first, second) if second > 12 else None


def _from_jalali(year: int, month: int, day: int) -> tuple[int, int, int]:
    date = JalaliDate(year, month, day).to_gregorian()
    return date.year, date.month, date.day
