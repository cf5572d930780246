"""The part of a text that shows why it was found, with what was met marked."""

from collections.abc import Mapping

import msgspec
from markupsafe import Markup

from knowledge_base.language import Token, tokens

WORDS = 32
"""Of a snippet."""
_LONGEST = 20_000
"""Letters of a text that are looked through."""


class Piece(msgspec.Struct, frozen=True):
    text: str
    is_met: bool = False


Marked = list[Piece]


def marked(text: str, met: Mapping[str, float], language: str) -> Marked:
    """The whole text, with the words of which one of the terms is `met`."""
    return _pieces(text, 0, len(text), _met(list(tokens(text, language)), met))


def snippet(text: str, met: Mapping[str, float], language: str) -> Marked:
    """The words that meet most of the query, each of its terms once; the beginning when none does."""
    text = text[:_LONGEST]
    found = list(tokens(text, language))
    start = _best_start(found, met)
    window = found[start : start + WORDS]
    if not window:
        return []
    begin = window[0].start if start else 0
    end = len(text) if start + WORDS >= len(found) else window[-1].end
    pieces = _pieces(text, begin, end, _met(window, met))
    return [*([Piece("… ")] if begin else []), *pieces, *([Piece(" …")] if end < len(text) else [])]


def html(pieces: Marked) -> Markup:
    """Escaped, with what was met in <mark>."""
    return Markup("").join(Markup("<mark>{}</mark>").format(one.text) if one.is_met else one.text for one in pieces)


def plain(pieces: Marked) -> str:
    return " ".join("".join(one.text for one in pieces).split())


def _met(found: list[Token], met: Mapping[str, float]) -> list[Token]:
    return [token for token in found if any(term in met for term in token.terms)]


def _best_start(found: list[Token], met: Mapping[str, float]) -> int:
    """Where the window begins that is worth most; a few words before what it meets first."""
    places = [(place, term) for place, token in enumerate(found) for term in token.terms if term in met]
    best, start = 0.0, 0
    for number, (place, _term) in enumerate(places):
        inside = {term for at, term in places[number : number + WORDS] if at < place + WORDS - 4}
        if (worth := sum(met[term] for term in inside)) > best:
            best, start = worth, place
    return max(0, min(start - 4, len(found) - WORDS))


def _pieces(text: str, begin: int, end: int, met: list[Token]) -> Marked:
    pieces: Marked = []
    for token in met:
        if token.start > begin:
            pieces.append(Piece(text[begin : token.start]))
        pieces.append(Piece(text[token.start : token.end], is_met=True))
        begin = token.end
    if begin < end:
        pieces.append(Piece(text[begin:end]))
    return pieces
