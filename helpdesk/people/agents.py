"""Adding and changing agents and teams."""

import re
from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from helpdesk.kernel.database import lock, rows, transaction
from helpdesk.kernel.errors import Invalid, NotFound
from helpdesk.kernel.language import LANGUAGES, _, known
from helpdesk.kernel.settings import settings
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import demand
from helpdesk.people.tables import Agent, ApiToken, Membership, OneTimeLink, Role, Session, Team

_EMAIL = re.compile(r"[^@\s<>,;\"]+@[^@\s<>,;\"]+\.[^@\s<>,;\".]+|[^@\s<>,;\"]+@localhost")
THEMES = ("system", "light", "dark")


def is_address(text: str) -> bool:
    """Whether it is a mail address of the usual form, in lower case or not."""
    return bool(_EMAIL.fullmatch(text)) and len(text) <= 320


async def add_agent(
    *, email: str, name: str, role: str, at: datetime, language: str = "", by: SignedIn | None = None
) -> Agent:
    """Add an agent without a password; None as `by` is the command line. Raises Invalid at the field."""
    if by:
        demand(by, "manage_agents")
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
    await agent.save()
    return agent


async def change_agent(agent_id: int, *, by: SignedIn, at: datetime, **values: Any) -> Agent:
    """Change an agent's `name`, `role` or `is_active`. The last active admin stays one.

    Who leaves loses sessions, links and tokens for good; their tickets are `tickets.leaving`'s.
    """
    demand(by, "manage_agents")
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
        if not is_active or role != agent.role:
            await Session.delete().where(Session.agent == agent_id)
        if not is_active:
            await OneTimeLink.delete().where(OneTimeLink.agent == agent_id)
            await ApiToken.update({ApiToken.revoked_at: at}).where(
                ApiToken.agent == agent_id, ApiToken.revoked_at.is_null()
            )
        agent.name, agent.role, agent.deactivated_at = name, role, deactivated_at
    return agent


async def change_preferences(
    agent_id: int, *, name: str, language: str, time_zone: str, theme: str, signature: str
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
    if len(signature) > 2000:
        raise Invalid(signature=_("Use at most 2000 characters."))
    await Agent.update({
        Agent.name: name.strip(), Agent.language: language, Agent.time_zone: time_zone, Agent.theme: theme, Agent.signature: signature.strip(),
    }).where(Agent.id == agent_id)  # fmt: skip


async def list_agents() -> list[dict[str, Any]]:
    """All agents with their teams' names, active ones first, by name."""
    return await rows(
        """SELECT a.id, a.name, a.email, a.role, a.deactivated_at, a.password_hash IS NOT NULL AS has_password, a.created_at,
            ARRAY(SELECT t.name FROM hd_membership m JOIN hd_team t ON t.id = m.team WHERE m.agent = a.id ORDER BY t.name) AS teams
        FROM hd_agent a ORDER BY a.deactivated_at IS NOT NULL, a.name, a.id"""
    )


async def assignable_agents() -> list[dict[str, Any]]:
    """Who can be given a ticket: id and name."""
    return await rows(
        "SELECT id, name FROM hd_agent WHERE deactivated_at IS NULL AND role IN ('admin', 'manager', 'agent') ORDER BY name, id"
    )


async def list_teams() -> list[dict[str, Any]]:
    """All teams with their members: [{id, name, is_lead}]."""
    return await rows(
        """SELECT t.id, t.name, t.is_private, t.created_at,
            (SELECT count(*) FROM hd_membership m WHERE m.team = t.id) AS size,
            ARRAY(SELECT m.agent FROM hd_membership m WHERE m.team = t.id ORDER BY m.agent) AS member_ids,
            ARRAY(SELECT m.agent FROM hd_membership m WHERE m.team = t.id AND m.is_lead ORDER BY m.agent) AS lead_ids,
            ARRAY(SELECT a.name FROM hd_membership m JOIN hd_agent a ON a.id = m.agent WHERE m.team = t.id ORDER BY a.name) AS members
        FROM hd_team t ORDER BY t.name, t.id"""
    )


async def save_team(
    team_id: int | None, *, name: str, is_private: bool, member_ids: list[int], lead_ids: list[int], by: SignedIn, at: datetime
) -> Team:  # fmt: skip
    """Make or change a team with exactly these members; raises Invalid at the field."""
    demand(by, "manage_teams")
    name = name.strip()
    if not name or len(name) > 100:
        raise Invalid(name=_("Give a name of at most 100 characters."))
    async with transaction():
        await lock("teams")
        twin = await Team.objects().where(Team.name == name).first()
        if twin and twin.id != team_id:
            raise Invalid(name=_("There is a team of this name already."))
        known_ids = (
            {row["id"] for row in await Agent.select(Agent.id).where(Agent.id.is_in(member_ids))}
            if member_ids
            else set()
        )
        if unknown := set(member_ids) - known_ids:
            raise Invalid(members=_("There is no such agent.") + f" ({', '.join(map(str, sorted(unknown)))})")
        team = (
            await Team.objects().get(Team.id == team_id)
            if team_id
            else Team(name=name, is_private=is_private, created_at=at)
        )
        if team is None:
            raise NotFound(_("There is no such team."))
        team.name, team.is_private = name, is_private
        await team.save()
        await Membership.delete().where(Membership.team == team.id)
        if member_ids:
            await Membership.insert(*(
                Membership(team=team.id, agent=one, is_lead=one in lead_ids) for one in sorted(set(member_ids))
            ))  # fmt: skip
    return team


async def _is_last_admin(agent: Agent) -> bool:
    if agent.role != Role.ADMIN or agent.deactivated_at is not None:
        return False
    return not await Agent.exists().where(
        Agent.role == Role.ADMIN, Agent.deactivated_at.is_null(), Agent.id != agent.id
    )
