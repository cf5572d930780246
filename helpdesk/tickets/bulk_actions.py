"""What can be done with many tickets at once: the verbs for one ticket, by name."""

from datetime import datetime
from typing import Any, Literal, assert_never

import msgspec

from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import demand
from helpdesk.people.tables import Agent, Team
from helpdesk.tickets.changing import demand_unmerged, held
from helpdesk.tickets.editing import edit
from helpdesk.tickets.marking_spam import mark_spam, unmark_spam
from helpdesk.tickets.merging import find_survivor, merge_into
from helpdesk.tickets.queries import find_ticket
from helpdesk.tickets.snoozing import snooze, wake
from helpdesk.tickets.tables import Priority, Status, Ticket
from helpdesk.tickets.tagging import clean_tags
from helpdesk.tickets.trashing import restore, trash

Kind = Literal[
    "assignee", "team", "status", "priority", "tag", "untag", "snooze", "wake", "spam", "no_spam", "trash", "restore", "merge"
]  # fmt: skip
_THROWING = ("spam", "no_spam", "trash", "restore")
_TYPES: dict[str, Any] = {
    "assignee": int | None, "team": int | None, "status": Status, "priority": Priority, "tag": list[str], "untag": list[str],
    "snooze": datetime, "merge": int,
}  # fmt: skip


class Action(msgspec.Struct, frozen=True):
    """`value` is an agent, a team, a status, a priority, tags, a time in UTC, or the number of the ticket that is merged into."""

    kind: Kind
    value: int | str | list[str] | datetime | None = None


def action_of(encoded: str) -> Action:
    """The action that `msgspec.json.encode` wrote down."""
    plain: dict[str, Any] = msgspec.json.decode(encoded)
    kind, value = plain["kind"], plain["value"]
    return Action(kind, msgspec.convert(value, _TYPES[kind]) if kind in _TYPES else None)


async def checked(action: Action, *, by: SignedIn, at: datetime) -> Action:
    """The action with its value as it will be stored; raises Refused, and Invalid for what could work on no ticket."""
    demand(by, "throw_away" if action.kind in _THROWING else "change")
    value: Any = action.value
    match action.kind:
        case "merge":
            await find_ticket(value, seen_by=by)
        case "tag" | "untag":
            value = clean_tags(value)
            if not value:
                raise Invalid(tags=_("Name at least one tag."))
        case "snooze" if value <= at:
            raise Invalid(until=_("This time has passed. Choose a later one."))
        case "assignee" if value is not None and not await Agent.exists().where(Agent.id == value):
            raise Invalid(assignee=_("There is no such agent, or they cannot answer tickets."))
        case "team" if value is not None and not await Team.exists().where(Team.id == value):
            raise Invalid(team=_("There is no such team."))
        case "status" | "priority":
            _demand_known(action.kind, value)
        case _:
            pass
    return Action(action.kind, value)


async def act(ticket: Ticket, action: Action, *, by: SignedIn, at: datetime) -> int | None:
    """Do it with a ticket that was found through the agent; the version that it made, None when there was nothing to do.

    Raises what the verb raises.
    """
    demand(by, "throw_away" if action.kind in _THROWING else "change")
    if action.kind == "merge":
        return await _merge(ticket, action, by=by, at=at)
    async with held(ticket):
        demand_unmerged(ticket)
        before = ticket.version
        await _do(ticket, action, by=by, at=at)
        return ticket.version if ticket.version != before else None


async def _do(ticket: Ticket, action: Action, *, by: SignedIn, at: datetime) -> None:
    value: Any = action.value
    match action.kind:
        case "assignee" | "team" | "status" | "priority" as field:
            await edit(ticket, {field: value}, by=by, at=at)
        case "tag":
            await edit(ticket, {"tags": [*ticket.tags, *value]}, by=by, at=at)
        case "untag":
            await edit(ticket, {"tags": [one for one in ticket.tags if one not in value]}, by=by, at=at)
        case "snooze":
            await snooze(ticket, value, by=by, at=at)
        case "wake":
            await wake(ticket, by=by, at=at)
        case "spam":
            await mark_spam(ticket, by=by, at=at)
        case "no_spam":
            await unmark_spam(ticket, by=by, at=at)
        case "trash":
            await trash(ticket, by=by, at=at)
        case "restore":
            await restore(ticket, by=by, at=at)
        case "merge":
            raise AssertionError("merging holds two tickets, see act()")
        case never:
            assert_never(never)


async def _merge(ticket: Ticket, action: Action, *, by: SignedIn, at: datetime) -> int | None:
    value: Any = action.value
    survivor = await find_survivor(await find_ticket(value, seen_by=by))
    survivor = await find_ticket(survivor.number, seen_by=by)
    if ticket.id == survivor.id or ticket.merged_into == survivor.id:
        return None
    await merge_into(ticket, survivor, by=by, at=at)
    return ticket.version


def _demand_known(kind: str, value: Any) -> None:
    if kind == "status" and value not in (set(Status) - {Status.NEW}):
        raise Invalid(status=_("There is no such status."))
    if kind == "priority" and value not in set(Priority):
        raise Invalid(priority=_("There is no such priority."))
