"""Adding and changing agents."""

import re
from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from helpdesk.kernel.database import lock, rows, transaction
from helpdesk.kernel.errors import Invalid, NotFound
from helpdesk.kernel.language import LANGUAGES, _, known
from helpdesk.kernel.settings import settings
from helpdesk.people.actor import Actor, SignedIn
from helpdesk.people.auditing import About, differences, record
from helpdesk.people.permissions import demand
from helpdesk.people.proving import demand_proof
from helpdesk.people.sessions import end_sessions_of
from helpdesk.people.standing import SAID
from helpdesk.people.tables import Agent, ApiToken, OneTimeLink, Role

_EMAIL = re.compile(r"[^@\s<>,;\"]+@[^@\s<>,;\"]+\.[^@\s<>,;\".]+|[^@\s<>,;\"]+@localhost")
THEMES = ("system", "light", "dark")
GOES = ("stay", "next", "list")
"""Where an agent goes who is done with a ticket."""


def is_address(text: str) -> bool:
    """Whether it is a mail address of the usual form, in lower case or not."""
    return bool(_EMAIL.fullmatch(text)) and len(text) <= 320


async def add_agent(
    *, email: str, name: str, role: str, at: datetime, language: str = "", by: Actor | None = None
) -> Agent:
    """Add an agent without a password. None as `by` is the command line; a provider acts as the system. Raises Invalid at the field."""
    if isinstance(by, SignedIn):
        demand(by, "manage_agents")
        await demand_proof(by, at=at)
    email, name = email.strip().lower(), name.strip()
    if not is_address(email):
        raise Invalid(email=_("This is not an e-mail address."))
    if not name or len(name) > 200:
        raise Invalid(name=_("Give a name of at most 200 characters."))
    if role not in set(Role):
        raise Invalid(role=_("There is no such role."))
    if await Agent.exists().where(Agent.email == email):
        raise Invalid(email=_("There is an agent with this address already."))
    agent = Agent(
        email=email, name=name, role=role, language=known(language or settings().default_language),
        time_zone=settings().time_zone, created_at=at,
    )  # fmt: skip
    async with transaction():
        await agent.save()
        about = About("agent", agent.id, name)
        await record("agent_added", by=by, at=at, about=about, changes={"email": (None, email), "role": (None, role)})
    return agent


async def change_agent(agent_id: int, *, by: SignedIn, at: datetime, **values: Any) -> Agent:
    """Change an agent's `name`, `role` or `is_active`. The last active admin stays one.

    Who leaves loses sessions, links and tokens for good; their tickets are `tickets.leaving`'s. Raises ProofNeeded.
    """
    demand(by, "manage_agents")
    await demand_proof(by, at=at)
    async with transaction():
        await lock("admins")
        agent = await Agent.objects().get(Agent.id == agent_id)
        if agent is None:
            raise NotFound(_("There is no such agent."))
        role = values.get("role", agent.role)
        is_active = values.get("is_active", agent.deactivated_at is None)
        name = str(values.get("name", agent.name)).strip()
        if role not in set(Role):
            raise Invalid(role=_("There is no such role."))
        if not name or len(name) > 200:
            raise Invalid(name=_("Give a name of at most 200 characters."))
        if (role != Role.ADMIN or not is_active) and await _is_last_admin(agent):
            raise Invalid(role=_("This is the last administrator. Make somebody else one first."))
        deactivated_at = None if is_active else (agent.deactivated_at or at)
        await Agent.update({Agent.name: name, Agent.role: role, Agent.deactivated_at: deactivated_at}).where(
            Agent.id == agent_id
        )
        before = {"name": agent.name, "role": agent.role, "is_active": agent.deactivated_at is None}
        changes = differences(before, {"name": name, "role": role, "is_active": is_active})
        if changes:
            await record("agent_changed", by=by, at=at, about=About("agent", agent_id, agent.name), changes=changes)
        if not is_active or role != agent.role:
            await end_sessions_of(agent_id, by=by, at=at)
        if not is_active:
            await OneTimeLink.delete().where(OneTimeLink.agent == agent_id)
            await ApiToken.update({ApiToken.revoked_at: at}).where(
                ApiToken.agent == agent_id, ApiToken.revoked_at.is_null()
            )
        agent.name, agent.role, agent.deactivated_at = name, role, deactivated_at
    return agent


async def change_preferences(
    agent_id: int, *, name: str, language: str, time_zone: str, theme: str, signature: str, goes: str = "stay"
) -> None:
    """What agents set for themselves."""
    if not name.strip() or len(name) > 200:
        raise Invalid(name=_("Give a name of at most 200 characters."))
    if language not in LANGUAGES:
        raise Invalid(language=_("This language is not spoken here."))
    if time_zone not in available_timezones():
        raise Invalid(time_zone=_("There is no such time zone."))
    if theme not in THEMES:
        raise Invalid(theme=_("There is no such theme."))
    if goes not in GOES:
        raise Invalid(goes=_("Choose one of the list."))
    if len(signature) > 2000:
        raise Invalid(signature=_("Use at most 2000 characters."))
    await Agent.update({
        Agent.name: name.strip(), Agent.language: language, Agent.time_zone: time_zone, Agent.theme: theme, Agent.signature: signature.strip(), Agent.goes: goes,
    }).where(Agent.id == agent_id)  # fmt: skip


async def list_agents() -> list[dict[str, Any]]:
    """All agents with their teams' names and what they said of being there, active ones first, by name."""
    return await rows(
        f"""SELECT a.capacity, {SAID}, a.id, a.name, a.email, a.role, a.deactivated_at, a.password_hash IS NOT NULL AS has_password, a.created_at,
            ARRAY(SELECT t.name FROM hd_membership m JOIN hd_team t ON t.id = m.team WHERE m.agent = a.id ORDER BY t.name) AS teams
        FROM hd_agent a ORDER BY a.deactivated_at IS NOT NULL, a.name, a.id"""
    )


async def _is_last_admin(agent: Agent) -> bool:
    if agent.role != Role.ADMIN or agent.deactivated_at is not None:
        return False
    return not await Agent.exists().where(
        Agent.role == Role.ADMIN, Agent.deactivated_at.is_null(), Agent.id != agent.id
    )
