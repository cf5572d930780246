"""Which documents answer best: BM25F over the fields, how much of the title is meant, what was asked before, what siblings say.

BM25F is that of Robertson, Zaragoza and Taylor, "Simple BM25 extension to multiple weighted fields" (CIKM 2004). Siblings are
documents of one title: answers to one question, so that what one of them says counts a little for all.
"""

import math
from collections.abc import Callable, Sequence

import msgspec

from knowledge_base.index_format import Meta
from knowledge_base.index_reading import Reading
from knowledge_base.querying import Part

Title = tuple[str, ...]


class Weights(msgspec.Struct, frozen=True, kw_only=True):
    """How ranking weighs; found on one half of the data that `tests/corpora/retrieval.py` reports the other half of."""

    fields: tuple[float, ...] = (4.0, 1.5, 2.0, 1.0, 1.0)
    """Of title, headings, tags, body and questions."""
    slopes: tuple[float, ...] = (0.3, 0.3, 0.0, 0.6, 0.3)
    """How much a long field is held against each of its words: BM25's b, by field."""
    k1: float = 1.2
    title: float = 0.5
    asked: float = 0.8
    siblings: float = 0.3


DEFAULT = Weights()
_COMPARED = 50
"""So many of the best are compared with the questions that led to them."""


class Ranked(msgspec.Struct):
    document: int
    score: float
    """Comparable between queries: 0 when nothing meets, above 1 when all does."""
    words: float
    """How much of the query is met, 0 to 1: by BM25F with its siblings."""
    title: float
    """Cosine between title and query."""
    asked: float = 0.0
    """Cosine between the query and the best of its questions, by how well that did; below 0 when it did not help."""


class Rarity:
    """BM25's idf of each term, looked up once."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._known: dict[str, float] = {}

    def of(self, term: str) -> float:
        if (known := self._known.get(term)) is None:
            count = len(self._reading.postings(term)[0])
            known = self._known[term] = math.log(1 + (self._reading.size - count + 0.5) / (count + 0.5))
        return known

    def of_part(self, part: Part) -> float:
        """Of the term that tells most, as far as it is what was written."""
        return max((quality * self.of(term) for term, quality in part.terms.items()), default=0.0)


def rank(
    parts: Sequence[Part], reading: Reading, *, wanted: Callable[[Meta], bool], weights: Weights = DEFAULT
) -> list[Ranked]:
    """Documents that meet anything, the best first."""
    rarity = Rarity(reading)
    mass = sum(part.weight * rarity.of_part(part) for part in parts)
    if not mass:
        return []
    own, together = _words(parts, reading, rarity, wanted, weights)
    titles: dict[Title, float] = {}
    ranked: list[Ranked] = []
    for document, score in own.items():
        title = reading.title(document)
        if title not in titles:
            titles[title] = cosine(dict.fromkeys(title, 1.0), parts, rarity)
        words = (score + weights.siblings * together[title]) / mass / (1 + weights.siblings)
        ranked.append(Ranked(document, words + weights.title * titles[title], words, titles[title]))
    ranked.sort(key=lambda one: -one.score)
    _compare(ranked[:_COMPARED], parts, reading, rarity, weights)
    ranked.sort(key=lambda one: -one.score)
    return ranked


def _words(
    parts: Sequence[Part], reading: Reading, rarity: Rarity, wanted: Callable[[Meta], bool], weights: Weights
) -> tuple[dict[int, float], dict[Title, float]]:
    """What all parts are worth to each document; and to each title, by the best of its documents for each part."""
    own: dict[int, float] = {}
    together: dict[Title, float] = {}
    is_wanted: dict[int, bool] = {}
    for part in parts:
        best: dict[Title, float] = {}
        for document, score in _met(part, reading, rarity, weights).items():
            if (fits := is_wanted.get(document)) is None:
                fits = is_wanted[document] = wanted(reading.meta(document))
            if fits:
                own[document] = own.get(document, 0.0) + score
                title = reading.title(document)
                if score > best.get(title, 0.0):
                    best[title] = score
        for title, score in best.items():
            together[title] = together.get(title, 0.0) + score
    return own, together


def _met(part: Part, reading: Reading, rarity: Rarity, weights: Weights) -> dict[int, float]:
    """What the part is worth to each document that meets it: the best of its terms counts."""
    found: dict[int, float] = {}
    k1 = weights.k1
    scales = [
        (place, weight, 1 - slope, slope / average)
        for place, (weight, slope, average) in enumerate(
            zip(weights.fields, weights.slopes, reading.lengths, strict=True)
        )
    ]
    for term, quality in part.terms.items():
        worth = part.weight * quality * rarity.of(term)
        for document, counts in zip(*reading.postings(term), strict=True):
            lengths = reading.meta(document).lengths
            frequency = 0.0
            for place, weight, fixed, by_length in scales:
                if count := counts[place]:
                    frequency += weight * count / (fixed + by_length * lengths[place])
            score = worth * frequency / (frequency + k1)
            if score > found.get(document, 0.0):
                found[document] = score
    return found


def _compare(
    ranked: Sequence[Ranked], parts: Sequence[Part], reading: Reading, rarity: Rarity, weights: Weights
) -> None:
    """Count what was asked before and what became of it, for all siblings of whom it was asked."""
    learned: dict[Title, tuple[float, float]] = {}
    for one in ranked:
        meta = reading.meta(one.document)
        if meta.questions:
            good = bad = 0.0
            for asked in reading.asked(one.document):
                alike = asked.weight * cosine(dict.fromkeys(asked.terms, 1.0), parts, rarity)
                good, bad = max(good, alike), min(bad, alike)
            one.asked = good + bad
            title = reading.title(one.document)
            before = learned.get(title, (0.0, 0.0))
            learned[title] = max(before[0], good), min(before[1], bad)
    for one in ranked:
        if (of_title := learned.get(reading.title(one.document))) is not None:
            one.asked = (one.asked + weights.siblings * sum(of_title)) / (1 + weights.siblings)
            one.score += weights.asked * one.asked


def cosine(terms: dict[str, float], parts: Sequence[Part], rarity: Rarity) -> float:
    """Between some terms and the query, each word by its rarity; 0 to 1."""
    have = {term: weight * rarity.of(term) for term, weight in terms.items()}
    asked = sum((part.weight * rarity.of_part(part)) ** 2 for part in parts)
    product = sum(
        part.weight
        * max((quality * rarity.of(term) * have.get(term, 0.0) for term, quality in part.terms.items()), default=0.0)
        for part in parts
    )
    norm = math.sqrt(sum(weight**2 for weight in have.values()) * asked)
    return min(1.0, product / norm) if norm else 0.0
