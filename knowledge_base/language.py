"""Words of texts as the index knows them: folded, without endings, without those that say nothing.

Each word is judged by its own script, so that a product's name in a Persian sentence is found like one in an English one. Languages
other than English and Persian are only folded.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

import msgspec
from whoosh.lang.porter2 import stem as porter

from helpdesk.kernel.text import language_of, normalise
from knowledge_base.stop_words import ENGLISH, PERSIAN

# A run of letters and digits; apostrophes, half-spaces, vowel signs and the signs of `c++` and `c#` belong to it.
_MARKS = "\u064b-\u065f\u0670"
_RUN = re.compile(
    rf"(?:\b[eE]-(?=[^\W\d_]))?[^\W_][^\W_{_MARKS}]*(?:[{_MARKS}]+[^\W_]*|['’\u200c\u200d][^\W_]+)*(?:\+\+|#)?"
)
_ARABIC = re.compile(r"[\u0620-\u06d3]")
_LONGEST = 60

_IRREGULAR = {
    form: root
    for root, forms in {
        "send": "sent", "lose": "lost", "pay": "paid", "buy": "bought", "forget": "forgot forgotten", "find": "found", "keep": "kept",
        "make": "made", "break": "broke broken", "steal": "stole stolen", "freeze": "froze frozen", "hide": "hid hidden",
        "write": "wrote written", "choose": "chose chosen", "see": "saw seen", "show": "shown", "leave": "left", "tell": "told",
        "sell": "sold", "bring": "brought", "begin": "began begun", "speak": "spoke spoken", "draw": "drew drawn", "hear": "heard",
        "child": "children", "person": "people", "build": "built", "spend": "spent", "stick": "stuck", "throw": "threw thrown",
        "mean": "meant", "run": "ran", "hold": "held", "feel": "felt",
    }.items()
    for form in forms.split()
}  # fmt: skip

# `log in`, `backed up`, `turn it off`: the verb and its particle are one word, as in `login` and `backup`.
PARTICLES = frozenset(["up", "off", "out", "down", "back", "away", "over"])
_PARTICLES_OF_SOME = frozenset(["in", "on"])
_BETWEEN = frozenset(["it", "them", "this", "that", "my", "your"])
_THEIR_VERBS = frozenset(["log", "sign", "check", "opt", "fill", "plug", "switch", "turn", "zoom", "add"])

# Longest first. What is left must have as many letters as the number says. Single letters of possession (م ت ش) stay: too
# many words end in them.
_PERSIAN_ENDINGS = tuple(
    (ending, least)
    for endings, least in (
        ("هایشان هایمان هایتان", 2), ("هایی هایم هایت هایش", 2), ("های", 2), ("ترین", 3), ("یشان یمان یتان", 3), ("ها", 2),
        ("شان مان تان", 4), ("تر", 3), ("یی", 3), ("ات", 4), ("ی", 3),
    )
    for ending in endings.split()
)  # fmt: skip
_PERSIAN_VERB = re.compile(r"^(?:نمی|می)(?=.{2,}(?:م|د|ی|ه)$)(.{3,})$")
# Nouns that begin like a verb. As `میدان` begins `میدانم`, too, only the noun itself and its forms are taken for it.
_NOUNS = """
میدان میز میزان میزبان میزگرد میهمان میهن میراث میلاد میل میله میلان مین مینا میخ میخک میخانه میوه میگو میگرن میمون میثاق میعاد میعادگاه میان
میانه میانگین میانبر میانجی میانسال میانمار میاندار میسر میش میکده میکس میکسر میکاپ میرزا میترا میت
"""
_NO_VERBS = frozenset(_NOUNS.split())
_NO_VERB_BEGINS = ("میکرو", "میلی", "مینی")
_VERB_ENDINGS = re.compile(r"(?<=..)(?:یم|ید|ند|م|د|ی|ه)$")


class Token(msgspec.Struct, frozen=True):
    """A word in a text: its place there, as it reads, and as the index knows it."""

    start: int
    end: int
    word: str
    """Folded; a half-space in it is gone."""
    terms: tuple[str, ...]
    """What it is found by; empty when it says nothing."""


def tokens(text: str, language: str) -> Iterator[Token]:
    """The words of a text in order, those without meaning included."""
    for start, end, word, terms in _words(text, language):
        yield Token(start, end, word, terms)


def terms_of(text: str, language: str) -> list[str]:
    """What a text is found by, in order."""
    return [term for _start, _end, _word, terms in _words(text, language) for term in terms]


def _words(text: str, language: str) -> Iterator[tuple[int, int, str, tuple[str, ...]]]:
    before = ""  # the verb that a particle may belong to
    for run in _RUN.finditer(text):
        start, end = run.span()
        if end - start > _LONGEST:
            continue
        word, terms = _analysed(run.group(), language)
        if terms:
            before = terms[0]
        elif before:
            if is_particle_of(before, word):
                terms, before = (before + word,), ""
            elif word not in _BETWEEN:
                before = ""
        if word:
            yield start, end, word, terms


def is_particle_of(verb: str, word: str) -> bool:
    return word in PARTICLES or (word in _PARTICLES_OF_SOME and verb in _THEIR_VERBS)


def guess(text: str, default: str = "en") -> str:
    """The language of a query or a ticket: by its letters, or the default when it has none."""
    return language_of(text, default)


@lru_cache(maxsize=65_536)
def _analysed(run: str, language: str) -> tuple[str, tuple[str, ...]]:
    parts = normalise(run.replace("’", "'")).split()
    word = "".join(parts)
    if _ARABIC.search(word):
        return word, _persian(parts) if language in ("fa", "en") else (word,)
    if language not in ("en", "fa"):
        return word, (word,)
    word = word.replace("-", "")  # e-mail
    bare = word.removesuffix("'s").replace("'", "")
    if word in ENGLISH or bare in ENGLISH or word.split("'")[0] in ENGLISH:
        return word, ()
    return word, (english_stem(bare),)


@lru_cache(maxsize=32_768)
def english_stem(word: str) -> str:
    word = _IRREGULAR.get(word, word)
    if not word.isalpha() or not word.isascii():
        return word
    return porter(word)


def _persian(parts: list[str]) -> tuple[str, ...]:
    """A word whose parts stood between half-spaces: `می‌خواهم`, `کتاب‌های`, `نرم‌افزارها`."""
    told = [part for part in parts if part not in PERSIAN]
    if len(parts) > 1 and parts[0] in ("می", "نمی"):
        return tuple(_VERB_ENDINGS.sub("", part) for part in told)
    return tuple(persian_stem(part) for part in told)


@lru_cache(maxsize=32_768)
def persian_stem(word: str) -> str:
    if (verb := _PERSIAN_VERB.match(word)) and len(word) >= 6 and not _is_noun(word):
        return _VERB_ENDINGS.sub("", verb.group(1))
    return list(_shortened(word))[-1]


def _is_noun(word: str) -> bool:
    return word.startswith(_NO_VERB_BEGINS) or any(shorter in _NO_VERBS for shorter in _shortened(word))


def _shortened(word: str) -> Iterator[str]:
    """The word, and what is left of it as its endings go one after the other."""
    while word:
        yield word
        word = next(
            (word[: -len(end)] for end, least in _PERSIAN_ENDINGS if word.endswith(end) and len(word) - len(end) >= least), "",
        )  # fmt: skip
