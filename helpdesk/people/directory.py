"""Everybody who works here, by id: for choices and for the names in a history."""

import msgspec

from helpdesk.kernel.database import rows
from helpdesk.people.standing import STATE
from helpdesk.people.tables import Availability, Role

_ALL = f"""
SELECT
    (SELECT coalesce(json_agg(json_build_object('id', a.id, 'name', a.name, 'role', a.role, 'is_active', a.deactivated_at IS NULL,
        'state', {STATE}) ORDER BY a.name, a.id), '[]') FROM hd_agent a) AS agents,
    (SELECT coalesce(json_agg(json_build_object('id', id, 'name', name, 'is_private', is_private) ORDER BY name, id), '[]')
        FROM hd_team) AS teams
"""


class Colleague(msgspec.Struct, frozen=True):
    id: int
    name: str
    role: str
    is_active: bool
    state: str = Availability.AVAILABLE
    """Available, away or out, now."""


class TeamName(msgspec.Struct, frozen=True):
    id: int
    name: str
    is_private: bool


class Directory(msgspec.Struct, frozen=True):
    """Agents and teams in the order of their names, those who left included."""

    agents: dict[int, Colleague]
    teams: dict[int, TeamName]

    @property
    def assignable(self) -> list[Colleague]:
        """Who can be given a ticket."""
        return [one for one in self.agents.values() if one.is_active and one.role != Role.LIGHT_AGENT]


async def directory() -> Directory:
    [found] = await rows(_ALL)
    agents = msgspec.json.decode(found["agents"], type=list[Colleague])
    teams = msgspec.json.decode(found["teams"], type=list[TeamName])
    return Directory({one.id: one for one in agents}, {one.id: one for one in teams})
