"""Moving a ticket through its states (rulings 3)."""

from datetime import datetime, timedelta

from helpdesk.kernel.database import rows, transaction
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _
from helpdesk.people.actor import SYSTEM, Actor
from helpdesk.tickets.changing import change, demand_unmerged, held, locked
from helpdesk.tickets.events import Changes
from helpdesk.tickets.tables import Status, Ticket


async def solve(ticket: Ticket, *, by: Actor, at: datetime, told: Changes | None = None) -> bool:
    """Solve the ticket; a second call changes nothing. `told` is what its history keeps besides."""
    return await set_status(ticket, Status.SOLVED, by=by, at=at, told=told)


async def reopen(ticket: Ticket, *, by: Actor, at: datetime) -> bool:
    return await set_status(ticket, Status.OPEN, by=by, at=at)


async def set_status(ticket: Ticket, status: str, *, by: Actor, at: datetime, told: Changes | None = None) -> bool:
    """Set the status that a person chose; raises Invalid for moves that do not exist, and for what was merged away.

    `new` is only where tickets begin, and what is closed stays closed.
    """
    if status not in set(Status):
        raise Invalid(status=_("There is no such status."))
    async with held(ticket):
        demand_unmerged(ticket)
        if ticket.status == status:
            return False
        if ticket.status == Status.CLOSED:
            raise Invalid(status=_("A closed ticket stays closed. Open a follow-up instead."))
        if status == Status.NEW:
            raise Invalid(status=_("A ticket cannot become new again."))
        kind = {Status.SOLVED: "solved", Status.CLOSED: "closed"}.get(Status(status))
        if kind is None:
            kind = "reopened" if ticket.status == Status.SOLVED else "status_changed"
        solved_at = (ticket.solved_at or at) if status in (Status.SOLVED, Status.CLOSED) else None
        closed_at = at if status == Status.CLOSED else None
        snoozed_until = None if solved_at else ticket.snoozed_until
        return await change(
            ticket, kind, by=by, at=at, told=told, status=status, solved_at=solved_at, closed_at=closed_at,
            snoozed_until=snoozed_until,
        )  # fmt: skip


async def close_what_is_long_solved(*, at: datetime, most: int = 200) -> int:
    """Close tickets solved for as many days as the installation says; how many were closed."""
    [installation] = await rows("SELECT close_solved_after_days AS days FROM hd_installation")
    before = at - timedelta(days=installation["days"])
    due = await rows(
        """SELECT id FROM hd_ticket WHERE status = 'solved' AND solved_at < {} AND merged_into IS NULL
        ORDER BY solved_at LIMIT {}""",
        before, most,
    )  # fmt: skip
    return sum([await _close(row["id"], before=before, at=at) for row in due])


async def _close(ticket_id: int, *, before: datetime, at: datetime) -> bool:
    """Close it, unless somebody has reopened it meanwhile."""
    async with transaction():
        ticket = await locked(ticket_id)
        is_due = ticket.status == Status.SOLVED and ticket.solved_at is not None and ticket.solved_at < before
        if not is_due or ticket.merged_into is not None:
            return False
        return await set_status(ticket, Status.CLOSED, by=SYSTEM, at=at)
