"""The history of tickets: one writer, append-only."""

from datetime import datetime
from typing import Any

import msgspec

from helpdesk import actors
from helpdesk.kernel import redis
from helpdesk.kernel.database import after_commit
from helpdesk.people.actor import Actor
from helpdesk.tickets.tables import Event, Ticket

Changes = dict[str, tuple[Any, Any]]


async def record(
    ticket: Ticket, kind: str, *, by: Actor, at: datetime, changes: Changes | None = None, message: int | None = None
) -> Event:
    """Write down what happened, in the transaction of the change; what follows from it leaves after the commit."""
    event = Event(
        ticket=ticket.id, kind=kind, actor_kind=by.kind, actor_id=by.id, at=at, version=ticket.version,
        changes=msgspec.json.encode(changes or {}).decode(), message=message,
    )  # fmt: skip
    await Event.insert(event)
    after_commit(actors.follow_up.send, event.id)
    after_commit(redis.ring)
    return event
