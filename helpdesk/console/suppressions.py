"""Addresses that are not written to: the list, and writing there all the same."""

from litestar import Controller, Request, Response, get, post
from litestar.response import Template

from helpdesk.console.asked import Id, Me, Text, Typed
from helpdesk.console.composing import addresses_in, composer, read_typed
from helpdesk.console.forms import read_whole
from helpdesk.console.inbox import view_of, whole_page
from helpdesk.console.rendering import frame, render, see_other, wants_fragment
from helpdesk.console.writing import LARGEST_FORM, read_draft
from helpdesk.customers.suppressing import lift, lift_bounces, list_suppressions, suppressed
from helpdesk.people.permissions import demand
from helpdesk.tickets.answering import answered
from helpdesk.tickets.queries import find_ticket, hiding_tickets

PAGE = 50


class SuppressionsController(Controller):
    path = "/console"

    @get("/suppressions")
    async def show(self, agent: Me, q: Text = "", below: Text = "", said: Text = "") -> Template:
        """The newest first; `q` is a part of an address."""
        demand(agent, "lift_suppressions")
        below_id = read_whole(below) if below else None
        found = await list_suppressions(q=q.strip() or None, below=below_id, newest_first=True, most=PAGE + 1)
        older = found[PAGE - 1]["id"] if len(found) > PAGE else None
        shown = await hiding_tickets(found[:PAGE], from_=agent)
        return render(
            "settings/suppressions.html", **await frame(agent), suppressions=shown, q=q, older=older, said=said
        )

    @post("/suppressions/{suppression_id:int}/lift", status_code=200)
    async def lift(self, agent: Me, suppression_id: Id) -> Response:
        await lift(suppression_id, by=agent)
        return see_other("/console/suppressions?said=lifted")

    @post("/tickets/{number:int}/suppressions/lift", status_code=200, request_max_body_size=LARGEST_FORM)
    async def write_anyway(self, request: Request, agent: Me, number: Id, form: Typed) -> Response:
        """Write to the recipients of the reply although mails came back; what was typed stays in the composer."""
        ticket = await find_ticket(number, seen_by=agent)
        kept: list[int] = []
        await read_draft(form, agent, kept, goes_out=False)
        held = await read_typed(form, "reply", agent, kept)
        await lift_bounces(
            (await suppressed(addresses_in(*held.fields.values()))) or (await answered(ticket)).suppressed, by=agent
        )
        typed = {"mode": "reply", "typed": held}
        if not wants_fragment(request):
            return await whole_page(ticket.number, agent, view=view_of(request), typed=typed)
        return render(
            "inbox/_composer.html", agent=agent, ticket=ticket, composer=await composer(ticket, agent, **typed)
        )
