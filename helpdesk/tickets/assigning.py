"""Giving a ticket to an agent or a team."""

from datetime import datetime
from typing import Any

from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _
from helpdesk.people.actor import Actor
from helpdesk.people.tables import Agent, Role, Team
from helpdesk.tickets.changing import change, held, status_after_answer
from helpdesk.tickets.events import Changes
from helpdesk.tickets.loads import room_of
from helpdesk.tickets.tables import Ticket


async def assign(
    ticket: Ticket, agent_id: int | None, *, by: Actor, at: datetime, why: dict[str, Any] | None = None
) -> bool:
    """Make the agent responsible, or nobody; a new ticket becomes open. Raises Invalid for one who cannot answer.

    Only people exceed an agent's capacity, and the history says so. `why` it keeps of what the helpdesk did by itself:
    `by` (round_robin, least_loaded, absence), the `team`, and who was passed over as `absent` or `full`.
    """
    told: Changes = {"why": (None, why)} if why else {}
    if agent_id is None:
        return await change(ticket, "unassigned", by=by, at=at, told=told, assignee=None)
    able = [Role.ADMIN, Role.MANAGER, Role.AGENT]
    if not await Agent.exists().where(Agent.id == agent_id, Agent.deactivated_at.is_null(), Agent.role.is_in(able)):
        raise Invalid(assignee=_("There is no such agent, or they cannot answer tickets."))
    async with held(ticket):
        if by.kind == "agent" and ticket.assignee != agent_id:
            load, capacity = await room_of(agent_id)
            if capacity is not None and load >= capacity:
                told = {"why": (None, {"by": "person", "load": load + 1, "capacity": capacity})}
        status = status_after_answer(ticket.status)
        return await change(ticket, "assigned", by=by, at=at, told=told, assignee=agent_id, status=status)


async def move_to_team(ticket: Ticket, team_id: int | None, *, by: Actor, at: datetime) -> bool:
    """Put the ticket into a team's care, or no team's."""
    if team_id is not None and not await Team.exists().where(Team.id == team_id):
        raise Invalid(team=_("There is no such team."))
    return await change(ticket, "moved", by=by, at=at, team=team_id)
