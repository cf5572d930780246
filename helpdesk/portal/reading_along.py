"""What readers of the help centre search for, open and read: counted without who it was, and without machines that say so."""

import re
from datetime import datetime, timedelta

from litestar import Request
from litestar.datastructures import Cookie
from litestar.response import Redirect

from helpdesk.articles.finding import Hits
from helpdesk.customers.visiting import Visitor
from helpdesk.intake.limits import may_teach
from helpdesk.kernel.settings import settings
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.portal.help_addresses import address
from knowledge_base.evidence import Kind, note_evidence
from knowledge_base.reading import Page
from knowledge_base.tables import Audience
from knowledge_base.usage import Place, Use, count_use, follow, note_search, search_of, trails, typed

_MACHINE = re.compile(
    r"bot\b|crawl|spider|slurp|archiver|monitor|preview|facebookexternalhit|embedly|feed|curl|wget|python-|go-http|okhttp|java/|\+https?:",
    re.IGNORECASE,
)
SEARCH_COOKIE, FOR_A_WHILE = "helpdesk-search", timedelta(hours=1)
"""On the page of an article that a search led to, and nowhere else: the search's trail, for the vote on that page."""


def is_machine(request: Request) -> bool:
    """By its own word; and a browser that only fetches a page ahead is no reader yet."""
    agent = request.headers.get("user-agent", "")
    return not agent or bool(_MACHINE.search(agent)) or "prefetch" in request.headers.get("sec-purpose", "")


async def note_view(request: Request, person: SignedIn | Visitor | None, page: Page) -> None:
    """An agent counts where agents are the only readers."""
    is_at_work = isinstance(person, SignedIn) and page.audience != Audience.AGENTS
    if not is_at_work and not is_machine(request):
        await count_use(Use.VIEWED, article=page.article, language=page.language, at=now())


async def note_results(
    request: Request, words: str, found: Hits, *, language: str, is_typing: bool = False
) -> dict[int, str]:
    """What the links of these results carry, by translation. A search on the way is kept once a result is opened."""
    if is_machine(request):
        return {}
    if is_typing:
        search = await typed(Place.HELP, words, language=language, found=found.total, at=now())
    else:
        search = await note_search(Place.HELP, words, language=language, found=found.total, at=now())
    return trails(search, [hit.translation for hit in found.items])


async def note_vote(request: Request, page: Page, *, is_helpful: bool, at: datetime) -> None:
    """Who came from a search says whether what it found helped: that is learnt from, without who it was; a vote without words
    is not. In the caller's transaction."""
    search = search_of(request.cookies.get(SEARCH_COOKIE, ""), page.translation, at=at, within=FOR_A_WHILE)
    if search and await may_teach(page.translation, address=request.scope["state"]["address"], at=at):
        kind = Kind.HELPFUL if is_helpful else Kind.UNHELPFUL
        await note_evidence(
            kind, article=page.article, language=page.language, text=search.words, ticket=None, customer=None, at=at
        )  # fmt: skip


async def note_opened(request: Request, carried: str, page: Page) -> Redirect:
    """A result of a search was opened: to its page, without the trail in the address."""
    answer = Redirect(address(page.path), status_code=302)
    if not is_machine(request) and await follow(
        carried, article=page.article, language=page.language, translation=page.translation, at=now()
    ):
        answer.set_cookie(Cookie(
            SEARCH_COOKIE, value=carried, path=address(page.path), max_age=int(FOR_A_WHILE.total_seconds()), httponly=True, samesite="lax",
            secure=settings().is_https,
        ))  # fmt: skip
    return answer
