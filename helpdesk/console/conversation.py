"""One open ticket for the templates: its header, timeline, composer and customer."""

import asyncio
from collections.abc import Collection
from typing import Any

from helpdesk.console.composing import composer
from helpdesk.console.pills import pill_of
from helpdesk.console.timeline import links_in, newest
from helpdesk.customers.noting import list_notes
from helpdesk.customers.profile import profile_of
from helpdesk.kernel.errors import NotFound
from helpdesk.kernel.language import reader, zone
from helpdesk.kernel.spoken_dates import Suggestion, suggestions
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.directory import Directory
from helpdesk.tickets.followers import followers_and_promise
from helpdesk.tickets.listing import of_customer
from helpdesk.tickets.merging import find_survivor
from helpdesk.tickets.queries import find_ticket, page_of
from helpdesk.tickets.reading import place_in
from helpdesk.tickets.relating import related_to, similar_among
from helpdesk.tickets.tables import Ticket

EARLIER = 5
SHOWN_NOTES = 3


async def conversation(
    number: int, agent: SignedIn, people: Directory, *, before: str = "", merged: int | None = None, **typed: Any
) -> dict[str, Any]:
    """Everything of an open ticket; `typed` goes into the composer. A merged ticket's number opens what it was merged into,
    and `merged` is such a number that led here.
    """
    door = await find_ticket(number, seen_by=agent)
    ticket = await find_ticket((await find_survivor(door)).number, seen_by=agent) if door.merged_into else door
    place = await place_in(ticket, agent)
    typed.setdefault("seen", place["newest"])  # asked before the messages are read, so that none is missed
    shown = await _with_times(ticket, people, place.pop("followers"), place.pop("promise"))
    timeline, writing, around = await asyncio.gather(  # outside of any transaction, each on a connection of its own
        newest(ticket, before=before), composer(ticket, agent, **typed), surroundings(ticket, agent)
    )
    shown["ticket_links"] = await links_in(timeline, seen_by=agent)
    shown["merged_from"] = door.number if door is not ticket else await _led_by(merged, ticket, agent)
    return {**shown, "timeline": timeline, "before": before, "composer": writing, **place, **around}


async def _led_by(merged: int | None, ticket: Ticket, agent: SignedIn) -> int | None:
    """The number, if it is that of a ticket which was merged into this one."""
    if merged is None:
        return None
    try:
        door = await find_ticket(merged, seen_by=agent)
    except NotFound:
        return None
    return merged if door.merged_into is not None and (await find_survivor(door)).id == ticket.id else None


async def surroundings(ticket: Ticket, agent: SignedIn) -> dict[str, Any]:
    """The customer and related tickets."""
    beside = await person(ticket, agent)
    return {
        **beside,
        "related": await related_to(ticket, seen_by=agent),
        "similar": similar_among(ticket, beside["earlier_tickets"]),
    }


def header(ticket: Ticket, people: Directory) -> dict[str, Any]:
    return {"ticket": ticket, "people": people}


async def whole_header(ticket: Ticket, people: Directory) -> dict[str, Any]:
    """With who follows the ticket, times that it may be snoozed until, and the `pill` of what is promised."""
    return await _with_times(ticket, people, *await followers_and_promise(ticket.id))


async def _with_times(
    ticket: Ticket, people: Directory, followers: Collection[int], promise: str | None
) -> dict[str, Any]:
    pill = await pill_of(promise, ticket.status, at=now())
    return {**header(ticket, people), "followers": followers, "snoozes": snoozes(), "pill": pill}


def snoozes() -> list[Suggestion]:
    """Times that a ticket may be snoozed until."""
    return suggestions(at=now(), zone=zone(reader().time_zone), language=reader().language)


async def person(ticket: Ticket, agent: SignedIn) -> dict[str, Any]:
    """The customer, and their other tickets as far as the agent may see them."""
    others = await page_of(of_customer(ticket.customer) & (Ticket.id != ticket.id), seen_by=agent, limit=EARLIER)
    return {
        "customer": await profile_of(ticket.customer),
        "customer_notes": await list_notes(ticket.customer, most=SHOWN_NOTES),
        "earlier_tickets": others.rows,
        "has_more_tickets": others.next is not None,
    }
