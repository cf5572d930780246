"""Subject, priority and tags, and several fields at once with a conflict told per field (rulings 20)."""

from datetime import datetime
from typing import Any

import msgspec

from helpdesk.kernel.database import rows, transaction
from helpdesk.kernel.errors import Conflict, Invalid
from helpdesk.kernel.language import _
from helpdesk.people.actor import Actor, SignedIn
from helpdesk.people.permissions import demand
from helpdesk.tickets.assigning import assign, move_to_team
from helpdesk.tickets.changing import change, demand_unmerged, locked
from helpdesk.tickets.solving import set_status
from helpdesk.tickets.tables import Priority, Ticket
from helpdesk.tickets.tagging import clean_tags

EDITABLE = {"subject", "status", "priority", "team", "assignee", "tags"}


async def edit(
    ticket: Ticket, values: dict[str, Any], *, by: SignedIn, at: datetime, seen_version: int | None = None
) -> None:
    """Set several fields, all or none.

    `seen_version` is the version that the person looked at: raises Conflict for each field that somebody else has
    set to something else since. Raises Invalid for values that cannot be, Refused for light agents.
    """
    demand(by, "change")
    values = {name: _as_stored(name, value) for name, value in values.items()}
    async with transaction():
        current = await locked(ticket.id)
        demand_unmerged(current)
        if seen_version is not None and seen_version < current.version:
            await _demand_unchanged(current, values, seen_version)
        for name, value in values.items():
            await _set(ticket, name, value, by=by, at=at)


async def _set(ticket: Ticket, name: str, value: Any, *, by: SignedIn, at: datetime) -> None:
    match name:
        case "subject":
            await rename(ticket, value, by=by, at=at)
        case "status":
            await set_status(ticket, value, by=by, at=at)
        case "priority":
            await prioritise(ticket, value, by=by, at=at)
        case "team":
            await move_to_team(ticket, value, by=by, at=at)
        case "assignee":
            await assign(ticket, value, by=by, at=at)
        case "tags":
            await tag(ticket, value, by=by, at=at)
        case _:
            raise Invalid(**{name: _("This field cannot be changed.")})


def _as_stored(name: str, value: Any) -> Any:
    """The value as a column would hold it, so that two spellings of the same are no conflict."""
    if name == "tags":
        return clean_tags(value)
    return " ".join(value.split()) if name == "subject" else value


async def rename(ticket: Ticket, subject: str, *, by: SignedIn, at: datetime) -> bool:
    subject = _as_stored("subject", subject)
    if not subject:
        raise Invalid(subject=_("A ticket needs a subject."))
    if len(subject) > 1000:
        raise Invalid(subject=_("Use at most 1000 characters."))
    return await change(ticket, "renamed", by=by, at=at, subject=subject)


async def prioritise(ticket: Ticket, priority: str, *, by: Actor, at: datetime) -> bool:
    if priority not in set(Priority):
        raise Invalid(priority=_("There is no such priority."))
    return await change(ticket, "prioritised", by=by, at=at, priority=priority)


async def tag(ticket: Ticket, tags: list[str], *, by: SignedIn, at: datetime) -> bool:
    """Make these the ticket's tags."""
    return await change(ticket, "tagged", by=by, at=at, tags=clean_tags(tags))


async def _demand_unchanged(current: Ticket, values: dict[str, Any], seen_version: int) -> None:
    later = await rows("SELECT changes FROM hd_event WHERE ticket = {} AND version > {}", current.id, seen_version)
    touched = {name for row in later for name in msgspec.json.decode(row["changes"])}
    conflicts = {
        name: (getattr(current, name), value)
        for name, value in values.items()
        if name in touched and getattr(current, name) != value
    }
    if conflicts:
        raise Conflict(**conflicts)
