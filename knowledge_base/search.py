"""Finding articles by words. Each search reads the index as it was committed last."""

import asyncio
import re
from array import array
from collections.abc import Collection, Sequence
from pathlib import Path

import msgspec
from markupsafe import Markup

from knowledge_base.common_synonyms import synonyms as common_synonyms
from knowledge_base.highlighting import html, marked, plain, snippet
from knowledge_base.index import read
from knowledge_base.index_format import ORDER, Meta, checksums
from knowledge_base.index_reading import Reading
from knowledge_base.language import guess, terms_of, tokens
from knowledge_base.querying import Part, Synonyms, parts_of
from knowledge_base.ranking import Ranked, Rarity, rank
from knowledge_base.spelling import Known

LONGEST = 500
"""Letters of a query that count."""
_WORTH_SHOWING = 0.25
"""Of the best one's score: what is below has met only words that stand everywhere."""
_PHRASE = re.compile(r'["“”]([^"“”]{2,})["“”]')
_ONE_PHRASE = re.compile(r"\s*«([^«»]{2,})»\s*")
"""In questions guillemets are mostly around a title, whose words are looked for one by one: only all of it is a phrase."""
_MOST_PHRASES = 3


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    """The translation's."""
    article: int
    language: str
    category: int | None
    score: float
    title: str
    title_html: Markup
    snippet: str
    snippet_html: Markup


class Found(msgspec.Struct, frozen=True):
    hits: list[Hit]
    total: int
    did_you_mean: str | None = None
    """The query with its unknown words respelled, when that would find something."""


async def search(
    text: str,
    *,
    folder: Path,
    audiences: Collection[str],
    language: str | None = None,
    category: int | None = None,
    synonyms: dict[str, Synonyms] | None = None,
    is_typing: bool = False,
    limit: int = 10,
    offset: int = 0,
) -> Found:
    """Articles of the language, or of all when it has none of these words. Raises NoIndex.

    `is_typing` takes the last word for the beginning of one; words in quotation marks are met together or not at all.
    `synonyms` are lists by language, in place of those that come with the product.
    """
    text = text[:LONGEST]

    def find() -> Found:
        reading = read(folder)
        asked_in = guess(text, language or "en")
        lists = (synonyms or {}).get(asked_in) or common_synonyms(asked_in)

        def wanted(meta: Meta) -> bool:
            return meta.audience in audiences and (category is None or meta.category == category)

        def wanted_in_language(meta: Meta) -> bool:
            return meta.language == language and wanted(meta)

        known = Known(reading, wanted)
        parts = parts_of(text, known, language=asked_in, synonyms=lists, is_typing=is_typing)
        phrases = _phrases(text, asked_in)
        ranked: list[Ranked] = []
        for those in (wanted_in_language, wanted) if language else (wanted,):
            ranked = ranked or _worth_showing(
                _with(phrases, rank(parts, reading, wanted=those, only_said=True), reading)
            )
        rarity = Rarity(reading)
        met = {term: rarity.of(term) * quality for part in parts for term, quality in part.terms.items()}
        hits = [_hit(one, reading, met) for one in ranked[offset : offset + limit]]
        return Found(hits, len(ranked), _did_you_mean(text, parts, known, asked_in, is_typing=is_typing))

    return await asyncio.to_thread(find)


def _worth_showing(ranked: list[Ranked]) -> list[Ranked]:
    least = ranked[0].score * _WORTH_SHOWING if ranked else 0.0
    return [one for one in ranked if one.score >= least]


def _phrases(text: str, language: str) -> list[bytes]:
    """What stands in quotation marks, as the index keeps the order of words."""
    quoted = [whole[1]] if (whole := _ONE_PHRASE.fullmatch(text)) else _PHRASE.findall(text)
    found = [checksums(terms_of(phrase, language)) for phrase in quoted]
    return [array(ORDER, one).tobytes() for one in found if one][:_MOST_PHRASES]


def _with(phrases: Sequence[bytes], ranked: list[Ranked], reading: Reading) -> list[Ranked]:
    """Those that have all of the phrases."""
    return [one for one in ranked if all(_stands(phrase, reading.order(one.document)) for phrase in phrases)]


def _stands(phrase: bytes, order: bytes) -> bool:
    """Whether it is part of the other, at the beginning of a word."""
    place, width = order.find(phrase), array(ORDER).itemsize
    while place % width and place > 0:
        place = order.find(phrase, place + 1)
    return place >= 0


def _hit(ranked: Ranked, reading: Reading, met: dict[str, float]) -> Hit:
    meta, shown = reading.meta(ranked.document), reading.shown(ranked.document)
    part = snippet(shown.body, met, meta.language)
    return Hit(
        id=meta.id, article=meta.article, language=meta.language, category=meta.category, score=round(ranked.score, 4),
        title=shown.title, title_html=html(marked(shown.title, met, meta.language)),
        snippet=plain(part), snippet_html=html(part),
    )  # fmt: skip


def _did_you_mean(text: str, parts: Sequence[Part], known: Known, language: str, *, is_typing: bool) -> str | None:
    found = list(tokens(text, language))
    meant = text
    for place in sorted({part.place for part in parts}, reverse=True):
        token = found[place]
        is_known = known.has_word(token.word) or any(map(known.has_term, token.terms))
        is_half_typed = is_typing and place == len(found) - 1
        if not is_known and not is_half_typed and (others := known.respelled(token.word)):
            meant = meant[: token.start] + others[0] + meant[token.end :]
    return meant if meant != text else None
