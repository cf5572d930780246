"""/teams and their members."""

from typing import Annotated

import msgspec
from litestar import get, patch, post
from litestar.params import JSONBody
from msgspec import UNSET, Meta, UnsetType

from helpdesk.api.problems import problems
from helpdesk.api.requests import (
    Caller,
    Cursor,
    Limit,
    Moment,
    PathSmallId,
    ShortLine,
    SmallId,
    id_from_cursor,
    page,
    set_fields,
)
from helpdesk.kernel.database import transaction
from helpdesk.kernel.errors import NotFound
from helpdesk.kernel.language import _
from helpdesk.kernel.time import now
from helpdesk.people.tables import Assignment
from helpdesk.people.teams import LARGEST_CAPACITY, list_teams, save_team

Members = Annotated[list[SmallId], Meta(max_length=1000)]


class Capacity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many of the team's tickets the agent is given at most."""

    agent: SmallId
    capacity: Annotated[int, Meta(ge=1, le=LARGEST_CAPACITY)]


Capacities = Annotated[list[Capacity], Meta(max_length=1000)]


class Team(msgspec.Struct, frozen=True, kw_only=True):
    """Members and leads are agents' ids; the tickets of a private team are seen by its members alone.

    `assignment` says how tickets find an agent; `capacities` limit what members are given of this team, besides the
    agent's own capacity.
    """

    id: int
    name: str
    is_private: bool
    members: list[int]
    leads: list[int]
    assignment: Assignment
    capacities: list[Capacity]
    created_at: Moment


class TeamPage(msgspec.Struct, frozen=True):
    items: list[Team]
    next: str | None


class NewTeam(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    name: ShortLine
    is_private: bool = False
    members: Members = []
    leads: Members = []
    assignment: Assignment = Assignment.MANUAL
    capacities: Capacities = []


class TeamPatch(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """`members`, `leads` and `capacities` are all of them from now on."""

    name: ShortLine | UnsetType = UNSET
    is_private: bool | UnsetType = UNSET
    members: Members | UnsetType = UNSET
    leads: Members | UnsetType = UNSET
    assignment: Assignment | UnsetType = UNSET
    capacities: Capacities | UnsetType = UNSET


@get("/teams", tags=["people"])
async def get_teams(agent: Caller, limit: Limit = 50, cursor: Cursor = None) -> TeamPage:
    """All teams with their members, the oldest first."""
    after_id = id_from_cursor(cursor)
    found = [one for one in await _teams() if one.id > after_id]
    return TeamPage(*page(found, limit, lambda one: one.id))


@post("/teams", tags=["people"], responses=problems(403))
async def create_team(data: JSONBody[NewTeam], agent: Caller) -> Team:
    """Make a team; for managers and administrators."""
    async with transaction():
        team = await save_team(
            None, name=data.name, is_private=data.is_private, member_ids=[*data.members, *data.leads], lead_ids=data.leads,
            assignment=data.assignment, capacities=_by_agent(data.capacities), by=agent, at=now(),
        )  # fmt: skip
        return await _team(team.id)


@get("/teams/{team_id:int}", tags=["people"], responses=problems(404))
async def get_team(team_id: PathSmallId, agent: Caller) -> Team:
    """One team."""
    return await _team(team_id)


@patch("/teams/{team_id:int}", tags=["people"], responses=problems(403, 404))
async def update_team(team_id: PathSmallId, data: JSONBody[TeamPatch], agent: Caller) -> Team:
    """Change what is sent; leads are members."""
    async with transaction():
        now_is = await _team(team_id)
        sent = msgspec.structs.asdict(now_is) | set_fields(data)
        leads = [
            one for one in sent["leads"] if data.members is UNSET or data.leads is not UNSET or one in sent["members"]
        ]
        await save_team(
            team_id, name=sent["name"], is_private=sent["is_private"], member_ids=[*sent["members"], *leads], lead_ids=leads,
            assignment=sent["assignment"], capacities=_by_agent(sent["capacities"]), by=agent, at=now(),
        )  # fmt: skip
        return await _team(team_id)


def _by_agent(capacities: list[Capacity]) -> dict[int, int]:
    return {one.agent: one.capacity for one in capacities}


async def _teams() -> list[Team]:
    """By id."""
    found = [
        Team(
            id=row["id"], name=row["name"], is_private=row["is_private"], members=row["member_ids"], leads=row["lead_ids"],
            assignment=row["assignment"], capacities=[Capacity(*one) for one in sorted(row["capacities"].items())],
            created_at=row["created_at"],
        ) for row in await list_teams()
    ]  # fmt: skip
    return sorted(found, key=lambda one: one.id)


async def _team(team_id: int) -> Team:
    found = next((one for one in await _teams() if one.id == team_id), None)
    if found is None:
        raise NotFound(_("There is no such team."))
    return found
