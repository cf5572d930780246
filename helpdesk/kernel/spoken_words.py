"""The words of `spoken_dates`, English and Persian, as `kernel.text.normalise` leaves them: both are always understood."""

import re

from helpdesk.kernel.text import normalise

WEEKDAYS = {
    "monday": 0, "mon": 0, "tuesday": 1, "tue": 1, "tues": 1, "wednesday": 2, "wed": 2, "thursday": 3, "thu": 3, "thurs": 3,
    "friday": 4, "fri": 4, "saturday": 5, "sat": 5, "sunday": 6, "sun": 6,
    "دوشنبه": 0, "سهشنبه": 1, "چهارشنبه": 2, "پنجشنبه": 3, "جمعه": 4, "شنبه": 5, "یکشنبه": 6,
}  # fmt: skip

JALALI_MONTHS = {
    "فروردین": 1, "اردیبهشت": 2, "خرداد": 3, "تیر": 4, "مرداد": 5, "امرداد": 5, "شهریور": 6, "مهر": 7, "ابان": 8, "اذر": 9,
    "دی": 10, "بهمن": 11, "اسفند": 12, "farvardin": 1, "ordibehesht": 2, "khordad": 3, "tir": 4, "mordad": 5, "shahrivar": 6,
    "mehr": 7, "aban": 8, "azar": 9, "dey": 10, "bahman": 11, "esfand": 12,
}  # fmt: skip

GREGORIAN_MONTHS = {
    "january": 1, "jan": 1, "february": 2, "feb": 2, "march": 3, "mar": 3, "april": 4, "apr": 4, "may": 5, "june": 6, "jun": 6,
    "july": 7, "jul": 7, "august": 8, "aug": 8, "september": 9, "sep": 9, "sept": 9, "october": 10, "oct": 10, "november": 11,
    "nov": 11, "december": 12, "dec": 12, "ژانویه": 1, "فوریه": 2, "مارس": 3, "اوریل": 4, "ژوین": 6, "ژوییه": 7, "جولای": 7,
    "اوت": 8, "سپتامبر": 9, "اکتبر": 10, "نوامبر": 11, "دسامبر": 12,
}  # fmt: skip

UNITS = {
    "minutes": "minute", "minute": "minute", "mins": "minute", "min": "minute", "m": "minute", "دقیقه": "minute",
    "hours": "hour", "hour": "hour", "hrs": "hour", "hr": "hour", "h": "hour", "ساعت": "hour",
    "days": "day", "day": "day", "d": "day", "روز": "day", "weeks": "week", "week": "week", "w": "week", "هفته": "week",
    "months": "month", "month": "month", "ماه": "month",
}  # fmt: skip

PARTS = {
    "morning": 9, "noon": 12, "afternoon": 14, "evening": 18, "night": 20, "midnight": 24,
    "صبح": 9, "ظهر": 12, "بعدازظهر": 14, "عصر": 17, "غروب": 18, "شب": 20,
}  # fmt: skip
"""Parts of a day and the hour that each stands for; 24 is the end of the day."""

EARLY = {"am", "morning", "صبح"}
LATE = {"pm", "afternoon", "evening", "night", "noon", "midnight", "ظهر", "بعدازظهر", "عصر", "غروب", "شب"}
NIGHT = {"night", "midnight", "شب"}

DAYS_AHEAD = {"today": 0, "tomorrow": 1, "overmorrow": 2, "امروز": 0, "فردا": 1, "پسفردا": 2}

FILLERS = {
    "at", "on", "the", "of", "this", "next", "coming", "until", "till", "in", "start", "beginning",
    "در", "روز", "به", "تا", "این", "اینده", "بعد", "بعدی", "ساعت",
}  # fmt: skip

_ONES = ["یک", "دو", "سه", "چهار", "پنج", "شش", "هفت", "هشت", "نه"]
_TEENS = ["ده", "یازده", "دوازده", "سیزده", "چهارده", "پانزده", "شانزده", "هفده", "هجده", "نوزده"]
_ENGLISH = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]


def _numbers() -> dict[str, str]:
    """Number words and ordinals up to 31."""
    words = dict(enumerate([*_ONES, *_TEENS, "بیست"], 1)) | {30: "سی"}
    words |= {20 + one: f"بیست و {word}" for one, word in enumerate(_ONES, 1)} | {31: "سی و یک"}
    found = {word: str(value) for value, word in words.items()}
    found |= {
        word.removesuffix("سه") + "سوم" if word.endswith("سه") else word + "م": number for word, number in found.items()
    }
    found |= {"اول": "1", "سی ام": "30"} | {word: str(value) for value, word in enumerate(_ENGLISH, 1)}
    return found | {"a": "1", "an": "1"}


_NUMBERS = _numbers()
_NUMBER = re.compile(rf"\b({'|'.join(sorted(_NUMBERS, key=len, reverse=True))})\b")
_SAME = [(re.compile(pattern), replacement) for pattern, replacement in (
    (r"[،,]", " "), (r"\b(?:in the|at) (morning|afternoon|evening|night)\b", r"\1"), (r"\bاول (?=هفته|ماه)", ""),
    (r"\bday after tomorrow\b", "overmorrow"), (r"\bپس فردا\b", "پسفردا"),
    (r"\btonight\b", "today night"), (r"\bامشب\b", "امروز شب"),
    (r"\b(یک|دو|سه|چهار|پنج) شنبه\b", r"\1شنبه"),
    (r"\bبعد ?از ?ظهر\b", "بعدازظهر"), (r"\bقبل از ظهر\b", "صبح"), (r"\bنیمه ?شب\b", "midnight"),
    (r"\bhalf an hour\b|\bنیم ساعت\b", "30 minutes"), (r"\bhalf a day\b|\bنیم روز\b", "12 hours"),
    (r"\b([ap])\.m\.?", r"\1m"), (r"(?<=\d)(?:st|nd|rd|th)\b", ""), (r"(?<=\d)t(?=\d)", " "),
)]  # fmt: skip


def simplified(text: str) -> str:
    """The text with one spelling for each word, and numbers as digits."""
    simple = normalise(text)
    for pattern, replacement in _SAME:
        simple = pattern.sub(replacement, simple)
    simple = _NUMBER.sub(lambda found: _NUMBERS[found[0]], simple)
    return " ".join(simple.split())
