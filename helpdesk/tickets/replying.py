"""Answering the customer, writing notes, and taking an answer back before it leaves."""

from datetime import datetime, timedelta
from typing import Any

import msgspec

from helpdesk.channels.email.sanitising import SANITISER_VERSION, present
from helpdesk.channels.mailboxes import mailbox_of
from helpdesk.channels.tables import Channel
from helpdesk.customers.tables import Customer
from helpdesk.deliveries import queueing, undoing
from helpdesk.deliveries.queueing import Enclosure, Letter
from helpdesk.deliveries.tables import DeliveryKind
from helpdesk.kernel.database import rows, transaction
from helpdesk.kernel.errors import Conflict, Invalid
from helpdesk.kernel.language import _
from helpdesk.kernel.text import language_of, preview
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import demand
from helpdesk.tickets.answering import Answered, answered, outgoing
from helpdesk.tickets.changing import change, held, locked, status_after_answer
from helpdesk.tickets.messages import MailFacts, NewMessage, write
from helpdesk.tickets.opening import open_ticket
from helpdesk.tickets.tables import Attachment, Event, Message, Status, Ticket
from helpdesk.tickets.uploading import LARGEST


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What an agent wrote. `body_html` is already safe; `uploads` are attachments of theirs not yet sent.

    `once` names the form that it came with (`tickets.repeating`).
    """

    body_text: str
    body_html: str | None = None
    uploads: list[int] = []
    once: str | None = None


async def reply(
    ticket: Ticket, draft: Draft, *, by: SignedIn, at: datetime, hold: timedelta = undoing.HELD, status: str | None = None,
    answering: int | None = None,
) -> Message:  # fmt: skip
    """Answer the customer; the mail leaves after `hold`. `status` is the ticket's next one, else new becomes open.

    `answering` is the customer's message whose recipients the agent was shown, 0 when there was none: raises Conflict
    with the recipients now and those shown when a later message has changed them. Raises Refused for light agents, Invalid when it is empty, the ticket closed or there is nobody to write to.
    """
    demand(by, "reply")
    _check(draft)
    async with held(ticket):
        if ticket.status == Status.CLOSED:
            raise Invalid(body_text=_("This ticket is closed. Open a follow-up to write to the customer again."))
        to = await answered(ticket)
        if answering not in (None, to.message_id):
            await _demand_same_recipients(ticket, to, answering)
        message = await write(ticket, _new(draft, by, at, "public"))
        await _queue(ticket, message, to, draft, by=by, at=at, hold=hold, channel=await channel_of(ticket))
        next_status = status or status_after_answer(ticket.status)
        await change(
            ticket, "replied", by=by, at=at, message=message.id, always=True, status=next_status,
            first_replied_at=ticket.first_replied_at or at, last_message_at=at, preview=preview(draft.body_text),
            solved_at=at if next_status == Status.SOLVED else None,
        )  # fmt: skip
    return message


async def send_first(
    customer: Customer, *, subject: str, draft: Draft, by: SignedIn, at: datetime, hold: timedelta, channel: Channel | None,
    team: int | None, priority: str, follow_up_of: Ticket | None,
) -> tuple[Ticket, Message]:  # fmt: skip
    """A new ticket whose first message goes to the customer; it is open, as somebody has spoken."""
    demand(by, "reply")
    _check(draft)
    async with transaction():
        new = msgspec.structs.replace(
            _new(draft, by, at, "public"), language=customer.language or language_of(draft.body_text)
        )
        ticket, message = await open_ticket(
            subject=subject, customer=customer, channel=channel, message=new, by=by, at=at, team=team, priority=priority,
            follow_up_of=follow_up_of,
        )  # fmt: skip
        await _queue(ticket, message, await answered(ticket), draft, by=by, at=at, hold=hold, channel=channel)
        await change(
            ticket, "replied", by=by, at=at, message=message.id, always=True, status=Status.OPEN, first_replied_at=at
        )
    return ticket, message


async def note(ticket: Ticket, draft: Draft, *, by: SignedIn, at: datetime) -> Message:
    """Write an internal note: it changes nothing else (rulings 3)."""
    demand(by, "note")
    _check(draft)
    async with held(ticket):
        message = await write(ticket, _new(draft, by, at, "internal"))
        await change(ticket, "noted", by=by, at=at, message=message.id, always=True)
    return message


async def take_back(message: Message, *, by: SignedIn, at: datetime) -> Draft | None:
    """Undo a reply of one's own that has not left: its text comes back and the ticket is as it was before.

    None when it was too late, or when somebody else wrote it. What others changed in between stays; a ticket that
    began with this message goes to the trash.
    """
    async with transaction():
        ticket = await locked(message.ticket)
        if message.agent != by.id or not await undoing.cancel(message.id):
            return None
        event = await Event.objects().where(Event.message == message.id, Event.kind == "replied").first()
        before, after = msgspec.json.decode(event.changes).get("status", (None, None)) if event else (None, None)
        uploads = (
            await Attachment.update({Attachment.message: None, Attachment.uploaded_by: by.id}, force=True)
            .where(Attachment.message == message.id)
            .returning(Attachment.id)
        )
        await Message.update({Message.undone_at: at, Message.once: None}).where(Message.id == message.id)
        left = await _public_messages(ticket)
        back: dict[str, Any] = {"status": before} if before and ticket.status == after else {}
        if back and before not in (Status.SOLVED, Status.CLOSED):
            back["solved_at"] = None
        await change(
            ticket, "undone", by=by, at=at, message=message.id, always=True,
            first_replied_at=next((one["created_at"] for one in left if one["author_kind"] == "agent"), None),
            last_message_at=left[-1]["created_at"] if left else ticket.created_at,
            preview=preview(left[-1]["body_text"]) if left else "", trashed_at=ticket.trashed_at if left else at, **back,
        )  # fmt: skip
    return Draft(body_text=message.body_text, body_html=message.body_html, uploads=[row["id"] for row in uploads])


async def _public_messages(ticket: Ticket) -> list[dict[str, Any]]:
    """Those that were not taken back, in their order."""
    return await rows(
        """SELECT author_kind, created_at, body_text FROM hd_message
        WHERE ticket = {} AND audience = 'public' AND undone_at IS NULL ORDER BY created_at, id""",
        ticket.id,
    )


async def try_again(message: Message, *, by: SignedIn, at: datetime) -> bool:
    """Send a reply once more after it failed."""
    demand(by, "reply")
    async with transaction():
        won = await undoing.send_again(message.id)
        if won:
            await change(await locked(message.ticket), "sent_again", by=by, at=at, message=message.id, always=True)
    return won


def _new(draft: Draft, by: SignedIn, at: datetime, audience: str) -> NewMessage:
    return NewMessage(
        author=by, audience="internal" if audience == "internal" else "public", body_text=draft.body_text.strip(),
        body_html=draft.body_html, sanitiser_version=SANITISER_VERSION if draft.body_html else 0,
        language=language_of(draft.body_text), created_at=at, uploads=draft.uploads, once=draft.once,
    )  # fmt: skip


async def _demand_same_recipients(ticket: Ticket, to: Answered, answering: int | None) -> None:
    shown = await answered(ticket, answering)
    if to.addresses != shown.addresses:
        raise Conflict(recipients=(", ".join(to.addresses), ", ".join(shown.addresses)))


def _check(draft: Draft) -> None:
    if not draft.body_text.strip() and not draft.uploads:
        raise Invalid(body_text=_("Write something before you send it."))
    if len(draft.body_text) > 200_000:
        raise Invalid(body_text=_("This is too long. Attach it as a file instead."))


async def _queue(
    ticket: Ticket, message: Message, to: Answered, draft: Draft, *, by: SignedIn, at: datetime, hold: timedelta,
    channel: Channel | None,
) -> None:  # fmt: skip
    """Queue the message's mail, and remember on the message what was queued."""
    if not to.to:
        raise Invalid(body_text=_("This customer has no e-mail address. Add one before you reply."))
    if stopped := [one.addr for one in to.to if one.addr in to.suppressed]:
        told = _(
            "Mails to %(address)s keep coming back, so nothing was sent. Lift the suppression to write there all the same."
        )
        raise Invalid(recipients=told % {"address": stopped[0]})
    html = present(draft.body_html, image_url=lambda _cid: None, allow_remote=True) if draft.body_html else None
    mail = outgoing(ticket, to, text=draft.body_text, html=html, by=by, channel=channel, at=at)
    delivery = await queueing.queue(
        Letter(mail, await _enclosures(message)), kind=DeliveryKind.REPLY, channel=channel, not_before=at + hold, at=at,
        ticket_id=ticket.id, message_id_of=message.id,
    )  # fmt: skip
    facts = MailFacts(
        message_id=delivery.mail_id, in_reply_to=[mail.in_reply_to] if mail.in_reply_to else [],
        references=list(mail.references), from_=channel.address if channel else "", to=delivery.to, cc=delivery.cc,
    )  # fmt: skip
    await Message.update({Message.mail: msgspec.json.encode(facts).decode(), Message.mail_id: facts.message_id}).where(
        Message.id == message.id
    )


async def channel_of(ticket: Ticket) -> Channel | None:
    """The mailbox that a reply leaves from: the ticket's own while it is in use, else the default one."""
    return await mailbox_of(await Channel.objects().get(Channel.id == ticket.channel) if ticket.channel else None)


async def _enclosures(message: Message) -> list[Enclosure]:
    found = await Attachment.objects().where(Attachment.message == message.id).order_by(Attachment.id)
    if sum(one.size for one in found) > LARGEST:
        raise Invalid(attachments=_("Together the files are larger than 25 MB. Share a link instead."))
    return [Enclosure(one.name, one.content_type, one.blob) for one in found]
