"""What somebody asks, as the index can answer it: parts that each may be met by one of several terms."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

import msgspec

from knowledge_base.language import Token, is_particle_of, terms_of, tokens
from knowledge_base.spelling import LONGEST, Known

SYNONYM, JOINED, RESPELLED, BEGUN = 0.5, 0.9, 0.7, 0.6
"""How much a term counts that stands for what was written: a synonym; one word written as two or two as one; a word of
another spelling; a word that the last one typed is the beginning of."""
LONGEST_PHRASE = 4
_MOST_BEGUN = 16


class Part(msgspec.Struct):
    """A word of the query: the terms that meet it, each with how well it does, and how much it matters."""

    word: str
    place: int
    """Among the words of the query."""
    terms: dict[str, float]
    weight: float = 1.0


class Synonyms:
    """Words that mean the same, as somebody has listed them: `photo, picture, image`, a phrase among them, too."""

    def __init__(self, sets: Iterable[Sequence[str]], language: str) -> None:
        self.language = language
        self._known: dict[tuple[str, ...], set[str]] = {}
        for words in sets:
            keys = [key for word in words if (key := _key(tokens(word, language)))]
            single = {term for word in words if (term := _one_term(word, language))}
            for key in keys:
                self._known.setdefault(key, set()).update(single)

    def of(self, found: Sequence[Token], start: int) -> tuple[int, set[str]]:
        """How many of the words from `start` on are one of the listed, the longest, and the terms that mean the same."""
        for length in range(min(LONGEST_PHRASE, len(found) - start), 0, -1):
            if meant := self._known.get(_key(found[start : start + length])):
                return length, meant
        return 1, set()


def _one_term(phrase: str, language: str) -> str | None:
    """What a text has to hold to hold the phrase: the term of a word, of the one word of a phrase that says something, or of
    a verb with its particle."""
    found = list(tokens(phrase, language))
    terms = [term for token in found for term in token.terms]
    if len(terms) == 2 and len(found) == 2 and is_particle_of(terms[0], found[1].word):
        return terms[1]
    return terms[0] if len(terms) == 1 else None


def _key(found: Iterable[Token]) -> tuple[str, ...]:
    return tuple(" ".join(token.terms) or token.word for token in found)


def parts_of(
    text: str, known: Known, *, language: str, synonyms: Synonyms | None = None, is_typing: bool = False
) -> list[Part]:
    """The words of a query that say something. With `is_typing` the last one may be half a word."""
    found = list(tokens(text, language))
    parts: list[Part] = []
    covered = 0
    for place, token in enumerate(found):
        length, meant = synonyms.of(found, place) if synonyms else (1, set())
        first, *others = token.terms or ("",)
        terms = dict.fromkeys(meant, SYNONYM) | ({first: 1.0} if first else {})
        is_last = place == len(found) - 1
        if is_typing and is_last and text.endswith(text[token.start : token.end]):
            terms |= {term: BEGUN for term in _begun(token.word, known, language) if term not in terms}
        if token.terms or (meant and place >= covered):
            parts.append(Part(token.word, place, terms))
        parts += [Part(token.word, place, {other: 1.0}) for other in others]  # `وب‌سایت` is two words
        covered = max(covered, place + length) if length > 1 else covered
    _join(parts, found, known, language)
    for part in parts:
        if not any(known.has_term(term) for term in part.terms):
            _mend(part, known, language)
    return parts


def _begun(word: str, known: Known, language: str) -> list[str]:
    return [term for longer in known.begun(word, _MOST_BEGUN) for term in terms_of(longer, language)]


def _join(parts: list[Part], found: Sequence[Token], known: Known, language: str) -> None:
    """`log in` is also `login`, `web app` also `webapp`."""
    by_place = {part.place: part for part in parts}
    for place, (first, second) in enumerate(pairwise(found)):
        for term in terms_of(first.word + second.word, language):
            if known.has_term(term):
                for part in (by_place.get(place), by_place.get(place + 1)):
                    if part:
                        part.terms.setdefault(term, JOINED)


def _mend(part: Part, known: Known, language: str) -> None:
    """A word that nobody has written: it may be two, or one with a slip in it."""
    word = part.word
    for cut in range(3, len(word) - 2) if len(word) <= LONGEST else ():
        halves = [*terms_of(word[:cut], language), *terms_of(word[cut:], language)]
        if len(halves) == 2 and all(known.has_term(half) for half in halves):
            part.terms |= dict.fromkeys(halves, JOINED / 2)
    for other in known.respelled(word):
        for term in terms_of(other, language):
            part.terms.setdefault(term, RESPELLED)
