"""Telling the sender that we have their mail: rate-limited, loop-safe, without a word of theirs (rulings 9; c.2)."""

from datetime import datetime, timedelta

from helpdesk.channels.email.addresses import Address
from helpdesk.channels.email.composing import OutgoingMail
from helpdesk.channels.email.reading import ParsedMail
from helpdesk.channels.email.threading import base_mailbox
from helpdesk.channels.tables import Channel
from helpdesk.deliveries.queueing import Letter, queue
from helpdesk.deliveries.tables import DeliveryKind
from helpdesk.kernel.errors import TooMany
from helpdesk.kernel.language import _, digits, speaking
from helpdesk.people.tables import Installation
from helpdesk.people.throttling import count_try
from helpdesk.tickets.tables import Ticket

HOURLY, DAILY = 1, 5
HOURLY_OVER_ALL = 2_000
"""More in an hour is a flood: somebody uses our name to write to others."""


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
    """Whether the mailbox (whatever its plus part) had its automatic mail, or the installation sent very much of it.

    Counting holds the counters until the commit, so two mails at once cannot both pass.
    """
    mailbox = base_mailbox(address)
    try:
        await count_try(f"automatic:hour:{mailbox}", at_most=HOURLY, within=timedelta(hours=1), at=at)
        await count_try(f"automatic:day:{mailbox}", at_most=DAILY, within=timedelta(days=1), at=at)
        await count_try("automatic:all", at_most=HOURLY_OVER_ALL, within=timedelta(hours=1), at=at)
    except TooMany:
        return True
    return False
