"""To whom and how an answer goes: computed on the server from the message that is answered."""

from datetime import datetime

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
    around = await _around(ticket, message_id)
    own, ours, so_far, said = around.own, around.ours, around.so_far, around.said
    if said is None:
        customer = await Customer.objects().get(Customer.id == ticket.customer)
        return Answered(to=[Address(customer.name if customer else "", own[0])] if own else [], cc=[], mail=None)
    mail = said.mail
    if mail is None or not mail.from_:
        to = [Address(said.name, own[0])] if own else []
        return Answered(message_id=said.id, to=to, cc=[], mail=None)
    known = {*own, *so_far}
    trusted = [
        one for one in dict.fromkeys([*mail.reply_to, mail.from_, *mail.to, *mail.cc])
        if base_mailbox(one) not in ours and (not said.is_unverified or one in known)
    ]  # fmt: skip
    main = next((one for one in trusted if one in mail.reply_to or one == mail.from_), own[0] if own else None)
    others = [one for one in trusted if one not in (main, mail.from_) and one not in mail.reply_to]
    if said.customer != ticket.customer and own and not {main, *others} & set(own):
        others.append(own[0])
    others += [
        one for customer, one in around.writers.items() if customer != said.customer and one not in (main, *others)
    ]
    to = [Address(said.name, main)] if main else []
    cc = [Address("", one) for one in others]
    return Answered(message_id=said.id, to=to, cc=cc, mail=mail)


class _Said(msgspec.Struct, frozen=True):
    """The message that is answered, and its author."""

    id: int
    mail: MailFacts | None
    is_unverified: bool
    customer: int
    name: str


class _Around(msgspec.Struct, frozen=True):
    """The customer's own addresses, the first known first; those of our mailboxes; those to which mails of the ticket
    went, or that a mail which is not unverified names; of each other customer who has written on it the address that
    they last wrote from; and what is answered.
    """

    own: list[str]
    ours: set[str]
    so_far: set[str]
    writers: dict[int, str]
    said: _Said | None


async def _around(ticket: Ticket, message_id: int | None) -> _Around:
    asked = QueryString("true") if message_id is None else QueryString("m.id = {}", message_id)
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
                ORDER BY customer, id DESC) AS latest) AS writers,
            (SELECT row_to_json(found) FROM (
                SELECT m.id, m.mail, m.is_unverified, m.customer, c.name FROM hd_message m JOIN hd_customer c ON c.id = m.customer
                WHERE m.ticket = {} AND m.author_kind = 'customer' AND m.audience = 'public' AND m.undone_at IS NULL AND {}
                ORDER BY coalesce((m.mail->>'is_auto_reply')::boolean, false), m.created_at DESC, m.id DESC LIMIT 1) AS found) AS said""",
        ticket.customer, ticket.id, ticket.id, ticket.id, ticket.customer, ticket.id, asked,
    )  # fmt: skip
    writers = msgspec.json.decode(row["writers"], type=dict[int, str])
    said = msgspec.json.decode(row["said"], type=_Said) if row["said"] else None
    return _Around(row["own"], set(row["ours"]), set(row["so_far"]), writers, said)


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
