"""The inbox: a view's list beside a conversation beside a customer, whole or in the parts that live updates ask for."""

import asyncio
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from litestar import Controller, Request, Response, get
from litestar.response import Redirect, Template

from helpdesk.console.asked import Cursor, Flag, Id, Me, Name, Text
from helpdesk.console.conversation import conversation, header, person, snoozes, whole_header
from helpdesk.console.finding import typed_in
from helpdesk.console.forms import read_whole
from helpdesk.console.rendering import frame, go, render, wants_fragment
from helpdesk.console.timeline import Timeline, links_in, newer, newest, one, was_taken_back
from helpdesk.console.views import MOST, SORTS, first_view, list_of, name_of, row_of, views_of
from helpdesk.kernel.errors import NotFound
from helpdesk.people.actor import SignedIn
from helpdesk.people.directory import Directory, directory
from helpdesk.tickets.queries import VIEWS, find_ticket, team_of
from helpdesk.tickets.relating import related_to
from helpdesk.tickets.tables import Ticket

NO_CONTENT = 204


class InboxController(Controller):
    path = "/console"

    @get("/")
    async def show(
        self, request: Request, agent: Me, view: Text = "", sort: Text = "", after: Text = "", said: Text = ""
    ) -> Template:
        """A view, and no conversation yet; for htmx that alone, in the place of one."""
        if wants_fragment(request) and "hx-history-restore-request" not in request.headers:
            return render("inbox/_closed.html", view_name=name_of(view or "mine", await directory()))
        return render("inbox/page.html", said=said, **await inbox(agent, view, sort=sort, after=after))

    @get("/views", part_of="/console")
    async def views(self, agent: Me, view: Text = "") -> Template:
        people = await directory()
        return render("inbox/_views.html", agent=agent, view=view, views=await views_of(agent, people), most=MOST)

    @get("/tickets")
    async def go_to(self, agent: Me, number: Text = "") -> Template | Redirect:
        """To the ticket with this number; Persian digits and a number sign will do."""
        try:
            ticket = await find_ticket(read_whole(number) or 0, seen_by=agent)
        except NotFound as error:
            return render("inbox/page.html", status=404, missing=str(error), **await inbox(agent, ""))
        return Redirect(f"/console/tickets/{ticket.number}")

    @get("/tickets/rows", part_of="/console")
    async def rows(self, agent: Me, view: Text = "mine", sort: Text = "", after: Cursor = None) -> Template:
        """The first rows of a view, or those behind a cursor with the next "load more"."""
        found = await list_of(view, agent, sort=sort, cursor=after)
        return render("inbox/_rows_and_more.html" if after else "inbox/_rows.html", agent=agent, view=view, **found)

    @get("/tickets/{number:int}")
    async def open(
        self, request: Request, agent: Me, number: Id, view: Text = "", sort: Text = "", before: Text = "", images: Text = "",
        formatted: Text = "", plain: Text = "", said: Text = "", merged: Text = "",
    ) -> Template | Redirect:  # fmt: skip
        """The ticket: the whole page, or for htmx its conversation and customer. A merged one's number leads to where it went.

        `images`, `formatted` and `plain` are the key of a message: with images from elsewhere, as its HTML, as text;
        `merged` the number that led here.
        """
        how: dict[str, Any] = {"images": images, "formatted": formatted, "plain": plain}
        from_ = read_whole(merged)
        if wants_fragment(request):
            shown = await conversation(number, agent, await directory(), before=before, merged=from_)
            leads_to = _goes_on(request, number, shown["ticket"])
            headers = {"hx-push-url": leads_to} if leads_to else {}
            return render(
                "inbox/_opened.html", headers=headers, agent=agent, view=view or "mine", sort=sort, **how, **shown
            )
        page = await whole_page(
            number, agent, view=view, sort=sort, before=before, said=said, typed={"merged": from_}, **how
        )
        leads_to = _goes_on(request, number, page.context["ticket"])
        return Redirect(leads_to) if leads_to else page

    @get("/tickets/{number:int}/row", part_of="/console/tickets/{number}")
    async def row(self, agent: Me, number: Id, view: Text = "mine", sort: Text = "") -> Template | Response:
        """The ticket's line in the view; nothing when it is not in the view any more."""
        found = await row_of(number, view, agent)
        if found is None:
            return Response(b"", status_code=NO_CONTENT)
        return render("inbox/_rows.html", agent=agent, view=view, sort=sort, tickets=[found])

    @get("/tickets/{number:int}/header", part_of="/console/tickets/{number}")
    async def header(self, request: Request, agent: Me, number: Id) -> Template:
        """The header anew, and the customer beside it."""
        ticket = await find_ticket(number, seen_by=agent)
        shown = await whole_header(ticket, await directory()) | await person(ticket, agent)
        related = await related_to(ticket, seen_by=agent)
        return render("inbox/_looked_again.html", agent=agent, view=view_of(request), related=related, **shown)

    @get("/tickets/{number:int}/timeline", part_of="/console/tickets/{number}")
    async def timeline(self, request: Request, agent: Me, number: Id, after: Text = "", before: Text = "") -> Template:
        """What is newer than an item, or the page of messages before one."""
        ticket = await find_ticket(number, seen_by=agent)
        found = await newest(ticket, before=before) if before else await newer(ticket, after)
        return await self._items(request, agent, ticket, found)

    @get("/tickets/{number:int}/timeline/{key:str}", part_of="/console/tickets/{number}")
    async def item(
        self, request: Request, agent: Me, number: Id, key: Name, images: Flag = False, formatted: Flag = False, plain: Flag = False
    ) -> Template | Response:  # fmt: skip
        """One item anew, nothing when it was taken back; with `images`, those from elsewhere are loaded; `formatted` as its HTML, `plain` as text."""
        ticket = await find_ticket(number, seen_by=agent)
        try:
            found = Timeline([await one(ticket, key)])
        except NotFound:
            if not await was_taken_back(ticket, key):
                raise
            return Response(b"", status_code=NO_CONTENT)
        asked = {"images": images, "formatted": formatted, "plain": plain}
        return await self._items(request, agent, ticket, found, **{how: key for how, is_so in asked.items() if is_so})

    @staticmethod
    async def _items(request: Request, agent: SignedIn, ticket: Any, found: Timeline, **how: str) -> Template:
        links = await links_in(found, seen_by=agent)
        shown: dict[str, Any] = {**header(ticket, await directory()), "timeline": found, "ticket_links": links, **how}
        return render("inbox/_items.html", agent=agent, view=view_of(request), **shown)


async def inbox(agent: SignedIn, view: str, *, sort: str = "", after: str = "") -> dict[str, Any]:
    """The frame, the views and a page of the chosen one; without a choice the agent's first."""
    around = await frame(agent)
    return around | await listed(agent, view, await directory(), sort=sort, after=after)


async def listed(agent: SignedIn, view: str, people: Directory, *, sort: str = "", after: str = "") -> dict[str, Any]:
    """The views and a page of the chosen one."""
    views = await views_of(agent, people)
    view = view or first_view(views)
    return {
        "people": people, "view": view, "view_name": name_of(view, people), "views": views, "most": MOST, "snoozes": snoozes(),
        **await list_of(view, agent, sort=sort, cursor=after or None),
    }  # fmt: skip


async def whole_page(
    number: int, agent: SignedIn, *, view: str = "", sort: str = "", before: str = "", status: int = 200,
    typed: dict[str, Any] | None = None, **more: Any,
) -> Template:  # fmt: skip
    """The inbox with the ticket open; `typed` goes into the composer."""
    around, people = await frame(agent), await directory()
    beside, opened = await asyncio.gather(  # outside of any transaction, each on a connection of its own
        listed(agent, view, people, sort=sort), conversation(number, agent, people, before=before, **(typed or {}))
    )
    shown: dict[str, Any] = around | beside | opened | more
    return render("inbox/page.html", status=status, **shown)


def merged_url(number: int, survivor: int, query: str) -> str:
    """The address of the ticket `survivor` that the other one goes on as; it says where one came from."""
    return f"/console/tickets/{survivor}?{query}{'&' if query else ''}merged={number}"


def out_of_sight(request: Request, said: str) -> Response:
    """Back to the view: what was done took the ticket out of the agent's own sight. `said` is `moved` or `opened`."""
    return go(request, f"/console?view={quote(view_of(request))}&said={said}")


def view_of(request: Request) -> str:
    """The view of the page that asks for a part of itself: what the part does not say, its page's address does."""
    asked = _asked_by_page(request, "view")
    return asked if asked in VIEWS or team_of(asked) or typed_in(asked) is not None else "mine"


def sort_of(request: Request) -> str:
    """The order of that view's list."""
    asked = _asked_by_page(request, "sort")
    return asked if asked in SORTS else ""


def _asked_by_page(request: Request, name: str) -> str:
    page = urlsplit(request.headers.get("referer", "")).query
    return request.query_params.get(name) or parse_qs(page).get(name, [""])[0]


def _goes_on(request: Request, number: int, shown: Ticket) -> str:
    """The address of the ticket that is shown for another number; empty when it is the one that was asked for."""
    return "" if shown.number == number else merged_url(number, shown.number, request.url.query)
