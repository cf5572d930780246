"""What stands in the composer of a ticket: the agent's draft, or what a form held that was not taken."""

import asyncio
from datetime import datetime
from typing import Any

import msgspec

from helpdesk.channels.email.sanitising import cids_shown
from helpdesk.channels.email.written import read_written
from helpdesk.console.forms import Form, new_once, read_whole
from helpdesk.customers.suppressing import suppressed
from helpdesk.kernel.errors import Invalid, NotFound
from helpdesk.kernel.language import _, reader, utc, zone
from helpdesk.kernel.spoken_dates import Suggestion, suggestions
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import may
from helpdesk.tickets.answering import answered
from helpdesk.tickets.asking import Thread, find_thread
from helpdesk.tickets.attachments import unsent_uploads, uploads_shown
from helpdesk.tickets.canned_texts import Canned
from helpdesk.tickets.conversation import newest_message, quotable
from helpdesk.tickets.drafting import LONGEST, Typed, drafts_of, fields_of
from helpdesk.tickets.recipients import Difference, difference
from helpdesk.tickets.tables import Attachment, KeptDraft, Status, Ticket

FIELDS = {"reply": ("to", "cc", "bcc"), "note": (), "forward": ("to", "cc", "bcc", "thread", "quoting")}
"""What a draft of each kind keeps besides text and files."""


class Composer(msgspec.Struct, frozen=True, kw_only=True):
    """`kind` is the form: reply (with note), follow_up (with note), note alone, or forward; `mode` what is chosen in it."""

    kind: str
    mode: str
    once: str = msgspec.field(default_factory=new_once)
    answering: int = 0
    """The customer's message whose recipients are shown."""
    seen: int = 0
    """The newest message that the page knows."""
    typed: Typed = Typed()
    to: str = ""
    cc: str = ""
    bcc: str = ""
    default_to: str = ""
    default_cc: str = ""
    recipients: list[str] = []
    """All that are named."""
    difference: Difference = Difference()
    suppressed: dict[str, str] = {}
    """Of the recipients, those that mails come back from."""
    version: int = 0
    saved_at: datetime | None = None
    kept: dict[str, Any] = {}
    """What scripts need of the drafts by mode: text, html, version and the time."""
    uploads: dict[str, list[Attachment]] = {}
    """By mode."""
    sends: str = "send"
    times: list[Suggestion] = []
    """To send later at."""
    errors: dict[str, str] = {}
    newer: list[dict[str, Any]] = []
    """What others wrote since the page was looked at."""
    later: str = ""
    unless_answered: bool = False
    quotable: list[dict[str, Any]] = []
    quoting: list[int] = []
    thread: int = 0
    canned: list[Canned] = []
    """To choose from, without scripts."""
    unfilled: list[str] = []
    """The placeholders for which it was not sent."""
    then: str = ""
    """How it was to be sent."""


async def composer(
    ticket: Ticket, agent: SignedIn, *, mode: str = "", typed: Typed | None = None, seen: int | None = None, **more: Any
) -> Composer:  # fmt: skip
    """The composer for this agent and ticket: with the draft, or with what was `typed`, and with whom the server would write to.

    Without a `mode` it opens where the agent wrote last.
    """
    drafts = await drafts_of(agent, ticket.id)
    kind, modes = _kind_of(ticket, agent, mode, next(iter(drafts), ""))
    mode = mode if mode in modes else next((one for one in drafts if one in modes), modes[0])
    draft = drafts.get(mode)
    held = typed or (_typed(draft) if draft else Typed())
    shown: dict[str, Any] = {
        "kind": kind, "mode": mode, "typed": held, "seen": await newest_message(ticket.id) if seen is None else seen, "version": draft.version if draft else 0,
        "saved_at": draft.updated_at if draft and typed is None else None,
        "kept": {one: _kept(drafts[one]) for one in modes if one in drafts},
        "uploads": {one: await _files(written, agent) for one, written in _texts(drafts, modes, mode, held).items()},
    }  # fmt: skip
    if kind == "note":
        return Composer(**shown, **more)
    shown |= await (_asking(ticket, held, more) if kind == "forward" else _answering(ticket, held))
    times = suggestions(at=now(), zone=zone(reader().time_zone), language=reader().language)
    return Composer(**shown, sends=agent.sends, times=times, **more)


async def read_text(form: Form, agent: SignedIn, files: list[int]) -> Typed:
    """The text of the form, the HTML if it is formatted, and the files, with the images that it shows. Raises Invalid.

    `formatted` comes without the editor: the words that the HTML is of. Once they were changed the text is plain, and the
    images are files.
    """
    html = form.text("html")
    if not html.strip():
        return Typed(text=form.text("text"), uploads=files)
    if len(html) > LONGEST:
        raise Invalid(body_text=_("This is too long. Attach it as a file instead."))
    written = await asyncio.to_thread(read_written, html)
    uploads = list(dict.fromkeys([*files, *await uploads_shown(written.cids, of=agent)]))
    if form.has("formatted") and form.text("formatted").strip() != form.text("text").strip():
        return Typed(text=form.text("text"), uploads=uploads)
    return Typed(text=written.text, html=written.html, uploads=uploads)


async def read_typed(form: Form, kind: str, agent: SignedIn, files: list[int] | None = None) -> Typed:
    """What the form holds as a draft of this kind; `files` are its uploads, if they are not those that it names."""
    fields = {name: form.line(name) for name in FIELDS[kind] if form.has(name) and name != "quoting"}
    if "quoting" in FIELDS[kind]:
        fields["quoting"] = " ".join(str(one) for one in form.wholes("quoting"))
    return msgspec.structs.replace(
        await read_text(form, agent, form.wholes("attachment_ids") if files is None else files), fields=fields
    )


def _kind_of(ticket: Ticket, agent: SignedIn, mode: str, last: str) -> tuple[str, tuple[str, ...]]:
    """The kind of form and the modes that it has."""
    if not may(agent, "reply"):
        return "note", ("note",)
    if (mode or last) == "forward":
        return "forward", ("forward",)
    return "follow_up" if ticket.status == Status.CLOSED else "reply", ("reply", "note")


async def _answering(ticket: Ticket, typed: Typed) -> dict[str, Any]:
    to = await answered(ticket, 0 if ticket.status == Status.CLOSED else None)
    default = {"to": ", ".join(one.addr for one in to.to), "cc": ", ".join(one.addr for one in to.cc), "bcc": ""}
    lines = default | {name: value for name, value in typed.fields.items() if name in default}
    named = addresses_in(*lines.values())
    others = [one for one in named if one not in to.addresses and one not in to.suppressed]
    return lines | {
        "answering": to.message_id, "default_to": default["to"], "default_cc": default["cc"], "recipients": named,
        "difference": await difference(ticket, named), "suppressed": to.suppressed | await suppressed(others),
    }  # fmt: skip


async def _asking(ticket: Ticket, typed: Typed, more: dict[str, Any]) -> dict[str, Any]:
    asked = more.pop("thread", 0)
    chosen = more.pop("quoting", None)
    thread = await find_thread(ticket, asked) if asked else await _thread_of(ticket, typed)
    default = ", ".join(thread.recipients) if thread else ""
    messages = await quotable(ticket.id)
    kept = [int(one) for one in typed.fields.get("quoting", "").split()]
    first = (
        []
        if thread or "quoting" in typed.fields
        else [one["id"] for one in messages if one["author_kind"] == "customer"][:1]
    )
    to = typed.fields.get("to", default)
    return {
        "to": to, "cc": typed.fields.get("cc", ""), "bcc": typed.fields.get("bcc", ""), "default_to": default, "thread": thread.id if thread else 0,
        "recipients": addresses_in(to), "quotable": messages, "quoting": chosen or kept or first,
    }  # fmt: skip


async def _thread_of(ticket: Ticket, typed: Typed) -> Thread | None:
    """The conversation that the draft goes on with; none when it is elsewhere since, split off or taken back."""
    try:
        return await find_thread(ticket, read_whole(typed.fields.get("thread", "")) or 0)
    except NotFound:
        return None


def addresses_in(*lines: str) -> list[str]:
    """What looks like an address, for showing."""
    words = " ".join(lines).replace(",", " ").replace(";", " ").split()
    return list(dict.fromkeys(word.strip("<>").lower() for word in words if "@" in word))


def _typed(draft: KeptDraft) -> Typed:
    return Typed(text=draft.text, html=draft.html, fields=fields_of(draft), uploads=draft.uploads)


def _kept(draft: KeptDraft) -> dict[str, Any]:
    return {"text": draft.text, "html": draft.html or "", "version": draft.version, "at": utc(draft.updated_at)}


def _texts(drafts: dict[str, KeptDraft], modes: tuple[str, ...], mode: str, held: Typed) -> dict[str, Typed]:
    return {one: _typed(drafts[one]) for one in modes if one in drafts} | {mode: held}


async def _files(written: Typed, agent: SignedIn) -> list[Attachment]:
    """The uploads that stand beside the text, not in it."""
    inside = cids_shown(written.html or "")
    return [one for one in await unsent_uploads(written.uploads, of=agent) if one.content_id not in inside]
