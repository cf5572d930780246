"""The centre of notices: the bell, the panel that it opens, and the page; marking them as read."""

from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.response import Template

from helpdesk.console.asked import Cursor, Id, Me, Text, Typed
from helpdesk.console.forms import read_whole
from helpdesk.console.rendering import frame, render, see_other, wants_fragment
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.tickets.notice_centre import notices_of
from helpdesk.tickets.noticing import read_notices
from helpdesk.tickets.queries import find_ticket


class NoticesController(Controller):
    path = "/console/notices"

    @get("/")
    async def show(self, agent: Me, show: Text = "", before: Cursor = None) -> Template:
        """Those that wait, or with `show=all` those that were read, too."""
        return render("notices/page.html", **await frame(agent), **await _listed(agent, show, before))

    @get("/panel", part_of="/console/notices")
    async def panel(self, agent: Me, show: Text = "", before: Cursor = None) -> Template:
        """What the bell opens; with `before` the groups that follow."""
        listed = await _listed(agent, show, before)
        return render("notices/_more.html" if before else "notices/_centre.html", **listed)

    @get("/bell", part_of="/console/notices")
    async def bell(self, agent: Me) -> Template:
        """The bell of the rail, with how many wait."""
        return await _bell(agent)

    @post("/", status_code=200)
    async def read(self, request: Request, agent: Me, form: Typed) -> Response:
        """All that the page knew of: `upto` is the newest that it shows."""
        await read_notices(agent.id or 0, at=now(), upto=form.whole("upto"))
        return await _bell(agent) if wants_fragment(request) else see_other("/console/notices")


@post("/console/tickets/{number:int}/notices/read", status_code=200)
async def read_of_ticket(request: Request, number: Id, agent: Me) -> Response:
    """The agent has seen what the ticket's notices tell: an open conversation says so by itself."""
    ticket = await find_ticket(number, seen_by=agent)
    await read_notices(agent.id or 0, at=now(), ticket_id=ticket.id)
    return await _bell(agent) if wants_fragment(request) else see_other("/console/notices")


async def _bell(agent: SignedIn) -> Template:
    return render("notices/_bell.html", **await frame(agent))


async def _listed(agent: SignedIn, show: str, before: str | None) -> dict[str, Any]:
    page = await notices_of(agent, only_unread=show != "all", before=read_whole(before) if before else None)
    return {"groups": page.rows, "next": page.next, "show": "all" if show == "all" else "unread"}
