"""The promised times of one ticket: all of them, how each came about, and a due time set by hand."""

from datetime import datetime
from typing import Any

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.response import Template

from helpdesk.console.asked import Id, Me, Typed
from helpdesk.console.changed import changed, refused
from helpdesk.console.pills import Pill, pill
from helpdesk.console.rendering import frame, render, wants_fragment
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _, moment, reader, zone
from helpdesk.kernel.spoken_dates import understand
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import demand, may
from helpdesk.promises.pinning import VERB, set_due
from helpdesk.promises.reading import Promised, clocks_of, explain_one
from helpdesk.promises.telling import course, in_short
from helpdesk.tickets.queries import find_ticket
from helpdesk.tickets.tables import Ticket
from sla import moves
from sla.clock import State
from sla.standing import Nearest, standing
from sla.words import METRICS


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A promise in the panel; `percent` of its target is used, at most all."""

    id: int
    name: str
    pill: Pill
    used: int
    target: int
    percent: int
    due_at: datetime | None
    is_pinned: bool
    can_be_pinned: bool
    promised: Promised


class PromisesController(Controller):
    path = "/console/tickets/{number:int}/promises"

    @get("/")
    async def show(self, request: Request, number: Id, agent: Me) -> Template:
        """All that is promised about the ticket, for its menu or as a page; what is over stands behind the rest."""
        ticket = await find_ticket(number, seen_by=agent)
        context: dict[str, Any] = {"agent": agent, "ticket": ticket} | await _shown(ticket, agent)
        if wants_fragment(request):
            return render("inbox/_promises.html", **context)
        return render("inbox/promises.html", **(await frame(agent) | context))

    @get("/{clock_id:int}")
    async def explain(self, request: Request, number: Id, clock_id: Id, agent: Me) -> Template:
        """How one of them came about."""
        ticket, at = await find_ticket(number, seen_by=agent), now()
        one, found = await explain_one(ticket, clock_id, at=at)
        context: dict[str, Any] = {
            "one": one,
            "short": in_short(found),
            "course": course(found),
            "ticket": ticket,
            "agent": agent,
        }
        if wants_fragment(request):
            return render("inbox/_explained.html", **context)
        return render("inbox/explained.html", **(await frame(agent) | context), name=_(METRICS[one.metric]))

    @post("/{clock_id:int}/due", status_code=200)
    async def set_due(self, request: Request, number: Id, clock_id: Id, agent: Me, form: Typed) -> Response:
        """Due at a time in somebody's own words, or again as it is reckoned."""
        demand(agent, VERB)
        ticket = await find_ticket(number, seen_by=agent)
        try:
            due = None if form.is_checked("reckon") else _spoken(form.line("due"))
            is_new = await set_due(ticket, clock_id, due, by=agent, at=now())
        except Invalid as error:
            return await refused(request, ticket, agent, error)
        said = _("Due %(when)s.") % {"when": moment(due, "short")} if due else _("The due time is reckoned again.")
        return await changed(request, ticket, agent, said=said if is_new else "")


async def _shown(ticket: Ticket, agent: SignedIn) -> dict[str, Any]:
    at = now()
    found = [(one, one.nearest) for one in await clocks_of(ticket)]
    shown = [_one(one, nearest, ticket, agent, at) for one, nearest in found if nearest]
    return {
        "current": [one for one in shown if not one.promised.is_over],
        "past": [one for one in shown if one.promised.is_over],
    }


def _one(one: Promised, nearest: Nearest, ticket: Ticket, agent: SignedIn, at: datetime) -> Shown:
    clock, hours = one.clock, one.hours[one.clock.calendar_version]
    used = moves.used(clock, at, hours)
    return Shown(
        id=one.id, name=_(METRICS[one.metric]), pill=pill(nearest, standing(nearest, hours, at), ticket.status, at), used=used,
        target=nearest.target, percent=min(100, 100 * used // max(1, nearest.target)), due_at=clock.due_at, is_pinned=clock.is_pinned, promised=one,
        can_be_pinned=may(agent, VERB) and clock.state is State.RUNNING and not clock.breached_at,
    )  # fmt: skip


def _spoken(said: str) -> datetime:
    return understand(said, at=now(), zone=zone(reader().time_zone), language=reader().language, field="due")
