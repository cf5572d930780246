"""/tickets/{number}/suggestions: articles that probably answer a ticket."""

from typing import cast

import msgspec
from litestar import get

from helpdesk.api.answers import Answer, Most
from helpdesk.api.article_shapes import AudienceName
from helpdesk.api.problems import problems
from helpdesk.api.requests import Caller, PathId
from helpdesk.articles.beside_tickets import suggestions_for
from helpdesk.portal.help_addresses import whole
from helpdesk.tickets.queries import find_ticket


class SuggestedAnswer(Answer, frozen=True, kw_only=True):
    """`confidence` is how probably it answers, from 0.5 to 1; `words` are those that both have, what tells most first."""

    confidence: float
    words: list[str]
    audience: AudienceName
    url: str
    """Its page in the help centre."""


class SuggestedAnswers(msgspec.Struct, frozen=True):
    """The best first, mostly none or one; `next` is always null."""

    items: list[SuggestedAnswer]
    next: str | None = None


@get("/tickets/{number:int}/suggestions", tags=["knowledge base"], responses=problems(404, 503))
async def suggest_for_ticket(number: PathId, agent: Caller, limit: Most = 3) -> SuggestedAnswers:
    """From all that the customer wrote there, in their language, without those that were said not to help there."""
    ticket = await find_ticket(number, seen_by=agent)
    found = await suggestions_for(ticket, seen_by=agent, limit=limit)
    return SuggestedAnswers([
        SuggestedAnswer(
            id=one.article, title=one.title, language=one.language, score=one.score, snippet=one.snippet, confidence=one.confidence,
            words=one.words, audience=cast(AudienceName, one.audience), url=whole(one.path),
        )
        for one in found
    ])  # fmt: skip
