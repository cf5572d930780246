"""Reports on our own mails: not delivered, late, passed on, or complained about (RFC 3464, RFC 5965).

A report is a system message on the ticket of the mail that it is about; it neither opens nor reopens (rulings 5).
"""

from datetime import datetime
from typing import Any

from helpdesk.channels.email.reading import Bounce, Feedback, ParsedMail, ReadMail
from helpdesk.channels.email.threading import Token, read_address, read_message_id
from helpdesk.customers.suppressing import suppress
from helpdesk.customers.tables import SuppressedFor
from helpdesk.deliveries.bouncing import mark_bounced
from helpdesk.deliveries.queueing import REPLY_KEYS
from helpdesk.deliveries.tables import Delivery
from helpdesk.kernel.tokens import keys
from helpdesk.people.actor import SYSTEM
from helpdesk.tickets.changing import change, locked_survivor, locked_with
from helpdesk.tickets.messages import MailFacts, NewAttachment, NewMessage, write
from helpdesk.tickets.tables import Message, Ticket

NO_COMPLAINT = {"not-spam", "auth-failure", "dmarc"}
"""Kinds of feedback (RFC 5965 7.3, RFC 6591) by which nobody asks to be left alone."""


async def find_reported(mail: ParsedMail, raw: dict[str, Any], verdict: str) -> Delivery | None:
    """The mail of ours, on a ticket, that a report is about; None when it is none that is believed (c.7).

    Anybody may claim that a mail bounced. Believed is who had its bounce address, or a server with nobody as sender
    that has our Message-ID. A complaint comes with a sender: it names our mail by one of the two or by its reply address,
    and is not forged.
    """
    token = _bounce_token(raw["envelope_to"])
    if mail.is_bounce and mail.bounce and token is None and not raw["envelope_from"]:
        token = _of_message_id(mail.bounce.original_message_id)
    elif mail.feedback and token is None and verdict != "fail":
        token = _of_complaint(mail.feedback)
    if token is None or not (mail.is_bounce or mail.feedback):
        return None
    delivery = await Delivery.objects().get(Delivery.id == token.delivery_id)
    return delivery if delivery and delivery.ticket_id else None


async def take_report(
    delivery: Delivery, raw: dict[str, Any], read: ReadMail, attachments: list[NewAttachment], facts: MailFacts
) -> Message:  # fmt: skip
    """Write the report down on the ticket and do what follows from it: what is late, passed on or delivered is only noted,
    what failed marks the delivery and may suppress its recipients.

    The ticket is held before the delivery, as by `following_up.settle`.
    """
    assert delivery.ticket_id is not None, "find_reported finds mails on tickets only"
    at, report = raw["received_at"], read.mail.bounce
    is_failure = read.mail.feedback is None and (report is None or report.action in (None, "failed"))
    ticket = await (locked_with(delivery.message_id) if delivery.message_id else locked_survivor(delivery.ticket_id))
    suppressed = await mark_bounced(delivery, failed_of(delivery, report), at=at) if is_failure else []
    written = NewMessage(
        author=SYSTEM, audience="internal", body_text=read.new_text or read.mail.subject, quoted_text=read.quoted_text,
        created_at=at, attachments=attachments, mail=facts,
    )  # fmt: skip
    message = await write(ticket, written)
    kind = "complained" if read.mail.feedback else "bounced" if is_failure else "reported"
    await change(ticket, kind, by=SYSTEM, at=at, message=message.id, always=True)
    for address in suppressed:
        await tell_suppressed(ticket, address, SuppressedFor.BOUNCES, at)
    if read.mail.feedback:
        await _spare_who_complained(ticket, delivery, read.mail.feedback, at)
    return message


async def _spare_who_complained(ticket: Ticket, delivery: Delivery, said: Feedback, at: datetime) -> None:
    """Who complained gets no more automatic mail; where the report does not say who, only a sole recipient can be meant."""
    recipients = _recipients(delivery)
    named = [address for address in said.original_recipients if address in recipients]
    meant = named or (recipients if len(recipients) == 1 and not said.original_recipients else [])
    if said.kind in NO_COMPLAINT:
        return
    for address in meant:
        if await suppress(address, reason=SuppressedFor.COMPLAINT, detail=said.kind, ticket_id=ticket.id, at=at):
            await tell_suppressed(ticket, address, SuppressedFor.COMPLAINT, at)


def failed_of(delivery: Delivery, report: Bounce | None) -> dict[str, str]:
    """The recipients of the mail that failed by the report, with their status; all of them where it names none of them."""
    recipients = _recipients(delivery)
    found: dict[str, str] = {}
    for one in report.failed if report else ():
        if address := next((address for address in one.addresses if address in recipients), None):
            found[address] = one.status or (report and report.status) or ""
    status = (report.status if report else None) or ""
    return found or dict.fromkeys(recipients, status if len(recipients) == 1 else "")


def _recipients(delivery: Delivery) -> list[str]:
    return list(dict.fromkeys([*delivery.to, *delivery.cc, *delivery.bcc]))


async def tell_suppressed(ticket: Ticket, address: str, reason: SuppressedFor, at: datetime) -> None:
    """Write down on the ticket that the address is suppressed from now on."""
    told = {"address": (None, address), "reason": (None, reason)}
    await change(ticket, "suppressed", by=SYSTEM, at=at, always=True, told=told)


def _bounce_token(addresses: list[str]) -> Token | None:
    tokens = [token for address in addresses if (token := read_address(address, keys(REPLY_KEYS)))]
    return next((token for token in tokens if token.purpose == "bounce"), None)


def _of_complaint(said: Feedback) -> Token | None:
    named = (said.original_sender, said.original_reply_to)
    of_address = next((token for one in named if one and (token := read_address(one, keys(REPLY_KEYS)))), None)
    return _of_message_id(said.original_message_id) or of_address


def _of_message_id(message_id: str | None) -> Token | None:
    return read_message_id(message_id, keys(REPLY_KEYS)) if message_id else None
