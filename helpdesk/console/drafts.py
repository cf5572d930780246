"""The agent's draft on a ticket: saved while they type, looked at as it was, thrown away and brought back."""

from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.response import Template

from helpdesk.console.asked import Id, Me, Name, Text, Typed
from helpdesk.console.composing import FIELDS, composer, read_typed
from helpdesk.console.forms import read_whole
from helpdesk.console.inbox import view_of, whole_page
from helpdesk.console.rendering import frame, render, wants_fragment
from helpdesk.kernel.errors import Invalid, NotFound
from helpdesk.kernel.language import _, utc
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import demand
from helpdesk.tickets.answering import answered, signature_of
from helpdesk.tickets.drafting import discard, keep, own_once, recover, restore, versions_of
from helpdesk.tickets.merging import find_survivor
from helpdesk.tickets.posting import channel_of
from helpdesk.tickets.queries import find_ticket
from helpdesk.tickets.quoting import quoted_below
from helpdesk.tickets.recipients import Difference, difference, read_recipients
from helpdesk.tickets.tables import Ticket

NO_CONTENT = 204
LARGEST_DRAFT = 4 * 1024 * 1024


class DraftsController(Controller):
    path = "/console/tickets/{number:int}"
    request_max_body_size = LARGEST_DRAFT

    @post("/drafts/{kind:str}", status_code=200)
    async def save(self, number: Id, kind: Name, agent: Me, form: Typed) -> Response:
        """Keep what is typed: its version and time as JSON, or nothing when the form was sent meanwhile."""
        ticket = await _ticket(number, kind, agent)
        typed = await read_typed(form, kind, agent)
        saved = await keep(
            typed, kind=kind, ticket_id=ticket.id, once=own_once(form.line("once"), agent), version=form.whole("version") or 0,
            by=agent, at=now(),
        )  # fmt: skip
        if saved is None:
            return Response(b"", status_code=NO_CONTENT)
        return Response({"version": saved.version, "at": utc(saved.at), "behind": saved.is_behind})

    @post("/drafts/{kind:str}/discard", status_code=200)
    async def discard(self, request: Request, number: Id, kind: Name, agent: Me, form: Typed) -> Template:
        """Throw it away; the answer offers to bring it back. What was not saved yet is saved first."""
        ticket = await _ticket(number, kind, agent)
        once = own_once(form.line("once"), agent)
        if form.has("text"):
            typed = await read_typed(form, kind, agent)
            await keep(typed, kind=kind, ticket_id=ticket.id, once=once, version=form.whole("version") or 0, by=agent, at=now())  # fmt: skip
        await discard(kind=kind, ticket_id=ticket.id, once=once, by=agent, at=now())
        return await _composer(request, ticket, agent, kind, template="inbox/_discarded.html")

    @post("/drafts/{kind:str}/recovery", status_code=200)
    async def recover(self, request: Request, number: Id, kind: Name, agent: Me) -> Template:
        ticket = await _ticket(number, kind, agent)
        await recover(kind=kind, ticket_id=ticket.id, by=agent)
        return await _composer(request, ticket, agent, kind)

    @get("/drafts/{kind:str}/versions")
    async def versions(self, request: Request, number: Id, kind: Name, agent: Me) -> Template:
        """What the draft said before, each to be had back."""
        ticket = await _ticket(number, kind, agent)
        found = await versions_of(kind=kind, ticket_id=ticket.id, by=agent)
        shown = {"ticket": ticket, "kind": kind, "versions": found}
        if wants_fragment(request):
            return render("inbox/_versions.html", agent=agent, **shown)
        return render("settings/versions.html", **await frame(agent), **shown)

    @post("/drafts/{kind:str}/versions/{version_id:int}", status_code=200)
    async def restore(self, request: Request, number: Id, kind: Name, version_id: Id, agent: Me) -> Template:
        ticket = await _ticket(number, kind, agent)
        await restore(version_id, kind=kind, ticket_id=ticket.id, by=agent, at=now())
        return await _composer(request, ticket, agent, kind)

    @get("/composer")
    async def show(self, request: Request, number: Id, agent: Me, mode: Text = "", thread: Text = "", quoting: Text = "") -> Template:  # fmt: skip
        """The composer in another mode; `thread` goes on with a conversation with an outsider, `quoting` is a message's id."""
        ticket = await find_ticket(number, seen_by=agent)
        asked: dict[str, Any] = {}
        if mode == "forward":
            asked = {"thread": read_whole(thread) or 0, "quoting": [one for one in (read_whole(quoting),) if one]}
        return await _composer(request, ticket, agent, mode, **asked)

    @get("/recipients", part_of="/console/tickets/{number}")
    async def compare(self, number: Id, agent: Me, to: Text = "", cc: Text = "", bcc: Text = "") -> Template:
        """How these recipients differ from those of the last mail, or which of them is none."""
        ticket = await find_ticket(number, seen_by=agent)
        try:
            chosen = await read_recipients(to, cc, bcc)
        except Invalid as error:
            return render("inbox/_difference.html", agent=agent, difference=Difference(), refused=error.fields.values())
        return render("inbox/_difference.html", agent=agent, difference=await difference(ticket, chosen.addresses))

    @get("/below", part_of="/console/tickets/{number}")
    async def below(self, number: Id, agent: Me) -> Template:
        """What stands below the reply as the customer gets it: signature and quotes."""
        ticket = await find_ticket(number, seen_by=agent)
        channel = await channel_of(ticket)
        quotes = await quoted_below(ticket, await answered(ticket), channel)
        return render(
            "inbox/_below.html", agent=agent, signature=signature_of(agent, channel), quotes=quotes, ticket=ticket
        )


async def _ticket(number: int, kind: str, agent: SignedIn) -> Ticket:
    """The ticket, or what it was merged into: drafts go with it.

    Raises NotFound for a kind of draft that is none, Refused for one that the agent may not send.
    """
    door = await find_ticket(number, seen_by=agent)
    ticket = await find_ticket((await find_survivor(door)).number, seen_by=agent) if door.merged_into else door
    if kind not in FIELDS:
        raise NotFound(_("There is nothing here."))
    demand(agent, "note" if kind == "note" else "reply")
    return ticket


async def _composer(
    request: Request, ticket: Ticket, agent: SignedIn, mode: str, *, template: str = "inbox/_composer.html", **more: Any
) -> Template:  # fmt: skip
    if not wants_fragment(request):
        return await whole_page(ticket.number, agent, view=view_of(request), typed={"mode": mode, **more})
    shown = await composer(ticket, agent, mode=mode, **more)
    return render(template, agent=agent, ticket=ticket, composer=shown, kind=mode)
