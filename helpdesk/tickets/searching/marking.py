"""Where in a conversation the words stand that were searched for: a passage of the message that has most of them."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import msgspec

from helpdesk.kernel.database import rows
from helpdesk.kernel.text import words_of
from helpdesk.tickets.searching.asking import Asked, Term
from helpdesk.tickets.searching.words import SHORTEST_BEGINNING, forms_of

PASSAGE, BEFORE = 180, 20
"""Letters of a passage, and how many of them may come before the first match."""
_MOST_MESSAGES, _LONGEST = 8, 4000
_MESSAGES = """
SELECT m.ticket, m.id, m.body_text FROM unnest({}::bigint[]) AS wanted (ticket), LATERAL (
    SELECT id, ticket, left(body_text, {}) AS body_text FROM hd_message
    WHERE ticket = wanted.ticket AND undone_at IS NULL ORDER BY created_at DESC, id DESC LIMIT {}) m
"""
_BLANKS = re.compile(r"\s+")
_PIECE = re.compile(r"[^\s\u200c\x00-/:-@\[-`{-\u00bf،؛؟«»\u2000-\u206f]+")


class Part(msgspec.Struct, frozen=True):
    """A piece of text, and whether it was searched for."""

    text: str
    is_match: bool


class Passage(msgspec.Struct, frozen=True):
    message: int
    parts: list[Part]


class _Wanted(msgspec.Struct, frozen=True):
    """One term: any of the words, the beginning of one, or words one after another."""

    words: frozenset[str]
    beginning: str
    row: list[str]

    def is_in(self, words: list[str], known: set[str]) -> bool:
        return bool(
            not self.words.isdisjoint(known)
            or (self.beginning and any(word.startswith(self.beginning) for word in known))
            or (self.row and any(True for _place in self.places(words)))
        )

    def places(self, words: list[str]) -> Iterator[int]:
        """The places of the words that it is."""
        for place, word in enumerate(words):
            if word in self.words or (self.beginning and word.startswith(self.beginning)):
                yield place
            elif self.row and words[place : place + len(self.row)] == self.row:
                yield from range(place, place + len(self.row))


async def passages(asked: Asked, ticket_ids: list[int]) -> dict[int, Passage]:
    """For each of the tickets that were found, the message that has most of the words, of equals the newest.

    A ticket that was found by its subject, customer or files alone has none. Of a long conversation the newest messages
    are looked at.
    """
    wanted = _wanted(asked)
    if not wanted or not ticket_ids:
        return {}
    best: dict[int, tuple[int, dict[str, Any]]] = {}
    for row in await rows(_MESSAGES, ticket_ids, _LONGEST, _MOST_MESSAGES):
        words = words_of(row["body_text"])
        known = set(words)
        score = sum(term.is_in(words, known) for term in wanted)
        if score > best.get(row["ticket"], (0, row))[0]:
            best[row["ticket"]] = score, row
    return {ticket: Passage(row["id"], passage_of(row["body_text"], asked)) for ticket, (_score, row) in best.items()}


def passage_of(text: str, asked: Asked) -> list[Part]:
    """The passage around the first match, on one line."""
    parts = marked_parts(_BLANKS.sub(" ", text).strip(), asked)
    before = parts[0].text if not parts[0].is_match else ""
    if len(before) > BEFORE:
        parts[0] = Part("…" + before[-BEFORE:].partition(" ")[2], False)
    made: list[Part] = []
    left = PASSAGE
    for part in parts:
        made.append(part if len(part.text) <= left else Part(part.text[:left].rpartition(" ")[0] + "…", part.is_match))
        left -= len(part.text)
        if left <= 0:
            break
    return made


def marked_parts(text: str, asked: Asked) -> list[Part]:
    """The text in pieces, matches apart from the rest; at least one piece."""
    pieces = list(_PIECE.finditer(text))
    words = [_word(piece[0]) for piece in pieces]
    places = sorted({place for term in _wanted(asked) for place in term.places(words)})
    made: list[Part] = []
    end = 0
    for place in places:
        piece = pieces[place]
        made += [Part(text[end : piece.start()], False)] * (piece.start() > end) + [Part(piece[0], True)]
        end = piece.end()
    return [*made, Part(text[end:], False)] if end < len(text) or not made else made


@lru_cache(20_000)
def _word(piece: str) -> str:
    """Normalised; most words of a text have been seen before."""
    return "".join(words_of(piece))


def _wanted(asked: Asked) -> list[_Wanted]:
    return [_wanted_by(term) for term in asked.terms if not term.is_negated]


def _wanted_by(term: Term) -> _Wanted:
    words = words_of(term.text)
    beginning = words[-1] if term.is_open and len(words[-1]) >= SHORTEST_BEGINNING else ""
    if len(words) == 1 and not term.is_phrase:
        return _Wanted(frozenset(forms_of(words[0])), beginning, [])
    joined = frozenset() if term.is_phrase else frozenset(["".join(words)])
    return _Wanted(joined, "", words)
