"""A ticket that an agent begins: what a customer said on the phone, or a mail to a customer."""

from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.response import Template

from helpdesk.console.asked import Me, Text, Typed
from helpdesk.console.forms import Form, new_once
from helpdesk.console.rendering import frame, render
from helpdesk.console.writing import LARGEST_FORM, lead_to_ticket_of, take_once
from helpdesk.customers.finding import find_or_create
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
from helpdesk.tickets.tables import Message, Priority

NEW = {"email": "", "name": "", "subject": "", "text": "", "team": None, "priority": Priority.NORMAL, "kind": "mail"}


class NewTicketsController(Controller):
    path = "/console/tickets/new"
    request_max_body_size = LARGEST_FORM

    @get("/")
    async def show(self, agent: Me, email: Text = "", name: Text = "") -> Template:
        return await _page(agent, NEW | {"email": email, "name": name})

    @post("/", status_code=200)
    async def create(self, request: Request, agent: Me, form: Typed) -> Response:
        demand(agent, "open")
        typed = {name: form.line(name) for name in ("email", "name", "subject", "priority", "kind")}
        typed |= {"text": form.text("text"), "team": form.whole("team")}

        async def begin(draft: Draft) -> Message:
            _check(typed, form)
            return await _begin(typed, draft, agent)

        kept: list[int] = []
        try:
            message = await take_once(form, agent, begin, kept)
        except Invalid as error:
            uploads = await unsent_uploads(kept, of=agent)
            return await _page(agent, typed, uploads=uploads, errors=error.fields, status=422)
        return await lead_to_ticket_of(request, message, agent)


async def _begin(typed: dict[str, Any], draft: Draft, agent: SignedIn) -> Message:
    at = now()
    customer = await find_or_create(typed["email"], typed["name"], language=language_of(draft.body_text), at=at)
    begin = write_to if typed["kind"] == "mail" else open_for
    chosen = {name: typed[name] for name in ("subject", "team", "priority")}
    _ticket, message = await begin(customer, **chosen, draft=draft, by=agent, at=at)
    return message


def _check(typed: dict[str, Any], form: Form) -> None:
    """All that is wrong at once, each at its field."""
    wrong = {}
    try:
        form.choice("team")
    except Invalid as error:
        wrong |= error.fields
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
        "settings/new_ticket.html", status=status, **await frame(agent), once=new_once(), typed=typed, errors=errors or {}, uploads=uploads or [],
        people=await directory(),
    )  # fmt: skip
