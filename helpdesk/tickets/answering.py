"""To whom and how an answer goes: computed on the server from the message that is answered."""

from datetime import datetime
from typing import Any

import msgspec

from helpdesk.channels.email.addresses import Address
from helpdesk.channels.email.composing import OutgoingMail, Quoted
from helpdesk.channels.email.threading import base_mailbox
from helpdesk.channels.tables import Channel
from helpdesk.customers.finding import emails_of
from helpdesk.customers.tables import Customer
from helpdesk.kernel.database import rows
from helpdesk.kernel.language import _, moment, speaking
from helpdesk.people.actor import SignedIn
from helpdesk.tickets.messages import MailFacts
from helpdesk.tickets.tables import Ticket


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """The message that is answered, and who gets the answer."""

    to: list[Address]
    cc: list[Address]
    mail: MailFacts | None
    quoted: Quoted | None


async def answered(ticket: Ticket) -> Answered:
    """The customer's last message, its author and those who were copied; without one, the customer's own address."""
    customer = await Customer.objects().get(Customer.id == ticket.customer)
    found = await rows(
        """SELECT body_text, created_at, mail FROM hd_message WHERE ticket = {} AND author_kind = 'customer'
        AND audience = 'public' AND undone_at IS NULL ORDER BY created_at DESC, id DESC LIMIT 1""",
        ticket.id,
    )  # fmt: skip
    mail = msgspec.json.decode(found[0]["mail"], type=MailFacts) if found and found[0]["mail"] else None
    ours = await _our_mailboxes()
    name = customer.name if customer else ""
    quoted = _quoted(found[0], name, ticket.language) if found else None
    if mail and mail.from_:
        main = (mail.reply_to or [mail.from_])[0]
        others = [
            a
            for a in dict.fromkeys([*mail.to, *mail.cc])
            if a != main and a != mail.from_ and base_mailbox(a) not in ours
        ]
        return Answered(to=[Address(name, main)], cc=[Address("", a) for a in others], mail=mail, quoted=quoted)
    emails = await emails_of(ticket.customer)
    return Answered(to=[Address(name, emails[0])] if emails else [], cc=[], mail=None, quoted=quoted)


def outgoing(
    ticket: Ticket, to: Answered, *, text: str, html: str | None, by: SignedIn, channel: Channel | None, at: datetime
) -> OutgoingMail:
    """The answer as a mail; Message-ID and addresses of ours are set when it is queued."""
    references = [*to.mail.references, to.mail.message_id] if to.mail and to.mail.message_id else []
    is_first = to.quoted is None or ticket.subject[:3].lower() == "re:"
    signatures = [by.signature, channel.signature if channel else ""]
    return OutgoingMail(
        from_=Address(by.name, ""), to=tuple(to.to), cc=tuple(to.cc), subject=ticket.subject if is_first else f"Re: {ticket.subject}", date=at, message_id="",
        in_reply_to=to.mail.message_id if to.mail else None, references=tuple(dict.fromkeys(references)),
        language=ticket.language, text=text, html=html, quoted=to.quoted, signature="\n".join(s for s in signatures if s.strip()),
    )  # fmt: skip


def _quoted(row: dict[str, Any], name: str, language: str) -> Quoted:
    with speaking(language):
        attribution = _("On %(when)s, %(who)s wrote:") % {"when": moment(row["created_at"]), "who": name}
    return Quoted(attribution, row["body_text"])


async def _our_mailboxes() -> set[str]:
    return {row["address"] for row in await Channel.select(Channel.address)}
