"""Who comes to the portal, in which language, and what every page of it shows."""

from typing import Any

from litestar import Request
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.response import Redirect, Template

from helpdesk.articles.seeing import visible_to
from helpdesk.channels.branding.brand import the_brand
from helpdesk.customers.visiting import ABSOLUTE, Visitor, whose_session
from helpdesk.kernel.language import Reader, accepted, known, reader, set_reader
from helpdesk.kernel.settings import settings
from helpdesk.kernel.time import now
from helpdesk.tickets.linking import LIVES, follow_link
from helpdesk.tickets.tables import Ticket
from helpdesk.web.visits import LANGUAGE_COOKIE
from knowledge_base.reading import has_any

Guest = NamedDependency[Visitor | None]
LINK_COOKIE_DAYS = LIVES.days


def customer_cookie() -> str:
    """Apart from the agents' cookie; with https bound to this very host."""
    return "__Host-helpdesk-customer" if settings().is_https else "helpdesk-customer"


def link_cookie() -> str:
    """Its path is one request's, so `__Host-` cannot be."""
    return "__Secure-helpdesk-link" if settings().is_https else "helpdesk-link"


async def provide_visitor(request: Request) -> Visitor | None:
    """Who is signed in to the portal; the page speaks their language from now on."""
    token = request.cookies.get(customer_cookie())
    visitor = await whose_session(token, at=now()) if token else None
    speak_to(request, visitor.language if visitor else None, visitor.time_zone if visitor else None)
    return visitor


async def by_link(request: Request, number: int) -> Visitor | None:
    """Who came by a link of a mail about this very request; it is read in the ticket's language if the browser has no other."""
    followed = await follow_link(request.cookies.get(link_cookie(), ""), at=now())
    if followed is None or followed[0].number != number:
        return None
    speak_to(request, followed[0].language, followed[1].time_zone)
    return followed[1]


def speak_to(request: Request, language: str | None, time_zone: str | None) -> None:
    """In the language that was chosen, else the browser's, else what is known of the customer."""
    fallback = known(language) if language else settings().default_language
    asked = request.cookies.get(LANGUAGE_COOKIE) or accepted(request.headers.get("accept-language", ""), fallback)
    set_reader(Reader(known(asked), time_zone or settings().time_zone))


async def page(
    template: str,
    visitor: Visitor | None,
    /,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
    **context: Any,
) -> Template:
    """A page of the portal with the brand around it."""
    brand = context.get("brand") or await the_brand()
    has_help = await has_any(language=reader().language, audiences=visible_to(visitor))
    shown = {"visitor": visitor, "errors": {}, "said": "", "typed_before": "", "has_help": has_help} | context | {"brand": brand}  # fmt: skip
    return Template(f"portal/{template}", context=shown, status_code=status, headers=headers or {})


def with_session(answer: Redirect, token: str) -> Redirect:
    """The answer with the session's cookie; "" ends it."""
    answer.set_cookie(Cookie(
        customer_cookie(), value=token, path="/", max_age=int(ABSOLUTE.total_seconds()) if token else 0, httponly=True,
        samesite="lax", secure=settings().is_https,
    ))  # fmt: skip
    return answer


def with_link(answer: Redirect, token: str, ticket: Ticket) -> Redirect:
    """The answer with the link's token as a cookie of this one request, so that the address holds it no longer."""
    answer.set_cookie(Cookie(
        link_cookie(), value=token, path=f"/requests/{ticket.number}", max_age=LINK_COOKIE_DAYS * 86400, httponly=True,
        samesite="lax", secure=settings().is_https,
    ))  # fmt: skip
    return answer
