"""Days as people type them into a field: `2026-12-24` or `1405/10/03`, in either calendar whatever the reader's is."""

import re
from datetime import date

from persiantools.jdatetime import JalaliDate

from helpdesk.kernel.language import reader
from helpdesk.kernel.text import latin_digits

_DAY = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_JALALI_BEFORE = 1700
"""Years below are of the Jalali calendar."""


def read_day(text: str) -> date:
    """Raises ValueError when it is no day, or there is none such."""
    found = _DAY.fullmatch(latin_digits(text).strip())
    if not found:
        raise ValueError(f"no day: {text!r}")
    year, month, day = (int(part) for part in found.groups())
    return JalaliDate(year, month, day).to_gregorian() if year < _JALALI_BEFORE else date(year, month, day)


def typed_day(day: date) -> str:
    """As the reader types it; `read_day` reads it again."""
    shown = JalaliDate(day) if reader().language == "fa" else day
    return f"{shown.year:04}-{shown.month:02}-{shown.day:02}"
