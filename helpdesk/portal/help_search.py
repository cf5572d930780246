"""Searching the help centre: by words, in the reader's language first."""

from typing import Any

from litestar import Request, Response, get
from litestar.response import Template

from helpdesk.articles.finding import Hits, SearchAway, search_articles
from helpdesk.articles.seeing import visible_to
from helpdesk.console.asked import Flag, Name, Text
from helpdesk.console.forms import read_whole
from helpdesk.customers.visiting import Visitor
from helpdesk.intake.limits import admit_search
from helpdesk.kernel.errors import TooMany
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.portal.help import help_page, person_of, speak
from helpdesk.portal.help_shelves import shelves
from helpdesk.portal.reading_along import note_results
from helpdesk.portal.visitors import Guest
from knowledge_base.search import LONGEST

A_PAGE = 10
LAST_PAGE = 50
OFFERED = 6
"""While somebody types."""


@get("/help/{language:str}/search")
async def show_results(
    request: Request, visitor: Guest, language: Name, q: Text = "", show: Text = "", typing: Flag = False
) -> Template:
    """What fits best comes first; without an index the page says so, and the categories are there as before.

    `typing` comes from the list below the field: all of what that found.
    """
    speak(language)
    person = person_of(request, visitor)
    asked = " ".join(q.split())[:LONGEST]
    number = min(max(read_whole(show) or 1, 1), LAST_PAGE)
    found, is_away, trails = Hits([]), False, {}
    try:
        if asked:
            await _admit(request, person)
            found = await search_articles(
                asked, asked_by=person, language=language, is_typing=typing, limit=A_PAGE, offset=(number - 1) * A_PAGE
            )
            if number == 1:
                trails = await note_results(request, asked, found, language=language)
    except SearchAway:
        is_away = True
    context: dict[str, Any] = {
        "hits": found.items, "trails": trails, "total": found.total, "meant": found.did_you_mean, "is_away": is_away,
        "at": number, "is_typing": typing, "last": min(-(-found.total // A_PAGE), LAST_PAGE),
        "categories": [] if found.items else await shelves(language, visible_to(person)),
    }  # fmt: skip
    return await help_page("help/search.html", request, visitor, addresses={}, q=asked, **context)


@get("/help/{language:str}/search/typing")
async def show_offers(request: Request, visitor: Guest, language: Name, q: Text = "") -> Response[Any] | Template:
    """The list below the field while somebody types; nothing when nothing is found or there is no index."""
    speak(language)
    asked = " ".join(q.split())[:LONGEST]
    nothing = Response(b"", status_code=204)
    if not asked:
        return nothing
    person = person_of(request, visitor)
    try:
        await _admit(request, person)
        found = await search_articles(asked, asked_by=person, language=language, is_typing=True, limit=OFFERED)
    except (SearchAway, TooMany):
        return nothing
    if not found.items and not found.did_you_mean:
        return nothing
    trails = await note_results(request, asked, found, language=language, is_typing=True)
    context = {"hits": found.items, "trails": trails, "total": found.total, "meant": found.did_you_mean, "q": asked}
    return Template("portal/help/_offers.html", context=context, headers={"cache-control": "private, max-age=60"})


async def _admit(request: Request, person: SignedIn | Visitor | None) -> None:
    """Raises TooMany; agents may search as they like."""
    if not isinstance(person, SignedIn):
        await admit_search(address=request.scope["state"]["address"], at=now())
