"""What an agent has read: a page that is shown says so, as looking (GET) changes nothing."""

from urllib.parse import quote

from litestar import Controller, Request, Response, post

from helpdesk.console.asked import Id, Me, Typed
from helpdesk.console.inbox import NO_CONTENT, view_of
from helpdesk.console.rendering import go
from helpdesk.kernel.time import now
from helpdesk.tickets.queries import find_ticket
from helpdesk.tickets.reading import mark_read, mark_unread


class ReadingController(Controller):
    path = "/console/tickets/{number:int}/reading"

    @post("/", status_code=200)
    async def read(self, request: Request, number: Id, agent: Me, form: Typed) -> Response:
        """Read as far as the message `upto`; without it, unread again and back to the view."""
        ticket = await find_ticket(number, seen_by=agent)
        if upto := form.whole("upto"):
            await mark_read(ticket, by=agent, upto=upto, at=now())
            return Response(b"", status_code=NO_CONTENT)
        await mark_unread(ticket, by=agent, at=now())
        return go(request, f"/console?view={quote(view_of(request))}")
