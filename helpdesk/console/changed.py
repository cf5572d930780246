"""The answers to a change of a ticket: its header anew, a toast that takes the change back, or a notice why not."""

from typing import Any
from urllib.parse import quote

import msgspec
from litestar import Request, Response

from helpdesk.console.conversation import whole_header
from helpdesk.console.going_on import Place, going, leads_to, shown_elsewhere
from helpdesk.console.inbox import out_of_sight, view_of, whole_page
from helpdesk.console.rendering import render, see_other, wants_fragment
from helpdesk.kernel.errors import Invalid, NotFound
from helpdesk.people.actor import SignedIn
from helpdesk.people.directory import directory
from helpdesk.tickets.queries import find_ticket
from helpdesk.tickets.tables import Ticket

LOOK_AGAIN = {"hx-trigger": "timeline"}


class Undo(msgspec.Struct, frozen=True):
    """The form that takes a change back: where below the ticket it goes, and its hidden fields."""

    path: str
    fields: dict[str, Any] = {}


async def changed(
    request: Request, ticket: Ticket, agent: SignedIn, *, said: str = "", undo: Undo | None = None, place: Place | None = None
) -> Response:  # fmt: skip
    """The header as it is now, or the page anew; to the view when the change took the ticket out of sight.

    With the `place` that the ticket had in its list, the page goes on from there. What is undone while another ticket is
    shown leads back to its own.
    """
    try:
        fresh = await find_ticket(ticket.number, seen_by=agent)
    except NotFound:
        return out_of_sight(request, "moved")
    own = f"/console/tickets/{ticket.number}?view={quote(view_of(request), safe='')}"
    if (shown := shown_elsewhere(request, ticket)) is not None:
        return render("empty.html", headers={"hx-reswap": "none"} | going(own, from_=shown))
    url = await leads_to(place, agent) if place else own
    if not wants_fragment(request):
        return see_other(url)
    headers = going(url, from_=ticket.number) if place else LOOK_AGAIN
    return await _header(request, fresh, agent, headers=headers, said=said, undo=undo)


async def refused(request: Request, ticket: Ticket, agent: SignedIn, error: Invalid) -> Response:
    """Nothing was changed: the notice says why."""
    return await not_changed(request, ticket, agent, 422, refusals=list(error.fields.values()))


async def not_changed(request: Request, ticket: Ticket, agent: SignedIn, status: int, **told: Any) -> Response:
    """`told` goes to the notice."""
    if not wants_fragment(request):
        return await whole_page(ticket.number, agent, view=view_of(request), status=status, **told)
    if shown_elsewhere(request, ticket) is not None:
        return render("inbox/_told.html", status=status, **told)
    fresh = await find_ticket(ticket.number, seen_by=agent)
    return await _header(request, fresh, agent, status=status, **told)


async def _header(
    request: Request, ticket: Ticket, agent: SignedIn, *, headers: dict[str, str] | None = None, **more: Any
) -> Response:
    """A toast does not know whether there is a header on the page any more, so the answer names its place."""
    shown: dict[str, Any] = await whole_header(ticket, await directory()) | more
    place = {"hx-retarget": "#conversation-header", "hx-reswap": "outerHTML"} | (headers or {})
    return render("inbox/_changed.html", headers=place, agent=agent, view=view_of(request), **shown)
