"""Customers: the list, who they are, all that they asked, and erasing them."""

import asyncio
from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.response import Redirect, Template

from helpdesk.console.asked import Cursor, Id, Me, Text, Typed
from helpdesk.console.conversation import person
from helpdesk.console.forms import Form, read_whole
from helpdesk.console.own import ZONES
from helpdesk.console.rendering import frame, render, see_other, wants_fragment
from helpdesk.console.views import as_shown
from helpdesk.customers.editing import add_customer
from helpdesk.customers.finding import emails_of
from helpdesk.customers.noting import list_notes
from helpdesk.customers.profile import FIELDS, correct, profile_of
from helpdesk.customers.tables import IdentityKind, MergedKind, Organisation
from helpdesk.intake.erasing_customers import erase_customer, what_goes
from helpdesk.kernel.database import transaction
from helpdesk.kernel.errors import Conflict, Invalid
from helpdesk.kernel.language import _
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import demand
from helpdesk.profiles.blocking import blocks_of
from helpdesk.profiles.duplicates import suspects_of
from helpdesk.profiles.listing import Only, page_of_customers
from helpdesk.profiles.merging import merges_of
from helpdesk.profiles.merging_many import asked_of
from helpdesk.profiles.timeline import story_of
from helpdesk.tickets.listing import of_customer
from helpdesk.tickets.queries import find_ticket, page_of
from helpdesk.tickets.relating import related_to

NEW = dict.fromkeys((*FIELDS, "email", "phone"), "")
ONLY: dict[str, Only] = {"open": "open", "blocked": "blocked"}


class CustomersController(Controller):
    path = "/console/customers"

    @get("/")
    async def list_them(
        self, request: Request, agent: Me, q: Text = "", only: Text = "", organisation: Text = "", after: Cursor = None, said: Text = ""
    ) -> Template:  # fmt: skip
        """The customers by name; while one types, the results alone."""
        of = read_whole(organisation) if organisation else None
        found = await page_of_customers(
            seen_by=agent, q=q.strip(), only=ONLY.get(only, ""), organisation=of, after=after
        )
        shown: dict[str, Any] = {
            "customers": found.rows, "next": found.next, "q": q.strip(), "only": ONLY.get(only, ""), "said": said,
            "organisation": await Organisation.objects().get(Organisation.id == of) if of else None,
        }  # fmt: skip
        if wants_fragment(request):
            return render("customers/_customers.html", agent=agent, **shown)
        return render("customers/customers.html", **await frame(agent), **shown)

    @get("/new")
    async def new(self, agent: Me, email: Text = "", name: Text = "", organisation: Text = "") -> Template:
        return await _new(agent, NEW | {"email": email, "name": name, "organisation": organisation})

    @post("/new", status_code=200)
    async def create(self, agent: Me, form: Typed) -> Response:
        typed = _fields(form, "") | {name: form.line(name) for name in ("email", "phone")}
        given = [(kind, typed[kind]) for kind in (IdentityKind.EMAIL, IdentityKind.PHONE) if typed[kind]]
        try:
            async with transaction():
                customer_id = await add_customer(identities=[*given], by=agent, at=now())
                typed_fields = {name: typed[name] for name in FIELDS}
                if not typed_fields["organisation"]:  # the one that owns the address's domain stays
                    typed_fields["organisation"] = (await profile_of(customer_id))["organisation"] or ""
                await correct(customer_id, typed_fields, seen=None, by=agent, at=now())
        except Invalid as error:
            return await _new(agent, typed, errors=error.fields, status=422)
        return see_other(f"/console/customers/{customer_id}?said=created")

    @get("/{customer_id:int}")
    async def show(self, agent: Me, customer_id: Id, after: Cursor = None, said: Text = "") -> Response:
        """The customer with a page of their tickets, as far as the agent may see them."""
        return await customer_page(agent, customer_id, after=after, said=said)

    @post("/{customer_id:int}", status_code=200)
    async def change(self, request: Request, agent: Me, customer_id: Id, form: Typed) -> Response:
        """Correct name, organisation, language, time zone and what is lasting; beside a ticket the panel is the answer."""
        demand(agent, "change")
        seen = _fields(form, "seen_") if form.has("seen_name") else None
        typed = _fields(form, "")
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
            return await panel(agent, number, status=status, **told)
        if status != 200:
            return await customer_page(agent, customer_id, status=status, **told)
        return see_other(f"/console/tickets/{number}" if number else f"/console/customers/{customer_id}?said=saved")

    @get("/{customer_id:int}/erasure")
    async def ask(self, agent: Me, customer_id: Id) -> Template:
        """What would be gone, before it is."""
        return await _erasure(agent, customer_id)

    @post("/{customer_id:int}/erasure", status_code=200)
    async def erase(self, agent: Me, customer_id: Id, form: Typed) -> Response:
        if not form.is_checked("sure"):
            return await _erasure(agent, customer_id, refusal=_("Say that you are sure."), status=422)
        try:
            await erase_customer(customer_id, by=agent, at=now())
        except Invalid as error:
            return await _erasure(agent, customer_id, refusal=error.fields["customer"], status=422)
        return see_other("/console/customers?said=erased")


async def panel(agent: SignedIn, number: int, *, status: int = 200, **told: Any) -> Template:
    """The customer beside their ticket."""
    ticket = await find_ticket(number, seen_by=agent)
    told |= await person(ticket, agent) | {"related": await related_to(ticket, seen_by=agent)}
    return render("inbox/_person_body.html", status=status, agent=agent, ticket=ticket, **told)


async def customer_page(
    agent: SignedIn, customer_id: int, *, after: str | None = None, status: int = 200, **more: Any
) -> Template | Redirect:
    """The page of one customer; of one who was merged, the survivor's."""
    around = await frame(agent)
    customer = await profile_of(customer_id)
    if customer["merged_into"]:
        return see_other(f"/console/customers/{customer['merged_into']}?said=was-merged")
    page, notes, suspects, merges, asked = await asyncio.gather(
        page_of(of_customer(customer_id), seen_by=agent, cursor=after, with_details=True), list_notes(customer_id),
        suspects_of(customer_id), merges_of(MergedKind.CUSTOMER, customer_id), asked_of(MergedKind.CUSTOMER, customer_id),
    )  # fmt: skip
    story, blocks = await asyncio.gather(story_of(customer_id, seen_by=agent), _blocks(customer_id))
    shown = {
        "customer": customer, "tickets": await as_shown(page.rows), "next": page.next, "notes": notes, "suspects": suspects,
        "merges": merges, "asked": asked, "story": story, "blocks": blocks, "said": "", "errors": {}, "typed": {},
    }  # fmt: skip
    return render("customers/customer.html", status=status, **(around | shown | more))


async def _blocks(customer_id: int) -> dict[str, Any]:
    return await blocks_of(await emails_of(customer_id))


def _fields(form: Form, prefix: str) -> dict[str, str]:
    lines = {name: form.line(f"{prefix}{name}") for name in FIELDS if name != "notes"}
    return lines | {"notes": form.text(f"{prefix}notes")}


def _theirs(conflict: Conflict) -> dict[str, str]:
    return {name: str(theirs) for name, (theirs, _yours) in conflict.fields.items()}


def _told(conflict: Conflict) -> dict[str, str]:
    """At each field what somebody else made of it; saving again makes it what stands in the form."""
    return {
        name: _("Somebody else changed this to “%(theirs)s”. Save again to keep yours.") % {"theirs": theirs or "–"}
        for name, theirs in _theirs(conflict).items()
    }


async def _new(
    agent: SignedIn, typed: dict[str, str], *, errors: dict[str, str] | None = None, status: int = 200
) -> Template:
    demand(agent, "change")
    return render(
        "customers/new_customer.html", status=status, **await frame(agent), typed=typed, errors=errors or {}, zones=[(zone, zone) for zone in sorted(ZONES)],
    )  # fmt: skip


async def _erasure(agent: SignedIn, customer_id: int, *, refusal: str = "", status: int = 200) -> Template:
    going = await what_goes(customer_id, by=agent)
    return render(
        "customers/erasure.html", status=status, **await frame(agent), customer=await profile_of(customer_id), going=going, refusal=refusal
    )  # fmt: skip
