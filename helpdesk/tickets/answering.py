"""To whom and how an answer goes: computed on the server from the message that is answered."""

from datetime import datetime
from typing import Any

import msgspec
from piccolo.querystring import QueryString

from helpdesk.channels.email.addresses import Address
from helpdesk.channels.email.composing import OutgoingMail, Quoted
from helpdesk.channels.email.threading import base_mailbox
from helpdesk.channels.tables import Channel
from helpdesk.customers.suppressing import suppressed
from helpdesk.customers.tables import Customer
from helpdesk.kernel.database import rows
from helpdesk.people.actor import SignedIn
from helpdesk.tickets.messages import MailFacts
from helpdesk.tickets.tables import Ticket


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """The message that is answered (0: none), and who gets the answer."""

    message_id: int = 0
    to: list[Address]
    cc: list[Address]
    mail: MailFacts | None
    suppressed: dict[str, str] = {}
    """Of whom it would go to: addresses that mails come back from, with the status. They get no copy."""

    @property
    def addresses(self) -> list[str]:
        return [one.addr for one in (*self.to, *self.cc)]


async def answered(ticket: Ticket, message_id: int | None = None) -> Answered:
    """The last message of a customer: its author and those who were copied, the ticket's customer and whoever else has
    written on it among them. What a machine answered counts only where there is nothing else.

    `message_id` asks for an earlier one of them; 0 for none, as on a ticket without a customer's message.

    A mail that may be forged brings nobody new into the conversation: of its Reply-To and Cc only those count who take
    part already (reliability_security c.4). Without a mail, the customer's own address.
    """
    to = await _answered(ticket, message_id)
    stopped = await suppressed(to.addresses)
    return msgspec.structs.replace(to, cc=[one for one in to.cc if one.addr not in stopped], suppressed=stopped)


async def _answered(ticket: Ticket, message_id: int | None) -> Answered:
    around = await _addresses_around(ticket)
    own, ours, so_far = around.own, around.ours, around.so_far
    row = await _message(ticket, message_id)
    if row is None:
        customer = await Customer.objects().get(Customer.id == ticket.customer)
        return Answered(to=[Address(customer.name if customer else "", own[0])] if own else [], cc=[], mail=None)
    mail = msgspec.json.decode(row["mail"], type=MailFacts) if row["mail"] else None
    if mail is None or not mail.from_:
        to = [Address(row["name"], own[0])] if own else []
        return Answered(message_id=row["id"], to=to, cc=[], mail=None)
    known = {*own, *so_far}
    trusted = [
        one for one in dict.fromkeys([*mail.reply_to, mail.from_, *mail.to, *mail.cc])
        if base_mailbox(one) not in ours and (not row["is_unverified"] or one in known)
    ]  # fmt: skip
    main = next((one for one in trusted if one in mail.reply_to or one == mail.from_), own[0] if own else None)
    others = [one for one in trusted if one not in (main, mail.from_) and one not in mail.reply_to]
    if row["customer"] != ticket.customer and own and not {main, *others} & set(own):
        others.append(own[0])
    others += [
        one for customer, one in around.writers.items() if customer != row["customer"] and one not in (main, *others)
    ]
    to = [Address(row["name"], main)] if main else []
    cc = [Address("", one) for one in others]
    return Answered(message_id=row["id"], to=to, cc=cc, mail=mail)


async def _message(ticket: Ticket, message_id: int | None) -> dict[str, Any] | None:
    by_people = QueryString("coalesce((m.mail->>'is_auto_reply')::boolean, false) = false")
    asked = [by_people, QueryString("true")] if message_id is None else [QueryString("m.id = {}", message_id)]
    for which in asked:
        found = await rows(
            """SELECT m.id, m.mail, m.is_unverified, m.customer, c.name FROM hd_message m
            JOIN hd_customer c ON c.id = m.customer
            WHERE m.ticket = {} AND m.author_kind = 'customer' AND m.audience = 'public' AND m.undone_at IS NULL AND {}
            ORDER BY m.created_at DESC, m.id DESC LIMIT 1""",
            ticket.id, which,
        )  # fmt: skip
        if found:
            return found[0]
    return None


class _Around(msgspec.Struct, frozen=True):
    """The customer's own addresses, the first known first; those of our mailboxes; those to which mails of the ticket
    went, or that a mail which is not unverified names; and of each other customer who has written on it the address that
    they last wrote from.
    """

    own: list[str]
    ours: set[str]
    so_far: set[str]
    writers: dict[int, str]


async def _addresses_around(ticket: Ticket) -> _Around:
    [row] = await rows(
        """SELECT
            ARRAY(SELECT value FROM hd_identity WHERE customer = {} AND kind = 'email' ORDER BY is_primary DESC, id) AS own,
            ARRAY(SELECT address FROM hd_channel WHERE address IS NOT NULL) AS ours,
            ARRAY(SELECT unnest(to_addresses || cc_addresses) FROM hd_delivery WHERE ticket_id = {} AND kind <> 'forward'
                UNION SELECT jsonb_array_elements_text((mail->'to') || (mail->'cc')) FROM hd_message
                WHERE ticket = {} AND author_kind = 'customer' AND audience = 'public' AND undone_at IS NULL
                    AND NOT is_unverified) AS so_far,
            (SELECT coalesce(json_object_agg(customer, address), json_build_object()) FROM (
                SELECT DISTINCT ON (customer) customer, mail->>'from' AS address FROM hd_message
                WHERE ticket = {} AND author_kind = 'customer' AND customer <> {} AND audience = 'public' AND undone_at IS NULL
                    AND mail->>'from' <> '' AND NOT (mail->>'is_auto_reply')::boolean
                ORDER BY customer, id DESC) AS latest) AS writers""",
        ticket.customer, ticket.id, ticket.id, ticket.id, ticket.customer,
    )  # fmt: skip
    writers = msgspec.json.decode(row["writers"], type=dict[int, str])
    return _Around(row["own"], set(row["ours"]), set(row["so_far"]), writers)


def outgoing(
    ticket: Ticket, to: Answered, *, text: str, html: str | None, quoted: tuple[Quoted, ...], by: SignedIn,
    channel: Channel | None, at: datetime,
) -> OutgoingMail:  # fmt: skip
    """The answer as a mail, `quoted` below it; Message-ID and addresses of ours are set when it is queued."""
    mail = to.mail or MailFacts()
    references = [*mail.references, *([mail.message_id] if mail.message_id else [])]
    is_first = not to.message_id or ticket.subject[:3].lower() == "re:"
    return OutgoingMail(
        from_=Address(by.name, ""), to=tuple(to.to), cc=tuple(to.cc), subject=ticket.subject if is_first else f"Re: {ticket.subject}", date=at, message_id="",
        in_reply_to=references[-1] if references else None, references=tuple(dict.fromkeys(references)),
        language=ticket.language, text=text, html=html, quoted=quoted[0] if quoted else None, earlier=quoted[1:], signature=signature_of(by, channel),
    )  # fmt: skip


def signature_of(by: SignedIn, channel: Channel | None) -> str:
    """What stands below an answer: the agent's own signature, and below that the mailbox's."""
    return "\n".join(one for one in (by.signature, channel.signature if channel else "") if one.strip())
