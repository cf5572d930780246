"""Tickets that an agent begins: for a customer who called, to write to a customer, or after a closed one."""

from datetime import datetime

from helpdesk.channels.email.sanitising import SANITISER_VERSION
from helpdesk.channels.mailboxes import default_mailbox
from helpdesk.channels.tables import Channel
from helpdesk.customers.tables import Customer
from helpdesk.kernel.database import transaction
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _
from helpdesk.kernel.text import language_of
from helpdesk.people.actor import Actor, SignedIn
from helpdesk.people.permissions import demand
from helpdesk.people.tables import Team
from helpdesk.tickets.drafting import sent
from helpdesk.tickets.mentioning import mention
from helpdesk.tickets.messages import NewMessage
from helpdesk.tickets.opening import open_ticket
from helpdesk.tickets.posting import Leaving, channel_of
from helpdesk.tickets.replying import Draft, check, new_message, send_first
from helpdesk.tickets.tables import DraftKind, Message, Priority, Status, Ticket
from helpdesk.tickets.tagging import clean_tags


async def open_for(
    customer: Customer, *, subject: str, draft: Draft, by: SignedIn, at: datetime, channel: Channel | None = None,
    team: int | None = None, priority: str = Priority.NORMAL, tags: list[str] | None = None, follow_up_of: Ticket | None = None,
    language: str | None = None,
) -> tuple[Ticket, Message]:  # fmt: skip
    """Open a ticket in the customer's name: the text is the customer's own, as told on the phone or by an API client.

    Raises Refused for light agents, Invalid at the field.
    """
    demand(by, "open")
    await _check_team(team)
    author = Actor(kind="customer", id=customer.id, name=customer.name)
    message = NewMessage(
        author=author, body_text=draft.body_text, body_html=draft.body_html, created_at=at, uploads=draft.uploads,
        uploaded_by=by.id, language=language or language_of(draft.body_text, customer.language or "en"),
        sanitiser_version=SANITISER_VERSION if draft.body_html else 0, once=draft.once,
    )  # fmt: skip
    return await open_ticket(
        subject=_checked(subject), customer=customer, channel=channel or await default_mailbox(), message=message, by=by, at=at,
        team=team, priority=priority, tags=clean_tags(tags or []), follow_up_of=follow_up_of,
    )  # fmt: skip


async def note_for(
    customer: Customer, *, subject: str, draft: Draft, by: SignedIn, at: datetime, channel: Channel | None = None,
    team: int | None = None, priority: str = Priority.NORMAL, language: str | None = None,
) -> tuple[Ticket, Message]:  # fmt: skip
    """Open a ticket for the customer with a note of the agent's own as its first message. Raises as `open_for`."""
    demand(by, "open")
    check(draft)
    await _check_team(team)
    new = new_message(draft, by, at, "internal", language=language or customer.language)
    async with transaction():
        ticket, message = await open_ticket(
            subject=_checked(subject), customer=customer, channel=channel or await default_mailbox(), message=new, by=by, at=at,
            team=team, priority=priority,
        )  # fmt: skip
        await mention(ticket, message, by=by, at=at)
    return ticket, message


async def write_to(
    customer: Customer, *, subject: str, draft: Draft, by: SignedIn, at: datetime, leaving: Leaving | None = None,
    channel: Channel | None = None, team: int | None = None, priority: str = Priority.NORMAL, follow_up_of: Ticket | None = None,
    language: str | None = None,
) -> tuple[Ticket, Message]:  # fmt: skip
    """Open a ticket with a mail to the customer as its first message. Raises as `open_for`."""
    demand(by, "open")
    await _check_team(team)
    return await send_first(
        customer, subject=_checked(subject), draft=draft, by=by, at=at, leaving=leaving or Leaving(), channel=channel or await default_mailbox(),
        team=team, priority=priority, follow_up_of=follow_up_of, language=language,
    )  # fmt: skip


async def follow_up(
    ticket: Ticket, draft: Draft, *, by: SignedIn, at: datetime, leaving: Leaving | None = None
) -> tuple[Ticket, Message]:
    """Write to the customer again about a closed ticket: a new one, linked to it. Raises Invalid when it is not closed."""
    if ticket.status != Status.CLOSED:
        raise Invalid(body_text=_("This ticket is not closed. Reply to it instead."))
    async with transaction():
        customer = await Customer.objects().get(Customer.id == ticket.customer)
        assert customer is not None, "a customer with tickets is never deleted"
        await sent(DraftKind.REPLY, ticket_id=ticket.id, by=by, **draft.kept(DraftKind.REPLY))
        return await write_to(
            customer, subject=ticket.subject, draft=draft, by=by, at=at, leaving=leaving, channel=await channel_of(ticket), team=ticket.team,
            priority=ticket.priority, follow_up_of=ticket,
        )  # fmt: skip


async def _check_team(team: int | None) -> None:
    if team is not None and not await Team.exists().where(Team.id == team):
        raise Invalid(team=_("There is no such team."))


def _checked(subject: str) -> str:
    subject = " ".join(subject.split())
    if not subject:
        raise Invalid(subject=_("A ticket needs a subject."))
    if len(subject) > 1000:
        raise Invalid(subject=_("Use at most 1000 characters."))
    return subject
