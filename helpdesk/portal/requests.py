"""A customer's requests: the list, the conversation, and what they may do there."""

from typing import Any, cast

from litestar import Controller, MediaType, Request, Response, get, post
from litestar.params import FromQuery
from litestar.response import Redirect, Template

from helpdesk.articles.acknowledged import by_article, named_to
from helpdesk.articles.seeing import visible_to
from helpdesk.channels.email.html_text import is_right_to_left
from helpdesk.channels.email.link_targets import show_targets
from helpdesk.channels.email.sanitising import cids_shown, present
from helpdesk.channels.web_form import proving
from helpdesk.console.asked import Id, Name, Text, Typed
from helpdesk.console.files import FRAME, FRAME_POLICY, disposition, served_type
from helpdesk.console.rendering import see_other
from helpdesk.console.timeline import images_by_cid, is_shown_in_place, shows_as_html
from helpdesk.customers.visiting import Visitor
from helpdesk.intake.limits import admit_answer
from helpdesk.intake.taking_answers import take_answer
from helpdesk.kernel import blobs
from helpdesk.kernel.errors import Invalid, NotFound, TooMany
from helpdesk.kernel.language import _, reader
from helpdesk.kernel.time import now
from helpdesk.portal.files import keep_file, take_files, too_many
from helpdesk.portal.showing import LARGEST_FILE, MOST_FILES, KeptFile, kept_file
from helpdesk.portal.signing_in import to_sign_in
from helpdesk.portal.visitors import Guest, by_link, page, with_link
from helpdesk.promises.answering import answer_by
from helpdesk.tickets.linking import follow_link
from helpdesk.tickets.requests import (
    Show,
    Whose,
    find_file,
    find_request,
    find_said,
    list_requests,
    may_settle,
    note_reading,
    what_was_said,
)
from helpdesk.tickets.solving import reopen, solve
from helpdesk.tickets.tables import Message, Status, Ticket
from helpdesk.web.formatted import formatted
from knowledge_base.reading import list_of_articles

Number = FromQuery[int]
SHOWS = ("open", "solved", "all")


class RequestsController(Controller):
    path = "/requests"

    @get("/")
    async def show_list(
        self, visitor: Guest, of: Text = "own", show: Text = "", q: Text = "", cursor: Text = ""
    ) -> Template | Redirect:
        if visitor is None:
            return to_sign_in("/requests")
        whose = cast(Whose, of if of == "organisation" and visitor.organisation else "own")
        shown = cast(Show, show if show in SHOWS else "all" if q else "open")
        found = await list_requests(visitor, whose=whose, show=shown, q=q[:200], cursor=cursor)
        return await page("requests.html", visitor, found=found, whose=whose, show=shown, q=q, is_first=not cursor)

    @get("/{number:int}")
    async def show(
        self, request: Request, visitor: Guest, number: Id, before: Number = 0, said: Text = ""
    ) -> Template | Redirect:
        reached = await _reach(request, visitor, number)
        if reached is None:
            return to_sign_in(f"/requests/{number}")
        ticket, who = reached
        if ticket.number != number:
            return see_other(f"/requests/{ticket.number}")
        return await _conversation(ticket, who, before=before, said=said)

    @post("/{number:int}/answers", status_code=200)
    async def answer(self, request: Request, visitor: Guest, number: Id, form: Typed) -> Template | Redirect:
        """Take the words once they are committed; whatever is wrong, the page comes back with everything typed."""
        reached = await _reach(request, visitor, number)
        if reached is None:
            here = {"email": "", "next_path": f"/requests/{number}", "is_sent": False}
            return await page("sign_in.html", None, status=401, typed_before=form.text("text"), **here)
        ticket, who = reached
        slip = proving.read(form.line("slip"), -ticket.id) or proving.issue(-ticket.id, at=now())
        kept, errors = await take_files(form, slip, address=_address(request), by=who)
        again = {"text": form.text("text"), "slip": slip, "kept": [kept_file(slip, one) for one in kept]}
        if errors:
            return await _conversation(ticket, who, status=422, errors=errors, **again)
        try:
            await admit_answer(who.id or 0, at=now())
            message = await take_answer(ticket, form.text("text"), by=who, uploads=kept, page=slip.nonce, at=now())
        except Invalid as error:
            return await _conversation(ticket, who, status=422, errors=error.fields, **again)
        except TooMany as error:
            return await _conversation(ticket, who, status=429, errors={"text": too_many(error.retry_after)}, **again)
        if message.ticket != ticket.id:
            return await _to_other(ticket, message, who)
        return see_other(f"/requests/{ticket.number}?said=sent#said-{message.id}")

    @post("/{number:int}/answers/files", status_code=201)
    async def upload_file(self, request: Request, visitor: Guest, number: Id, form: Typed) -> Response[KeptFile]:
        """A file that the page's script sends ahead; the answer's handle goes with the form."""
        ticket, who = await _demand(request, visitor, number)
        slip = proving.read(form.line("slip"), -ticket.id)
        if slip is None or slip.is_too_old(now()):
            raise Invalid(file=_("This page was open for too long. Load it again."))
        for file in form.files("file"):
            return Response(kept_file(slip, await keep_file(file, address=_address(request), by=who)), status_code=201)
        raise Invalid(file=_("This file is empty."))

    @post("/{number:int}/solution", status_code=200)
    async def mark_solved(self, request: Request, visitor: Guest, number: Id) -> Redirect:
        """The customer needs nothing more."""
        ticket, who = await _demand_own(request, visitor, number)
        await solve(ticket, by=who, at=now())
        return see_other(f"/requests/{ticket.number}?said=solved")

    @post("/{number:int}/reopening", status_code=200)
    async def open_again(self, request: Request, visitor: Guest, number: Id) -> Redirect:
        ticket, who = await _demand_own(request, visitor, number)
        if ticket.status == Status.SOLVED:
            await reopen(ticket, by=who, at=now())
        return see_other(f"/requests/{ticket.number}?said=reopened")

    @get("/{number:int}/answered")
    async def ask_whether_solved(self, request: Request, visitor: Guest, number: Id) -> Template | Redirect:
        """Whether the article that the acknowledgement named was the answer."""
        reached = await _reach(request, visitor, number)
        if reached is None:
            return to_sign_in(f"/requests/{number}")
        ticket, who = reached
        named = await named_to(ticket)
        if named is None or ticket.customer != who.id or ticket.merged_into is not None:
            return see_other(f"/requests/{ticket.number}")
        lines = await list_of_articles([named], audiences=visible_to(who))
        return await page("solved_by_article.html", who, ticket=ticket, article=lines[0] if lines else None)

    @post("/{number:int}/answered", status_code=200)
    async def say_that_it_was(self, request: Request, visitor: Guest, number: Id) -> Redirect:
        """The article was the answer. Who came by the link of the acknowledgement may say so, while nobody has answered."""
        ticket, who = await _demand(request, visitor, number)
        named = await named_to(ticket)
        if named is None or ticket.customer != who.id or ticket.merged_into is not None:
            raise NotFound(_("There is no request with this number, or it is not yours."))
        if ticket.status != Status.CLOSED:
            await solve(ticket, by=who, at=now(), told=by_article(named[0]))
        return see_other(f"/requests/{ticket.number}/answered")

    @get("/{number:int}/files/{file_id:int}")
    async def download(self, request: Request, visitor: Guest, number: Id, file_id: Id) -> Response[bytes]:
        ticket, who = await _demand(request, visitor, number)
        found = await find_file(ticket, file_id, to=who)
        try:
            content = await blobs.read(found.blob)
        except FileNotFoundError as error:
            raise NotFound(_("The content of this file is missing. Please tell us.")) from error
        return Response(content, media_type=served_type(found.content_type), headers={
            "content-disposition": disposition(found.name, is_inline=is_shown_in_place(found.content_type)),
            "content-security-policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
            "cache-control": "private, max-age=600",
        })  # fmt: skip

    @get("/{number:int}/messages/{message_id:int}/frame")
    async def show_html(self, request: Request, visitor: Guest, number: Id, message_id: Id) -> Response[str]:
        """The HTML of a message under a policy of its own; images of other servers are never loaded here."""
        ticket, who = await _demand(request, visitor, number)
        message = await find_said(ticket, message_id, to=who)
        if not message["body_html"]:
            raise NotFound(_("This message has no HTML."))
        by_cid = images_by_cid(message["attachments"])

        def image_url(cid: str) -> str | None:
            return f"/requests/{number}/files/{by_cid[cid]}" if cid in by_cid else None

        body = show_targets(present(message["body_html"], image_url=image_url, allow_remote=False))
        language = message["language"]
        shown = FRAME.format(language=language, direction="rtl" if is_right_to_left(language) else "ltr", body=body)
        return Response(shown, media_type=MediaType.HTML, headers={
            "content-security-policy": FRAME_POLICY.format(images=""), "x-frame-options": "SAMEORIGIN",
            "referrer-policy": "no-referrer",
        })  # fmt: skip


@get("/r/{token:str}")
async def open_link(visitor: Guest, token: Name) -> Template | Redirect:
    """The link of a mail: to its request, with the token in a cookie of that page; a link that opens nothing any more
    offers to sign in."""
    return await _follow(token, visitor)


@get("/r/{token:str}/solved")
async def open_solved_link(visitor: Guest, token: Name) -> Template | Redirect:
    """The link of an acknowledgement that names an article: to where one says that it was the answer."""
    return await _follow(token, visitor, "/answered")


async def _follow(token: str, visitor: Visitor | None, place: str = "") -> Template | Redirect:
    followed = await follow_link(token, at=now())
    if followed is None:
        told = _("This link is too old, or was not for one person alone. Sign in to see your requests.")
        return await page("link_gone.html", visitor, status=404, told=told, next_path="/requests")
    ticket, _who = followed
    return with_link(see_other(f"/requests/{ticket.number}{place}"), token, ticket)


async def _reach(request: Request, visitor: Visitor | None, number: int) -> tuple[Ticket, Visitor] | None:
    """The request and as whom: signed in, else by the link of a mail. None for somebody who is neither.

    Raises NotFound when whoever is signed in may not see it.
    """
    if visitor:
        try:
            return await find_request(number, seen_by=visitor), visitor
        except NotFound:
            if (guest := await by_link(request, number)) is None:
                raise
    else:
        guest = await by_link(request, number)
    return (await find_request(number, seen_by=guest), guest) if guest else None


async def _demand(request: Request, visitor: Visitor | None, number: int) -> tuple[Ticket, Visitor]:
    """The same for parts of the page; raises NotFound for somebody who is neither, too."""
    reached = await _reach(request, visitor, number)
    if reached is None:
        raise NotFound(_("There is no request with this number, or it is not yours."))
    return reached


async def _demand_own(request: Request, visitor: Visitor | None, number: int) -> tuple[Ticket, Visitor]:
    ticket, who = await _demand(request, visitor, number)
    if not may_settle(who, ticket):
        raise NotFound(_("There is no request with this number, or it is not yours."))
    return ticket, who


async def _conversation(
    ticket: Ticket, who: Visitor, *, before: int = 0, status: int = 200, said: str = "", errors: dict[str, str] | None = None,
    text: str = "", slip: proving.Slip | None = None, kept: list[KeptFile] | None = None,
) -> Template:  # fmt: skip
    found = await what_was_said(ticket, to=who, before=before)
    if who.is_signed_in:
        await note_reading(ticket, by=who, at=now())
    shown = [_shown(message, who, ticket) for message in found.messages]
    return await page(
        "request.html", who, status=status, ticket=ticket, messages=shown, earlier=found.earlier, is_latest=not before,
        may_settle=may_settle(who, ticket), slip=proving.issue(-ticket.id, at=now(), nonce=slip.nonce if slip else "").text,
        answer_by=await answer_by(ticket, reader().language, at=now()), text=text, kept=kept or [], errors=errors or {}, said=said, most_files=MOST_FILES, largest_file=LARGEST_FILE,
    )  # fmt: skip


def _shown(message: dict[str, Any], who: Visitor, ticket: Ticket) -> dict[str, Any]:
    """With `rich`: the HTML where it needs no frame; and `files` beside the text: those that the HTML does not show itself."""
    html = message["body_html"] or ""
    rich = formatted(message, lambda file: f"/requests/{ticket.number}/files/{file}")
    as_html = rich is None and shows_as_html(message)
    inside = cids_shown(html) if (as_html or rich) and "cid:" in html else set()
    within = {file for cid, file in images_by_cid(message["attachments"]).items() if cid in inside}
    files = [file for file in message["attachments"] if not (file["is_inline"] and file["id"] in within)]
    is_mine = message["author_kind"] == "customer" and message["customer"] == who.id
    return message | {"rich": rich, "as_html": as_html, "files": files, "is_mine": is_mine}


async def _to_other(ticket: Ticket, message: Message, who: Visitor) -> Template | Redirect:
    """Where the words went that came for a closed request, or for one that was merged; who came by a link may not look
    into another, nor anybody into that of somebody else."""
    other = await Ticket.objects().get(Ticket.id == message.ticket)
    assert other is not None, "it has just been written to"
    is_follow_up = other.follow_up_of == ticket.id
    if who.is_signed_in and other.customer == who.id:
        return see_other(f"/requests/{other.number}?said={'followed_up' if is_follow_up else 'sent'}")
    if is_follow_up:
        return await page("followed_up.html", who, number=other.number)
    return see_other(f"/requests/{ticket.number}?said=sent")


def _address(request: Request) -> str:
    return request.scope["state"]["address"]
