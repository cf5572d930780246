"""Throwing a ticket away and taking it out again; after some days it is erased (`intake.erasing`)."""

from datetime import datetime

from helpdesk.deliveries.undoing import cancel_automatic
from helpdesk.people.actor import Actor
from helpdesk.tickets.changing import change, held
from helpdesk.tickets.tables import Ticket


async def trash(ticket: Ticket, *, by: Actor, at: datetime) -> bool:
    """Throw it away; a second call changes nothing."""
    async with held(ticket):
        await cancel_automatic(ticket.id)
        return await change(ticket, "trashed", by=by, at=at, trashed_at=ticket.trashed_at or at)


async def restore(ticket: Ticket, *, by: Actor, at: datetime) -> bool:
    """Take it out of the trash; it is spam still if it was."""
    return await change(ticket, "restored", by=by, at=at, trashed_at=None)
