"""One open ticket for the templates: its header, timeline, composer and customer."""

import asyncio
from typing import Any

import msgspec

from helpdesk.console.forms import new_once
from helpdesk.console.timeline import newest
from helpdesk.customers.profile import profile_of
from helpdesk.people.actor import SignedIn
from helpdesk.people.directory import Directory
from helpdesk.people.permissions import may
from helpdesk.tickets.answering import answered
from helpdesk.tickets.listing import of_customer, related_to
from helpdesk.tickets.noticing import has_notices
from helpdesk.tickets.queries import find_ticket, page_of
from helpdesk.tickets.reading import read_up_to
from helpdesk.tickets.tables import Attachment, Status, Ticket

EARLIER = 5


class Composer(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in the composer; `kind` is reply, note or follow_up."""

    kind: str
    answering: int = 0
    """The customer's message whose recipients are shown."""
    once: str = msgspec.field(default_factory=new_once)
    recipients: list[str] = []
    copies: list[str] = []
    suppressed: dict[str, str] = {}
    """Of the recipients, those that mails come back from."""
    text: str = ""
    mode: str = "reply"
    uploads: list[Attachment] = []
    errors: dict[str, str] = {}


async def conversation(
    number: int, agent: SignedIn, people: Directory, *, before: str = "", **typed: Any
) -> dict[str, Any]:
    """Everything of an open ticket; `typed` goes into the composer."""
    ticket = await find_ticket(number, seen_by=agent)
    timeline, writing, around = await asyncio.gather(  # outside of any transaction, each on a connection of its own
        newest(ticket, before=before), composer(ticket, agent, **typed), surroundings(ticket, agent)
    )
    return {**header(ticket, people), "timeline": timeline, "before": before, "composer": writing, **around}


async def surroundings(ticket: Ticket, agent: SignedIn) -> dict[str, Any]:
    """The customer, related tickets, whether the agent has notices of this one, and how far they have read it."""
    return {
        **await person(ticket, agent),
        "related": await related_to(ticket, seen_by=agent),
        "has_notices": await has_notices(agent.id or 0, ticket.id),
        "read_up_to": await read_up_to(ticket, agent),
    }


def header(ticket: Ticket, people: Directory) -> dict[str, Any]:
    return {"ticket": ticket, "people": people}


async def person(ticket: Ticket, agent: SignedIn) -> dict[str, Any]:
    """The customer, and their other tickets as far as the agent may see them."""
    others = await page_of(of_customer(ticket.customer) & (Ticket.id != ticket.id), seen_by=agent, limit=EARLIER)
    return {
        "customer": await profile_of(ticket.customer),
        "earlier_tickets": others.rows,
        "has_more_tickets": others.next is not None,
    }


async def composer(ticket: Ticket, agent: SignedIn, **typed: Any) -> Composer:
    """The composer for this agent and ticket: with the recipients that the server will write to."""
    if not may(agent, "reply"):
        typed["mode"] = "note"
        return Composer(kind="note", **typed)
    is_closed = ticket.status == Status.CLOSED
    to = await answered(ticket, 0 if is_closed else None)
    return Composer(
        kind="follow_up" if is_closed else "reply", answering=to.message_id, recipients=[one.addr for one in to.to],
        copies=[one.addr for one in to.cc], suppressed=to.suppressed, **typed,
    )  # fmt: skip
