"""Putting a message into the post: its mail is queued, and the message remembers what was."""

from datetime import datetime, timedelta

import msgspec

from helpdesk.channels.email.composing import OutgoingMail
from helpdesk.channels.mailboxes import mailbox_of
from helpdesk.channels.tables import Channel
from helpdesk.deliveries import queueing
from helpdesk.deliveries.queueing import Enclosure, Letter
from helpdesk.deliveries.tables import Delivery, DeliveryKind
from helpdesk.deliveries.undoing import HELD
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _
from helpdesk.tickets.messages import MailFacts
from helpdesk.tickets.tables import Attachment, Message, Ticket
from helpdesk.tickets.uploading import LARGEST

LONGEST_AHEAD = timedelta(days=366)


class Leaving(msgspec.Struct, frozen=True, kw_only=True):
    """When a mail leaves: after `hold`, or at the time `later`, and then `unless_answered` not when the customer writes first."""

    hold: timedelta = HELD
    later: datetime | None = None
    unless_answered: bool = False


AT_ONCE = Leaving(hold=timedelta(0))


async def post(
    ticket: Ticket, message: Message, mail: OutgoingMail, *, leaving: Leaving, at: datetime, channel: Channel | None,
    kind: DeliveryKind = DeliveryKind.REPLY, bcc: list[str] | None = None, then_status: str | None = None, quoting: list[int] | None = None,
) -> Delivery:  # fmt: skip
    """Queue the mail of a message that was written in this transaction. `then_status` is for one that leaves later."""
    _check(leaving, at)
    delivery = await queueing.queue(
        Letter(mail, await _enclosures(message)), kind=kind, channel=channel, not_before=leaving.later or at + leaving.hold, at=at,
        ticket_id=ticket.id, message_id_of=message.id, bcc=bcc or [], is_scheduled=leaving.later is not None,
        unless_answered=leaving.unless_answered, then_status=then_status,
    )  # fmt: skip
    facts = MailFacts(
        message_id=delivery.mail_id, in_reply_to=[mail.in_reply_to] if mail.in_reply_to else [],
        references=list(mail.references), from_=channel.address or "" if channel else "", to=delivery.to, cc=delivery.cc,
        bcc=delivery.bcc, quoting=quoting or [],
    )  # fmt: skip
    await Message.update({Message.mail: msgspec.json.encode(facts).decode(), Message.mail_id: facts.message_id}).where(
        Message.id == message.id
    )
    return delivery


async def channel_of(ticket: Ticket) -> Channel | None:
    """The mailbox that a reply leaves from: the ticket's own while it is in use, else the default one."""
    return await mailbox_of(await Channel.objects().get(Channel.id == ticket.channel) if ticket.channel else None)


def _check(leaving: Leaving, at: datetime) -> None:
    if leaving.later is None:
        return
    if leaving.later <= at:
        raise Invalid(later=_("This time has passed. Choose a later one."))
    if leaving.later > at + LONGEST_AHEAD:
        raise Invalid(later=_("This is more than a year ahead. Choose an earlier time."))


async def _enclosures(message: Message) -> list[Enclosure]:
    found = await Attachment.objects().where(Attachment.message == message.id).order_by(Attachment.id)
    if sum(one.size for one in found) > LARGEST:
        raise Invalid(attachments=_("Together the files are larger than 25 MB. Share a link instead."))
    return [Enclosure(one.name, one.content_type, one.blob, one.content_id if one.is_inline else None) for one in found]
