"""Words of the index that somebody may have meant: those one slip of a finger away."""

from collections.abc import Iterator

from knowledge_base.index_reading import Reading

_LATIN = "abcdefghijklmnopqrstuvwxyz"
_PERSIAN = "ابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی"
SHORTEST = 4
"""Letters of a word that is respelled."""
_MOST = 3


def respelled(word: str, reading: Reading) -> list[str]:
    """Words that are in the index, the most frequent first."""
    if len(word) < SHORTEST or not word.isalpha():
        return []
    alphabet = _PERSIAN if word[0] in _PERSIAN else _LATIN
    found = {other: reading.documents_with_word(other) for other in set(_slips(word, alphabet))}
    return sorted((other for other, count in found.items() if count), key=lambda other: -found[other])[:_MOST]


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
