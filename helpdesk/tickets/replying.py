"""Answering the customer, and writing notes."""

from datetime import datetime
from typing import Any

import msgspec

from helpdesk.channels.email.sanitising import SANITISER_VERSION, present
from helpdesk.channels.tables import Channel
from helpdesk.customers.tables import Customer
from helpdesk.deliveries.queueing import Delivery
from helpdesk.kernel.database import rows, transaction
from helpdesk.kernel.errors import Conflict, Invalid
from helpdesk.kernel.language import _
from helpdesk.kernel.placeholders import left_in
from helpdesk.kernel.text import language_of, preview
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import demand
from helpdesk.tickets.answering import Answered, answered, outgoing
from helpdesk.tickets.changing import change, held, status_after_answer
from helpdesk.tickets.drafting import sent
from helpdesk.tickets.mentioning import mention
from helpdesk.tickets.messages import NewMessage, write
from helpdesk.tickets.opening import open_ticket
from helpdesk.tickets.posting import Leaving, channel_of, post
from helpdesk.tickets.quoting import quoted_below
from helpdesk.tickets.recipients import Recipients, demand_reachable, told_suppressed
from helpdesk.tickets.tables import DraftKind, Message, Status, Ticket


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What an agent wrote. `body_html` is already safe; `uploads` are attachments of theirs not yet sent.

    `recipients` are those that the agent chose, None: whom the server finds. `once` names the form that it came with
    (`tickets.repeating`), `versions` the kept drafts that the form had, by kind.
    """

    body_text: str
    body_html: str | None = None
    uploads: list[int] = []
    unfilled: frozenset[str] = frozenset()
    """Placeholders that may stay as they are: who writes has been told of them."""
    recipients: Recipients | None = None
    once: str | None = None
    versions: dict[str, int] = {}

    def kept(self, kind: str) -> dict[str, Any]:
        """What `drafting.sent` has to know of the kept draft that this was."""
        return {"once": self.once, "version": self.versions.get(kind, 0)}


class Unfilled(Invalid):
    """Placeholders of these names were left in what was to be sent."""

    def __init__(self, names: list[str]) -> None:
        shown = ", ".join(f"\u2066{{{{{name}}}}}\u2069" for name in names)
        super().__init__(body_text=_("Nothing was sent: nothing stands for %(names)s yet.") % {"names": shown})
        self.names = names


async def reply(
    ticket: Ticket, draft: Draft, *, by: SignedIn, at: datetime, leaving: Leaving | None = None, status: str | None = None,
    answering: int | None = None, seen: int | None = None,
) -> Message:  # fmt: skip
    """Answer the customer. `status` is the ticket's next one, else new becomes open; when it leaves later, then.

    `seen` is the newest message that the agent knows: raises Conflict(seen=(newest, seen)) when somebody else has
    written meanwhile. `answering` is the customer's message whose recipients the agent was shown, 0 when there was none:
    raises Conflict with the recipients now and those shown when a later message has changed them; those whom the agent
    chose are never changed. Raises Refused for light agents, Invalid when it is empty, the ticket closed or there is
    nobody to write to, Unfilled for placeholders that nothing was put in for.
    """
    demand(by, "reply")
    leaving = leaving or Leaving()
    check(draft)
    demand_filled(draft)
    async with held(ticket):
        if ticket.status == Status.CLOSED:
            raise Invalid(body_text=_("This ticket is closed. Open a follow-up to write to the customer again."))
        if seen is not None:
            await _demand_nothing_newer(ticket, seen, by)
        to = await answered(ticket)
        if answering not in (None, to.message_id) and draft.recipients is None:
            await _demand_same_recipients(ticket, to, answering)
        message = await write(ticket, new_message(draft, by, at, "public"))
        await _post(
            ticket,
            message,
            to,
            draft,
            by=by,
            at=at,
            leaving=leaving,
            channel=await channel_of(ticket),
            then_status=status,
        )
        await sent(DraftKind.REPLY, ticket_id=ticket.id, by=by, **draft.kept(DraftKind.REPLY))
        if leaving.later:
            await change(ticket, "scheduled", by=by, at=at, message=message.id, always=True)
            return message
        next_status = status or status_after_answer(ticket.status)
        await change(
            ticket, "replied", by=by, at=at, message=message.id, always=True, status=next_status,
            first_replied_at=ticket.first_replied_at or at, last_message_at=at, preview=preview(draft.body_text),
            solved_at=at if next_status == Status.SOLVED else None,
        )  # fmt: skip
    return message


async def send_first(
    customer: Customer, *, subject: str, draft: Draft, by: SignedIn, at: datetime, leaving: Leaving, channel: Channel | None,
    team: int | None, priority: str, follow_up_of: Ticket | None, language: str | None = None,
) -> tuple[Ticket, Message]:  # fmt: skip
    """A new ticket whose first message goes to the customer; it is open, as somebody has spoken."""
    demand(by, "reply")
    check(draft)
    demand_filled(draft)
    async with transaction():
        new = new_message(draft, by, at, "public", language=language or customer.language)
        ticket, message = await open_ticket(
            subject=subject, customer=customer, channel=channel, message=new, by=by, at=at, team=team, priority=priority,
            follow_up_of=follow_up_of,
        )  # fmt: skip
        await _post(ticket, message, await answered(ticket), draft, by=by, at=at, leaving=leaving, channel=channel)
        await change(
            ticket, "replied", by=by, at=at, message=message.id, always=True, status=Status.OPEN, first_replied_at=at
        )
    return ticket, message


async def note(ticket: Ticket, draft: Draft, *, by: SignedIn, at: datetime) -> Message:
    """Write an internal note: it changes nothing else (rulings 3), but whom it names is told."""
    demand(by, "note")
    check(draft)
    async with held(ticket):
        message = await write(ticket, new_message(draft, by, at, "internal"))
        await sent(DraftKind.NOTE, ticket_id=ticket.id, by=by, **draft.kept(DraftKind.NOTE))
        await change(ticket, "noted", by=by, at=at, message=message.id, always=True)
        await mention(ticket, message, by=by, at=at)
    return message


def check(draft: Draft) -> None:
    """Raise Invalid when it says nothing, or too much."""
    if not draft.body_text.strip() and not draft.uploads:
        raise Invalid(body_text=_("Write something before you send it."))
    if len(draft.body_text) > 200_000:
        raise Invalid(body_text=_("This is too long. Attach it as a file instead."))


def demand_filled(draft: Draft) -> None:
    """Raise Unfilled when a placeholder was left that who writes has not been told of."""
    left = left_in(draft.body_text)
    if not draft.unfilled.issuperset(left):
        raise Unfilled(left)


def new_message(draft: Draft, by: SignedIn, at: datetime, audience: str, *, language: str | None = None) -> NewMessage:
    return NewMessage(
        author=by, audience="internal" if audience == "internal" else "public", body_text=draft.body_text.strip(),
        body_html=draft.body_html, sanitiser_version=SANITISER_VERSION if draft.body_html else 0,
        language=language or language_of(draft.body_text), created_at=at, uploads=draft.uploads, once=draft.once,
    )  # fmt: skip


def html_to_send(draft: Draft) -> str | None:
    """With its own images by their Content-IDs, as the mail has them."""
    return present(draft.body_html, image_url=lambda cid: f"cid:{cid}", allow_remote=True) if draft.body_html else None


async def _demand_nothing_newer(ticket: Ticket, seen: int, by: SignedIn) -> None:
    """Ids of a ticket's messages follow the order of their commits, as each is written under the ticket's lock."""
    [row] = await rows(
        """SELECT max(id) AS id FROM hd_message WHERE ticket = {} AND id > {} AND undone_at IS NULL
            AND agent IS DISTINCT FROM {}""",
        ticket.id, seen, by.id,
    )  # fmt: skip
    if row["id"]:
        raise Conflict(seen=(row["id"], seen))


async def _demand_same_recipients(ticket: Ticket, to: Answered, answering: int | None) -> None:
    shown = await answered(ticket, answering)
    if to.addresses != shown.addresses:
        raise Conflict(recipients=(", ".join(to.addresses), ", ".join(shown.addresses)))


async def _post(
    ticket: Ticket, message: Message, to: Answered, draft: Draft, *, by: SignedIn, at: datetime, leaving: Leaving,
    channel: Channel | None, then_status: str | None = None,
) -> Delivery:  # fmt: skip
    """To whom the agent chose, else to whom the server found."""
    if draft.recipients:
        await demand_reachable(draft.recipients)
        to = msgspec.structs.replace(to, to=draft.recipients.to, cc=draft.recipients.cc)
    elif not to.to:
        raise Invalid(body_text=_("This customer has no e-mail address. Add one before you reply."))
    elif stopped := [one.addr for one in to.to if one.addr in to.suppressed]:
        raise Invalid(recipients=told_suppressed(stopped[0]))
    quoted = await quoted_below(ticket, to, channel, but=message.id)
    mail = outgoing(
        ticket, to, text=draft.body_text, html=html_to_send(draft), quoted=quoted, by=by, channel=channel, at=at
    )
    bcc = [one.addr for one in draft.recipients.bcc] if draft.recipients else []
    return await post(
        ticket, message, mail, leaving=leaving, at=at, channel=channel, bcc=bcc, then_status=then_status
    )  # fmt: skip
