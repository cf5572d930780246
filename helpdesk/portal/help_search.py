"""Searching the help centre: by words, as the index knows them, in the reader's language first."""

from typing import Any

import structlog
from litestar import Request, get
from litestar.response import Template

from helpdesk.articles.indexing import folder
from helpdesk.articles.seeing import visible_to
from helpdesk.console.asked import Name, Text
from helpdesk.console.forms import read_whole
from helpdesk.portal.help import help_page, person_of, shelves, speak
from helpdesk.portal.visitors import Guest
from knowledge_base.index_reading import NoIndex
from knowledge_base.reading import list_named
from knowledge_base.search import LONGEST, search

A_PAGE = 10
LAST_PAGE = 50

log = structlog.get_logger(__name__)


@get("/help/{language:str}/search")
async def show_results(request: Request, visitor: Guest, language: Name, q: Text = "", show: Text = "") -> Template:
    """What fits best comes first; without an index the page says so, and the categories are there as before."""
    speak(language)
    audiences = visible_to(person_of(request, visitor))
    asked = " ".join(q.split())[:LONGEST]
    number = min(max(read_whole(show) or 1, 1), LAST_PAGE)
    context: dict[str, Any] = {"hits": [], "total": 0, "meant": None, "at": number, "last": 1, "is_away": False}
    try:
        if asked:
            found = await search(
                asked,
                folder=folder(),
                audiences=audiences,
                language=language,
                limit=A_PAGE,
                offset=(number - 1) * A_PAGE,
            )
            # The index may be a moment behind: what a reader may see is asked of the database.
            lines = {
                one.translation: one for one in await list_named([hit.id for hit in found.hits], audiences=audiences)
            }
            context |= {
                "hits": [(hit, lines[hit.id]) for hit in found.hits if hit.id in lines], "total": found.total, "meant": found.did_you_mean,
                "last": min(-(-found.total // A_PAGE), LAST_PAGE),
            }  # fmt: skip
    except NoIndex:
        log.warning("search_without_an_index")
        context["is_away"] = True
    categories = [] if context["hits"] else await shelves(language, audiences)
    return await help_page(
        "help/search.html", request, visitor, addresses={}, q=asked, categories=categories, **context
    )
