"""/articles/search and /suggestions: articles that answer, by words or by a whole text."""

from collections.abc import Iterable
from typing import Annotated, Protocol

import msgspec
from litestar import get
from litestar.exceptions import ServiceUnavailableException
from litestar.params import QueryParameter

from helpdesk.api.requests import WITHOUT_NUL, Caller
from helpdesk.articles.indexing import folder
from helpdesk.articles.seeing import visible_to
from helpdesk.kernel.language import _
from helpdesk.people.actor import SignedIn
from knowledge_base.index_reading import NoIndex
from knowledge_base.reading import list_named
from knowledge_base.search import search
from knowledge_base.suggesting import suggest

Query = Annotated[str, QueryParameter(min_length=1, max_length=500, pattern=WITHOUT_NUL)]
Said = Annotated[str, QueryParameter(min_length=1, max_length=8_000, pattern=WITHOUT_NUL, description="The whole text of a request.")]  # fmt: skip
Spoken = Annotated[str | None, QueryParameter(min_length=2, max_length=8, pattern="^[a-z]+$", description="`en` or `fa`; without it, that of the words.")]  # fmt: skip
Most = Annotated[int, QueryParameter(ge=1, le=50, description="How many at most.")]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """`id` is the article's; `snippet` is plain text."""

    id: int
    title: str
    language: str
    score: float
    snippet: str


class Answers(msgspec.Struct, frozen=True):
    """The best first; `next` is always null. `did_you_mean` is the query with unknown words respelled."""

    items: list[Answer]
    next: str | None = None
    did_you_mean: str | None = None


class _Hit(Protocol):
    @property
    def id(self) -> int: ...
    @property
    def article(self) -> int: ...
    @property
    def title(self) -> str: ...
    @property
    def language(self) -> str: ...
    @property
    def score(self) -> float: ...
    @property
    def snippet(self) -> str: ...


@get("/articles/search", tags=["knowledge base"])
async def search_articles(q: Query, agent: Caller, language: Spoken = None, limit: Most = 10) -> Answers:
    """By words, which may be misspelled, and "phrases"."""
    try:
        found = await search(q, folder=folder(), audiences=visible_to(agent), language=language, limit=limit)
    except NoIndex as error:
        raise _without_index() from error
    return Answers(await _readable(found.hits, agent), did_you_mean=found.did_you_mean)


@get("/suggestions", tags=["knowledge base"])
async def suggest_articles(
    text: Said, agent: Caller, subject: Annotated[str, QueryParameter(max_length=1_000, pattern=WITHOUT_NUL)] = "", language: Spoken = None, limit: Most = 3
) -> Answers:  # fmt: skip
    """Those that answer a request of these words with good probability: mostly none or one."""
    try:
        found = await suggest(subject, text, folder=folder(), audiences=visible_to(agent), language=language, limit=limit)  # fmt: skip
    except NoIndex as error:
        raise _without_index() from error
    return Answers(await _readable(found, agent))


async def _readable(hits: Iterable[_Hit], agent: SignedIn) -> list[Answer]:
    """The index may be a moment behind: what somebody may read is asked of the database."""
    hits = list(hits)
    known = {one.translation for one in await list_named([hit.id for hit in hits], audiences=visible_to(agent))}
    return [
        Answer(id=hit.article, title=hit.title, language=hit.language, score=hit.score, snippet=hit.snippet)
        for hit in hits if hit.id in known
    ]  # fmt: skip


def _without_index() -> ServiceUnavailableException:
    return ServiceUnavailableException(_("The search is not available just now. Try again in a moment."), headers={"retry-after": "10"})  # fmt: skip
