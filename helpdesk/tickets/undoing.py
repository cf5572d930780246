"""Taking back a change of one's own, as long as nobody has changed the same thing since."""

from datetime import datetime
from typing import Any

import msgspec

from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import Invalid, NotFound
from helpdesk.kernel.language import _
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import demand
from helpdesk.people.tables import Agent, Team
from helpdesk.tickets.changing import change, held
from helpdesk.tickets.tables import Status, Ticket

_TYPES: dict[str, Any] = {
    "subject": str, "status": str, "priority": str, "team": int | None, "assignee": int | None, "tags": list[str],
    "snoozed_until": datetime | None,
}  # fmt: skip


async def undo(ticket: Ticket, version: int, *, by: SignedIn, at: datetime) -> bool:
    """Give the fields that `by` changed with this version of the ticket their values from before.

    Raises NotFound when it is no change of theirs that can be taken back, Invalid when one of its fields is not as they
    left it: what others did meanwhile stays. A second call changes nothing.
    """
    demand(by, "change")
    async with held(ticket):
        before, after = await _change_of(ticket, version, by)
        now_ = {name: getattr(ticket, name) for name in before}
        if now_ == before:
            return False
        if now_ != after or not await _is_still_there(before):
            raise Invalid(undo=_("This was changed meanwhile, so it cannot be undone. The ticket stays as it is now."))
        return await change(ticket, "reverted", by=by, at=at, **before, **_times(ticket, before, at))


async def _change_of(ticket: Ticket, version: int, by: SignedIn) -> tuple[dict[str, Any], dict[str, Any]]:
    """The values of the change's fields, before and after."""
    found = await rows(
        """SELECT changes FROM hd_event WHERE ticket = {} AND version = {} AND actor_kind = 'agent' AND actor_id = {}
        AND message IS NULL""",
        ticket.id, version, by.id,
    )  # fmt: skip
    changes: dict[str, list[Any]] = msgspec.json.decode(found[0]["changes"]) if found else {}
    if not changes or not set(changes) <= set(_TYPES):
        raise NotFound(_("There is nothing to undo."))
    sides = [{name: msgspec.convert(pair[side], _TYPES[name]) for name, pair in changes.items()} for side in (0, 1)]
    return sides[0], sides[1]


async def _is_still_there(before: dict[str, Any]) -> bool:
    """Whether the team and the agent can have the ticket back."""
    team, agent = before.get("team"), before.get("assignee")
    return (team is None or await Team.exists().where(Team.id == team)) and (
        agent is None or await Agent.exists().where(Agent.id == agent, Agent.deactivated_at.is_null())
    )


def _times(ticket: Ticket, before: dict[str, Any], at: datetime) -> dict[str, Any]:
    """What goes with a status."""
    if "status" not in before:
        return {}
    is_solved = before["status"] == Status.SOLVED
    return {"solved_at": (ticket.solved_at or at) if is_solved else None, "closed_at": None}
