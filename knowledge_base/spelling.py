"""The words that somebody knows by what they may read: whether there is such a word, and which ones they may have meant.

What is not `wanted` is not there, so that nobody learns by asking what stands in articles that are not for them.
"""

from collections.abc import Iterator
from itertools import islice

from knowledge_base.index_reading import Reading, Wanted

_LATIN = "abcdefghijklmnopqrstuvwxyz"
_PERSIAN = "ابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی"
SHORTEST, LONGEST = 4, 20
"""Letters of a word that is respelled."""
_MOST = 3
MOST_RESPELLED = 12
"""So many unknown words of a text are respelled: a slip has a few hundred forms, and a text of another tongue hundreds of them."""
SHORTEST_BEGINNING = 2
"""A letter is the beginning of everything."""
_LOOKED_AT = 64
"""So many words that begin as what was typed."""


class Known:
    """What one query knows; it is asked about the same words again and again."""

    def __init__(self, reading: Reading, wanted: Wanted) -> None:
        self.reading, self.wanted = reading, wanted
        self._respelled: dict[str, list[str]] = {}

    def has_term(self, term: str) -> bool:
        return self.reading.knows(term, self.wanted)

    def has_word(self, word: str) -> bool:
        return self.reading.documents_with_word(word, self.wanted) > 0

    def begun(self, prefix: str, most: int) -> list[str]:
        """Words that begin so, the most frequent first."""
        if len(prefix) < SHORTEST_BEGINNING:
            return []
        likely = (
            word for word, _documents in self.reading.words(prefix).most_common(_LOOKED_AT) if self.has_word(word)
        )
        return list(islice(likely, most))

    def respelled(self, word: str) -> list[str]:
        """Words one slip of a finger away, the most frequent first; those of the first `MOST_RESPELLED` that are asked for."""
        if (known := self._respelled.get(word)) is not None:
            return known
        if not (SHORTEST <= len(word) <= LONGEST and word.isalpha() and len(self._respelled) < MOST_RESPELLED):
            return []
        alphabet = _PERSIAN if word[0] in _PERSIAN else _LATIN
        counts = {other: self.reading.documents_with_word(other, self.wanted) for other in set(_slips(word, alphabet))}
        found = sorted((other for other, count in counts.items() if count), key=lambda other: (-counts[other], other))
        self._respelled[word] = found[:_MOST]
        return found[:_MOST]


def _slips(word: str, alphabet: str) -> Iterator[str]:
    """Every word with one letter swapped with its neighbour, missing, wrong or too many."""
    for place in range(len(word) + 1):
        before, after = word[:place], word[place:]
        if len(after) > 1:
            yield before + after[1] + after[0] + after[2:]
        if after:
            yield before + after[1:]
        for letter in alphabet:
            yield before + letter + after
            if after:
                yield before + letter + after[1:]
