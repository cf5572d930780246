"""The one normaliser of text, used by search, matching and sorting; and the sort key for Persian."""

import re
import unicodedata

_SAME = str.maketrans(
    {
        "ي": "ی", "ى": "ی", "ك": "ک", "ة": "ه", "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ؤ": "و", "ۀ": "ه", "ئ": "ی",
        "ـ": None, "\u200c": " ", "\u200b": None, "\u200d": None, "\u200e": None, "\u200f": None, "\ufeff": None,
        **{chr(0x660 + digit): str(digit) for digit in range(10)},
        **{chr(0x6F0 + digit): str(digit) for digit in range(10)},
        **{chr(mark): None for mark in range(0x64B, 0x660)},
        "\u0670": None, "İ": "i",
    }
)  # fmt: skip
_LATIN_DIGITS = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩", "01234567890123456789")
_ONE_FOR_ONE = {key: value for key, value in _SAME.items() if value is not None} | {ord("ς"): "σ"}
FOLDED = (
    "".join(map(chr, [*_ONE_FOR_ONE, *(key for key in _SAME if key not in _ONE_FOR_ONE)])),
    "".join(_ONE_FOR_ONE.values()),
)
"""What `normalise` does to single letters, as the two arguments of SQL's translate(): those without a counterpart go. It is
three times as fast as `hd_normalised`, which knows letters in other forms besides."""
# Code-point order puts these after the letters that Arabic has too: place each behind its neighbour.
_ORDER = str.maketrans(
    {"پ": "ب\uffff", "چ": "ج\uffff", "ژ": "ز\uffff", "ک": "ك", "گ": "ك\uffff", "و": "ن\uffff", "ی": "ي"}
)
_BLANKS = re.compile(r"\s+")
# What parts words, after normalising: written out, as the database splits texts by the same letters (migration 0020).
_BREAKS = re.compile(
    "[\u0000-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00bf\u00d7\u00f7\u0600-\u060f\u061b-\u061f\u066a-\u066d\u06d4\u06dd\u06de\u06e9"
    "\u2000-\u206f\u20a0-\u20cf\u2190-\u2bff\u3000-\u303f\ufd3e\ufd3f\ufe00-\ufe1f\ufffc\ufffd\U0001f000-\U0001faff]+"
)
_LONGEST_WORD = 100
_ARABIC_LETTER = re.compile(r"[\u0620-\u064a\u066e-\u06d3]")
_LATIN_LETTER = re.compile(r"[A-Za-z]")


def normalise(text: str) -> str:
    """Fold what readers take for the same: letter variants, half-spaces, diacritics, digits, case, blanks.

    The database's `hd_normalised` does the same, which is why case is folded letter by letter.
    """
    folded = unicodedata.normalize("NFKC", text).translate(_SAME).lower().replace("ς", "σ").replace("ß", "ss")
    return _BLANKS.sub(" ", folded).strip()


def words_of(text: str) -> list[str]:
    """The words that a text is searched by, normalised, in order; endless ones are nobody's words."""
    return [word for word in _BREAKS.split(normalise(text)) if word and len(word) <= _LONGEST_WORD]


def sort_key(text: str) -> str:
    """A key whose code-point order is the alphabet's, Persian included; at most 300 characters."""
    return normalise(text).translate(_ORDER)[:300]


def latin_digits(text: str) -> str:
    """Persian and Arabic digits as 0–9, for input that holds numbers."""
    return text.translate(_LATIN_DIGITS)


def language_of(text: str, default: str = "en") -> str:
    """`fa` when most letters are of the Arabic script, `en` when Latin, else the default."""
    sample = text[:4000]
    arabic, latin = len(_ARABIC_LETTER.findall(sample)), len(_LATIN_LETTER.findall(sample))
    if arabic == latin == 0:
        return default
    return "fa" if arabic > latin else "en"


def preview(text: str, length: int = 160) -> str:
    """The first words on one line."""
    line = _BLANKS.sub(" ", text).strip()
    return line if len(line) <= length else line[: length - 1].rsplit(" ", 1)[0] + "…"
