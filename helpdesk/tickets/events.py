"""The history of tickets: one writer, append-only."""

from datetime import datetime
from typing import Any

import msgspec

from helpdesk import actors
from helpdesk.kernel import redis
from helpdesk.kernel.database import after_commit, rows
from helpdesk.people.actor import Actor
from helpdesk.tickets import promising
from helpdesk.tickets.tables import Ticket

Changes = dict[str, tuple[Any, Any]]


async def record(
    ticket: Ticket, kind: str, *, by: Actor, at: datetime, changes: Changes | None = None, message: int | None = None, is_followed: bool = False
) -> int:  # fmt: skip
    """Write down what happened, in the transaction of the change, and return the event's id.

    Its clocks follow. What follows from it leaves after the commit; `is_followed`: the caller sees to that. `commit_order` is the database's to set, so it is not among the values.
    """
    [row] = await rows(
        """INSERT INTO hd_event (ticket, kind, actor_kind, actor_id, at, version, changes, message)
        VALUES ({}, {}, {}, {}, {}, {}, {}, {}) RETURNING id""",
        ticket.id, kind, by.kind, by.id, at, ticket.version, msgspec.json.encode(changes or {}).decode(), message,
    )  # fmt: skip
    for line in await promising.follow(ticket, kind, by=by, at=at, event=row["id"], changes=changes):
        after_commit(actors.follow_clock.send, line)
    if not is_followed:
        after_commit(actors.follow_up.send, row["id"])
    after_commit(redis.ring)
    return row["id"]
