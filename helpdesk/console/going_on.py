"""Where an agent goes who is done with a ticket: nowhere, to the next of the list that they came from, or to the list."""

import json
from urllib.parse import quote

import msgspec
from litestar import Request

from helpdesk.console.finding import typed_in
from helpdesk.console.forms import read_whole
from helpdesk.console.inbox import sort_of, view_of
from helpdesk.console.views import in_order, is_by_due
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.agents import GOES
from helpdesk.tickets.by_due import cursor_at
from helpdesk.tickets.queries import cursor_of
from helpdesk.tickets.searching.finding import find
from helpdesk.tickets.searching.meaning import understand
from helpdesk.tickets.tables import Priority, Ticket


class Place(msgspec.Struct, frozen=True):
    """Where a ticket stands in a list: to be noted before an action moves it, so that the next one is its neighbour."""

    number: int
    goes: str
    view: str
    sort: str
    cursor: str


async def place_of(request: Request, ticket: Ticket, agent: SignedIn, *, goes: str = "") -> Place | None:
    """The ticket's place in the list that it was opened from; None for an agent who stays. `goes` is said for this once."""
    goes = goes if goes in GOES else agent.goes
    if goes == "stay":
        return None
    view = view_of(request)
    sort = "" if typed_in(view) is not None else sort_of(request)
    if is_by_due(view, sort):
        return Place(ticket.number, goes, view, sort, await cursor_at(ticket.id))
    order = Ticket.created_at if sort == "created" else Ticket.last_message_at
    row = {"id": ticket.id, order._meta.name: getattr(ticket, order._meta.name)}
    rank = f"{list(Priority).index(Priority(ticket.priority))}." if sort == "priority" else ""
    return Place(ticket.number, goes, view, sort, rank + cursor_of(row, order))


async def leads_to(place: Place, agent: SignedIn) -> str:
    """The address of what comes after the ticket in its list; of the list when nothing does, or when that is wanted."""
    listed = f"view={quote(place.view, safe='')}" + (f"&sort={place.sort}" if place.sort else "")
    number = await _next(place, agent) if place.goes == "next" else None
    return f"/console/tickets/{number}?{listed}" if number else f"/console?{listed}"


def going(url: str, *, from_: int) -> dict[str, str]:
    """Headers by which the page looks again at its conversation, and goes on if it shows that ticket still (0: none).

    After the swap htmx tells the page, even when the toast that has asked is gone by then.
    """
    return {"hx-trigger": "timeline", "hx-trigger-after-swap": json.dumps({"go-on": {"url": url, "from": from_}})}


def shown_elsewhere(request: Request, ticket: Ticket) -> int | None:
    """The ticket that the page shows, 0 for none, where a toast asks for something that is about another one."""
    shown = request.headers.get("x-shown")
    number = read_whole(shown) or 0 if shown is not None else ticket.number
    return number if number != ticket.number else None


async def _next(place: Place, agent: SignedIn) -> int | None:
    typed = typed_in(place.view)
    if typed is not None:
        meaning = await understand(typed, by=agent, at=now())
        page = await find(meaning, seen_by=agent, cursor=place.cursor, limit=1)
    else:
        page = await in_order(place.view, agent, sort=place.sort, cursor=place.cursor, limit=1)
    return page.rows[0]["number"] if page.rows else None
