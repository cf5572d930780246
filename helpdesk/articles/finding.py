"""Articles that somebody may read, by words or by the whole text of a request.

Pages and the API ask here and nowhere else. What may be read is asked of the database each time, as an index may be a moment
behind. Another engine than `knowledge_base.search` would be called here, and kept up in `helpdesk.articles.indexing`.
"""

from collections.abc import Collection, Iterable
from functools import partial
from typing import Any

import msgspec
import structlog
from markupsafe import Markup

from helpdesk.articles.indexing import folder
from helpdesk.articles.seeing import visible_to
from helpdesk.customers.visiting import Visitor
from helpdesk.kernel.errors import Away
from helpdesk.kernel.language import _
from helpdesk.people.actor import SignedIn
from knowledge_base.index_reading import NoIndex
from knowledge_base.querying import Synonyms
from knowledge_base.reading import Line, list_named
from knowledge_base.search import Hit, search
from knowledge_base.suggesting import LIKELY, Suggestion, suggest
from knowledge_base.synonyms import in_use

Asking = SignedIn | Visitor | None
"""Who asks; None is anybody."""

log = structlog.get_logger(__name__)


class SearchAway(Away):
    """There is no index just now: it is being built. A page says so and goes on; the API answers 503."""

    def __init__(self) -> None:
        super().__init__(_("The search is not available just now. Try again in a moment."))


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """An article that may be read."""

    translation: int
    article: int
    language: str
    audience: str
    category: int | None
    title: str
    path: str
    """In the help centre, in letters; an address escapes them (`urlencode`, `quote`)."""
    snippet: str
    """The part of its text that met most, plain."""
    score: float


class Hits(msgspec.Struct, frozen=True):
    """The best first; `total` counts what the index knows, on all pages."""

    items: list["Met"]
    total: int = 0
    did_you_mean: str | None = None


class Met(Found, frozen=True, kw_only=True):
    """Found by words, which are marked."""

    title_html: Markup
    snippet_html: Markup


class Suggested(Found, frozen=True, kw_only=True):
    confidence: float
    """How probably it answers, from 0 to 1."""
    words: list[str]
    """Those of the request that it has, what tells most first."""


async def search_articles(
    words: str,
    *,
    asked_by: Asking,
    language: str | None = None,
    category: int | None = None,
    is_typing: bool = False,
    limit: int = 10,
    offset: int = 0,
    tried: dict[str, Synonyms] | None = None,
) -> Hits:
    """Those of the language, or of all languages when it has none of these words. Raises SearchAway.

    `words` may be misspelled; those in quotation marks are met together. `is_typing` takes the last one for the beginning of a
    word, and so is it taken when nothing has it. `tried` are lists of synonyms that are not in use yet.
    """
    audiences = visible_to(asked_by)
    try:
        look = partial(
            search, words, folder=folder(), audiences=audiences, language=language, category=category,
            synonyms=await in_use() | (tried or {}), limit=limit, offset=offset,
        )  # fmt: skip
        found = await look(is_typing=is_typing)
        if not found.total and not is_typing:
            found = msgspec.structs.replace(await look(is_typing=True), did_you_mean=found.did_you_mean)
    except NoIndex as error:
        raise _away(error) from error
    lines = await _readable(found.hits, audiences)
    items = [
        Met(**_common(hit, lines[hit.id]), title_html=hit.title_html, snippet_html=hit.snippet_html)
        for hit in found.hits if hit.id in lines
    ]  # fmt: skip
    return Hits(items, found.total, found.did_you_mean)


async def suggest_articles(
    subject: str,
    text: str,
    *,
    asked_by: Asking,
    language: str | None = None,
    excluding: Collection[int] = (),
    least: float = LIKELY,
    limit: int = 3,
) -> list[Suggested]:
    """Those that answer a request of these words with at least that confidence: mostly none or one. Raises SearchAway.

    `language` is that of who will read the answer, else that of the text; `excluding` are articles that did not help.
    """
    audiences = visible_to(asked_by)
    try:
        found = await suggest(
            subject, text, folder=folder(), audiences=audiences, language=language, synonyms=await in_use(),
            excluding=excluding, least=least, limit=limit,
        )  # fmt: skip
    except NoIndex as error:
        raise _away(error) from error
    lines = await _readable(found, audiences)
    return [
        Suggested(**_common(one, lines[one.id]), confidence=one.confidence, words=one.words)
        for one in found if one.id in lines
    ]  # fmt: skip


async def _readable(hits: Iterable[Hit | Suggestion], audiences: Collection[str]) -> dict[int, Line]:
    """By translation."""
    ids = [hit.id for hit in hits]
    return {one.translation: one for one in await list_named(ids, audiences=frozenset(audiences))} if ids else {}


def _common(hit: Hit | Suggestion, line: Line) -> dict[str, Any]:
    return {
        "translation": hit.id, "article": line.article, "language": line.language, "audience": line.audience, "category": line.category,
        "title": hit.title, "path": line.path, "snippet": hit.snippet, "score": hit.score,
    }  # fmt: skip


def _away(error: NoIndex) -> SearchAway:
    log.warning("search_without_an_index", error=repr(error.__cause__))
    return SearchAway()
