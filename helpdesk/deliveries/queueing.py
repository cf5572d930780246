"""Queueing a mail: everything that it says is fixed here, its Message-ID too."""

from datetime import datetime

import msgspec

from helpdesk import actors
from helpdesk.channels.email.addresses import Address
from helpdesk.channels.email.composing import Online, OutgoingMail
from helpdesk.channels.email.threading import bounce_address, has_room, message_id, reply_address
from helpdesk.channels.tables import Channel
from helpdesk.deliveries.links import portal_link
from helpdesk.deliveries.tables import Delivery, DeliveryKind, DeliveryState
from helpdesk.kernel.database import after_commit, rows, transaction
from helpdesk.kernel.language import _, speaking
from helpdesk.kernel.settings import settings
from helpdesk.kernel.tokens import keys

REPLY_KEYS = "mail-threading"


class Enclosure(msgspec.Struct, frozen=True):
    """An attachment, by its place in the blob store."""

    name: str
    content_type: str
    blob: str
    content_id: str | None = None


class Letter(msgspec.Struct, frozen=True):
    """A mail as it is kept until it is sent: `mail` has no attachments, they are `enclosures`."""

    mail: OutgoingMail
    enclosures: list[Enclosure] = []


async def queue(
    letter: Letter, *, kind: DeliveryKind, channel: Channel | None, not_before: datetime, at: datetime,
    ticket_id: int | None = None, message_id_of: int | None = None, bcc: list[str] | None = None, is_scheduled: bool = False,
    unless_answered: bool = False, then_status: str | None = None,
) -> Delivery:  # fmt: skip
    """Queue a mail to leave at `not_before`; joins the caller's transaction, and leaves after its commit.

    `bcc` get the same mail, which does not name them. A scheduled one moves its ticket on when it has left (`tickets.sending_later`).

    From, Message-ID, Reply-To and the envelope sender are made here: from the channel and signed, or the system's own.
    """
    async with transaction():
        [row] = await rows("SELECT nextval(pg_get_serial_sequence('hd_delivery', 'id')) AS id, now() AS now")
        number, key = row["id"], keys(REPLY_KEYS)[0]
        mailbox = channel.address if channel else f"support@{settings().mail_domain}"
        is_signed = channel is not None and channel.is_plus_addressed and has_room(mailbox)
        mail = msgspec.structs.replace(
            letter.mail,
            from_=Address(letter.mail.from_.name, mailbox),
            reply_to=Address(letter.mail.from_.name, reply_address(mailbox, number, key)) if is_signed else None,
            message_id=message_id(number, mailbox.rpartition("@")[2], key),
            online=_online(letter.mail, kind, channel, number, has_others=bool(bcc)),
        )
        delivery = Delivery(
            id=number, kind=kind, channel=channel.id if channel else None, ticket_id=ticket_id, message_id=message_id_of,
            state=DeliveryState.QUEUED, not_before=not_before, queued_at=at, is_automatic=mail.automatic is not None,
            envelope_from="" if mail.automatic else bounce_address(mailbox, number, key) if is_signed else mailbox,
            to=[one.addr for one in mail.to], cc=[one.addr for one in mail.cc], mail_id=mail.message_id,
            bcc=bcc or [], is_scheduled=is_scheduled, unless_answered=unless_answered, then_status=then_status,
            left_to=[*(one.addr for one in (*mail.to, *mail.cc)), *(bcc or [])], mail=msgspec.json.encode(Letter(mail, letter.enclosures)).decode(),
        )  # fmt: skip
        await Delivery.insert(delivery)
        delay = max(0, int((not_before - at).total_seconds() * 1000))
        after_commit(_nudge, number, delay)
    return delivery


def _online(
    mail: OutgoingMail, kind: DeliveryKind, channel: Channel | None, number: int, *, has_others: bool
) -> Online | None:
    """The link to the request in the portal: in answers to one reader alone, as it lets in whoever has it."""
    if kind != DeliveryKind.REPLY or channel is None or not channel.links_to_portal:
        return None
    if len(mail.to) != 1 or mail.cc or has_others:
        return None
    with speaking(mail.language):
        return Online(_("See this request online"), portal_link(number))


def _nudge(delivery_id: int, delay: int) -> None:
    """Nudge once it is due; what waits longer than a minute is found by the scheduler."""
    if delay <= 60_000:
        actors.deliver.send_with_options(args=(delivery_id,), delay=delay or None)
