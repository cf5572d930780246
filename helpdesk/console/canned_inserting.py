"""Putting a canned text, or a colleague's name, into what is being written: the lists that open while one types, and without scripts a choice."""

import msgspec
from litestar import Request, Response, get, post
from litestar.response import Template

from helpdesk.channels.email.html_text import paragraphs
from helpdesk.console.asked import Id, Me, Text, Typed
from helpdesk.console.composing import read_typed
from helpdesk.console.forms import LARGEST_SMALL_ID, Form, read_whole
from helpdesk.console.inbox import view_of, whole_page
from helpdesk.console.rendering import direction_of, render
from helpdesk.console.writing import read_draft
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import demand, may
from helpdesk.tickets.canned_filling import Filled, fill, first_name, language_for, values_for
from helpdesk.tickets.canned_texts import Canned, count_use, find_canned, list_canned, offered
from helpdesk.tickets.drafting import Typed as DraftTyped
from helpdesk.tickets.mentioning import mentionable
from helpdesk.tickets.queries import find_ticket
from helpdesk.tickets.tables import Ticket

MOST, MOST_CHOSEN = 8, 300
MODES = ("reply", "note", "forward")


@get("/console/canned-texts/options", part_of="/console/canned-texts")
async def offer_texts(agent: Me, q: Text = "", ticket: Text = "") -> Template:
    """What fits, as options of a list, in the language of the ticket's customer."""
    demand(agent, "note")
    about = await _ticket(ticket, agent)
    language = language_for(about, agent)
    values = await values_for(about, by=agent, language=language)
    found = [(one, _said(one, language, values)) for one in await offered(q, to=agent, most=MOST)]
    return render("inbox/_canned_options.html", found=found, language=language, direction_of=direction_of, q=q)


@post("/console/canned-texts/{text_id:int}/use", status_code=200)
async def use_text(agent: Me, text_id: Id, form: Typed) -> Response:
    """The text for this ticket as JSON: `text`, `html`, `language`, and the placeholders that are `missing`; the use is counted."""
    demand(agent, "note")
    filled = await _filled(text_id, await _ticket(form.line("ticket"), agent), agent, form)
    return Response(msgspec.structs.asdict(filled))


@post("/console/tickets/{number:int}/canned-text", status_code=200)
async def insert_text(request: Request, number: Id, agent: Me, form: Typed) -> Response | Template:
    """Without scripts: the page with a choice of texts, and the chosen one behind what is typed."""
    ticket = await find_ticket(number, seen_by=agent)
    demand(agent, "note")
    kept: list[int] = []
    errors: dict[str, str] = {}
    try:
        await read_draft(form, agent, kept, goes_out=False)  # the files that came with the form
    except Invalid as error:
        errors = error.fields
    mode = form.line("mode") if form.line("mode") in MODES else "reply"
    held = await read_typed(form, mode, agent, kept)
    chosen = form.whole("canned") or 0
    if 0 < chosen <= LARGEST_SMALL_ID:
        held = _with(held, await _filled(chosen, ticket, agent, form))
    shown = {"mode": mode, "typed": held, "errors": errors, "canned": await list_canned(by=agent, most=MOST_CHOSEN)}
    return await whole_page(number, agent, view=view_of(request), typed=shown)


@get("/console/tickets/{number:int}/mentions/options", part_of="/console/tickets/{number}")
async def offer_people(number: Id, agent: Me, q: Text = "") -> Template:
    """Colleagues and teams who fit, and whether they would be told; those who would not come last, with the reason."""
    ticket = await find_ticket(number, seen_by=agent)
    demand(agent, "note")
    found = await mentionable(q, ticket=ticket, by=agent)
    return render("inbox/_mention_options.html", found=found[:MOST], lets_in=may(agent, "let_in"), q=q)


async def _ticket(number: str, agent: SignedIn) -> Ticket | None:
    return await find_ticket(read_whole(number) or 0, seen_by=agent) if number else None


async def _filled(text_id: int, ticket: Ticket | None, agent: SignedIn, form: Form) -> Filled:
    found, language = await find_canned(text_id, by=agent), language_for(ticket, agent)
    values = await values_for(ticket, by=agent, language=found.version_for(language)[0])
    await count_use(text_id, at=now())
    return _said(found, language, values if ticket else values | _typed_values(form))


def _said(one: Canned, language: str, values: dict[str, str]) -> Filled:
    """What the text says, in this language where it is written in it."""
    known, version = one.version_for(language)
    return fill(version.text, version.html, known, values)


def _typed_values(form: Form) -> dict[str, str]:
    """Of a ticket that is only being written: what its form says."""
    name = form.line("name")
    return {
        "customer.name": name, "customer.first_name": first_name(name), "customer.email": form.line("email"),
        "ticket.subject": form.line("subject"),
    }  # fmt: skip


def _with(held: DraftTyped, filled: Filled) -> DraftTyped:
    """Behind what is there; plain where the draft is plain."""
    html = None
    if held.html:
        html = held.html + (filled.html or paragraphs(filled.text))
    return msgspec.structs.replace(held, text="\n\n".join(one for one in (held.text.rstrip(), filled.text) if one), html=html)  # fmt: skip
