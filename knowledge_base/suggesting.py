"""Articles that answer a ticket: from all of its text, and only when one probably does."""

import asyncio
import math
from collections.abc import Collection, Sequence
from pathlib import Path

import msgspec

from knowledge_base.common_synonyms import synonyms as common_synonyms
from knowledge_base.highlighting import plain, snippet
from knowledge_base.index import read
from knowledge_base.index_format import Meta
from knowledge_base.index_reading import Reading, Wanted
from knowledge_base.language import guess, terms_of
from knowledge_base.querying import Part, Synonyms, parts_of
from knowledge_base.ranking import Ranked, Rarity, rank
from knowledge_base.spelling import Known

LONGEST = 4_000
"""Letters of a text that are read: what somebody wants stands at its beginning."""
MOST_PARTS = 24
"""Words that a query is reduced to: those that tell most."""
_OF_THE_TEXT = 0.5
"""What a word of the text counts for beside one of the subject."""

MOST_WORDS, _READ = 5, 20_000
"""Words that say why, and letters of an article that are looked through for them."""
LIKELY, POSSIBLE, WORTH_A_LOOK = 0.5, 0.4, 0.3
"""The confidence from which on an article is suggested: by itself; beside a form while somebody writes, where it is in nobody's
way; to an agent, who judges it. `docs/knowledge.md` says what each limit lets through."""


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    """The translation's."""
    article: int
    language: str
    title: str
    snippet: str
    score: float
    confidence: float
    """How probably it answers, from 0 to 1."""
    words: list[str]
    """Those of the request that it has, what tells most first."""


class Answer(msgspec.Struct, frozen=True):
    """A document with what speaks for it."""

    document: int
    score: float
    confidence: float


async def suggest(
    subject: str,
    text: str,
    *,
    folder: Path,
    audiences: Collection[str],
    language: str | None = None,
    synonyms: dict[str, Synonyms] | None = None,
    excluding: Collection[int] = (),
    least: float = LIKELY,
    limit: int = 3,
) -> list[Suggestion]:
    """Articles that answer with at least that confidence, the best first; mostly none or one. Raises NoIndex.

    `language` is the reader's, else that of the text; `excluding` are articles that did not help already.
    `synonyms` are lists by language, in place of those that come with the product.
    """

    def find() -> list[Suggestion]:
        reading = read(folder)
        spoken = language or guess(f"{subject}\n{text[:LONGEST]}")

        def wanted(meta: Meta) -> bool:
            return meta.audience in audiences and meta.language == spoken and meta.article not in excluding

        lists = (synonyms or {}).get(spoken) or common_synonyms(spoken)
        parts = reduced(subject, text, Known(reading, wanted), language=spoken, synonyms=lists)
        best = [one for one in answers(parts, reading, wanted=wanted)[: 4 * limit] if one.confidence >= least]
        return [_suggestion(one, parts, reading) for one in best[:limit]]

    return await asyncio.to_thread(find)


def answers(parts: Sequence[Part], reading: Reading, *, wanted: Wanted) -> list[Answer]:
    """All that meets anything, the best first."""
    ranked = rank(parts, reading, wanted=wanted)
    if not ranked:
        return []
    first = reading.meta(ranked[0].document).title
    second = next((one.score for one in ranked if reading.meta(one.document).title != first), 0.0)
    return [
        Answer(
            one.document,
            one.score,
            _confidence(one, second if reading.meta(one.document).title == first else one.score),
        )
        for one in ranked
    ]


def _confidence(ranked: Ranked, next_best: float) -> float:
    """How probably it answers: a logistic regression over what of the query is met, how much that is, how like the title or an
    earlier question it is, and how far behind the next best title is.

    Its numbers were found on questions with and without an answer (`tests/corpora/retrieval.py`, the even halves).
    """
    if ranked.score <= 0:
        return 0.0
    margin = max(0.0, 1 - max(0.0, next_best) / ranked.score)
    alike = max(ranked.title, ranked.asked) + min(0.0, ranked.asked)
    odds = -8.02 + 4.24 * ranked.words + 3.23 * alike + 3.6 * margin + 5.65 * math.log1p(ranked.met)
    return 1 / (1 + math.exp(-odds))


def _suggestion(answer: Answer, parts: Sequence[Part], reading: Reading) -> Suggestion:
    meta, shown, rarity = reading.meta(answer.document), reading.shown(answer.document), Rarity(reading)
    met = {term: rarity.of(term) * quality for part in parts for term, quality in part.terms.items()}
    held = {
        term for text in (shown.title, shown.headings, shown.body[:_READ]) for term in terms_of(text, meta.language)
    }
    telling = sorted(parts, key=lambda part: -part.weight * rarity.of_part(part))
    return Suggestion(
        id=meta.id, article=meta.article, language=meta.language, title=shown.title,
        snippet=plain(snippet(shown.body, met, meta.language)),
        score=round(answer.score, 4), confidence=round(answer.confidence, 4),
        words=list(dict.fromkeys(part.word for part in telling if not held.isdisjoint(part.terms)))[:MOST_WORDS],
    )  # fmt: skip


def reduced(subject: str, text: str, known: Known, *, language: str, synonyms: Synonyms | None = None) -> list[Part]:
    """The words of a ticket that tell most, the subject's and the rare ones, each once and in the order of the text."""
    found: dict[frozenset[str], Part] = {}
    rarity = Rarity(known.reading)
    for part in parts_of(subject, known, language=language, synonyms=synonyms):
        found.setdefault(frozenset(part.terms), part)
    for part in parts_of(text[:LONGEST], known, language=language, synonyms=synonyms):
        key = frozenset(part.terms)
        if key not in found:
            part.weight = _OF_THE_TEXT if subject.strip() else 1.0
            found[key] = part
    telling = sorted(found, key=lambda key: -found[key].weight * rarity.of_part(found[key]))
    kept = frozenset(telling[:MOST_PARTS])
    return [part for key, part in found.items() if key in kept]
