"""An agent has lost phone and recovery codes: somebody else takes the second factor away, so that they set up a new one."""

from datetime import datetime

from helpdesk.kernel.database import transaction
from helpdesk.kernel.errors import NotFound
from helpdesk.kernel.language import _
from helpdesk.people.actor import SignedIn
from helpdesk.people.auditing import About, record
from helpdesk.people.permissions import demand
from helpdesk.people.proving import demand_proof
from helpdesk.people.second_factor import remove_factor
from helpdesk.people.sessions import end_sessions_of
from helpdesk.people.tables import Agent


async def reset_factor(agent_id: int, *, by: SignedIn | None, at: datetime) -> bool:
    """Whether there was one to take away; ends all sessions of the agent. None as `by` is the command line.

    The password is untouched and still asked for. Raises Refused, ProofNeeded, NotFound.
    """
    if by:
        demand(by, "manage_agents")
    await demand_proof(by, at=at)
    async with transaction():
        agent = await Agent.objects().get(Agent.id == agent_id)
        if agent is None:
            raise NotFound(_("There is no such agent."))
        had_one = await remove_factor(agent_id)
        if had_one:
            await record("factor_reset", by=by, at=at, about=About("agent", agent_id, agent.name))
            await end_sessions_of(agent_id, by=by, at=at)
    return had_one
