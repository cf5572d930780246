"""Typed words as a tsquery on `hd_ticket_words` (migration 0020). Pure.

Singular and plural find each other, in English and Persian; nothing else is stemmed, so that what was not meant is not
found. A word with a half-space is found as two words and as one.
"""

import re

from helpdesk.kernel.text import words_of

SHORTEST_BEGINNING = 2
"""A word that is still being typed is the beginning of one, from so many letters."""
_ENGLISH = re.compile(r"[a-z]{3,}")
_PERSIAN = re.compile(r"[ء-ی]{2,}")
_PLURALS = ("های", "ها")
_JOINED = re.compile(r"\S*\u200c\S*")


def query_of(text: str, *, is_exact: bool = False, is_beginning: bool = False, weight: str = "") -> str:
    """The text as a part of a tsquery, its words one after another; empty when it has none.

    `is_exact`: as written, as in quotes; `is_beginning`: the last word may go on; `weight`: only there (A subject, B customer).
    """
    words = words_of(text)
    if not words:
        return ""
    goes_on = is_beginning and len(words[-1]) >= SHORTEST_BEGINNING
    if len(words) == 1 and not is_exact:
        ways = [_lexeme(word, goes_on and word == words[0], weight) for word in forms_of(words[0])]
    else:
        last = _lexeme(words[-1], goes_on, weight)
        ways = [" <-> ".join([*(_lexeme(word, False, weight) for word in words[:-1]), last])]
        if not is_exact and _JOINED.fullmatch(text.strip()):
            ways.append(_lexeme("".join(words), goes_on, ""))
            if len(words) == 2 and words[1] in _PLURALS:
                ways += [_lexeme(word, False, weight) for word in forms_of(words[0])]
    return any_of(ways)


def any_of(ways: list[str]) -> str:
    return ways[0] if len(ways) == 1 else f"({' | '.join(f'({way})' for way in ways)})"


def marked(mark: str) -> str:
    """A mark of the row, such as `=a` or `=fexample.com`, as a part of a tsquery."""
    quoted = mark.replace("\\", "\\\\").replace("'", "''")
    return f"'{quoted}'"


def forms_of(word: str) -> list[str]:
    """The word, and the same in singular and plural."""
    if _ENGLISH.fullmatch(word):
        singular = _singular(word)
        return list(dict.fromkeys([word, singular, _plural(singular)]))
    if _PERSIAN.fullmatch(word):
        stem = next((word.removesuffix(end) for end in _PLURALS if word.endswith(end)), word)
        if len(stem) >= 2:
            return list(dict.fromkeys([word, stem, *(stem + end for end in _PLURALS)]))
    return [word]


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "zes", "ches", "shes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3:
        return word[:-1]
    return word


def _plural(word: str) -> str:
    if word.endswith("y") and word[-2] not in "aeiou":
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("s", "x", "z", "ch", "sh")) else "s")


def _lexeme(word: str, is_beginning: bool, weight: str) -> str:
    """`words_of` leaves nothing in a word that would mean something here."""
    label = "*" * is_beginning + weight
    return f"'{word}':{label}" if label else f"'{word}'"
