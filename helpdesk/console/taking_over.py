"""Taking a ticket over from a colleague who is writing on it."""

from litestar import Request, Response, post

from helpdesk.console.asked import Id, Me, Typed
from helpdesk.console.changed import changed, refused
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.time import now
from helpdesk.tickets.queries import find_ticket
from helpdesk.tickets.replying import Draft
from helpdesk.tickets.taking_over import take_over


@post("/console/tickets/{number:int}/take-over", status_code=200)
async def take_over_from(request: Request, number: Id, agent: Me, form: Typed) -> Response:
    """With a `note` why; `writer` is the colleague who was writing."""
    ticket = await find_ticket(number, seen_by=agent)
    try:
        writer = form.choice("writer") if form.has("writer") else None
        await take_over(ticket, Draft(body_text=form.text("note")), by=agent, at=now(), writer=writer)
    except Invalid as error:
        return await refused(request, ticket, agent, error)
    return await changed(request, ticket, agent)
