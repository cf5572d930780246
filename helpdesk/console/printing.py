"""A conversation on paper, and a transcript of it to keep or to give to the customer: without notes."""

from typing import Any

from litestar import Controller, MediaType, Request, Response, get, post
from litestar.response import Template

from helpdesk.console.asked import Flag, Id, Me, Typed
from helpdesk.console.files import disposition
from helpdesk.console.rendering import WORDS, frame, go, render
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _, moment, speaking
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.directory import directory
from helpdesk.people.permissions import demand
from helpdesk.tickets.queries import find_ticket, row_of
from helpdesk.tickets.replying import Draft, reply
from helpdesk.tickets.tables import Ticket
from helpdesk.tickets.transcribing import conversation_of
from helpdesk.tickets.uploading import upload
from helpdesk.web.formatted import formatted


class PrintingController(Controller):
    path = "/console/tickets/{number:int}"

    @get("/print")
    async def show(self, agent: Me, number: Id, notes: Flag = False) -> Template:
        """The conversation without anything around it; with `notes` what the team alone sees, too."""
        ticket = await find_ticket(number, seen_by=agent)
        found = await conversation_of(ticket, with_notes=notes)
        shown = [one | {"rich": formatted(one, lambda file: f"/console/attachments/{file}")} for one in found]
        return render(
            "inbox/print.html", agent=agent, ticket=ticket, row=await row_of(ticket.id), messages=shown, with_notes=notes,
            people=await directory(),
        )  # fmt: skip

    @get("/transcript")
    async def choose(self, agent: Me, number: Id) -> Template:
        return await _choice(await find_ticket(number, seen_by=agent), agent)

    @get("/transcript/html")
    async def as_html(self, request: Request, agent: Me, number: Id) -> Response[str]:
        ticket = await find_ticket(number, seen_by=agent)
        return _file(await _html(request, ticket), ticket, "html", MediaType.HTML)

    @get("/transcript/text")
    async def as_text(self, agent: Me, number: Id) -> Response[str]:
        ticket = await find_ticket(number, seen_by=agent)
        return _file(await _text(ticket), ticket, "txt", MediaType.TEXT)

    @post("/transcript", status_code=200)
    async def mail(self, request: Request, number: Id, agent: Me, form: Typed) -> Response:
        """Send it to the customer as a file, with an answer that can be taken back as any other."""
        demand(agent, "reply")
        ticket = await find_ticket(number, seen_by=agent)
        with speaking(ticket.language, agent.time_zone):
            text, content = _("Attached is our conversation so far."), await _html(request, ticket)
        try:
            file = await upload(f"{ticket.number}.html", "text/html", content.encode(), by=agent, at=now())
            await reply(
                ticket, Draft(body_text=form.text("text").strip() or text, uploads=[file.id]), by=agent, at=now()
            )
        except Invalid as error:
            return await _choice(ticket, agent, errors=error.fields)
        return go(request, f"/console/tickets/{ticket.number}")


async def _choice(ticket: Ticket, agent: SignedIn, *, errors: dict[str, str] | None = None) -> Template:
    with speaking(ticket.language):
        text = _("Attached is our conversation so far.")
    count = len(await conversation_of(ticket))
    return render(
        "inbox/transcript.html", status=422 if errors else 200, ticket=ticket, count=count, text=text, errors=errors or {},
        **await frame(agent),
    )  # fmt: skip


async def _html(request: Request, ticket: Ticket) -> str:
    """A page of its own, that needs nothing from anywhere: of images, their names."""
    messages = [one | {"rich": formatted(one, lambda _file: None)} for one in await conversation_of(ticket)]
    shown: dict[str, Any] = {**WORDS, "ticket": ticket, "messages": messages, "at": now()}
    engine = request.app.template_engine
    assert engine is not None, "pages are made of templates"
    return engine.get_template("inbox/transcript_file.html").render(**shown)


async def _text(ticket: Ticket) -> str:
    parts = [f"#{ticket.number} {ticket.subject}"]
    for one in await conversation_of(ticket):
        files = "".join(f"\n[{file['name']}]" for file in one["attachments"])
        parts.append(f"{one['author_name']}, {moment(one['created_at'], 'full')}\n\n{one['body_text']}{files}")
    return f"\n\n{'-' * 60}\n\n".join(parts) + "\n"


def _file(content: str, ticket: Ticket, ending: str, media_type: MediaType) -> Response[str]:
    return Response(
        content, media_type=media_type, headers={"content-disposition": disposition(f"{ticket.number}.{ending}")}
    )
