"""An agent leaves: what they were to answer waits for somebody else."""

from datetime import datetime
from typing import Any

from helpdesk.kernel.database import transaction
from helpdesk.people.actor import SignedIn
from helpdesk.people.agents import change_agent
from helpdesk.people.tables import Agent
from helpdesk.tickets.assigning import assign
from helpdesk.tickets.queries import LISTED_UNSOLVED
from helpdesk.tickets.tables import Ticket


async def change_or_release(agent_id: int, *, by: SignedIn, at: datetime, **values: Any) -> Agent:
    """`change_agent`; who is deactivated is also taken off their unsolved tickets, so that customers are not left waiting."""
    async with transaction():
        agent = await change_agent(agent_id, by=by, at=at, **values)
        if agent.deactivated_at is not None:
            for ticket in (
                await Ticket.objects().where(LISTED_UNSOLVED & (Ticket.assignee == agent_id)).order_by(Ticket.id)
            ):
                await assign(ticket, None, by=by, at=at)
    return agent
