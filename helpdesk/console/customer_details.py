"""A customer's addresses and numbers, notes, blocks: each change a form of its own, and the page again."""

from collections.abc import Awaitable

from litestar import Controller, Request, Response, post

from helpdesk.console.asked import Id, Me, Typed
from helpdesk.console.customers import customer_page, panel
from helpdesk.console.rendering import see_other, wants_fragment
from helpdesk.customers.editing import add_identity, change_customer, make_primary, remove_identity, verify
from helpdesk.customers.noting import add_note, remove_note
from helpdesk.customers.suppressing import lift
from helpdesk.customers.tables import IdentityKind
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.profiles.blocking import block, unblock

SIGHTS = {"": None, "always": True, "never": False}


class CustomerDetailsController(Controller):
    path = "/console/customers/{customer_id:int}"

    @post("/identities", status_code=200)
    async def add(self, agent: Me, customer_id: Id, form: Typed) -> Response:
        typed = {"kind": form.line("kind"), "value": form.line("value")}
        if typed["kind"] not in set(IdentityKind):
            return await customer_page(agent, customer_id, status=422, errors={"kind": _("Choose one of the list.")})
        adding = add_identity(customer_id, typed["kind"], typed["value"], by=agent, at=now())
        return await _done(agent, customer_id, adding, typed=typed)

    @post("/identities/{identity_id:int}/primary", status_code=200)
    async def prefer(self, agent: Me, customer_id: Id, identity_id: Id) -> Response:
        return await _done(agent, customer_id, make_primary(customer_id, identity_id, by=agent, at=now()))

    @post("/identities/{identity_id:int}/verification", status_code=200)
    async def verify(self, agent: Me, customer_id: Id, identity_id: Id, form: Typed) -> Response:
        verifying = verify(customer_id, identity_id, verified=form.is_checked("verified"), by=agent, at=now())
        return await _done(agent, customer_id, verifying)

    @post("/identities/{identity_id:int}/removal", status_code=200)
    async def remove(self, agent: Me, customer_id: Id, identity_id: Id) -> Response:
        return await _done(agent, customer_id, remove_identity(customer_id, identity_id, by=agent, at=now()))

    @post("/suppressions/{suppression_id:int}/lift", status_code=200)
    async def lift(self, agent: Me, customer_id: Id, suppression_id: Id) -> Response:
        return await _done(agent, customer_id, lift(suppression_id, by=agent))

    @post("/block", status_code=200)
    async def set_block(self, agent: Me, customer_id: Id, form: Typed) -> Response:
        """Keep their mail out (`blocked`), or let it in again."""
        blocked = form.is_checked("blocked")
        setting = block(customer_id, by=agent, at=now()) if blocked else unblock(customer_id, by=agent)
        return await _done(agent, customer_id, setting)

    @post("/sees-colleagues", status_code=200)
    async def set_sight(self, agent: Me, customer_id: Id, form: Typed) -> Response:
        """Whether the portal shows them the requests of their organisation: always, never, or as it shares ("")."""
        chosen = form.line("sees_colleagues")
        if chosen not in SIGHTS:
            wrong = {"sees_colleagues": _("Choose one of the list.")}
            return await customer_page(agent, customer_id, status=422, errors=wrong)
        setting = change_customer(customer_id, by=agent, at=now(), sees_colleagues=SIGHTS[chosen])
        return await _done(agent, customer_id, setting)

    @post("/notes", status_code=200)
    async def note(self, request: Request, agent: Me, customer_id: Id, form: Typed) -> Response:
        """Add a note; beside a ticket the panel is the answer."""
        body, number = form.text("body"), form.whole("ticket")
        adding = add_note(customer_id, body, by=agent, at=now())
        if not (wants_fragment(request) and number):
            return await _done(agent, customer_id, adding, typed={"body": body}, at="#notes")
        try:
            await adding
        except Invalid as error:
            return await panel(agent, number, status=422, note_errors=error.fields, note_typed=body)
        return await panel(agent, number)

    @post("/notes/{note_id:int}/removal", status_code=200)
    async def remove_note(self, agent: Me, customer_id: Id, note_id: Id) -> Response:
        return await _done(agent, customer_id, remove_note(customer_id, note_id, by=agent), at="#notes")


async def _done(
    agent: SignedIn, customer_id: int, doing: Awaitable[object], *, typed: dict[str, str] | None = None, at: str = ""
) -> Response:
    """The customer's page after the change, or with what is wrong at its field."""
    try:
        await doing
    except Invalid as error:
        return await customer_page(agent, customer_id, status=422, errors=error.fields, typed=typed or {})
    return see_other(f"/console/customers/{customer_id}?said=saved{at}")
