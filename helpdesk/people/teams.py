"""Teams: who is in them, who leads them, and how their tickets find an agent."""

from datetime import datetime
from typing import Any

import msgspec

from helpdesk import actors
from helpdesk.kernel.database import after_commit, lock, rows, transaction
from helpdesk.kernel.errors import Invalid, NotFound
from helpdesk.kernel.language import _
from helpdesk.people.actor import SignedIn
from helpdesk.people.auditing import About, record
from helpdesk.people.permissions import demand
from helpdesk.people.tables import Assignment, Team

LARGEST_CAPACITY = 999
_WATCHED = ("name", "is_private", "assignment", "member_ids", "lead_ids", "capacities")


async def list_teams() -> list[dict[str, Any]]:
    """All teams with their members; `capacities` is {agent: tickets} for those who have one of their own here."""
    found = await rows(
        """SELECT t.id, t.name, t.is_private, t.assignment, t.created_at,
            (SELECT count(*) FROM hd_membership m WHERE m.team = t.id) AS size,
            ARRAY(SELECT m.agent FROM hd_membership m WHERE m.team = t.id ORDER BY m.agent) AS member_ids,
            ARRAY(SELECT m.agent FROM hd_membership m WHERE m.team = t.id AND m.is_lead ORDER BY m.agent) AS lead_ids,
            ARRAY(SELECT a.name FROM hd_membership m JOIN hd_agent a ON a.id = m.agent WHERE m.team = t.id ORDER BY a.name) AS members,
            (SELECT json_object_agg(m.agent, m.capacity) FROM hd_membership m WHERE m.team = t.id AND m.capacity IS NOT NULL) AS capacities
        FROM hd_team t ORDER BY t.name, t.id"""
    )
    return [row | {"capacities": msgspec.json.decode(row["capacities"] or "{}", type=dict[int, int])} for row in found]


async def find_team(team_id: int) -> dict[str, Any]:
    """One of `list_teams`; raises NotFound."""
    found = next((one for one in await list_teams() if one["id"] == team_id), None)
    if found is None:
        raise NotFound(_("There is no such team."))
    return found


async def is_private(team: int | None) -> bool:
    """Whether its tickets are for few; no team is not."""
    return bool(await rows("SELECT FROM hd_team WHERE id = {} AND is_private", team))


async def save_team(
    team_id: int | None, *, name: str, is_private: bool, member_ids: list[int], lead_ids: list[int], by: SignedIn, at: datetime,
    assignment: str = Assignment.MANUAL, capacities: dict[int, int] | None = None,
) -> Team:  # fmt: skip
    """Make or change a team with exactly these members; raises Invalid at the field.

    `capacities` says how many of the team's tickets a member is given at most. Who stays keeps their turn in the rota.
    """
    demand(by, "manage_teams")
    name, capacities = name.strip(), capacities or {}
    if not name or len(name) > 100:
        raise Invalid(name=_("Give a name of at most 100 characters."))
    if assignment not in set(Assignment):
        raise Invalid(assignment=_("There is no such way to give tickets out."))
    for one in capacities.values():
        check_capacity(one)
    async with transaction():
        await lock("teams")
        twin = await Team.objects().where(Team.name == name).first()
        if twin and twin.id != team_id:
            raise Invalid(name=_("There is a team of this name already."))
        await _demand_known(member_ids)
        before = await find_team(team_id) if team_id else {}
        team = await Team.objects().get(Team.id == team_id) if team_id else Team(created_at=at)
        assert team is not None, "find_team has looked"
        team.name, team.is_private, team.assignment = name, is_private, assignment
        await team.save()
        await _set_members(team.id, sorted(set(member_ids)), lead_ids, capacities)
        await _tell(before, await find_team(team.id), by=by, at=at)
        after_commit(actors.distribute.send, team.id)
    return team


def check_capacity(capacity: int | None) -> None:
    """Raise Invalid unless it is a number of tickets that somebody can be given; None is any number."""
    if capacity is not None and not 1 <= capacity <= LARGEST_CAPACITY:
        raise Invalid(
            capacity=_("Give a number from 1 to %(most)s, or nothing for no limit.") % {"most": LARGEST_CAPACITY}
        )


async def _demand_known(agent_ids: list[int]) -> None:
    found = {row["id"] for row in await rows("SELECT id FROM hd_agent WHERE id = ANY({})", agent_ids)}
    if unknown := set(agent_ids) - found:
        raise Invalid(members=_("There is no such agent.") + f" ({', '.join(map(str, sorted(unknown)))})")


async def _set_members(team_id: int, member_ids: list[int], lead_ids: list[int], capacities: dict[int, int]) -> None:
    await rows("DELETE FROM hd_membership WHERE team = {} AND agent <> ALL({})", team_id, member_ids)
    for one in member_ids:
        await rows(
            """INSERT INTO hd_membership (team, agent, is_lead, capacity) VALUES ({}, {}, {}, {})
            ON CONFLICT (agent, team) DO UPDATE SET is_lead = excluded.is_lead, capacity = excluded.capacity""",
            team_id, one, one in lead_ids, capacities.get(one),
        )  # fmt: skip


async def _tell(before: dict[str, Any], after: dict[str, Any], *, by: SignedIn, at: datetime) -> None:
    changes = {name: (before.get(name), after[name]) for name in _WATCHED if before.get(name) != after[name]}
    if changes:
        about = About(kind="team", id=after["id"], name=after["name"])
        await record("team_changed" if before else "team_added", by=by, at=at, about=about, changes=changes)
