"""Changing a ticket's fields where they stand, each by a form of its own that knows the version it was shown with."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from litestar import Controller, Request, Response, delete, get, post

from helpdesk.console.asked import Id, Me, Typed
from helpdesk.console.changed import Undo, changed, not_changed, refused
from helpdesk.console.forms import Form
from helpdesk.console.going_on import place_of
from helpdesk.console.inbox import view_of
from helpdesk.console.rendering import go
from helpdesk.console.words import FIELDS, PRIORITIES, STATUSES
from helpdesk.kernel.errors import Conflict, Invalid
from helpdesk.kernel.language import _
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.directory import Directory, directory
from helpdesk.people.permissions import demand
from helpdesk.tickets.conversation import events_of
from helpdesk.tickets.editing import edit
from helpdesk.tickets.followers import follow, unfollow
from helpdesk.tickets.muting import mute, unmute
from helpdesk.tickets.queries import find_ticket
from helpdesk.tickets.solving import reopen, solve
from helpdesk.tickets.tables import Status, Ticket
from helpdesk.tickets.tagging import tags_in_use
from helpdesk.tickets.undoing import undo

MOST_KNOWN_TAGS = 500


class FieldsController(Controller):
    path = "/console/tickets/{number:int}"

    @post("/subject", status_code=200)
    async def rename(self, request: Request, number: Id, agent: Me, form: Typed) -> Response:
        return await _edit(request, number, agent, form, "subject", Form.line)

    @post("/status", status_code=200)
    async def set_status(self, request: Request, number: Id, agent: Me, form: Typed) -> Response:
        return await _edit(request, number, agent, form, "status", Form.line)

    @post("/priority", status_code=200)
    async def prioritise(self, request: Request, number: Id, agent: Me, form: Typed) -> Response:
        return await _edit(request, number, agent, form, "priority", Form.line)

    @post("/team", status_code=200)
    async def move(self, request: Request, number: Id, agent: Me, form: Typed) -> Response:
        return await _edit(request, number, agent, form, "team", Form.choice)

    @post("/assignee", status_code=200)
    async def assign(self, request: Request, number: Id, agent: Me, form: Typed) -> Response:
        return await _edit(request, number, agent, form, "assignee", Form.choice)

    @post("/assignment/me", status_code=200)
    async def take(self, request: Request, number: Id, agent: Me, form: Typed) -> Response:
        return await _edit(request, number, agent, form, "assignee", lambda _form, _field: agent.id)

    @post("/tags", status_code=200)
    async def tag(self, request: Request, number: Id, agent: Me, form: Typed) -> Response:
        return await _edit(request, number, agent, form, "tags", read_tags)

    @post("/solution", status_code=200)
    async def solve(self, request: Request, number: Id, agent: Me, form: Typed) -> Response:
        """Solve it; `goes` is where to go from there, for this once."""
        demand(agent, "solve")
        ticket = await find_ticket(number, seen_by=agent)
        place = await place_of(request, ticket, agent, goes=form.line("goes"))
        try:
            is_new = await solve(ticket, by=agent, at=now())
        except Invalid as error:
            return await refused(request, ticket, agent, error)
        said = _("Solved.") if is_new else ""
        return await changed(request, ticket, agent, said=said, undo=_undo(ticket), place=place)

    @delete("/solution", status_code=200)
    async def reopen(self, request: Request, number: Id, agent: Me) -> Response:
        demand(agent, "solve")
        ticket = await find_ticket(number, seen_by=agent)
        try:
            is_new = await reopen(ticket, by=agent, at=now())
        except Invalid as error:
            return await refused(request, ticket, agent, error)
        return await changed(request, ticket, agent, said=_("Reopened.") if is_new else "", undo=_undo(ticket))

    @post("/undo", status_code=200)
    async def undo(self, request: Request, number: Id, agent: Me, form: Typed) -> Response:
        """Take back what the agent changed with the version `version`, unless somebody has changed it since."""
        ticket = await find_ticket(number, seen_by=agent)
        try:
            await undo(ticket, form.whole("version") or 0, by=agent, at=now())
        except Invalid as error:
            return await refused(request, ticket, agent, error)
        if ticket.merged_into is not None:  # what was split off is where it was
            return go(request, f"/console/tickets/{ticket.number}?view={quote(view_of(request), safe='')}")
        return await changed(request, ticket, agent)

    @post("/following", status_code=200)
    async def set_following(self, request: Request, number: Id, agent: Me, form: Typed) -> Response:
        """Follow the ticket (`follow`), or no more: every agent for themselves."""
        ticket = await find_ticket(number, seen_by=agent)
        follows = form.is_checked("follow")
        await (follow if follows else unfollow)(ticket, by=agent)
        said = _("You follow this ticket.") if follows else _("You do not follow this ticket any more.")
        undo = Undo("following", {"follow": "" if follows else "1"})
        return await changed(request, ticket, agent, said=said, undo=undo)

    @post("/muting", status_code=200)
    async def set_muted(self, request: Request, number: Id, agent: Me, form: Typed) -> Response:
        """Mute the ticket (`muted`), or let machines speak about it again."""
        ticket = await find_ticket(number, seen_by=agent)
        is_muted = form.is_checked("muted")
        is_new = await (mute if is_muted else unmute)(ticket, by=agent, at=now())
        said = _("Muted: nothing is sent by itself.") if is_muted else _("Not muted any more.")
        return await changed(request, ticket, agent, said=said if is_new else "", undo=_undo(ticket))


@get("/console/tags")
async def known_tags(agent: Me) -> list[str]:
    """Tags to choose from, the most used first."""
    return [name for name, _count in (await tags_in_use(seen_by=agent))[:MOST_KNOWN_TAGS]]


async def _edit(
    request: Request, number: int, agent: SignedIn, form: Form, field: str, read: Callable[[Form, str], Any]
) -> Response:
    ticket = await find_ticket(number, seen_by=agent)
    demand(agent, "change")
    value, before, place = None, ticket.version, await place_of(request, ticket, agent)
    try:
        value = read(form, field)
        await edit(ticket, {field: value}, by=agent, at=now(), seen_version=form.whole("version"))
    except Conflict as conflict:
        conflicts = await _told(conflict, ticket, await directory())
        return await not_changed(request, ticket, agent, 409, conflicts=conflicts, again=_again(ticket, field, value))
    except Invalid as error:
        return await refused(request, ticket, agent, error)
    said = await _said(ticket, field) if ticket.version != before else ""
    is_done = field == "status" and ticket.status in (Status.SOLVED, Status.CLOSED)
    return await changed(request, ticket, agent, said=said, undo=_undo(ticket), place=place if is_done else None)


async def _said(ticket: Ticket, field: str) -> str:
    value = in_words(field, getattr(ticket, field), await directory())
    return _("%(field)s: %(value)s") % {"field": _(FIELDS[field]), "value": value}


def _undo(ticket: Ticket) -> Undo:
    """Of the change that was the last when it was made."""
    return Undo("undo", {"version": ticket.version})


def read_tags(form: Form, name: str) -> list[str]:
    """Tags between commas of either script; raises Invalid when the field is not there, for empty it clears them."""
    if not form.has(name):
        raise Invalid(**{name: _("Something is missing or wrong.")})
    return form.line(name).replace("،", ",").split(",")


async def _told(conflict: Conflict, ticket: Ticket, people: Directory) -> list[dict[str, Any]]:
    """Both values of each field in words, and who set the other one."""
    events = await events_of(ticket.id, limit=100)
    told = []
    for field, (theirs, yours) in conflict.fields.items():
        setters = [event["actor_name"] for event in events if field in event["changes"]]
        told.append({
            "label": _(FIELDS[field]), "who": setters[-1] if setters else "",
            "theirs": in_words(field, theirs, people), "yours": in_words(field, yours, people),
        })  # fmt: skip
    return told


def in_words(field: str, value: Any, people: Directory) -> str:
    """A field's value as people read it."""
    match field:
        case "status":
            return _(STATUSES[value]) if value in STATUSES else str(value)
        case "priority":
            return _(PRIORITIES[value]) if value in PRIORITIES else str(value)
        case "team":
            return people.teams[value].name if value in people.teams else _("No team")
        case "assignee":
            return people.agents[value].name if value in people.agents else _("Nobody")
        case "tags":
            return _(", ").join(one.strip() for one in value) or _("no tags")
        case _:
            return str(value)


def _again(ticket: Ticket, field: str, value: Any) -> dict[str, Any]:
    """The form that asks for the same once more."""
    shown = ",".join(value) if isinstance(value, list) else "" if value is None else str(value)
    return {"path": f"/console/tickets/{ticket.number}/{field}", "fields": [(field, shown)]}
