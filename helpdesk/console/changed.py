"""The answers to a change of a ticket: its header anew, a toast that takes the change back, or a notice why not."""

from typing import Any

import msgspec
from litestar import Request, Response

from helpdesk.console.conversation import whole_header
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
    request: Request, ticket: Ticket, agent: SignedIn, *, said: str = "", undo: Undo | None = None
) -> Response:
    """The header as it is now, or the page anew; to the view when the change took the ticket out of sight."""
    try:
        fresh = await find_ticket(ticket.number, seen_by=agent)
    except NotFound:
        return out_of_sight(request, "moved")
    if not wants_fragment(request):
        return see_other(f"/console/tickets/{ticket.number}?view={view_of(request)}")
    return await _header(request, fresh, agent, headers=LOOK_AGAIN, said=said, undo=undo)


async def refused(request: Request, ticket: Ticket, agent: SignedIn, error: Invalid) -> Response:
    """Nothing was changed: the notice says why."""
    return await not_changed(request, ticket, agent, 422, refusals=list(error.fields.values()))


async def not_changed(request: Request, ticket: Ticket, agent: SignedIn, status: int, **told: Any) -> Response:
    """`told` goes to the notice."""
    if not wants_fragment(request):
        return await whole_page(ticket.number, agent, view=view_of(request), status=status, **told)
    fresh = await find_ticket(ticket.number, seen_by=agent)
    return await _header(request, fresh, agent, status=status, **told)


async def _header(request: Request, ticket: Ticket, agent: SignedIn, **more: Any) -> Response:
    shown: dict[str, Any] = await whole_header(ticket, await directory()) | more
    return render("inbox/_changed.html", agent=agent, view=view_of(request), **shown)
