"""Telling the sender that we have their mail: rate-limited, loop-safe, without a word of theirs (rulings 9; c.2)."""

from datetime import datetime, timedelta

from helpdesk.channels.email.addresses import Address
from helpdesk.channels.email.composing import OutgoingMail
from helpdesk.channels.email.reading import ParsedMail
from helpdesk.channels.email.threading import base_mailbox
from helpdesk.channels.tables import Channel
from helpdesk.deliveries.queueing import Letter, queue
from helpdesk.deliveries.tables import DeliveryKind
from helpdesk.kernel.database import lock, rows
from helpdesk.kernel.language import _, digits, speaking
from helpdesk.people.tables import Installation
from helpdesk.tickets.tables import Ticket

HOURLY, DAILY = 1, 5


async def acknowledge(
    ticket: Ticket, mail: ParsedMail, *, channel: Channel, envelope_from: str, sender: str, at: datetime
) -> bool:
    """Queue the acknowledgement when the mail may have one; in the transaction that opened the ticket."""
    named = {base_mailbox(one.addr) for one in (*mail.to, *mail.cc)}
    if (
        not channel.acknowledges
        or mail.must_not_get_an_automatic_answer
        or not envelope_from
        or channel.address not in named
    ):
        return False
    if await _is_ours(sender) or await _had_enough(sender, at):
        return False
    installation = await Installation.objects().first()
    assert installation is not None
    with speaking(ticket.language):
        number = digits(ticket.number)
        subject = _("We have received your request #%(number)s") % {"number": number}
        text = _(
            "Hello,\n\nThank you for writing to us. Your request has the number #%(number)s and a person will answer it.\n"
            "To add something, reply to this mail."
        ) % {"number": number}  # fmt: skip
    letter = OutgoingMail(
        from_=Address(installation.name, ""), to=(Address("", sender),), subject=subject, date=at, message_id="",
        in_reply_to=mail.message_id, references=tuple(dict.fromkeys([*mail.references[-20:], *([mail.message_id] if mail.message_id else [])])),
        language=ticket.language, text=text, signature=channel.signature, automatic="auto-replied", instance_id=str(installation.instance_id),
    )  # fmt: skip
    await queue(
        Letter(letter), kind=DeliveryKind.ACKNOWLEDGEMENT, channel=channel, not_before=at, at=at, ticket_id=ticket.id
    )
    return True


async def _is_ours(address: str) -> bool:
    return await Channel.exists().where(Channel.address == base_mailbox(address))


async def _had_enough(address: str, at: datetime) -> bool:
    """Whether the address had its automatic mail for this hour or day; holds a lock, so two mails at once cannot both pass."""
    await lock("automatic-mail", address)
    [had] = await rows(
        """SELECT count(*) FILTER (WHERE queued_at > {}) AS hour, count(*) AS day FROM hd_delivery
        WHERE is_automatic AND to_addresses[1] = {} AND queued_at > {} AND state <> 'cancelled'""",
        at - timedelta(hours=1), address, at - timedelta(days=1),
    )  # fmt: skip
    return had["hour"] >= HOURLY or had["day"] >= DAILY
