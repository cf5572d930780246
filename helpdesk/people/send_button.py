"""What an agent's Send button does: what they chose last."""

from helpdesk.kernel.database import rows
from helpdesk.people.actor import SignedIn

SENDS = ("send", "solve", "wait")


async def sends_of(agent: SignedIn) -> str:
    """`send`, `solve` (and solve the ticket) or `wait` (and wait for the customer)."""
    [found] = await rows("SELECT sends FROM hd_agent WHERE id = {}", agent.id)
    return found["sends"]


async def remember(agent: SignedIn, sends: str) -> None:
    await rows("UPDATE hd_agent SET sends = {} WHERE id = {} AND sends <> {}", sends, agent.id, sends)
