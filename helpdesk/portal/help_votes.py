"""Whether an article helped, as its readers say it, and what they add."""

import hmac

from litestar import Controller, Request, post
from litestar.datastructures import Cookie
from litestar.response import Redirect, Template

from helpdesk.articles.seeing import visible_to
from helpdesk.console.asked import Name, Typed
from helpdesk.customers.visiting import Visitor
from helpdesk.intake.limits import admit_vote, network_of
from helpdesk.kernel.database import transaction
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.settings import settings
from helpdesk.kernel.time import now
from helpdesk.kernel.tokens import keys, new_token
from helpdesk.people.actor import SignedIn
from helpdesk.portal.help import person_of, show_page, speak
from helpdesk.portal.help_addresses import address
from helpdesk.portal.reading_along import note_vote
from helpdesk.portal.visitors import Guest
from knowledge_base import feedback, reading
from knowledge_base.reading import Page

READER_COOKIE, A_YEAR = "helpdesk-reader", 365 * 86400
"""Set with a vote and at no other time: it tells one reader's votes from another's."""


class VotesController(Controller):
    path = "/help/{language:str}/articles/{slug:str}"

    @post("/vote", status_code=200)
    async def vote(self, request: Request, visitor: Guest, language: Name, slug: Name, form: Typed) -> Redirect:
        """Whether it helped; the page then asks what was missing."""
        found, person = await _voted_on(request, visitor, language, slug)
        is_helpful, token = form.line("helpful") == "yes", request.cookies.get(READER_COOKIE) or new_token()
        async with transaction():
            await note_vote(request, found, is_helpful=is_helpful, at=now())
            await feedback.vote(
                found.translation, is_helpful=is_helpful, voter=_voter(token, visitor), network=network_of(request.scope["state"]["address"]),
                revision=found.revision, customer=_customer(person), at=now(),
            )  # fmt: skip
        said = "helped" if is_helpful else "unhelpful"
        answer = Redirect(f"{address(found.path)}?said={said}#feedback", status_code=303)
        answer.set_cookie(Cookie(
            READER_COOKIE, value=token, path="/help", max_age=A_YEAR, httponly=True, samesite="lax", secure=settings().is_https,
        ))  # fmt: skip
        return answer

    @post("/comment", status_code=200)
    async def comment(
        self, request: Request, visitor: Guest, language: Name, slug: Name, form: Typed
    ) -> Redirect | Template:
        """What the reader adds to their vote."""
        found, person = await _voted_on(request, visitor, language, slug)
        text, is_helpful = form.text("comment"), form.line("helpful") == "yes"
        try:
            await feedback.comment(
                found.translation, text, is_helpful=is_helpful, revision=found.revision, customer=_customer(person), at=now()
            )  # fmt: skip
        except Invalid as error:
            said = "helped" if is_helpful else "unhelpful"
            return await show_page(request, visitor, found, said=said, typed=text, errors=error.fields, status=422)
        return Redirect(f"{address(found.path)}?said=told#feedback", status_code=303)


async def _voted_on(
    request: Request, visitor: Visitor | None, language: str, slug: str
) -> tuple[Page, SignedIn | Visitor | None]:
    """Raises NotFound, TooMany."""
    speak(language)
    person = person_of(request, visitor)
    found = await reading.find_page(language, slug, audiences=visible_to(person))
    await admit_vote(address=request.scope["state"]["address"], at=now())
    return found, person


def _voter(token: str, visitor: Visitor | None) -> str:
    """The same for the same reader, and nothing that tells who they are."""
    who = f"customer {visitor.id}" if visitor else token
    return hmac.digest(keys("votes on articles")[0], who.encode(), "sha256").hex()


def _customer(person: SignedIn | Visitor | None) -> int | None:
    return person.id if isinstance(person, Visitor) else None
