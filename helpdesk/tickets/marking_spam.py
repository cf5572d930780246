"""Spam: a ticket that is out of every list but its own, and to which nothing more is said by itself."""

from datetime import datetime

from helpdesk.deliveries.undoing import cancel_automatic
from helpdesk.people.actor import Actor
from helpdesk.tickets.changing import change, held
from helpdesk.tickets.tables import Ticket


async def mark_spam(ticket: Ticket, *, by: Actor, at: datetime) -> bool:
    """Mark it; what would still have been sent by itself is not. A second call changes nothing."""
    async with held(ticket):
        await cancel_automatic(ticket.id)
        return await change(ticket, "marked_spam", by=by, at=at, spam_at=ticket.spam_at or at)


async def unmark_spam(ticket: Ticket, *, by: Actor, at: datetime) -> bool:
    """Put it back among the others."""
    return await change(ticket, "unmarked_spam", by=by, at=at, spam_at=None)
