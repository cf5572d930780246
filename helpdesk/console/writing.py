"""Sending what the composer holds: replies, notes, questions to outsiders, follow-ups; files, and taking a reply back."""

import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

from litestar import Controller, Request, Response, post
from litestar.datastructures import UploadFile
from litestar.response import Template

from helpdesk.console.asked import Id, Me, Typed
from helpdesk.console.changed import LOOK_AGAIN
from helpdesk.console.composing import composer, read_text, read_typed
from helpdesk.console.conversation import header
from helpdesk.console.forms import LARGEST_SMALL_ID, Form
from helpdesk.console.going_on import Place, going, leads_to, place_of, shown_elsewhere
from helpdesk.console.inbox import out_of_sight, view_of, whole_page
from helpdesk.console.rendering import go, render, see_other, wants_fragment
from helpdesk.console.send_button import STATUS, Sending, read_sending
from helpdesk.console.timeline import Timeline, links_in, one
from helpdesk.kernel.database import transaction
from helpdesk.kernel.errors import Conflict, Invalid, NotFound
from helpdesk.kernel.language import _
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.directory import directory
from helpdesk.people.permissions import demand
from helpdesk.people.send_button import remember
from helpdesk.tickets.answering import answered
from helpdesk.tickets.asking import ask
from helpdesk.tickets.attachments import find_ticket_of
from helpdesk.tickets.beginning import follow_up
from helpdesk.tickets.conversation import newer_than
from helpdesk.tickets.drafting import draft_kind_of, is_note, own_once
from helpdesk.tickets.queries import find_ticket
from helpdesk.tickets.recipients import read_recipients
from helpdesk.tickets.repeating import sent_before
from helpdesk.tickets.replying import Draft, Unfilled, note, reply
from helpdesk.tickets.tables import Attachment, DraftKind, Message, Ticket
from helpdesk.tickets.taking_back import send_now, take_back, try_again
from helpdesk.tickets.uploading import upload

LARGEST_FORM = 80 * 1024 * 1024
"""Without scripts the files come with the form; the domain limits each."""


class WritingController(Controller):
    path = "/console"
    request_max_body_size = LARGEST_FORM

    @post("/tickets/{number:int}/replies", status_code=200)
    async def reply(self, request: Request, number: Id, agent: Me, form: Typed) -> Response:
        """Answer the customer; `then` says what becomes of the ticket, and when it leaves (`send_button`)."""
        ticket = await find_ticket(number, seen_by=agent)
        demand(agent, "reply")
        answering = form.whole("answering") or 0 if form.has("answering") else None
        sending = Sending()

        async def send(draft: Draft) -> Message:
            return await reply(
                ticket, draft, by=agent, at=now(), leaving=sending.leaving, status=STATUS[sending.sends], answering=answering,
                seen=form.whole("seen"),
            )  # fmt: skip

        place = await place_of(request, ticket, agent)
        kept: list[int] = []
        try:
            sending = read_sending(form)
            message = await take_once(form, agent, send, kept)
        except (Invalid, Conflict) as error:
            return await _not_taken(request, ticket, agent, form, kept, error)
        if sending.remembers:
            agent = await remember(agent, sending.sends)
        return await _taken(request, ticket, agent, sent=message, sending=sending, place=place)

    @post("/tickets/{number:int}/notes", status_code=200)
    async def note(self, request: Request, number: Id, agent: Me, form: Typed) -> Response:
        ticket = await find_ticket(number, seen_by=agent)

        async def add(draft: Draft) -> Message:
            return await note(ticket, draft, by=agent, at=now())

        kept: list[int] = []
        try:
            await take_once(form, agent, add, kept, audience="internal", goes_out=False)
        except Invalid as error:
            return await _not_taken(request, ticket, agent, form, kept, error, mode="note")
        return await _taken(request, ticket, agent, mode="note")

    @post("/tickets/{number:int}/questions", status_code=200)
    async def ask(self, request: Request, number: Id, agent: Me, form: Typed) -> Response:
        """Write to somebody outside; the customer sees neither this nor the answer."""
        ticket = await find_ticket(number, seen_by=agent)
        demand(agent, "reply")
        quoting, thread_id = form.wholes("quoting"), form.whole("thread") or None

        async def send(draft: Draft) -> Message:
            return await ask(ticket, draft, by=agent, at=now(), quoting=quoting, thread_id=thread_id)

        kept: list[int] = []
        try:
            message = await take_once(form, agent, send, kept, audience="internal")
        except Invalid as error:
            return await _not_taken(request, ticket, agent, form, kept, error, mode="forward")
        return await _taken(request, ticket, agent, mode="reply", sent=message)

    @post("/tickets/{number:int}/follow-ups", status_code=200)
    async def follow_up(self, request: Request, number: Id, agent: Me, form: Typed) -> Response:
        """A new ticket that follows a closed one, begun with this reply."""
        ticket = await find_ticket(number, seen_by=agent)
        demand(agent, "reply")

        async def begin(draft: Draft) -> Message:
            _opened, message = await follow_up(ticket, draft, by=agent, at=now())
            return message

        kept: list[int] = []
        try:
            message = await take_once(form, agent, begin, kept)
        except Invalid as error:
            return await _not_taken(request, ticket, agent, form, kept, error)
        return await lead_to_ticket_of(request, message, agent)

    @post("/uploads", status_code=201)
    async def upload(self, agent: Me, form: Typed) -> Response[dict[str, Any]]:
        """Keep one file; its id goes into the composer's form, with `inline` its `cid` into the text. 422 with `detail` when it will not do."""
        demand(agent, "note")
        files = form.files("file")
        try:
            if not files:
                raise Invalid(file=_("Choose a file."))
            kept = await _keep(files[0], agent, is_inline=form.is_checked("inline"))
        except Invalid as error:
            return Response({"detail": " ".join(error.fields.values())}, status_code=422)
        return Response({"id": kept.id, "name": kept.name, "size": kept.size, "cid": kept.content_id})

    @post("/messages/{message_id:int}/undo", status_code=200)
    async def undo(self, request: Request, message_id: Id, agent: Me) -> Response:
        """Take a mail or a new note back and put it into the composer again, or say that it is too late."""
        ticket = await find_ticket_of(message_id, seen_by=agent)
        message = await _message(message_id)
        if await take_back(message, by=agent, at=now()) is None:
            return await _too_late(request, ticket, agent, message)
        mode = draft_kind_of(message)
        fresh = await find_ticket(ticket.number, seen_by=agent)
        if not wants_fragment(request):
            return await whole_page(ticket.number, agent, view=view_of(request), typed={"mode": mode})
        if (shown := shown_elsewhere(request, ticket)) is not None:
            own = f"/console/tickets/{ticket.number}?view={quote(view_of(request), safe='')}"
            return render("empty.html", headers={"hx-reswap": "none"} | going(own, from_=shown))
        headers = {"hx-retarget": "#composer", "hx-reswap": "outerHTML"} | _gone(
            f"item-m{message_id}", f"toast-m{message_id}"
        )
        written = await composer(fresh, agent, mode=mode)
        return render("inbox/_composer.html", agent=agent, ticket=fresh, headers=headers, composer=written)

    @post("/messages/{message_id:int}/retry", status_code=200)
    async def retry(self, request: Request, message_id: Id, agent: Me) -> Response:
        """Send a reply again that could not be delivered."""
        ticket = await find_ticket_of(message_id, seen_by=agent)
        await try_again(await _message(message_id), by=agent, at=now())
        return await _look_again(request, ticket, agent, message_id)

    @post("/messages/{message_id:int}/send-now", status_code=200)
    async def send_now(self, request: Request, message_id: Id, agent: Me) -> Response:
        """Let a reply that was to leave later leave now."""
        ticket = await find_ticket_of(message_id, seen_by=agent)
        await send_now(await _message(message_id), by=agent)
        return await _look_again(request, ticket, agent, message_id)


async def take_once(
    form: Form, agent: SignedIn, write: Callable[[Draft], Awaitable[Message]], kept: list[int], *, audience: str = "public",
    goes_out: bool = True,
) -> Message:  # fmt: skip
    """Write what the form says; when it was taken before, the message that it made.

    `kept` gets the ids of all files that will do, also when something else will not. What does not go out has no recipients.
    """
    draft = await read_draft(form, agent, kept, goes_out=goes_out)
    async with transaction():
        return await sent_before(draft, audience=audience) or await write(draft)


async def read_draft(form: Form, agent: SignedIn, kept: list[int], *, goes_out: bool = True) -> Draft:
    """What the form holds: text, recipients, files uploaded before, and files that came with it, whose ids go into `kept`.

    Raises Invalid with the names of files that will not do, and for recipients that are none.
    """
    kept += form.wholes("attachment_ids")
    refused = []
    for file in form.files("files"):
        try:
            kept.append((await _keep(file, agent)).id)
        except Invalid as error:
            refused.append(f"{file.filename}: {' '.join(error.fields.values())}")
    if refused:
        raise Invalid(file=" ".join(refused))
    written = await read_text(form, agent, kept)
    kept[:] = written.uploads
    return Draft(
        body_text=written.text, body_html=written.html, uploads=kept, unfilled=frozenset(form.texts("unfilled")), once=own_once(form.line("once"), agent),
        versions={kind: min(form.whole(f"version-{kind}") or 0, LARGEST_SMALL_ID) for kind in DraftKind},
        recipients=await read_recipients(*(form.text(name) for name in ("to", "cc", "bcc"))) if goes_out and form.has("to") else None,
    )  # fmt: skip


async def lead_to_ticket_of(request: Request, message: Message, agent: SignedIn) -> Response:
    """To the ticket that was opened, or to the view when it is one that the agent does not see."""
    try:
        ticket = await find_ticket_of(message.id, seen_by=agent)
    except NotFound:
        return out_of_sight(request, "opened")
    return go(request, f"/console/tickets/{ticket.number}?view={view_of(request)}")


async def _keep(file: UploadFile, agent: SignedIn, *, is_inline: bool = False) -> Attachment:
    content_type = file.content_type or "application/octet-stream"
    return await upload(file.filename, content_type, await file.read(), by=agent, at=now(), is_inline=is_inline)


async def _message(message_id: int) -> Message:
    found = await Message.objects().get(Message.id == message_id)
    if found is None:
        raise NotFound(_("There is no such message, or you may not see it."))
    return found


async def _look_again(request: Request, ticket: Ticket, agent: SignedIn, message_id: int) -> Response:
    """The message as it is now."""
    if not wants_fragment(request):
        return see_other(f"/console/tickets/{ticket.number}?view={view_of(request)}")
    found = Timeline([await one(ticket, f"m{message_id}")])
    shown: dict[str, Any] = header(ticket, await directory())
    shown["ticket_links"] = await links_in(found, seen_by=agent)
    return render("inbox/_items.html", agent=agent, view=view_of(request), headers=LOOK_AGAIN, timeline=found, **shown)


async def _taken(
    request: Request, ticket: Ticket, agent: SignedIn, *, mode: str = "reply", sent: Message | None = None, sending: Sending | None = None,
    place: Place | None = None,
) -> Response:  # fmt: skip
    """An empty composer, and the page fetches what is new by itself; from the `place` that the ticket had, it goes on."""
    url = await leads_to(place, agent) if place else f"/console/tickets/{ticket.number}?view={view_of(request)}"
    if not wants_fragment(request):
        return see_other(url)
    shown: dict[str, Any] = {"composer": await composer(ticket, agent, mode=mode)}
    if sent:
        found = await one(ticket, f"m{sent.id}")
        shown |= {"sent": found.shown, "later": sending.leaving.later if sending else None}
    headers = going(url, from_=ticket.number) if place else LOOK_AGAIN
    return render("inbox/_sent.html", agent=agent, ticket=ticket, headers=headers, **shown)


async def _not_taken(
    request: Request, ticket: Ticket, agent: SignedIn, form: Form, kept: list[int], error: Invalid | Conflict, mode: str = "reply"
) -> Template:  # fmt: skip
    """The composer with all that was typed, what others wrote meanwhile, the recipients as they are now, and what is wrong."""
    held = await read_typed(form, mode, agent, kept)
    shown: dict[str, Any] = {"mode": mode, "typed": held, "later": form.line("later"), "unless_answered": form.is_checked("unless_answered")}  # fmt: skip
    if isinstance(error, Conflict):
        if await _are_as_shown(ticket, form):
            held = held.without("to", "cc", "bcc")
        shown |= {"typed": held, "newer": await newer_than(ticket.id, form.whole("seen") or 0, but=agent.id) if "seen" in error.fields else []}  # fmt: skip
    shown["errors"] = _in_words(error)
    if isinstance(error, Unfilled):
        shown |= {"errors": {}, "unfilled": error.names, "then": form.line("then")}
    if isinstance(error, Conflict) and "seen" in error.fields and (once := form.line("once")):
        # Nothing was taken with this key, so it serves again, and what is just being saved with it goes when it is sent.
        shown["once"] = once
    status = 409 if isinstance(error, Conflict) else 422
    if not wants_fragment(request):
        return await whole_page(ticket.number, agent, view=view_of(request), status=status, typed=shown)
    return render(
        "inbox/_composer.html", status=status, headers=LOOK_AGAIN, agent=agent, ticket=ticket,
        composer=await composer(ticket, agent, **shown),
    )  # fmt: skip


async def _are_as_shown(ticket: Ticket, form: Form) -> bool:
    """Whether the agent left the recipients as the server had found them: then they go on following the conversation."""
    if not form.has("to"):
        return True
    shown = await answered(ticket, form.whole("answering") or 0)
    try:
        chosen = await read_recipients(*(form.text(name) for name in ("to", "cc", "bcc")))
    except Invalid:
        return False
    return chosen.addresses == shown.addresses


def _in_words(error: Invalid | Conflict) -> dict[str, str]:
    if isinstance(error, Invalid):
        return error.fields
    if "seen" in error.fields:
        return {}
    now_to, shown = (str(addresses) or _("nobody") for addresses in error.fields["recipients"])
    said = _("Nothing was sent: a newer message has changed who gets the reply. It would go to %(now)s, and not to %(shown)s as before. Send it again if that is right.")  # fmt: skip
    return {"recipients": said % {"now": now_to, "shown": shown}}


async def _too_late(request: Request, ticket: Ticket, agent: SignedIn, message: Message) -> Template:
    said = _("Too late: a note can be taken back for ten minutes.") if is_note(message) else _("Too late: the reply has left.")  # fmt: skip
    if not wants_fragment(request):
        return await whole_page(ticket.number, agent, view=view_of(request), status=409, refusals=[said])
    return render(
        "inbox/_too_late.html", agent=agent, headers={"hx-reswap": "none"} | _gone(f"toast-m{message.id}"), said=said
    )


def _gone(*ids: str) -> dict[str, str]:
    """The page removes these elements, where the live update has not done so yet, and looks again at the conversation.

    After the swap: htmx looks for the answer's place from the toast that has asked, so it must still stand then.
    """
    return {"hx-trigger-after-swap": json.dumps({"gone": {"ids": ids}, "timeline": {}})}
