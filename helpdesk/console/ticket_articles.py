"""Articles beside a ticket, and beside the form of a new one: those that probably answer, or those that were searched for."""

from typing import Any

from litestar import Controller, Request, Response, delete, get, post
from litestar.response import Template

from helpdesk.articles.beside_tickets import bring_back, dismiss, dismissed_from, note_suggested, suggestions_for
from helpdesk.articles.finding import SearchAway, search_articles, suggest_articles
from helpdesk.articles.seeing import visible_to
from helpdesk.console.article_inserting import article_words
from helpdesk.console.asked import Id, Me, Name, Text, Typed
from helpdesk.console.going_on import shown_elsewhere
from helpdesk.console.inbox import NO_CONTENT
from helpdesk.console.rendering import render
from helpdesk.kernel.language import LANGUAGES
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import demand
from helpdesk.tickets.canned_filling import language_for
from helpdesk.tickets.queries import find_ticket
from helpdesk.tickets.tables import Ticket
from knowledge_base import usage
from knowledge_base.reading import find_page_of
from knowledge_base.suggesting import WORTH_A_LOOK
from knowledge_base.usage import Place, Use, count_uses

MOST_FOUND = 10


class TicketArticlesController(Controller):
    path = "/console/tickets/{number:int}/articles"

    @get("/", part_of="/console/tickets/{number}")
    async def show(self, number: Id, agent: Me, q: Text = "") -> Template:
        """Those suggested; with `q` those that have its words."""
        ticket = await find_ticket(number, seen_by=agent)
        return await _searched(ticket, agent, q) if q.strip() else await _suggested(ticket, agent)

    @post("/shown", status_code=200)
    async def note_shown(self, number: Id, agent: Me, form: Typed) -> Response:
        """That these (`article`, each `12-en`) are before the agent: a page that is shown says so, as looking changes nothing."""
        ticket = await find_ticket(number, seen_by=agent)
        await note_suggested(ticket, _places(form.texts("article")), at=now())
        return Response(b"", status_code=NO_CONTENT)

    @post("/{article_id:int}/{language:str}/dismissal", status_code=200)
    async def dismiss(self, number: Id, agent: Me, article_id: Id, language: Name) -> Template:
        """It does not help here."""
        ticket = await find_ticket(number, seen_by=agent)
        found = await find_page_of(article_id, language, audiences=visible_to(agent))
        await dismiss(ticket, found.article, found.language, by=agent, at=now())
        return await _suggested(ticket, agent, dismissed_now=found)

    @delete("/{article_id:int}/{language:str}/dismissal", status_code=200)
    async def bring_back(self, request: Request, number: Id, agent: Me, article_id: Id) -> Template | Response:
        """It is suggested as before. A toast may ask for it beside another ticket, whose articles stay."""
        ticket = await find_ticket(number, seen_by=agent)
        await bring_back(ticket, article_id, by=agent)
        if shown_elsewhere(request, ticket) is not None:
            return Response(b"", status_code=NO_CONTENT)
        return await _suggested(ticket, agent, brought_back=article_id)


@post("/console/tickets/new/articles", status_code=200)
async def suggest_for_form(agent: Me, form: Typed) -> Template:
    """For a ticket that is only being written: `seen` are those that stood there before and were counted."""
    demand(agent, "open")
    language = form.line("language") if form.line("language") in LANGUAGES else None
    found, is_away = [], False
    subject, text = form.line("subject"), form.text("text")
    try:
        if subject or text.strip():
            found = await suggest_articles(subject, text, asked_by=agent, language=language, least=WORTH_A_LOOK)
    except SearchAway:
        is_away = True
    counted = {(one.article, one.language) for one in found}
    await count_uses(Use.SUGGESTED, counted - set(_places(form.texts("seen"))), at=now())
    return _list(agent, found=found, is_away=is_away, is_asked=bool(subject or text.strip()))


async def _suggested(ticket: Ticket, agent: SignedIn, *, brought_back: int | None = None, **more: Any) -> Template:
    found, is_away = [], False
    try:
        found = await suggestions_for(ticket, seen_by=agent, brought_back=brought_back)
    except SearchAway:
        is_away = True
    gone = await dismissed_from(ticket, seen_by=agent)
    return _list(agent, ticket=ticket, found=found, is_away=is_away, dismissed=gone, **more)


async def _searched(ticket: Ticket, agent: SignedIn, q: str) -> Template:
    found, is_away, meant, carried = [], False, None, {}
    language = language_for(ticket, agent)
    try:
        hits = await search_articles(q, asked_by=agent, language=language, is_typing=True, limit=MOST_FOUND)
        found, meant = hits.items, hits.did_you_mean
        search = await usage.typed(Place.CONSOLE, q, language=language, found=hits.total, at=now())
        carried = usage.trails(search, [one.translation for one in found])
    except SearchAway:
        is_away = True
    return _list(agent, ticket=ticket, found=found, is_away=is_away, q=q, meant=meant, trails=carried)


def _list(agent: SignedIn, *, ticket: Ticket | None = None, **shown: Any) -> Template:
    language = language_for(ticket, agent)
    return render(
        "inbox/_articles.html", agent=agent, ticket=ticket, language=language, **{"q": "", "meant": None, "trails": {}, "dismissed": []} | shown, **article_words()
    )  # fmt: skip


def _places(typed: list[str]) -> list[tuple[int, str]]:
    """`12-en`, each an article and a language, as far as they are that."""
    pairs = [one.partition("-") for one in typed]
    return [(int(article), language) for article, _dash, language in pairs if article.isdecimal() and len(article) < 10 and language in LANGUAGES]  # fmt: skip
