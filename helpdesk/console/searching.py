"""The search of tickets: a page of its own address, and its results alone while somebody types."""

from litestar import Controller, Request, get
from litestar.response import Redirect, Template

from helpdesk.console.asked import Me, Text
from helpdesk.console.finding import PREFIX
from helpdesk.console.forms import read_whole
from helpdesk.console.inbox import inbox
from helpdesk.console.rendering import render, wants_fragment
from helpdesk.console.views import list_of
from helpdesk.kernel.errors import NotFound
from helpdesk.kernel.language import _
from helpdesk.tickets.queries import find_ticket
from helpdesk.tickets.searching.asking import LONGEST


class SearchController(Controller):
    path = "/console/search"

    @get()
    async def show(self, request: Request, agent: Me, q: Text = "") -> Template | Redirect:
        """What is found, in the list; `#1042` leads to the ticket."""
        typed = q.replace("\x00", "")[: LONGEST + 1]
        view = PREFIX + typed
        if wants_fragment(request):
            return render(
                "inbox/_found.html", agent=agent, view=view, view_name=_("Search"), **await list_of(view, agent)
            )
        if typed.startswith("#") and (number := read_whole(typed)):
            try:
                return Redirect(f"/console/tickets/{(await find_ticket(number, seen_by=agent)).number}")
            except NotFound:
                pass  # the list says so
        return render("inbox/page.html", **await inbox(agent, view))
