"""Images from elsewhere in mails: an agent's leave to load those of a sender from now on, and taking it back."""

from collections.abc import Awaitable, Callable

from litestar import Controller, Request, Response, post

from helpdesk.console.asked import Id, Me, Typed
from helpdesk.console.conversation import header
from helpdesk.console.inbox import view_of
from helpdesk.console.rendering import render, see_other, wants_fragment
from helpdesk.console.timeline import Timeline, one
from helpdesk.kernel.errors import NotFound
from helpdesk.kernel.language import _
from helpdesk.people.actor import SignedIn
from helpdesk.people.directory import directory
from helpdesk.people.showing_images import hide_images_from, show_images_from
from helpdesk.people.signing_in import as_agent
from helpdesk.tickets.attachments import find_ticket_of
from helpdesk.tickets.conversation import messages_named


class ImagesController(Controller):
    path = "/console"

    @post("/messages/{message_id:int}/images", status_code=200)
    async def show(self, request: Request, agent: Me, message_id: Id) -> Response:
        """Load them in this message and in all that its sender will write."""
        return await _decide(
            request, agent, message_id, lambda sender: show_images_from(sender, agent_id=agent.id or 0)
        )

    @post("/messages/{message_id:int}/images/hidden", status_code=200)
    async def hide(self, request: Request, agent: Me, message_id: Id) -> Response:
        return await _decide(
            request, agent, message_id, lambda sender: hide_images_from(sender, agent_id=agent.id or 0)
        )

    @post("/preferences/images", status_code=200)
    async def forget(self, agent: Me, form: Typed) -> Response:
        """Load nothing of this sender any more."""
        await hide_images_from(form.line("sender"), agent_id=agent.id or 0)
        return see_other("/console/preferences#images")


async def _decide(
    request: Request, agent: SignedIn, message_id: int, decide: Callable[[str], Awaitable[None]]
) -> Response:
    ticket = await find_ticket_of(message_id, seen_by=agent)
    [message] = await messages_named(ticket.id, [message_id])
    sender = message["mail"].from_ if message["mail"] and message["author_kind"] == "customer" else ""
    if not sender or message["is_unverified"]:
        raise NotFound(_("Nothing proves who sent this message."))
    await decide(sender)
    if not wants_fragment(request):
        return see_other(f"/console/tickets/{ticket.number}?view={view_of(request)}#item-m{message_id}")
    found = Timeline([await one(ticket, f"m{message_id}")])
    fresh = await as_agent(agent.id or 0)
    shown = header(ticket, await directory())
    return render("inbox/_items.html", agent=fresh, view=view_of(request), timeline=found, **shown)
