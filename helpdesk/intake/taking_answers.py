"""What a customer writes in the portal: a message like a mail's, with the same effects, and later mails join behind it."""

import hashlib
from datetime import datetime

import msgspec

from helpdesk.channels.tables import Channel
from helpdesk.customers.tables import Customer
from helpdesk.customers.visiting import Visitor
from helpdesk.kernel.database import lock, rows, transaction
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _
from helpdesk.kernel.text import language_of
from helpdesk.tickets.answering import answered
from helpdesk.tickets.changing import locked, locked_survivor
from helpdesk.tickets.joining import join
from helpdesk.tickets.messages import MailFacts, NewAttachment, NewMessage
from helpdesk.tickets.muting import mute_if_flooded
from helpdesk.tickets.opening import open_ticket
from helpdesk.tickets.tables import Attachment, Message, Status, Ticket

LONGEST = 20_000


async def take_answer(
    ticket: Ticket, text: str, *, by: Visitor, uploads: list[Attachment], page: str, at: datetime
) -> Message:
    """Add the visitor's words to the ticket, to what it was merged into, or to a follow-up when it is closed; once, however
    often the page sends them.

    Who came by a link is not proved to be who the mail was for: their words are marked unverified, as in a mail that
    anybody could have sent. The files are copies of the `uploads` of the `page`. Raises Invalid at the field.
    """
    text = text.strip()
    if not text and not uploads:
        raise Invalid(text=_("Write something before you send it."))
    if len(text) > LONGEST:
        raise Invalid(text=_("This is too long. Attach it as a file instead."))
    once = _once_of(page, ticket, by, text, uploads)
    async with transaction():
        await lock("once", once)
        if before := await Message.objects().get(Message.once == once):
            return before
        current = await locked_survivor(ticket.id)  # a merge may have committed since the page was found
        if current.status == Status.CLOSED:
            current = await _follow_up_of(current, by) or current
        message = NewMessage(
            author=by, body_text=text, language=language_of(text, current.language), created_at=at, is_unverified=not by.is_signed_in,
            mail=await _facts(current, by), once=once, attachments=[_copy(one) for one in uploads],
        )  # fmt: skip
        if current.status == Status.CLOSED:
            return await _open_follow_up(current, message, by=by, at=at)
        written = await join(current, message)
        await mute_if_flooded(current, by.id or 0, at=at)
    return written


async def _follow_up_of(ticket: Ticket, by: Visitor) -> Ticket | None:
    """The visitor's open follow-up of a closed ticket: one goes on, however many answers come."""
    found = await rows(
        """SELECT id FROM hd_ticket WHERE follow_up_of = {} AND customer = {} AND status <> 'closed' AND trashed_at IS NULL
            AND merged_into IS NULL ORDER BY id DESC LIMIT 1""",
        ticket.id, by.id,
    )  # fmt: skip
    return await locked(found[0]["id"]) if found else None


async def _open_follow_up(ticket: Ticket, message: NewMessage, *, by: Visitor, at: datetime) -> Message:
    """Linked to the closed one, without its old copies (rulings 3)."""
    customer = await Customer.objects().get(Customer.id == by.id)
    assert customer is not None, "a visitor's customer is never deleted"
    channel = await Channel.objects().get(Channel.id == ticket.channel) if ticket.channel else None
    alone = msgspec.structs.replace(message, mail=MailFacts(from_=by.address))
    _, written = await open_ticket(
        subject=ticket.subject, customer=customer, channel=channel, message=alone, by=by, at=at, team=ticket.team,
        follow_up_of=ticket,
    )  # fmt: skip
    return written


async def _facts(ticket: Ticket, by: Visitor) -> MailFacts:
    """As if it had come by mail: from the visitor's address, copied to whom the next answer would have gone anyway, behind
    the last mail of the ticket, so that mail programs keep the answer in its thread."""
    to = await answered(ticket)
    own = {row["value"] for row in await rows("SELECT value FROM hd_identity WHERE customer = {}", by.id)}
    last = await rows(
        """SELECT mail FROM hd_message WHERE ticket = {} AND audience = 'public' AND undone_at IS NULL AND thread IS NULL
            AND mail->>'message_id' <> '' ORDER BY created_at DESC, id DESC LIMIT 1""",
        ticket.id,
    )  # fmt: skip
    before = msgspec.json.decode(last[0]["mail"], type=MailFacts) if last else MailFacts()
    chain = [*before.references, *([before.message_id] if before.message_id else [])]
    return MailFacts(from_=by.address, cc=[one for one in to.addresses if one not in own], references=chain[-50:])


def _once_of(page: str, ticket: Ticket, by: Visitor, text: str, uploads: list[Attachment]) -> str:
    """A double click and a lost answer send the same and make one message; without scripts the files come anew, so that
    their content counts."""
    files = sorted((one.name, one.blob) for one in uploads)
    return "portal:" + hashlib.sha256(msgspec.json.encode([page, ticket.id, by.id, text, files])).hexdigest()


def _copy(upload: Attachment) -> NewAttachment:
    return NewAttachment(name=upload.name, content_type=upload.content_type, size=upload.size, blob=upload.blob)
