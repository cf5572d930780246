"""A ticket that an agent begins: a mail to a customer, or what somebody said on the phone."""

import asyncio
from typing import Any

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.response import Template

from helpdesk.channels.email.sanitising import cids_shown, sanitise
from helpdesk.channels.phone import phone
from helpdesk.console.asked import Me, Text, Typed
from helpdesk.console.composing import read_text
from helpdesk.console.forms import Form, new_once
from helpdesk.console.rendering import frame, render, see_other
from helpdesk.console.writing import LARGEST_FORM, lead_to_ticket_of, take_once
from helpdesk.customers.editing import add_customer, add_identity, normal_value
from helpdesk.customers.finding import find_or_create
from helpdesk.customers.listing import list_customers
from helpdesk.customers.tables import Customer, Identity
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import LANGUAGES, _, utc
from helpdesk.kernel.text import language_of
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.agents import is_address
from helpdesk.people.directory import directory
from helpdesk.people.permissions import demand
from helpdesk.tickets import drafting
from helpdesk.tickets.attachments import unsent_uploads
from helpdesk.tickets.beginning import note_for, open_for, write_to
from helpdesk.tickets.replying import Draft, Unfilled
from helpdesk.tickets.tables import DraftKind, KeptDraft, Message, Priority

NEW = {
    "customer": "", "email": "", "phone": "", "name": "", "language": "", "subject": "", "text": "", "html": "", "team": "",
    "priority": Priority.NORMAL, "kind": "mail",
}  # fmt: skip
KEPT = ("customer", "email", "phone", "name", "language", "subject", "team", "priority", "kind")
"""What a draft of it keeps besides the text."""
KINDS = ("mail", "call", "note")
NO_CONTENT = 204
MOST_FOUND = 8


class NewTicketsController(Controller):
    path = "/console/tickets/new"
    request_max_body_size = LARGEST_FORM

    @get("/")
    async def show(self, agent: Me, email: Text = "", name: Text = "", phone: Text = "") -> Template:
        """The draft, if there is one and nobody in particular is written to."""
        draft = None if email or phone else (await drafting.drafts_of(agent, None)).get(DraftKind.NEW)
        if draft:
            typed = NEW | drafting.fields_of(draft) | {"text": draft.text, "html": draft.html or ""}
            return await _page(agent, typed, uploads=draft.uploads, draft=draft)
        return await _page(agent, NEW | {"email": email, "name": name, "phone": phone, "kind": "call" if phone else "mail"})  # fmt: skip

    @get("/people", part_of="/console/tickets/new")
    async def find(self, agent: Me, q: Text = "") -> Template:
        """Customers to choose from, by name, address or number."""
        demand(agent, "open")
        found = await list_customers(q=q, limit=MOST_FOUND) if q.strip() else []
        return render("settings/_people_found.html", agent=agent, found=[_as_choice(one) for one in found], q=q)

    @post("/drafts/new", status_code=200)
    async def save(self, agent: Me, form: Typed) -> Response:
        """Keep what is typed; see `drafts.DraftsController.save`."""
        demand(agent, "open")
        saved = await drafting.keep(
            await _as_draft(form, agent), kind=DraftKind.NEW, ticket_id=None, once=drafting.own_once(form.line("once"), agent),
            version=form.whole("version") or 0, by=agent, at=now(),
        )  # fmt: skip
        if saved is None:
            return Response(b"", status_code=NO_CONTENT)
        return Response({"version": saved.version, "at": utc(saved.at), "behind": saved.is_behind})

    @post("/drafts/new/discard", status_code=200)
    async def discard(self, agent: Me, form: Typed) -> Response:
        once = drafting.own_once(form.line("once"), agent)
        await drafting.discard(kind=DraftKind.NEW, ticket_id=None, once=once, by=agent, at=now())
        return see_other("/console/tickets/new")

    @post("/", status_code=200)
    async def create(self, request: Request, agent: Me, form: Typed) -> Response:
        demand(agent, "open")
        typed: dict[str, Any] = (
            NEW
            | {name: form.line(name) for name in KEPT if form.has(name)}
            | {"text": form.text("text"), "html": form.text("html")}
        )

        async def begin(draft: Draft) -> Message:
            _check(typed, form)
            return await _begin(typed, draft, agent)

        kept: list[int] = []
        try:
            audience = "internal" if typed["kind"] == "note" else "public"
            message = await take_once(form, agent, begin, kept, audience=audience)
        except Invalid as error:
            typed |= await _written(form, agent)
            unfilled = error.names if isinstance(error, Unfilled) else []
            return await _page(agent, typed, uploads=kept, errors=error.fields, unfilled=unfilled, status=422)
        return await lead_to_ticket_of(request, message, agent)


async def _written(form: Form, agent: SignedIn) -> dict[str, str]:
    """The words as they would have been sent: without the editor, changed words leave the HTML that they were."""
    try:
        written = await read_text(form, agent, [])
    except Invalid:
        return {"html": ""}
    return {"text": written.text, "html": written.html or ""}


async def _begin(typed: dict[str, Any], draft: Draft, agent: SignedIn) -> Message:
    at = now()
    customer = await _customer(typed, agent)
    chosen: dict[str, Any] = {
        "subject": typed["subject"], "team": int(typed["team"]) if typed["team"] else None, "priority": typed["priority"],
        "language": typed["language"] or None,
    }  # fmt: skip
    if typed["kind"] == "mail":
        _ticket, message = await write_to(customer, **chosen, draft=draft, by=agent, at=at)
    else:
        begin = open_for if typed["kind"] == "call" else note_for
        _ticket, message = await begin(customer, **chosen, draft=draft, by=agent, at=at, channel=await phone(at=at))
    await drafting.sent(DraftKind.NEW, ticket_id=None, by=agent, **draft.kept(DraftKind.NEW))
    return message


async def _customer(typed: dict[str, Any], agent: SignedIn) -> Customer:
    """Who was chosen; or whose address or number it is, made when nobody has it."""
    at = now()
    number = normal_value("phone", typed["phone"], field="phone") if typed["phone"] else ""
    if typed["customer"]:
        customer_id = int(typed["customer"])
    elif typed["email"]:
        language = typed["language"] or language_of(typed["text"])
        customer_id = (await find_or_create(typed["email"], typed["name"], language=language, at=at)).id
    else:
        known = await Identity.objects().get((Identity.kind == "phone") & (Identity.value == number))
        more = {"language": typed["language"]} if typed["language"] else {}
        customer_id = known.customer if known else await add_customer(
            identities=[("phone", number)], by=agent, at=at, name=typed["name"], **more
        )  # fmt: skip
    if number and (typed["customer"] or typed["email"]):
        await add_identity(customer_id, "phone", number, by=agent, at=at, field="phone")
    found = await Customer.objects().get(Customer.id == customer_id)
    if found is None:
        raise Invalid(customer=_("There is no such customer. Search again."))
    return found


def _check(typed: dict[str, Any], form: Form) -> None:
    """All that is wrong at once, each at its field."""
    wrong = {}
    try:
        form.choice("team")
    except Invalid as error:
        wrong |= error.fields
    if typed["email"] and not is_address(typed["email"].lower()):
        wrong["email"] = _("This is not an e-mail address.")
    elif not (typed["customer"] or typed["email"] or (typed["phone"] and typed["kind"] != "mail")):
        wrong["email"] = _("Give the address that it goes to.") if typed["kind"] == "mail" else _("Give an address or a number, so that the customer can be recognised.")  # fmt: skip
    if typed["customer"] and form.whole("customer") is None:
        wrong["customer"] = _("There is no such customer. Search again.")
    if not typed["subject"]:
        wrong["subject"] = _("A ticket needs a subject.")
    if not typed["text"].strip():
        wrong["text"] = _("Write something before you send it.")
    if typed["priority"] not in set(Priority):
        wrong["priority"] = _("There is no such priority.")
    if typed["kind"] not in KINDS:
        wrong["kind"] = _("Choose what it is.")
    if typed["language"] and typed["language"] not in LANGUAGES:
        wrong["language"] = _("This language is not spoken here.")
    if wrong:
        raise Invalid(**wrong)


async def _as_draft(form: Form, agent: SignedIn) -> drafting.Typed:
    """Fields that are as an empty form has them say nothing."""
    fields = {name: form.line(name) for name in KEPT if form.line(name) != str(NEW[name])}
    return msgspec.structs.replace(await read_text(form, agent, form.wholes("attachment_ids")), fields=fields)


def _as_choice(row: dict[str, Any]) -> dict[str, Any]:
    """The customer with the handles that the form has fields for."""
    first = {kind: next((one["value"] for one in row["identities"] if one["kind"] == kind), "") for kind in ("email", "phone")}  # fmt: skip
    return {"id": row["id"], "name": row["name"], "language": row["language"] or "", **first}


async def _page(
    agent: SignedIn, typed: dict[str, Any], *, errors: dict[str, str] | None = None, uploads: list[int] | None = None, status: int = 200,
    draft: KeptDraft | None = None, unfilled: list[str] | None = None,
) -> Template:  # fmt: skip
    demand(agent, "open")
    html = await asyncio.to_thread(sanitise, typed["html"]) if typed["html"] else None
    inside = cids_shown(html.html) if html else set()
    files = [one for one in await unsent_uploads(uploads or [], of=agent) if one.content_id not in inside]
    return render(
        "settings/new_ticket.html", status=status, **await frame(agent), once=new_once(), typed=typed | {"html": html.html if html else ""}, errors=errors or {}, uploads=files,
        draft=draft, people=await directory(), unfilled=unfilled or [],
    )  # fmt: skip
