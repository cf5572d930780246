"""/articles/search and /suggestions: articles that answer, by words or by a whole text."""

from collections.abc import Iterable
from typing import Annotated

import msgspec
from litestar import get, post
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta

from helpdesk.api.requests import WITHOUT_NUL, Caller
from helpdesk.articles import finding
from helpdesk.articles.finding import Found
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from knowledge_base.language import guess
from knowledge_base.usage import Place, note_search

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


class WholeText(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What somebody wants, in their words; `language` as for a search."""

    text: Annotated[str, Meta(min_length=1, max_length=20_000, pattern=WITHOUT_NUL)]
    subject: Annotated[str, Meta(max_length=1_000, pattern=WITHOUT_NUL)] = ""
    language: Annotated[str, Meta(min_length=2, max_length=8, pattern="^[a-z]+$")] | None = None
    limit: Annotated[int, Meta(ge=1, le=50)] = 3


@get("/articles/search", tags=["knowledge base"])
async def search_articles(q: Query, agent: Caller, language: Spoken = None, limit: Most = 10) -> Answers:
    """By words, which may be misspelled, and "phrases". Words and what they found are kept for 90 days, without who asked."""
    found = await finding.search_articles(q, asked_by=agent, language=language, limit=limit)
    await note_search(Place.API, q, language=language or guess(q), found=found.total, at=now())
    return Answers(_answers(found.items), did_you_mean=found.did_you_mean)


@get("/suggestions", tags=["knowledge base"])
async def suggest_articles(
    text: Said, agent: Caller, subject: Annotated[str, QueryParameter(max_length=1_000, pattern=WITHOUT_NUL)] = "", language: Spoken = None, limit: Most = 3
) -> Answers:  # fmt: skip
    """Those that answer a request of these words with good probability: mostly none or one. Addresses stand in logs: for what customers wrote there is a POST."""
    return await _suggested(WholeText(text=text, subject=subject, language=language, limit=limit), agent)


@post("/suggestions", status_code=200, tags=["knowledge base"])
async def suggest_for_text(data: JSONBody[WholeText], agent: Caller) -> Answers:
    """The same for a whole text, of which no log is kept; nothing is changed."""
    return await _suggested(data, agent)


async def _suggested(asked: WholeText, agent: SignedIn) -> Answers:
    found = await finding.suggest_articles(
        asked.subject, asked.text, asked_by=agent, language=asked.language, limit=asked.limit
    )
    return Answers(_answers(found))


def _answers(found: Iterable[Found]) -> list[Answer]:
    return [
        Answer(id=one.article, title=one.title, language=one.language, score=one.score, snippet=one.snippet)
        for one in found
    ]
