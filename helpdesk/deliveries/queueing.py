"""Queueing a mail: everything that it says is fixed here, its Message-ID too."""

from datetime import datetime

import msgspec

from helpdesk import actors
from helpdesk.channels.email.addresses import Address
from helpdesk.channels.email.composing import OutgoingMail
from helpdesk.channels.email.threading import bounce_address, has_room, message_id, reply_address
from helpdesk.channels.tables import Channel
from helpdesk.deliveries.tables import Delivery, DeliveryKind, DeliveryState
from helpdesk.kernel.database import after_commit, rows, transaction
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
    ticket_id: int | None = None, message_id_of: int | None = None,
) -> Delivery:  # fmt: skip
    """Queue a mail to leave at `not_before`; joins the caller's transaction, and leaves after its commit.

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
        )
        delivery = Delivery(
            id=number, kind=kind, channel=channel.id if channel else None, ticket_id=ticket_id, message_id=message_id_of,
            state=DeliveryState.QUEUED, not_before=not_before, queued_at=at, is_automatic=mail.automatic is not None,
            envelope_from="" if mail.automatic else bounce_address(mailbox, number, key) if is_signed else mailbox,
            to=[one.addr for one in mail.to], cc=[one.addr for one in mail.cc], mail_id=mail.message_id,
            left_to=[one.addr for one in (*mail.to, *mail.cc)], mail=msgspec.json.encode(Letter(mail, letter.enclosures)).decode(),
        )  # fmt: skip
        await Delivery.insert(delivery)
        delay = max(0, int((not_before - at).total_seconds() * 1000))
        after_commit(_nudge, number, delay)
    return delivery


def _nudge(delivery_id: int, delay: int) -> None:
    """Nudge once it is due; what waits longer than a minute is found by the scheduler."""
    if delay <= 60_000:
        actors.deliver.send_with_options(args=(delivery_id,), delay=delay or None)
