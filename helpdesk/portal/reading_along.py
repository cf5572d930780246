"""What readers of the help centre search for, open and read: counted without who it was, and without machines that say so."""

import re

from litestar import Request

from helpdesk.articles.finding import Hits
from helpdesk.customers.visiting import Visitor
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from knowledge_base.reading import Page
from knowledge_base.tables import Audience
from knowledge_base.usage import Place, Use, count_use, follow, note_search, trails, typed

_MACHINE = re.compile(
    r"bot\b|crawl|spider|slurp|archiver|monitor|preview|facebookexternalhit|embedly|feed|curl|wget|python-|go-http|okhttp|java/|\+https?:",
    re.IGNORECASE,
)


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
        search = typed(Place.HELP, words, language=language, found=found.total)
    else:
        search = await note_search(Place.HELP, words, language=language, found=found.total, at=now())
    return trails(search, [hit.translation for hit in found.items])


async def note_opened(request: Request, carried: str, page: Page) -> None:
    """A result of a search was opened."""
    if not is_machine(request):
        await follow(carried, article=page.article, language=page.language, translation=page.translation, at=now())
