"""Changing a ticket's columns: the one way, so that version, time and history are never forgotten."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from helpdesk.kernel.database import objects, rows, transaction
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _
from helpdesk.people.actor import Actor
from helpdesk.tickets.events import Changes, record
from helpdesk.tickets.tables import Status, Ticket

HISTORIC = {
    "subject",
    "status",
    "priority",
    "team",
    "assignee",
    "tags",
    "customer",
    "organisation",
    "snoozed_until",
    "follow_up_of",
}
"""Columns whose old and new values the event keeps; the others are derived from it."""


_END = """
WITH RECURSIVE way AS (
    SELECT id, merged_into FROM hd_ticket WHERE id = {} UNION SELECT t.id, t.merged_into FROM hd_ticket t JOIN way w ON t.id = w.merged_into)
SELECT id FROM way WHERE merged_into IS NULL
"""


async def locked(ticket_id: int) -> Ticket:
    """The ticket's row as it is now, held until the transaction ends."""
    found = await Ticket.objects().where(Ticket.id == ticket_id).lock_rows("NO KEY UPDATE").first()
    assert found is not None, "tickets are never deleted while something refers to them"
    return found


async def locked_survivor(ticket_id: int) -> Ticket:
    """What the ticket goes on as, held until the transaction ends: itself, or the end of its merges.

    The end alone is held: who held a door first would wait crosswise with whoever undoes its merge. As long as the end is
    held, nothing that leads to it is merged elsewhere or taken out.
    """
    while True:
        [end] = await objects(Ticket, f"WHERE id = ({_END}) FOR NO KEY UPDATE", ticket_id)
        if end.id == ticket_id and end.merged_into is None:
            return end
        [still] = await rows(_END, ticket_id)
        if still["id"] == end.id:
            return end


async def locked_with(message_id: int) -> Ticket:
    """The ticket that the message is on, held until the transaction ends: a merge or a split may just be moving it."""
    while True:
        [place] = await rows("SELECT ticket FROM hd_message WHERE id = {}", message_id)
        ticket = await locked(place["ticket"])
        if await rows("SELECT FROM hd_message WHERE id = {} AND ticket = {}", message_id, ticket.id):
            return ticket


@asynccontextmanager
async def held(ticket: Ticket) -> AsyncIterator[None]:
    """Refresh the ticket and let nobody else change it until the transaction ends: what is decided inside still holds."""
    async with transaction():
        refresh(ticket, await locked(ticket.id))
        yield


async def change(
    ticket: Ticket,
    kind: str,
    *,
    by: Actor,
    at: datetime,
    message: int | None = None,
    always: bool = False,
    told: Changes | None = None,
    **values: Any,
) -> bool:
    """Set `values` and record `kind`; False when they held already (and `always` is not asked for).

    `told` is what the event keeps besides, of what is no column. `ticket` is refreshed. Times per ticket never go back: an `at` before the last change is moved up to it.
    """
    async with transaction():
        current = await locked(ticket.id)
        changed = {name: value for name, value in values.items() if getattr(current, name) != value}
        if changed or always:
            at = max(at, current.updated_at)
            history: Changes = {
                name: (getattr(current, name), value) for name, value in changed.items() if name in HISTORIC
            }
            changed |= {"version": current.version + 1, "updated_at": at}
            await Ticket.update({**changed}).where(Ticket.id == ticket.id)
            for name, value in changed.items():
                setattr(current, name, value)
            await record(current, kind, by=by, at=at, changes=history | (told or {}), message=message)
        refresh(ticket, current)
    return bool(changed)


def demand_unmerged(ticket: Ticket) -> None:
    """Raise Invalid when the ticket goes on as another one; to be asked while it is held."""
    if ticket.merged_into is not None:
        raise Invalid(ticket=_("This ticket was merged into another one meanwhile. Change that one instead."))


def status_after_answer(status: str) -> str:
    """new → open on the first public reply or assignment (rulings 3)."""
    return Status.OPEN if status == Status.NEW else status


def status_after_customer(status: str) -> str:
    """What a customer's own message does (rulings 3)."""
    return Status.OPEN if status in (Status.PENDING, Status.ON_HOLD, Status.SOLVED) else status


def refresh(ticket: Ticket, current: Ticket) -> None:
    """Make the object say what the row says."""
    for column in Ticket._meta.columns:
        setattr(ticket, column._meta.name, getattr(current, column._meta.name))
