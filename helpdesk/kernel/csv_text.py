"""Rows as CSV that a spreadsheet opens as text: a cell that would be a formula begins with ' (ASVS 1.2.10)."""

import csv
import io
from collections.abc import Iterable

BYTE_ORDER_MARK = "\ufeff"
"""Before the first line, so that spreadsheets take the file for UTF-8."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\0")


def csv_line(cells: Iterable[object]) -> str:
    """One line with its end, as RFC 4180 writes it; None is empty."""
    written = io.StringIO()
    csv.writer(written).writerow([_harmless(cell) for cell in cells])
    return written.getvalue()


def _harmless(cell: object) -> str:
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text
