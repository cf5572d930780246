"""Customers: who they are and all that they asked."""

from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.response import Template

from helpdesk.console.asked import Cursor, Id, Me, Text, Typed
from helpdesk.console.conversation import person
from helpdesk.console.forms import Form
from helpdesk.console.rendering import frame, render, see_other, wants_fragment
from helpdesk.console.views import as_shown
from helpdesk.customers.profile import correct, profile_of
from helpdesk.kernel.errors import Conflict, Invalid
from helpdesk.kernel.language import _
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import demand
from helpdesk.tickets.listing import of_customer, related_to
from helpdesk.tickets.queries import find_ticket, page_of


class CustomersController(Controller):
    path = "/console/customers/{customer_id:int}"

    @get("/")
    async def show(self, agent: Me, customer_id: Id, after: Cursor = None, said: Text = "") -> Template:
        """The customer with a page of their tickets, as far as the agent may see them."""
        return await _page(agent, customer_id, after=after, said=said)

    @post("/", status_code=200)
    async def change(self, request: Request, agent: Me, customer_id: Id, form: Typed) -> Response:
        """Correct name, organisation, language and notes; beside a ticket the panel is the answer."""
        demand(agent, "change")
        typed = _fields(form, "")
        seen = _fields(form, "seen_") if form.has("seen_name") else None
        told: dict[str, Any] = {}
        status = 200
        try:
            await correct(customer_id, typed, seen=seen, by=agent, at=now())
        except Invalid as error:
            status, told = 422, {"person_errors": error.fields, "person_typed": typed, "person_seen": seen or typed}
        except Conflict as error:
            status, told = (
                409,
                {"person_errors": _told(error), "person_typed": typed, "person_seen": (seen or typed) | _theirs(error)},
            )
        number = form.whole("ticket")
        if wants_fragment(request) and number:
            ticket = await find_ticket(number, seen_by=agent)
            told |= await person(ticket, agent) | {"related": await related_to(ticket, seen_by=agent)}
            return render("inbox/_person_body.html", status=status, agent=agent, ticket=ticket, **told)
        if status != 200:
            return await _page(agent, customer_id, status=status, **told)
        return see_other(f"/console/tickets/{number}" if number else f"/console/customers/{customer_id}?said=saved")


def _fields(form: Form, prefix: str) -> dict[str, str]:
    lines = {name: form.line(f"{prefix}{name}") for name in ("name", "organisation", "language", "time_zone")}
    return lines | {"notes": form.text(f"{prefix}notes")}


def _theirs(conflict: Conflict) -> dict[str, str]:
    return {name: str(theirs) for name, (theirs, _yours) in conflict.fields.items()}


def _told(conflict: Conflict) -> dict[str, str]:
    """At each field what somebody else made of it; saving again makes it what stands in the form."""
    return {
        name: _("Somebody else changed this to “%(theirs)s”. Save again to keep yours.") % {"theirs": theirs or "–"}
        for name, theirs in _theirs(conflict).items()
    }


async def _page(agent: SignedIn, customer_id: int, *, after: str | None = None, **more: Any) -> Template:
    around = await frame(agent)
    customer = await profile_of(customer_id)
    page = await page_of(of_customer(customer_id), seen_by=agent, cursor=after, with_details=True)
    shown = {"customer": customer, "tickets": as_shown(page.rows), "next": page.next, "said": ""}
    return render("settings/customer.html", **(around | shown | more))
