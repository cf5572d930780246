"""Who the tests are about."""

from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.agents import add_agent
from helpdesk.people.signing_in import as_agent
from helpdesk.people.tables import Membership, Role, Team

AGENTS = {
    "alma": ("Alma Admin", Role.ADMIN),
    "ben": ("Ben Weber", Role.AGENT),
    "cleo": ("Cleo Dubois", Role.AGENT),
    "mani": ("Mani Rostami", Role.MANAGER),
    "lia": ("Lia Light", Role.LIGHT_AGENT),
}
DORA = ("dora@customer.test", "Dora Dogan")
EVE = ("eve@stranger.test", "Eve")


async def hire(name: str) -> SignedIn:
    """An agent of the cast, as signed in."""
    full_name, role = AGENTS[name]
    agent = await add_agent(email=f"{name}@helpdesk.test", name=full_name, role=role, at=now())
    signed_in = await as_agent(agent.id)
    assert signed_in is not None
    return signed_in


async def make_team(name: str, *members: SignedIn, is_private: bool = False) -> Team:
    team = Team(name=name, is_private=is_private, created_at=now())
    await team.save()
    for member in members:
        await Membership(team=team.id, agent=member.id).save()
    return team


async def again(agent: SignedIn) -> SignedIn:
    """The agent with memberships as they are now."""
    assert agent.id is not None
    fresh = await as_agent(agent.id)
    assert fresh is not None
    return fresh
