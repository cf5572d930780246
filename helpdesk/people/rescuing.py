"""The way in that is left when nothing else works: a link that whoever runs the helpdesk makes on its machine."""

from datetime import datetime

from helpdesk.kernel.database import rows, transaction
from helpdesk.kernel.errors import NotFound
from helpdesk.kernel.language import _
from helpdesk.people.admitting import Admission, Visitor, admit
from helpdesk.people.auditing import About, record
from helpdesk.people.links import RESCUE, find_link, make_link
from helpdesk.people.tables import Agent, Role


async def rescue_link(email: str, *, at: datetime) -> str:
    """A link that signs an administrator in, once, within 15 minutes; a second factor is still asked for. Raises NotFound."""
    agent = await Agent.objects().get((Agent.email == email.strip().lower()) & Agent.deactivated_at.is_null())
    if agent is None or agent.role != Role.ADMIN:
        raise NotFound(f"there is no active administrator with the address {email}")
    async with transaction():
        await record("rescue_link_made", by=None, at=at, about=About("agent", agent.id, agent.name))
        return await make_link(RESCUE, agent.id, at=at)


async def whom_it_rescues(token: str, *, at: datetime) -> str:
    """Their name; raises NotFound for a link that no longer works."""
    link = await find_link(token, RESCUE, at=at)
    [agent] = await rows("SELECT name FROM hd_agent WHERE id = {}", link.agent)
    return agent["name"]


async def be_rescued(token: str, visitor: Visitor, *, at: datetime) -> Admission:
    """Use the link up; raises NotFound."""
    link = await find_link(token, RESCUE, at=at)
    async with transaction():
        await rows("SELECT FROM hd_agent WHERE id = {} FOR SHARE", link.agent)  # before the link, as who lets them go
        used = await rows(
            """UPDATE hd_one_time_link l SET used_at = {} FROM hd_agent a
            WHERE l.id = {} AND l.used_at IS NULL AND a.id = l.agent AND a.deactivated_at IS NULL AND a.role = 'admin'
            RETURNING l.agent""",
            at, link.id,
        )  # fmt: skip
        if not used:
            raise NotFound(_("This link has been used or has expired. Ask for a new one."))
        return await admit(used[0]["agent"], visitor, method="rescue", at=at)
