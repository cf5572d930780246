"""Snoozing a ticket from its header: a suggestion, or a time in one's own words."""

from datetime import datetime
from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.response import Template

from helpdesk.console.asked import Id, Me, Text, Typed
from helpdesk.console.changed import Undo, changed, refused
from helpdesk.console.going_on import place_of
from helpdesk.console.rendering import render
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _, moment, reader, zone
from helpdesk.kernel.spoken_dates import understand
from helpdesk.kernel.time import now
from helpdesk.people.permissions import demand
from helpdesk.tickets.queries import find_ticket
from helpdesk.tickets.snoozing import UNTIL_REPLY, snooze, wake


class SnoozingController(Controller):
    path = "/console"

    @get("/snooze/preview", part_of="/console")
    async def preview(self, agent: Me, until: Text = "") -> Template:
        """What a time in somebody's own words is understood as; nothing for nothing."""
        shown: dict[str, Any]
        try:
            shown = {"understood": _spoken(until)} if until.strip() else {}
        except Invalid as error:
            shown = {"refusal": error.fields["until"]}
        return render("inbox/_understood.html", agent=agent, **shown)

    @post("/tickets/{number:int}/snooze", status_code=200)
    async def snooze(self, request: Request, number: Id, agent: Me, form: Typed) -> Response:
        """Snooze until the `moment` of a suggestion, `reply` (the customer writes) or `until`, in words; or `wake` it."""
        demand(agent, "change")
        ticket = await find_ticket(number, seen_by=agent)
        place = None if form.is_checked("wake") else await place_of(request, ticket, agent)
        try:
            if form.is_checked("wake"):
                is_new = await wake(ticket, by=agent, at=now())
            else:
                chosen = "reply" if form.is_checked("reply") else form.line("moment")
                is_new = await snooze(ticket, time_of(chosen, form.line("until")), by=agent, at=now())
        except Invalid as error:
            return await refused(request, ticket, agent, error)
        said = told_of(ticket.snoozed_until) if is_new else ""
        undo = Undo("undo", {"version": ticket.version})
        return await changed(request, ticket, agent, said=said, undo=undo, place=place)


def time_of(chosen: str, typed: str) -> datetime:
    """The time that was chosen from the list, `reply` for the customer's next message, else what was typed; raises Invalid."""
    if chosen == "reply":
        return UNTIL_REPLY
    if not chosen:
        return _spoken(typed)
    try:
        at = datetime.fromisoformat(chosen)
    except ValueError as error:
        raise Invalid(until=_("Choose one of the list.")) from error
    if at.tzinfo is None:
        raise Invalid(until=_("Choose one of the list."))
    return at


def _spoken(said: str) -> datetime:
    return understand(said, at=now(), zone=zone(reader().time_zone), language=reader().language)


def told_of(until: datetime | None) -> str:
    """Until when a ticket is snoozed, in words; None is not at all."""
    if until is None:
        return _("Not snoozed any more.")
    if until == UNTIL_REPLY:
        return _("Snoozed until the customer writes.")
    return _("Snoozed until %(when)s.") % {"when": moment(until, "short")}
