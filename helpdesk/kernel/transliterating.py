"""How a word sounds, whichever alphabet it is written in: "tanzimat" and «تنظیمات» have the same sounds.

Vowels are left out, as Persian writes few of them; letters of one sound are one. Meant for names that are few, such as
those of pages: much is taken for the same.
"""

import re

from helpdesk.kernel.text import words_of

_PAIRS = {"kh": "خ", "gh": "ق", "sh": "ش", "ch": "چ", "zh": "ژ", "ph": "f", "ck": "k", "x": "ks", "q": "ق", "c": "k"}
_PAIR = re.compile("|".join(_PAIRS))
_SOUNDS = str.maketrans(
    {
        "ب": "b", "پ": "p", "ت": "t", "ط": "t", "ث": "s", "س": "s", "ص": "s", "ج": "j", "ژ": "j", "ح": "h", "ه": "h", "د": "d",
        "ر": "r", "ذ": "z", "ز": "z", "ض": "z", "ظ": "z", "غ": "ق", "ف": "f", "ک": "k", "گ": "g", "ل": "l", "م": "m", "ن": "n",
        **dict.fromkeys("aeiouyvwاعوی", None),
    }
)  # fmt: skip
_TWICE = re.compile(r"(.)\1+")


def sounds_of(text: str) -> list[str]:
    """The consonants of each word; a silent h at the end is none."""
    return [_TWICE.sub(r"\1", _sounds(word)).rstrip("h") or _sounds(word) for word in words_of(text)]


def _sounds(word: str) -> str:
    return _PAIR.sub(lambda found: _PAIRS[found[0]], word).translate(_SOUNDS)
