"""Which documents answer best: BM25F over the fields, how much of the title is meant, what was asked before, what siblings say.

BM25F is that of Robertson, Zaragoza and Taylor, "Simple BM25 extension to multiple weighted fields" (CIKM 2004). Siblings are
documents of one title: answers to one question, so that what one of them says counts a little for all.
"""

import math
from array import array
from collections.abc import Container, Iterable, Sequence
from itertools import pairwise

import msgspec

from knowledge_base.index_format import FIELDS, ORDER, checksums
from knowledge_base.index_reading import Reading, Wanted
from knowledge_base.querying import Part

Title = tuple[str, ...]


class Weights(msgspec.Struct, frozen=True, kw_only=True):
    """How ranking weighs; found on one half of the data that `tests/corpora/retrieval.py` reports the other half of."""

    fields: tuple[float, ...] = (4.0, 1.5, 2.0, 1.0, 1.0)
    """Of title, headings, tags, body and questions."""
    slopes: tuple[float, ...] = (0.3, 0.3, 0.0, 0.75, 0.3)
    """How much a long field is held against each of its words: BM25's b, by field."""
    k1: float = 0.95
    title: float = 0.18
    asked: float = 0.5
    asked_of_siblings: float = 0.8
    siblings: float = 0.5
    places: float = 0.1


DEFAULT = Weights()
MOST = 1000
"""So many of the best are ranked."""
_READ, _READ_WORDS = 6, 500
"""So many of the best, and so much of each, are looked at when they are about as good: words with a meaning."""
_COMPARED = 200
"""So many of the best are compared with their titles and the questions that led to them."""


class Ranked(msgspec.Struct):
    document: int
    score: float
    """Comparable between queries: 0 when nothing meets, above 1 when all does."""
    words: float
    """How much of the query is met, 0 to 1: by BM25F with its siblings."""
    met: float
    """The same in words of which no document has any other: what meets two such words says more than what meets one."""
    title: float = 0.0
    """Cosine between title and query."""
    asked: float = 0.0
    """Cosine between the query and the best of its questions, by how well that did; below 0 when it did not help."""


class Rarity:
    """BM25's idf of each term, computed once."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._known: dict[str, float] = {}

    def of(self, term: str) -> float:
        if (known := self._known.get(term)) is None:
            size, count = self._reading.size, min(self._reading.count(term), self._reading.size)
            known = self._known[term] = math.log(1 + (size - count + 0.5) / (count + 0.5))
        return known

    def of_part(self, part: Part) -> float:
        """Of the term that tells most, as far as it is what was written."""
        return max((quality * self.of(term) for term, quality in part.terms.items()), default=0.0)


class _Saturation(msgspec.Struct, frozen=True):
    """BM25F's share of a term, without its rarity: `index_reading.Scale`."""

    weights: Weights
    lengths: tuple[float, ...]

    def __call__(self, counts: bytes, lengths: tuple[int, ...]) -> float:
        frequency = 0.0
        for place, count in enumerate(counts):
            if count:
                slope = self.weights.slopes[place]
                frequency += (
                    self.weights.fields[place] * count / (1 - slope + slope * lengths[place] / self.lengths[place])
                )
        return frequency / (frequency + self.weights.k1)


class _Likeness:
    """Cosine between some terms and the query, each word once and by its rarity; 0 to 1."""

    def __init__(self, parts: Sequence[Part], rarity: Rarity, known: Container[str]) -> None:
        self._rarity = rarity
        self._length = math.sqrt(sum((part.weight * rarity.of_part(part)) ** 2 for part in parts))
        self._by_term: dict[str, list[tuple[int, float]]] = {}
        for number, part in enumerate(parts):
            for term, quality in part.terms.items():
                if term in known:
                    worth = part.weight * quality * rarity.of(term)
                    self._by_term.setdefault(term, []).append((number, worth))

    def to(self, terms: Iterable[str]) -> float:
        met: dict[int, float] = {}
        length = 0.0
        for term in set(terms):
            rare = self._rarity.of(term)
            length += rare**2
            for number, worth in self._by_term.get(term, ()):
                met[number] = max(met.get(number, 0.0), worth * rare)
        return min(1.0, sum(met.values()) / (self._length * math.sqrt(length))) if met else 0.0


def rank(
    parts: Sequence[Part], reading: Reading, *, wanted: Wanted, only_said: bool = False, weights: Weights = DEFAULT
) -> list[Ranked]:
    """Documents that meet anything, the best first, `MOST` of them.

    With `only_said` words meet nothing that no document that is wanted says, but somebody who asked: nobody finds out by
    searching whose name or number stood in a request.
    """
    rarity = Rarity(reading)
    mass = sum(part.weight * rarity.of_part(part) for part in parts) * (1 + weights.siblings)
    if not mass:
        return []
    rarest = math.log(1 + reading.size / 0.5)
    known = {term for part in parts for term in part.terms if not only_said or reading.knows(term, wanted)}
    worth = _worth(parts, reading, rarity, wanted, known, weights)
    best = sorted(worth, key=lambda document: -worth[document])[:MOST]
    ranked = [
        Ranked(document, share := worth[document] / mass, share, worth[document] / (1 + weights.siblings) / rarest)
        for document in best
    ]
    compared = ranked[:_COMPARED]
    likeness = _Likeness(parts, rarity, known)
    _compare_titles(compared, likeness, reading, weights)
    _compare_questions(compared, likeness, reading, weights)
    ranked.sort(key=lambda one: -one.score)
    _compare_places(ranked[:_READ], parts, reading, rarity, weights)
    ranked[:_READ] = sorted(ranked[:_READ], key=lambda one: -one.score)
    return ranked


def _worth(
    parts: Sequence[Part], reading: Reading, rarity: Rarity, wanted: Wanted, known: Container[str], weights: Weights
) -> dict[int, float]:
    """What all parts together are worth to each document that is wanted, its siblings' best for each part counted in."""
    scale = _Saturation(weights, reading.lengths)
    siblings = reading.siblings
    own = [0.0] * len(reading.metas)
    together: dict[Title, float] = {}
    is_wanted = {document: wanted(reading.meta(document)) for document in siblings}
    for part in parts:
        met = _met(part, reading, rarity, known, scale)
        best: dict[Title, float] = {}
        for document, score in met.items():
            own[document] += score
            if document in siblings and is_wanted[document] and score > best.get(siblings[document], 0.0):
                best[siblings[document]] = score
        for title, score in best.items():
            together[title] = together.get(title, 0.0) + score
    return {
        document: score + weights.siblings * together.get(siblings.get(document, ()), score)
        for document, score in enumerate(own)
        if score and (meta := reading.metas[document]) and wanted(meta)
    }


def _met(part: Part, reading: Reading, rarity: Rarity, known: Container[str], scale: _Saturation) -> dict[int, float]:
    """What the part is worth to each document that meets it: the best of its terms counts."""
    found: dict[int, float] = {}
    for term, quality in part.terms.items():
        if term not in known:
            continue
        telling = part.weight * quality * rarity.of(term)
        for base, (documents, worth) in reading.worth(term, scale):
            for place, share in zip(documents, worth, strict=True):
                score = telling * share
                if score > found.get(base + place, 0.0):
                    found[base + place] = score
    return found


def _compare_titles(ranked: Sequence[Ranked], likeness: _Likeness, reading: Reading, weights: Weights) -> None:
    known: dict[Title, float] = {}
    for one in ranked:
        title = reading.meta(one.document).title
        if title not in known:
            known[title] = likeness.to(title)
        one.title = known[title]
        one.score += weights.title * one.title


def _compare_questions(ranked: Sequence[Ranked], likeness: _Likeness, reading: Reading, weights: Weights) -> None:
    """Count what was asked before and what became of it, for all siblings of whom it was asked."""
    learned: dict[Title, tuple[float, float]] = {}
    for one in ranked:
        meta = reading.meta(one.document)
        if meta.questions:
            good = bad = 0.0
            for asked in reading.asked(one.document):
                alike = asked.weight * likeness.to(asked.terms)
                good, bad = max(good, alike), min(bad, alike)
            one.asked = good + bad
            before = learned.get(meta.title, (0.0, 0.0))
            learned[meta.title] = max(before[0], good), min(before[1], bad)
    for one in ranked:
        title = reading.meta(one.document).title
        if title in learned and one.document in reading.siblings:
            one.asked += weights.asked_of_siblings * (sum(learned[title]) - one.asked)
        one.score += weights.asked * one.asked


def _compare_places(
    ranked: Sequence[Ranked], parts: Sequence[Part], reading: Reading, rarity: Rarity, weights: Weights
) -> None:
    """Of those that are about as good, the better one has words of the query side by side, too."""
    mass = sum(part.weight * rarity.of_part(part) for part in parts)
    close = [one for one in ranked if one.score > ranked[0].score - weights.places]
    names = {checksums([term])[0]: term for part in parts for term in part.terms}
    for one in close if len(close) > 1 else ():
        places: dict[str, set[int]] = {}
        for place, number in enumerate(_title_and_body(one.document, reading)):
            if (term := names.get(number)) is not None:
                places.setdefault(term, set()).add(place)
        together = sum(_side_by_side(*two, places, rarity) for two in pairwise(parts))
        one.score += weights.places * together / mass


def _title_and_body(document: int, reading: Reading) -> Sequence[int]:
    order = array(ORDER)
    order.frombytes(reading.order(document))
    lengths = reading.meta(document).lengths
    title, headings = lengths[FIELDS.index("title")], lengths[FIELDS.index("headings")]
    return order[:title] + order[title + headings + 2 :][:_READ_WORDS]


def _side_by_side(part: Part, following: Part, places: dict[str, set[int]], rarity: Rarity) -> float:
    """How much two words of a query tell that stand beside each other somewhere; 0 when they do not."""
    return max(
        (
            part.weight * quality * other_quality * math.sqrt(rarity.of(term) * rarity.of(other))
            for term, quality in part.terms.items()
            for other, other_quality in following.terms.items()
            if term != other
            and (here := places.get(term))
            and (there := places.get(other))
            and any(place + 1 in there or place - 1 in there for place in here)
        ),
        default=0.0,
    )
