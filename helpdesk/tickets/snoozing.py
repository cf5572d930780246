"""Putting a ticket aside until a time, or until the customer writes: it is out of the way and comes back by itself."""

from datetime import UTC, datetime

from helpdesk.kernel.database import rows, transaction
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _
from helpdesk.people.actor import SYSTEM, Actor
from helpdesk.tickets.changing import change, demand_unmerged, held, locked
from helpdesk.tickets.tables import UNSOLVED, Ticket

UNTIL_REPLY = datetime(9999, 12, 31, tzinfo=UTC)
"""A time that never comes: only the customer's next message, or an agent, wakes the ticket."""


async def snooze(ticket: Ticket, until: datetime, *, by: Actor, at: datetime) -> bool:
    """Snooze it; the same again changes nothing. Raises Invalid for a time that has passed and for what is solved."""
    if until <= at:
        raise Invalid(until=_("This time has passed. Choose a later one."))
    async with held(ticket):
        demand_unmerged(ticket)
        if ticket.status not in UNSOLVED:
            raise Invalid(until=_("This ticket is solved, so there is nothing to come back to. Reopen it first."))
        return await change(ticket, "snoozed", by=by, at=at, snoozed_until=min(until, UNTIL_REPLY))


async def wake(ticket: Ticket, *, by: Actor, at: datetime) -> bool:
    """Bring it back now; a second call changes nothing."""
    return await change(ticket, "woken", by=by, at=at, snoozed_until=None)


async def wake_what_is_due(*, at: datetime, most: int = 200) -> int:
    """Wake tickets whose time has come; how many were woken. Those merged into another wait until that is undone."""
    due = await rows(
        "SELECT id FROM hd_ticket WHERE snoozed_until <= {} AND merged_into IS NULL ORDER BY snoozed_until LIMIT {}",
        at, most,
    )  # fmt: skip
    return sum([await _wake_if_due(row["id"], at=at) for row in due])


async def _wake_if_due(ticket_id: int, *, at: datetime) -> bool:
    """Wake it, unless somebody has done so, or snoozed it anew, meanwhile."""
    async with transaction():
        ticket = await locked(ticket_id)
        if ticket.snoozed_until is None or ticket.snoozed_until > at or ticket.merged_into is not None:
            return False
        return await wake(ticket, by=SYSTEM, at=at)
