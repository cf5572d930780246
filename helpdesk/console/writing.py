"""The composer: replies, notes, follow-ups, files, and taking a reply back."""

from typing import Any

from litestar import Controller, Request, Response, post
from litestar.datastructures import UploadFile
from litestar.response import Template

from helpdesk.console.asked import Id, Me, Typed
from helpdesk.console.conversation import composer, header
from helpdesk.console.fields import LOOK_AGAIN
from helpdesk.console.forms import Form
from helpdesk.console.inbox import view_of, whole_page
from helpdesk.console.rendering import go, render, see_other, wants_fragment
from helpdesk.console.timeline import Timeline, one
from helpdesk.kernel.errors import Invalid, NotFound
from helpdesk.kernel.language import _
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.directory import directory
from helpdesk.people.permissions import demand
from helpdesk.tickets.attachments import find_ticket_of, unsent_uploads
from helpdesk.tickets.beginning import follow_up
from helpdesk.tickets.queries import find_ticket
from helpdesk.tickets.replying import Draft, note, reply, take_back, try_again
from helpdesk.tickets.tables import Message, Status, Ticket
from helpdesk.tickets.uploading import upload

LARGEST_FORM = 80 * 1024 * 1024
"""Without scripts the files come with the form; the domain limits each."""


class WritingController(Controller):
    path = "/console"
    request_max_body_size = LARGEST_FORM

    @post("/tickets/{number:int}/replies", status_code=200)
    async def reply(self, request: Request, number: Id, agent: Me, form: Typed) -> Response:
        """Answer the customer; `then` may be `solve`."""
        ticket = await find_ticket(number, seen_by=agent)
        demand(agent, "reply")
        status = Status.SOLVED if form.line("then") == "solve" else None
        draft = Draft(body_text="")
        try:
            draft = await read_draft(form, agent)
            message = await reply(ticket, draft, by=agent, at=now(), status=status)
        except Invalid as error:
            return await _not_taken(request, ticket, agent, form, draft, error)
        return await _taken(request, ticket, agent, sent=message)

    @post("/tickets/{number:int}/notes", status_code=200)
    async def note(self, request: Request, number: Id, agent: Me, form: Typed) -> Response:
        ticket = await find_ticket(number, seen_by=agent)
        draft = Draft(body_text="")
        try:
            draft = await read_draft(form, agent)
            await note(ticket, draft, by=agent, at=now())
        except Invalid as error:
            return await _not_taken(request, ticket, agent, form, draft, error, mode="note")
        return await _taken(request, ticket, agent, mode="note")

    @post("/tickets/{number:int}/follow-ups", status_code=200)
    async def follow_up(self, request: Request, number: Id, agent: Me, form: Typed) -> Response:
        """A new ticket that follows a closed one, begun with this reply."""
        ticket = await find_ticket(number, seen_by=agent)
        demand(agent, "reply")
        draft = Draft(body_text="")
        try:
            draft = await read_draft(form, agent)
            opened, _message = await follow_up(ticket, draft, by=agent, at=now())
        except Invalid as error:
            return await _not_taken(request, ticket, agent, form, draft, error)
        return go(request, f"/console/tickets/{opened.number}?view={view_of(request)}")

    @post("/uploads", status_code=201)
    async def upload(self, agent: Me, form: Typed) -> Response[dict[str, Any]]:
        """Keep one file; its id goes into the composer's form. 422 with `detail` when it will not do."""
        demand(agent, "note")
        files = form.files("file")
        try:
            if not files:
                raise Invalid(file=_("Choose a file."))
            kept = await _keep(files[0], agent)
        except Invalid as error:
            return Response({"detail": " ".join(error.fields.values())}, status_code=422)
        return Response({"id": kept.id, "name": kept.name, "size": kept.size})

    @post("/messages/{message_id:int}/undo", status_code=200)
    async def undo(self, request: Request, message_id: Id, agent: Me) -> Response:
        """Take a reply back and put it into the composer again, or say that it has left."""
        ticket = await find_ticket_of(message_id, seen_by=agent)
        message = await _message(message_id)
        draft = await take_back(message, by=agent, at=now())
        if draft is None:
            return await _too_late(request, ticket, agent, message_id)
        typed = {"text": draft.body_text, "uploads": await unsent_uploads(draft.uploads, of=agent)}
        fresh = await find_ticket(ticket.number, seen_by=agent)
        if not wants_fragment(request):
            return await whole_page(ticket.number, agent, view=view_of(request), typed=typed)
        shown = {"composer": await composer(fresh, agent, **typed), "taken_back": message_id}
        return render("inbox/_taken_back.html", agent=agent, ticket=fresh, headers=LOOK_AGAIN, **shown)

    @post("/messages/{message_id:int}/retry", status_code=200)
    async def retry(self, request: Request, message_id: Id, agent: Me) -> Response:
        """Send a reply again that could not be delivered."""
        ticket = await find_ticket_of(message_id, seen_by=agent)
        await try_again(await _message(message_id), by=agent, at=now())
        if not wants_fragment(request):
            return see_other(f"/console/tickets/{ticket.number}?view={view_of(request)}")
        found = Timeline([await one(ticket, f"m{message_id}")])
        shown = header(ticket, await directory())
        return render(
            "inbox/_items.html", agent=agent, view=view_of(request), headers=LOOK_AGAIN, timeline=found, **shown
        )


async def read_draft(form: Form, agent: SignedIn) -> Draft:
    """What the form holds: text, files uploaded before, and files that came with it."""
    uploads = form.wholes("attachment_ids")
    for file in form.files("files"):
        uploads.append((await _keep(file, agent)).id)
    return Draft(body_text=form.text("text"), uploads=uploads)


async def _keep(file: UploadFile, agent: SignedIn) -> Any:
    return await upload(
        file.filename, file.content_type or "application/octet-stream", await file.read(), by=agent, at=now()
    )


async def _message(message_id: int) -> Message:
    found = await Message.objects().get(Message.id == message_id)
    if found is None:
        raise NotFound(_("There is no such message, or you may not see it."))
    return found


async def _taken(
    request: Request, ticket: Ticket, agent: SignedIn, *, mode: str = "reply", sent: Message | None = None
) -> Response:
    """An empty composer, and the page fetches what is new by itself."""
    if not wants_fragment(request):
        return see_other(f"/console/tickets/{ticket.number}?view={view_of(request)}")
    shown: dict[str, Any] = {"composer": await composer(ticket, agent, mode=mode)}
    if sent:
        shown["sent"] = sent
    return render("inbox/_sent.html", agent=agent, ticket=ticket, headers=LOOK_AGAIN, **shown)


async def _not_taken(
    request: Request, ticket: Ticket, agent: SignedIn, form: Form, draft: Draft, error: Invalid, mode: str = "reply"
) -> Template:  # fmt: skip
    """The composer with all that was typed and what is wrong with it."""
    uploads = await unsent_uploads(draft.uploads or form.wholes("attachment_ids"), of=agent)
    typed = {"text": form.text("text"), "mode": mode, "uploads": uploads, "errors": error.fields}
    if not wants_fragment(request):
        return await whole_page(ticket.number, agent, view=view_of(request), status=422, typed=typed)
    return render(
        "inbox/_composer.html", status=422, agent=agent, ticket=ticket, composer=await composer(ticket, agent, **typed)
    )


async def _too_late(request: Request, ticket: Ticket, agent: SignedIn, message_id: int) -> Template:
    if not wants_fragment(request):
        return await whole_page(
            ticket.number, agent, view=view_of(request), status=409, refusals=[_("Too late: the reply has left.")]
        )
    return render(
        "inbox/_too_late.html", agent=agent, taken_back=message_id, headers={"hx-reswap": "none"} | LOOK_AGAIN
    )
