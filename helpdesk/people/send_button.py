"""What an agent's Send button does: what they chose last."""

import msgspec

from helpdesk.kernel.database import rows
from helpdesk.people.actor import SignedIn


async def remember(agent: SignedIn, sends: str) -> SignedIn:
    """The agent, whose button does this from now on."""
    await rows("UPDATE hd_agent SET sends = {} WHERE id = {} AND sends <> {}", sends, agent.id, sends)
    return msgspec.structs.replace(agent, sends=sends)
