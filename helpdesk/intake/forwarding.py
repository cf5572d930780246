"""A mail that an agent forwards to us: its original sender is the customer, and the agent is only recorded.

Acting as an agent takes a proven sender (rulings 6): what the trusted mail server does not vouch for opens a ticket as
any mail does, with the agent as its customer, marked unverified. Where no mail server is trusted, nobody can tell, and
a forged forward could do no more than a forged From: then the original sender is the customer all the same, but nothing
is done in the agent's name, and both messages are marked unverified. No answer ever goes to the agent, and the original
sender, who did not write to us, gets no automatic mail.
"""

from datetime import datetime

from helpdesk.channels.email.reading import Forwarded, ParsedMail
from helpdesk.channels.email.threading import base_mailbox
from helpdesk.channels.tables import Channel
from helpdesk.customers.finding import find_or_create
from helpdesk.kernel.database import rows
from helpdesk.kernel.text import language_of
from helpdesk.people.actor import Actor
from helpdesk.tickets.changing import change
from helpdesk.tickets.messages import MailFacts, NewAttachment, NewMessage, write
from helpdesk.tickets.opening import open_ticket
from helpdesk.tickets.tables import Message, Ticket


async def forwarding_agent(forwarded: Forwarded | None, sender: str) -> Actor | None:
    """The agent, allowed to open tickets, whose address the forward came from; None when it is not to be treated as one."""
    if forwarded is None:
        return None
    found = await rows(
        """SELECT id, name FROM hd_agent WHERE email = {} AND deactivated_at IS NULL AND role <> 'light_agent'
            AND NOT EXISTS (SELECT FROM hd_channel WHERE address = {})""",
        sender, base_mailbox(forwarded.address),
    )  # fmt: skip
    return Actor(kind="agent", id=found[0]["id"], name=found[0]["name"]) if found else None


async def open_forwarded(
    forwarded: Forwarded, mail: ParsedMail, attachments: list[NewAttachment], *, by: Actor, channel: Channel, at: datetime,
    may_belong_to: int | None, is_spam: bool,
) -> tuple[Ticket, Message]:  # fmt: skip
    """Open the ticket of a forwarded mail, with what the agent wrote above it as a note.

    `by` is the agent when the mail is proven to be theirs, else SYSTEM.
    """
    is_unverified = by.kind != "agent"
    language = language_of(forwarded.text, channel.language)
    customer = await find_or_create(forwarded.address, forwarded.name, language=language, at=at)
    author = Actor(kind="customer", id=customer.id, name=customer.name)
    message = NewMessage(
        author=author, body_text=forwarded.text, language=language, created_at=at, attachments=attachments, is_unverified=is_unverified,
        mail=MailFacts(references=list(mail.references)[-50:], from_=forwarded.address),
    )  # fmt: skip
    subject = forwarded.subject or mail.subject
    ticket, written = await open_ticket(
        subject=subject, customer=customer, channel=channel, message=message, by=by, at=at, may_belong_to=may_belong_to,
        is_spam=is_spam,
    )  # fmt: skip
    await change(ticket, "forwarded", by=by, at=at, message=written.id, always=True)
    if forwarded.above.strip():
        said = NewMessage(
            author=by, audience="internal", body_text=forwarded.above.strip(), created_at=at, language=mail.language, is_unverified=is_unverified,
            mail=MailFacts(message_id=mail.message_id, from_=mail.from_.addr if mail.from_ else ""),
        )  # fmt: skip
        note = await write(ticket, said)
        await change(ticket, "noted", by=by, at=at, message=note.id, always=True)
    return ticket, written
