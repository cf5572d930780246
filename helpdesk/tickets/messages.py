"""Writing a message of a conversation, with its attachments."""

from datetime import datetime
from typing import Any, Literal

import msgspec

from helpdesk.channels.email.calendars import CalendarEvent
from helpdesk.channels.email.sanitising import cids_shown
from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _, digits
from helpdesk.people.actor import Actor
from helpdesk.tickets.tables import Attachment, Audience, Message, Ticket


class MailFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the reader of a mail may want to know of its envelope; stored as JSON."""

    message_id: str | None = None
    in_reply_to: list[str] = []
    references: list[str] = []
    from_: str = msgspec.field(default="", name="from")
    reply_to: list[str] = []
    to: list[str] = []
    cc: list[str] = []
    bcc: list[str] = []
    """Of ours alone, and for agents alone."""
    quoting: list[int] = []
    """Of what was sent to an outsider: the messages that it quotes."""
    is_auto_reply: bool = False
    is_bounce: bool = False
    events: list[CalendarEvent] = []
    """Of an invitation, for its card."""
    sealed: str = ""
    """`smime` or `pgp` when the text is encrypted in a file."""


class NewAttachment(msgspec.Struct, frozen=True, kw_only=True):
    """A file whose content is already in the blob store."""

    name: str
    content_type: str
    size: int
    blob: str
    content_id: str | None = None
    is_inline: bool = False


class NewMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message before it is written; `author` is a customer, an agent or the system."""

    author: Actor
    body_text: str
    created_at: datetime
    audience: Literal["public", "internal"] = "public"
    body_html: str | None = None
    quoted_text: str = ""
    sanitiser_version: int = 0
    language: str = "en"
    mail: MailFacts | None = None
    is_unverified: bool = False
    attachments: list[NewAttachment] = []
    uploads: list[int] = []
    """Ids of attachments that the agent uploaded before."""
    uploaded_by: int | None = None
    thread: int | None = None
    """The message that began the conversation with an outsider; None: it is of the one with the customer."""
    """The agent of `uploads`, when it is not the author."""
    once: str | None = None
    """The form that it came with, see `tickets.repeating`."""


async def write(ticket: Ticket, new: NewMessage) -> Message:
    """Insert the message; in the caller's transaction, which holds the ticket. Raises Invalid when it was merged away."""
    if ticket.merged_into is not None:
        survivor = await Ticket.objects().get(Ticket.id == ticket.merged_into)
        number = digits(survivor.number) if survivor else ""
        raise Invalid(
            body_text=_("This ticket was merged into #%(number)s meanwhile. Write there instead.") % {"number": number}
        )
    message = Message(
        ticket=ticket.id, audience=new.audience, author_kind=new.author.kind,
        agent=new.author.id if new.author.kind == "agent" else None,
        customer=new.author.id if new.author.kind == "customer" else None,
        body_text=new.body_text, body_html=new.body_html, quoted_text=new.quoted_text, sanitiser_version=new.sanitiser_version,
        language=new.language, created_at=new.created_at, mail_id=new.mail.message_id if new.mail else None,
        mail=msgspec.json.encode(new.mail).decode() if new.mail else None, is_unverified=new.is_unverified,
        once=new.once, thread=new.thread,
    )  # fmt: skip
    await Message.insert(message)
    if new.attachments:
        await Attachment.insert(*(_attachment(message, one) for one in new.attachments))
    if new.uploads:
        await _attach(new, message)
    return message


async def _attach(new: NewMessage, message: Message) -> None:
    """Bind the uploads to the message, images that its text does not show as files; raises Invalid for one that is unknown, somebody else's or used."""
    owner = new.uploaded_by or (new.author.id if new.author.kind == "agent" else None)
    mine = Attachment.id.is_in(new.uploads) & (Attachment.uploaded_by == owner) & Attachment.message.is_null()
    bound = await Attachment.update({Attachment.message: message.id}).where(mine).returning(Attachment.id)
    if len(bound) < len(set(new.uploads)):
        raise Invalid(attachments=_("An attachment is no longer there. Attach it again."))
    await rows(
        "UPDATE hd_attachment SET is_inline = false, content_id = NULL WHERE message = {} AND is_inline AND content_id <> ALL({})",
        message.id, list(cids_shown(new.body_html or "")),
    )  # fmt: skip


def mail_facts(message: dict[str, Any] | Message) -> MailFacts | None:
    """The stored facts of a message's mail."""
    stored = message["mail"] if isinstance(message, dict) else message.mail
    return msgspec.json.decode(stored, type=MailFacts) if stored else None


def is_public(message: Message) -> bool:
    return message.audience == Audience.PUBLIC


def _attachment(message: Message, new: NewAttachment) -> Attachment:
    return Attachment(
        message=message.id, name=new.name, content_type=new.content_type, size=new.size, blob=new.blob,
        content_id=new.content_id, is_inline=new.is_inline, created_at=message.created_at,
    )  # fmt: skip
