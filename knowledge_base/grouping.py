"""Requests that are about the same: pure.

What was asked and what was answered make a direction; two that go nearly the same way are alike. Around whoever is like most
others a group is made, then around the next one that is free; then everybody goes to the group whose middle is nearest. So
nobody is in a group only because a chain of others leads there.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from heapq import heapify, heappop, heappush
from itertools import combinations

import msgspec

from knowledge_base.common_synonyms import synonyms
from knowledge_base.language import terms_of, tokens

LEAST = 3
"""As many are a group."""
ALIKE = 0.5
"""The cosine from which on two are about the same. Of pairs that are put together four of five should be, and half of those
that should be are (`make corpora`, on questions that people asked about web applications)."""
LONGEST = 2_000
"""Letters of a text that are read."""
MOST_TERMS = 24
"""Words that a text is reduced to: those that tell most."""
COMMONEST = 200
"""A word that stands in more requests than this would have all compared with all; it still counts where they go together."""
_SYNONYM = 0.4
_ALONE = 0.5
"""What a word counts for that nobody else used: it makes nobody like another, only less like all."""
_ROUNDS = 2
_MOST_WORDS = 4

Vector = dict[str, float]


class Case(msgspec.Struct, frozen=True):
    """A request that was solved."""

    id: int
    question: str
    answer: str
    """Empty when it was given by no mail."""
    language: str


class Group(msgspec.Struct, frozen=True):
    cases: tuple[int, ...]
    """Ids, the nearest to the middle first."""
    words: tuple[str, ...]
    """What most of their questions have in common, as most people wrote it, folded."""


def groups(cases: Sequence[Case], *, alike: float = ALIKE, least: int = LEAST) -> list[Group]:
    """The largest first; requests of different languages are never in one. 2,000 with their answers take some five seconds of
    a processor."""
    found: list[Group] = []
    for language in sorted({case.language for case in cases}):
        some = [case for case in cases if case.language == language]
        vectors = _vectors(some)
        stars = list(_stars(_neighbours(vectors, alike), least))
        for _ in range(_ROUNDS):
            stars = [
                near
                for near in _nearest(vectors, [_middle(vectors, star) for star in stars], alike)
                if len(near) >= least
            ]
        found += [Group(tuple(some[one].id for one in star), _common([some[one] for one in star])) for star in stars]
    return sorted(found, key=lambda group: (-len(group.cases), group.cases))


def _vectors(cases: Sequence[Case]) -> list[Vector]:
    """Each of length 1, or empty for what says nothing; a word of the answer is another one than that of the question."""
    counts = [
        (_counted(case.question, case.language), Counter(terms_of(case.answer[:LONGEST], case.language)))
        for case in cases
    ]
    asked = _weighed([question for question, _ in counts])
    told = _weighed([{f"> {term}": number for term, number in answer.items()} for _, answer in counts])
    return [_of_length_one(one | other) for one, other in zip(asked, told, strict=True)]


def _counted(text: str, language: str) -> Vector:
    """How often each word stands in a text, and those that mean the same, which count less."""
    found, known = list(tokens(text[:LONGEST], language)), synonyms(language)
    counts: Vector = defaultdict(float)
    at = 0
    while at < len(found):
        length, meant = known.of(found, at)
        own = [term for token in found[at : at + length] for term in token.terms]
        for term in own:
            counts[term] += 1
        for term in meant.difference(own):
            counts[term] = max(counts[term], _SYNONYM)
        at += length
    return counts


def _weighed(counts: Sequence[Vector]) -> list[Vector]:
    """The most telling words of each: those that stand there often, and in few others. Each of length 1."""
    spread = Counter(term for count in counts for term in count)
    rarity = {
        term: math.log(1 + len(counts) / number) * (1 if number > 1 else _ALONE) for term, number in spread.items()
    }
    weighed = [
        {term: (1 + math.log(max(number, 1))) * min(number, 1) * rarity[term] for term, number in count.items()}
        for count in counts
    ]
    return [
        _of_length_one(dict(sorted(one.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_TERMS])) for one in weighed
    ]


def _of_length_one(vector: Vector) -> Vector:
    length = math.sqrt(sum(weight * weight for weight in vector.values()))
    return {term: weight / length for term, weight in vector.items()}


def _neighbours(vectors: Sequence[Vector], alike: float) -> list[dict[int, float]]:
    """For each request those that are like it, and how much. Only pairs with a word in common are looked at."""
    products: dict[tuple[int, int], float] = defaultdict(float)
    for term, numbers in _holding(vectors).items():
        if len(numbers) <= COMMONEST:
            for first, second in combinations(numbers, 2):
                products[first, second] += vectors[first][term] * vectors[second][term]
    neighbours: list[dict[int, float]] = [{} for _ in vectors]
    for (first, second), likeness in products.items():
        if likeness >= alike:
            neighbours[first][second] = neighbours[second][first] = likeness
    return neighbours


def _holding(vectors: Sequence[Vector]) -> dict[str, list[int]]:
    holding: dict[str, list[int]] = defaultdict(list)
    for number, vector in enumerate(vectors):
        for term in vector:
            holding[term].append(number)
    return holding


def _stars(neighbours: Sequence[dict[int, float]], least: int) -> Iterator[list[int]]:
    """Whoever has the most free neighbours, with them, and again; `counts` may be behind, and then only too high."""
    free = set(range(len(neighbours)))
    counts = [(-len(near), one) for one, near in enumerate(neighbours)]
    heapify(counts)
    while counts:
        count, middle = heappop(counts)
        star = [middle, *(neighbours[middle].keys() & free)] if middle in free else []
        if len(star) < least:
            continue
        if len(star) - 1 < -count:
            heappush(counts, (1 - len(star), middle))
            continue
        yield star
        free.difference_update(star)


def _middle(vectors: Sequence[Vector], star: Iterable[int]) -> Vector:
    sums: Vector = defaultdict(float)
    for one in star:
        for term, weight in vectors[one].items():
            sums[term] += weight
    return _of_length_one(sums)


def _nearest(vectors: Sequence[Vector], middles: Sequence[Vector], alike: float) -> list[list[int]]:
    """Who belongs to each middle, the nearest first."""
    holding = _holding(middles)
    near: list[list[tuple[float, int]]] = [[] for _ in middles]
    for number, vector in enumerate(vectors):
        likeness: dict[int, float] = defaultdict(float)
        for term, weight in vector.items():
            for one in holding.get(term, ()):
                likeness[one] += weight * middles[one][term]
        best = max(likeness, key=lambda one: (likeness[one], -one), default=None)
        if best is not None and likeness[best] >= alike:
            near[best].append((-likeness[best], number))
    return [[number for _, number in sorted(some)] for some in near]


def _common(cases: Sequence[Case]) -> tuple[str, ...]:
    """The words that most of the questions hold, each as most wrote it."""
    forms: dict[str, Counter[str]] = defaultdict(Counter)
    for case in cases:
        read = {term: one.word for one in tokens(case.question[:LONGEST], case.language) for term in one.terms}
        for term, word in read.items():
            forms[term][word] += 1
    spread = sorted(((some.total(), term) for term, some in forms.items()), key=lambda pair: (-pair[0], pair[1]))
    common = [term for number, term in spread[:_MOST_WORDS] if number * 2 > len(cases)]
    return tuple(forms[term].most_common(1)[0][0] for term in common)
