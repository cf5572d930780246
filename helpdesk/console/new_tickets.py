"""A ticket that an agent begins: what a customer said on the phone, or a mail to a customer."""

from typing import Any

from litestar import Controller, Response, get, post
from litestar.response import Template

from helpdesk.console.asked import Me, Text, Typed
from helpdesk.console.rendering import frame, render, see_other
from helpdesk.console.writing import LARGEST_FORM, read_draft
from helpdesk.customers.finding import find_or_create
from helpdesk.kernel.database import transaction
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _
from helpdesk.kernel.text import language_of
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.agents import is_address
from helpdesk.people.directory import directory
from helpdesk.people.permissions import demand
from helpdesk.tickets.attachments import unsent_uploads
from helpdesk.tickets.beginning import open_for, write_to
from helpdesk.tickets.replying import Draft
from helpdesk.tickets.tables import Priority, Ticket

NEW = {"email": "", "name": "", "subject": "", "text": "", "team": None, "priority": Priority.NORMAL, "kind": "mail"}


class NewTicketsController(Controller):
    path = "/console/tickets/new"
    request_max_body_size = LARGEST_FORM

    @get("/")
    async def show(self, agent: Me, email: Text = "", name: Text = "") -> Template:
        return await _page(agent, NEW | {"email": email, "name": name})

    @post("/", status_code=200)
    async def create(self, agent: Me, form: Typed) -> Response:
        demand(agent, "open")
        typed = {name: form.line(name) for name in ("email", "name", "subject", "priority", "kind")}
        typed |= {"text": form.text("text"), "team": form.whole("team")}
        draft = Draft(body_text="")
        try:
            _check(typed)
            draft = await read_draft(form, agent)
            ticket = await _open(typed, draft, agent)
        except Invalid as error:
            uploads = await unsent_uploads(draft.uploads or form.wholes("attachment_ids"), of=agent)
            return await _page(agent, typed, uploads=uploads, errors=error.fields, status=422)
        return see_other(f"/console/tickets/{ticket.number}")


async def _open(typed: dict[str, Any], draft: Draft, agent: SignedIn) -> Ticket:
    at = now()
    async with transaction():
        customer = await find_or_create(typed["email"], typed["name"], language=language_of(draft.body_text), at=at)
        begin = write_to if typed["kind"] == "mail" else open_for
        ticket, _message = await begin(
            customer,
            subject=typed["subject"],
            draft=draft,
            by=agent,
            at=at,
            team=typed["team"],
            priority=typed["priority"],
        )
    return ticket


def _check(typed: dict[str, Any]) -> None:
    """All that is wrong at once, each at its field."""
    wrong = {}
    if not is_address(typed["email"].lower()):
        wrong["email"] = _("This is not an e-mail address.")
    if not typed["subject"]:
        wrong["subject"] = _("A ticket needs a subject.")
    if not typed["text"].strip():
        wrong["text"] = _("Write something before you send it.")
    if typed["priority"] not in set(Priority):
        wrong["priority"] = _("There is no such priority.")
    if typed["kind"] not in ("mail", "call"):
        wrong["kind"] = _("Choose what it is.")
    if wrong:
        raise Invalid(**wrong)


async def _page(
    agent: SignedIn, typed: dict[str, Any], *, errors: dict[str, str] | None = None, uploads: list | None = None, status: int = 200
) -> Template:  # fmt: skip
    demand(agent, "open")
    return render(
        "settings/new_ticket.html", status=status, **await frame(agent), typed=typed, errors=errors or {}, uploads=uploads or [],
        people=await directory(),
    )  # fmt: skip
