"""/agents: who works here."""

from typing import Annotated, Any

import msgspec
from litestar import get, patch, post
from litestar.params import JSONBody
from msgspec import UNSET, Meta, UnsetType

from helpdesk.api.problems import problems
from helpdesk.api.requests import (
    Caller,
    Cursor,
    Email,
    Limit,
    Line,
    Moment,
    PathSmallId,
    SmallId,
    id_from_cursor,
    page,
    set_fields,
)
from helpdesk.deliveries.system_mail import invite
from helpdesk.kernel.database import transaction
from helpdesk.kernel.errors import NotFound
from helpdesk.kernel.language import _
from helpdesk.kernel.time import now
from helpdesk.people.agents import list_agents
from helpdesk.people.availability import set_availability, set_capacity
from helpdesk.people.tables import Availability, Role
from helpdesk.people.teams import LARGEST_CAPACITY, list_teams
from helpdesk.tickets.leaving import change_or_release

Capacity = Annotated[int, Meta(ge=1, le=LARGEST_CAPACITY)]


class Agent(msgspec.Struct, frozen=True, kw_only=True):
    """`teams` are ids. `capacity` is how many tickets teams give them at most; null is any number.

    `availability` is what they said, with `out_until` and who stands in; `is_available` is how it is now: without a visit
    to the console for some minutes they are not.
    """

    id: int
    name: str
    email: str
    role: Role
    teams: list[int]
    is_active: bool
    capacity: int | None
    availability: Availability
    is_available: bool
    out_until: Moment | None
    replacement: int | None


class AgentPage(msgspec.Struct, frozen=True):
    items: list[Agent]
    next: str | None


class Me(Agent, frozen=True, kw_only=True):
    language: str
    time_zone: str


class NewAgent(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """They get a mail with a link to choose a password."""

    email: Email
    name: Line
    role: Role = Role.AGENT
    language: Annotated[str, Meta(max_length=8, pattern=r"^[a-z-]*$")] = ""


class AgentPatch(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """`capacity` is managers' to set, `availability` also one's own; `out_until` and `replacement` go with `out`."""

    name: Line | UnsetType = UNSET
    role: Role | UnsetType = UNSET
    is_active: bool | UnsetType = UNSET
    capacity: Capacity | UnsetType | None = UNSET
    availability: Availability | UnsetType = UNSET
    out_until: Moment | UnsetType | None = UNSET
    replacement: SmallId | UnsetType | None = UNSET


@get("/agents", tags=["people"])
async def get_agents(agent: Caller, limit: Limit = 50, cursor: Cursor = None) -> AgentPage:
    """Everybody who works here, those who have left included."""
    after_id = id_from_cursor(cursor)
    found = [one for one in await _agents() if one.id > after_id]
    return AgentPage(*page(found, limit, lambda one: one.id))


@post("/agents", tags=["people"], responses=problems(403))
async def invite_agent(data: JSONBody[NewAgent], agent: Caller) -> Agent:
    """Invite an agent by mail."""
    async with transaction():
        invited, _link = await invite(
            email=data.email, name=data.name, role=data.role, language=data.language, by=agent, at=now()
        )
        return await _agent(invited.id)


@get("/agents/me", tags=["people"])
async def get_me(agent: Caller) -> Me:
    """Whose token this is."""
    known = msgspec.structs.asdict(await _agent(agent.id or 0))
    return Me(**known, language=agent.language, time_zone=agent.time_zone)


@get("/agents/{agent_id:int}", tags=["people"], responses=problems(404))
async def get_agent(agent_id: PathSmallId, agent: Caller) -> Agent:
    """One agent."""
    return await _agent(agent_id)


@patch("/agents/{agent_id:int}", tags=["people"], responses=problems(403, 404))
async def update_agent(agent_id: PathSmallId, data: JSONBody[AgentPatch], agent: Caller) -> Agent:
    """Change name or role, take an agent out of service, or say how many tickets they take and whether they are there.

    The last administrator stays one.
    """
    sent = set_fields(data)
    of_duty = {name: sent.pop(name) for name in ("availability", "out_until", "replacement") if name in sent}
    async with transaction():
        if "capacity" in sent:
            await set_capacity(agent_id, sent.pop("capacity"), by=agent, at=now())
        if of_duty:
            known = msgspec.structs.asdict(await _agent(agent_id)) | of_duty
            await set_availability(
                agent_id, known["availability"], by=agent, at=now(), out_until=known["out_until"], replacement=known["replacement"]
            )  # fmt: skip
        if sent or not (of_duty or data.capacity is not UNSET):
            await change_or_release(agent_id, by=agent, at=now(), **sent)
        return await _agent(agent_id)


async def _agents() -> list[Agent]:
    """By id."""
    teams: dict[int, list[int]] = {}
    for team in await list_teams():
        for member in team["member_ids"]:
            teams.setdefault(member, []).append(team["id"])
    found = [_as_agent(row, sorted(teams.get(row["id"], []))) for row in await list_agents()]
    return sorted(found, key=lambda one: one.id)


def _as_agent(row: dict[str, Any], teams: list[int]) -> Agent:
    is_active = row["deactivated_at"] is None
    return Agent(
        id=row["id"], name=row["name"], email=row["email"], role=row["role"], teams=teams, is_active=is_active,
        capacity=row["capacity"], availability=row["availability"], is_available=row["state"] == Availability.AVAILABLE,
        out_until=row["out_until"], replacement=row["replacement"],
    )  # fmt: skip


async def _agent(agent_id: int) -> Agent:
    found = next((one for one in await _agents() if one.id == agent_id), None)
    if found is None:
        raise NotFound(_("There is no such agent."))
    return found
