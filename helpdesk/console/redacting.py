"""Removing something from a message for good: named first, then what will be gone is shown, then it goes."""

from litestar import Controller, Request, Response, get, post
from litestar.response import Template

from helpdesk.console.asked import Id, Me, Typed
from helpdesk.console.forms import Form
from helpdesk.console.rendering import frame, go, render
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import demand
from helpdesk.tickets.attachments import find_ticket_of
from helpdesk.tickets.conversation import messages_named
from helpdesk.tickets.redacting import Gone, Redaction, redact, what_goes


class RedactingController(Controller):
    path = "/console/messages/{message_id:int}/redaction"

    @get("/")
    async def ask(self, agent: Me, message_id: Id) -> Template:
        demand(agent, "redact")
        return await _page(message_id, agent, Redaction())

    @post("/", status_code=200)
    async def redact(self, request: Request, message_id: Id, agent: Me, form: Typed) -> Response:
        """`passages` line by line, `files` of the message, or its `whole` text; without `sure` only shows what would go."""
        demand(agent, "redact")
        ticket = await find_ticket_of(message_id, seen_by=agent)
        wanted = _wanted(form)
        try:
            if not form.is_checked("sure"):
                return await _page(
                    message_id, agent, wanted, gone=await what_goes(ticket, message_id, wanted, by=agent)
                )
            await redact(ticket, message_id, wanted, by=agent, at=now())
        except Invalid as error:
            return await _page(message_id, agent, wanted, errors=error.fields)
        return go(request, f"/console/tickets/{ticket.number}#item-m{message_id}")


def _wanted(form: Form) -> Redaction:
    passages = [line for line in form.text("passages").split("\n") if line.strip()]
    return Redaction(passages=passages, files=form.wholes("files"), whole=form.is_checked("whole"))


async def _page(
    message_id: int,
    agent: SignedIn,
    wanted: Redaction,
    *,
    gone: Gone | None = None,
    errors: dict[str, str] | None = None,
) -> Template:
    ticket = await find_ticket_of(message_id, seen_by=agent)
    [message] = await messages_named(ticket.id, [message_id])
    return render(
        "inbox/redact.html", status=422 if errors else 200, ticket=ticket, message=message, wanted=wanted, gone=gone,
        errors=errors or {}, **await frame(agent),
    )  # fmt: skip
