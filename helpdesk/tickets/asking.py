"""Asking somebody outside, a supplier say: a conversation of its own on the ticket, which the customer never sees.

Its messages are internal and name the one that began it as their `thread`. An answer comes back by the signed address of
the mail that it answers (`intake.joining`), under the same rules as a customer's.
"""

from datetime import datetime

import msgspec
from piccolo.querystring import QueryString

from helpdesk.channels.email.addresses import Address
from helpdesk.channels.email.composing import OutgoingMail
from helpdesk.channels.email.sanitising import cids_shown
from helpdesk.customers.finding import emails_of
from helpdesk.deliveries.tables import DeliveryKind
from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import Invalid, NotFound
from helpdesk.kernel.language import _
from helpdesk.kernel.text import language_of
from helpdesk.people.actor import SYSTEM, SignedIn
from helpdesk.people.permissions import demand
from helpdesk.tickets.answering import signature_of
from helpdesk.tickets.changing import change, held
from helpdesk.tickets.drafting import sent
from helpdesk.tickets.messages import MailFacts, NewMessage, write
from helpdesk.tickets.posting import Leaving, channel_of, post
from helpdesk.tickets.quoting import quoted
from helpdesk.tickets.recipients import Recipients, demand_reachable
from helpdesk.tickets.replying import Draft, check, demand_filled, html_to_send, new_message
from helpdesk.tickets.tables import DraftKind, Message, Status, Ticket
from helpdesk.tickets.trashing import restore


class Thread(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation with an outsider: the mail that was its last, and who would get the next."""

    id: int
    recipients: list[str]
    mail: MailFacts


async def ask(
    ticket: Ticket, draft: Draft, *, by: SignedIn, at: datetime, quoting: list[int], thread_id: int | None = None,
    leaving: Leaving | None = None,
) -> Message:  # fmt: skip
    """Write to whom `draft.recipients` names, with the ticket's messages `quoting` and their files below the text.

    `thread_id` goes on with a conversation; raises NotFound when the ticket has none such. Raises Refused for light
    agents, Invalid for the customer's own address and as `reply`.
    """
    demand(by, "reply")
    if not (quoting and not draft.body_text.strip()):
        check(draft)
    demand_filled(draft)
    recipients = draft.recipients or Recipients()
    async with held(ticket):
        await demand_reachable(recipients)
        if theirs := set(await emails_of(ticket.customer)) & set(recipients.addresses):
            raise Invalid(to=_("%(address)s is the customer. Write a reply instead.") % {"address": min(theirs)})
        thread = await find_thread(ticket, thread_id) if thread_id else None
        message = await write(ticket, msgspec.structs.replace(new_message(draft, by, at, "internal"), thread=thread_id))
        if thread is None:
            await Message.update({Message.thread: message.id}).where(Message.id == message.id)
        quotes = await quoted(ticket, QueryString("m.id = ANY({})", quoting), with_address=True) if quoting else ()
        await _copy_files(ticket, message, quoting, shown={cid for one in quotes for cid in cids_shown(one.html or "")})
        channel = await channel_of(ticket)
        mail = OutgoingMail(
            from_=Address(by.name, ""), to=tuple(recipients.to), cc=tuple(recipients.cc), date=at, message_id="",
            subject=f"Re: {ticket.subject}" if thread else f"Fwd: {ticket.subject}", language=language_of(draft.body_text, ticket.language),
            in_reply_to=thread.mail.message_id if thread else None,
            references=tuple(one for one in (*thread.mail.references, thread.mail.message_id) if one) if thread else (),
            text=draft.body_text, html=html_to_send(draft), signature=signature_of(by, channel),
            quoted=quotes[0] if quotes else None, earlier=quotes[1:],
        )  # fmt: skip
        await post(
            ticket, message, mail, leaving=leaving or Leaving(), at=at, channel=channel, kind=DeliveryKind.FORWARD,
            bcc=[one.addr for one in recipients.bcc], quoting=quoting,
        )  # fmt: skip
        await sent(DraftKind.FORWARD, ticket_id=ticket.id, by=by, **draft.kept(DraftKind.FORWARD))
        await change(ticket, "asked", by=by, at=at, message=message.id, always=True)
    return message


async def hear(ticket: Ticket, new: NewMessage, *, thread_id: int, is_automatic: bool = False) -> Message:
    """An outsider answered: internal, beside the conversation with the customer. It wakes a ticket that is on hold."""
    async with held(ticket):
        message = await write(ticket, msgspec.structs.replace(new, audience="internal", thread=thread_id))
        if ticket.trashed_at is not None:
            await restore(ticket, by=SYSTEM, at=new.created_at)
        wakes = ticket.status == Status.ON_HOLD and not is_automatic
        await change(
            ticket, "outsider_answered", by=new.author, at=new.created_at, message=message.id, always=True,
            status=Status.OPEN if wakes else ticket.status,
        )  # fmt: skip
    return message


async def find_thread(ticket: Ticket, thread_id: int) -> Thread:
    """The ticket's conversation with an outsider; raises NotFound."""
    found = await rows(
        """SELECT author_kind, mail FROM hd_message WHERE ticket = {} AND thread = {} AND undone_at IS NULL AND mail IS NOT NULL
        ORDER BY id DESC LIMIT 1""",
        ticket.id, thread_id,
    )  # fmt: skip
    if not found:
        raise NotFound(_("There is no such message, or you may not see it."))
    mail = msgspec.json.decode(found[0]["mail"], type=MailFacts)
    is_theirs = found[0]["author_kind"] == "customer"
    return Thread(
        id=thread_id,
        recipients=[mail.reply_to[0] if mail.reply_to else mail.from_] if is_theirs else mail.to,
        mail=mail,
    )


async def _copy_files(ticket: Ticket, message: Message, quoting: list[int], *, shown: set[str]) -> None:
    """The files of quoted messages go with the mail, those `shown` in their places; uploaded by nobody, so that taking it back
    does not keep them twice.
    """
    places = {cid: int(cid.partition(".")[0]) for cid in shown}
    await rows(
        """INSERT INTO hd_attachment (message, name, content_type, size, blob, is_inline, content_id, created_at)
        SELECT {}, f.name, f.content_type, f.size, f.blob, s.cid IS NOT NULL, s.cid, {} FROM hd_attachment f
        LEFT JOIN unnest({}::text[], {}::bigint[]) AS s (cid, file) ON s.file = f.id
        JOIN hd_message m ON m.id = f.message AND m.ticket = {} AND m.undone_at IS NULL
        WHERE f.message = ANY({}) ORDER BY f.id""",
        message.id, message.created_at, list(places), list(places.values()), ticket.id, quoting,
    )  # fmt: skip
