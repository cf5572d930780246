"""Customers: who they are and all that they asked."""

from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.response import Template

from helpdesk.console.asked import Cursor, Id, Me, Text, Typed
from helpdesk.console.conversation import person
from helpdesk.console.rendering import frame, render, see_other, wants_fragment
from helpdesk.console.views import with_details
from helpdesk.customers.profile import correct, profile_of
from helpdesk.kernel.errors import Invalid
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
        typed = {name: form.line(name) for name in ("name", "organisation", "language")} | {"notes": form.text("notes")}
        errors: dict[str, str] = {}
        try:
            await correct(customer_id, **typed, at=now())
        except Invalid as error:
            errors = error.fields
        told: dict[str, Any] = {"person_errors": errors, "person_typed": typed} if errors else {}
        number = form.whole("ticket")
        if wants_fragment(request) and number:
            ticket = await find_ticket(number, seen_by=agent)
            told |= await person(ticket, agent) | {"related": await related_to(ticket, seen_by=agent)}
            return render("inbox/_person_body.html", status=422 if errors else 200, agent=agent, ticket=ticket, **told)
        if errors:
            return await _page(agent, customer_id, status=422, **told)
        return see_other(f"/console/tickets/{number}" if number else f"/console/customers/{customer_id}?said=saved")


async def _page(agent: SignedIn, customer_id: int, *, after: str | None = None, **more: Any) -> Template:
    around = await frame(agent)
    customer = await profile_of(customer_id)
    page = await page_of(of_customer(customer_id), seen_by=agent, cursor=after)
    shown = {"customer": customer, "tickets": await with_details(page.rows), "next": page.next, "said": ""}
    return render("settings/customer.html", **(around | shown | more))
