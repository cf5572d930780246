"""Making one ticket of two, and two of one: merging, splitting, and the offers to."""

from typing import Any
from urllib.parse import quote

from litestar import Controller, Request, Response, get, post
from litestar.response import Template

from helpdesk.console.asked import Id, Me, Text, Typed
from helpdesk.console.changed import changed
from helpdesk.console.inbox import merged_url, view_of
from helpdesk.console.rendering import frame, go, render, wants_fragment
from helpdesk.customers.profile import profile_of
from helpdesk.kernel.errors import Invalid, NotFound
from helpdesk.kernel.language import _
from helpdesk.kernel.text import normalise
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import demand
from helpdesk.tickets.attachments import find_ticket_of
from helpdesk.tickets.listing import of_customer
from helpdesk.tickets.merging import find_survivor, hindrances, merge_into, unmerge
from helpdesk.tickets.queries import find_ticket, page_of
from helpdesk.tickets.relating import dismiss_similar
from helpdesk.tickets.splitting import following, split
from helpdesk.tickets.tables import Status, Ticket

MOST = 100


class MergingController(Controller):
    path = "/console"

    @get("/tickets/{number:int}/merge")
    async def choose(self, agent: Me, number: Id, q: Text = "") -> Template:
        """The customer's other tickets, those alone whose subject or number holds `q`, and a field for any number."""
        demand(agent, "change")
        ticket = await find_ticket(number, seen_by=agent)
        return await _choice(ticket, agent, q=q)

    @post("/tickets/{number:int}/merge", status_code=200)
    async def merge(self, request: Request, number: Id, agent: Me, form: Typed) -> Response:
        """Merge into the ticket with the number `typed`, or the chosen one, `into`; another customer's asks once more."""
        demand(agent, "change")
        ticket = await find_ticket(number, seen_by=agent)
        at_fault = "typed" if form.line("typed") else "into"
        typed: dict[str, Any] = {"q": form.line("q"), "typed": form.line("typed"), "into": form.whole("into")}
        try:
            survivor = await _named(form.whole(at_fault), agent)
            if survivor.customer != ticket.customer and not form.is_checked("sure"):
                return await _choice(ticket, agent, **typed, asks=survivor)
            survivor = await merge_into(ticket, survivor, by=agent, at=now())
        except Invalid as error:
            return await _choice(ticket, agent, **typed, errors={at_fault: " ".join(error.fields.values())})
        return go(
            request, merged_url(ticket.number, survivor.number, f"view={quote(view_of(request), safe='')}&said=merged")
        )

    @post("/tickets/{number:int}/unmerge", status_code=200)
    async def unmerge(self, request: Request, number: Id, agent: Me) -> Response:
        ticket = await find_ticket(number, seen_by=agent)
        await find_ticket((await find_survivor(ticket)).number, seen_by=agent)
        await unmerge(ticket, by=agent, at=now())
        return go(request, f"/console/tickets/{ticket.number}?view={view_of(request)}")

    @post("/tickets/{number:int}/similar/dismissed", status_code=200)
    async def dismiss(self, request: Request, number: Id, agent: Me) -> Response:
        """Offer no similar tickets here any more."""
        demand(agent, "change")
        ticket = await find_ticket(number, seen_by=agent)
        await dismiss_similar(ticket, at=now())
        return Response(b"") if wants_fragment(request) else await changed(request, ticket, agent)

    @get("/messages/{message_id:int}/split")
    async def ask_split(self, agent: Me, message_id: Id) -> Template:
        demand(agent, "change")
        return await _splitting(message_id, agent, typed={"subject": "", "following": ""})

    @post("/messages/{message_id:int}/split", status_code=200)
    async def split(self, request: Request, message_id: Id, agent: Me, form: Typed) -> Response:
        """A new ticket with the `subject`, of the message and, with `following`, those after it."""
        ticket = await find_ticket_of(message_id, seen_by=agent)
        typed = {"subject": form.line("subject"), "following": form.line("following")}
        try:
            made = await split(
                ticket,
                message_id,
                subject=typed["subject"],
                with_following=bool(typed["following"]),
                by=agent,
                at=now(),
            )
        except Invalid as error:
            return await _splitting(message_id, agent, typed=typed, errors=error.fields)
        return go(request, f"/console/tickets/{made.number}?view={quote(view_of(request), safe='')}&said=split")


async def _named(number: int | None, agent: SignedIn) -> Ticket:
    """The ticket that goes on with this number; raises Invalid."""
    if not number:
        raise Invalid(into=_("Choose a ticket, or type its number."))
    try:
        found = await find_ticket(number, seen_by=agent)
        return await find_ticket((await find_survivor(found)).number, seen_by=agent)
    except NotFound as error:
        raise Invalid(into=str(error)) from error


async def _choice(
    ticket: Ticket, agent: SignedIn, *, q: str = "", typed: str = "", into: int | None = None, asks: Ticket | None = None,
    errors: dict[str, str] | None = None,
) -> Template:  # fmt: skip
    """What was typed and chosen stays. A ticket that was merged already has nothing to choose: its page says where it went,
    or is as little there as what it went into."""
    survivor = await find_ticket((await find_survivor(ticket)).number, seen_by=agent) if ticket.merged_into else ticket
    others = await page_of(
        of_customer(ticket.customer) & (Ticket.id != ticket.id) & (Ticket.status != Status.CLOSED),
        seen_by=agent,
        limit=MOST,
    )
    wanted = normalise(q)
    shown = [row for row in others.rows if wanted in normalise(f"{row['number']} {row['subject']}")]
    reasons = await hindrances([ticket.id], [row["id"] for row in shown])
    shown.sort(key=lambda row: bool(reasons[row["id"]]))
    more: dict[str, Any] = {
        "asks": asks, "asks_customer": await profile_of(asks.customer) if asks else None, "q": q, "typed": typed, "into": into,
        "merged_url": merged_url(ticket.number, survivor.number, "") if survivor.id != ticket.id else "", "survivor": survivor,
        "reasons": reasons,
    }  # fmt: skip
    return render(
        "inbox/merge.html", status=422 if errors else 200, ticket=ticket, others=shown, errors=errors or {},
        customer=await profile_of(ticket.customer), **more, **await frame(agent),
    )  # fmt: skip


async def _splitting(
    message_id: int, agent: SignedIn, *, typed: dict[str, str], errors: dict[str, str] | None = None
) -> Template:
    ticket = await find_ticket_of(message_id, seen_by=agent)
    message, later = await following(ticket, message_id)
    return render(
        "inbox/split.html", status=422 if errors else 200, ticket=ticket, message=message, later=later, typed=typed,
        errors=errors or {}, **await frame(agent),
    )  # fmt: skip
