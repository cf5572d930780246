"""What agents have been told."""

from helpdesk.kernel.database import rows
from helpdesk.people.actor import SignedIn


async def kinds_of_notices(agent: SignedIn) -> list[str]:
    """Kinds of the agent's unread notices, the newest first."""
    found = await rows("SELECT kind FROM hd_notice WHERE agent = {} AND read_at IS NULL ORDER BY id DESC", agent.id)
    return [row["kind"] for row in found]
