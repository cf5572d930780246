"""/tickets/{number}/events: what happened, in order."""

from typing import Any

import msgspec
from litestar import get

from helpdesk.api.problems import problems
from helpdesk.api.requests import Caller, Cursor, Limit, Moment, PathId, id_from_cursor, page
from helpdesk.api.shapes import Author
from helpdesk.tickets.conversation import events_from
from helpdesk.tickets.queries import find_ticket


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """`changes` is {field: [old, new]}; `message` is the id of the message that it is about."""

    id: int
    kind: str
    actor: Author
    at: Moment
    changes: dict[str, tuple[Any, Any]]
    message: int | None


class EventPage(msgspec.Struct, frozen=True):
    items: list[Event]
    next: str | None


@get("/tickets/{number:int}/events", tags=["tickets"], responses=problems(404))
async def list_events(number: PathId, agent: Caller, limit: Limit = 50, cursor: Cursor = None) -> EventPage:
    """The ticket's history, oldest first."""
    ticket = await find_ticket(number, seen_by=agent)
    found = await events_from(ticket.id, after_id=id_from_cursor(cursor), limit=limit + 1)
    shown, following = page(found, limit, lambda row: row["id"])
    return EventPage([_event(row) for row in shown], following)


def _event(row: dict[str, Any]) -> Event:
    actor = Author(row["actor_kind"], row["actor_id"], row["actor_name"] or "")
    return Event(
        id=row["id"], kind=row["kind"], actor=actor, at=row["at"], changes=row["changes"], message=row["message"]
    )
