"""What waits for an agent in a team, and what its members have at hand."""

from helpdesk.kernel.database import rows
from helpdesk.people.standing import ABLE, AVAILABLE, STATE
from helpdesk.routing.choosing import Member
from helpdesk.tickets.loads import AT_HAND, HELD

WAITING = "hd_ticket.assignee IS NULL AND NOT hd_ticket.is_automatic AND " + AT_HAND.replace("{t}", "hd_ticket")
URGENT_FIRST = """(CASE hd_ticket.priority WHEN 'urgent' THEN 0 WHEN 'high' THEN 1 WHEN 'normal' THEN 2 ELSE 3 END),
    hd_ticket.created_at, hd_ticket.id"""

_LOADS = f"""
LEFT JOIN LATERAL (SELECT count(*) AS load, count(*) FILTER (WHERE held.team = m.team) AS team_load
    FROM hd_ticket AS held WHERE {HELD}) AS loads ON true
"""
_MEMBERS = f"""
SELECT a.id, a.name, {STATE} AS state, m.turn, loads.load, loads.team_load, a.capacity, m.capacity AS team_capacity
FROM hd_membership m JOIN hd_agent a ON a.id = m.agent {_LOADS} WHERE m.team = {{}} AND {ABLE} ORDER BY a.name, a.id
"""
_IN_NEED = f"""
SELECT t.id FROM hd_team t WHERE t.assignment <> 'manual'
    AND ({{}} OR t.id = ANY({{}}) OR t.id IN (SELECT team FROM hd_membership WHERE agent = ANY({{}})))
    AND EXISTS (SELECT FROM hd_ticket WHERE hd_ticket.team = t.id AND {WAITING})
    AND EXISTS (SELECT FROM hd_membership m JOIN hd_agent a ON a.id = m.agent {_LOADS}
        WHERE m.team = t.id AND {ABLE} AND {AVAILABLE}
        AND (a.capacity IS NULL OR loads.load < a.capacity) AND (m.capacity IS NULL OR loads.team_load < m.capacity))
ORDER BY t.id
"""


async def members_of(team_id: int) -> list[Member]:
    """The team's agents who can answer tickets, as they are now, by name."""
    return [Member(**row) for row in await rows(_MEMBERS, team_id)]


async def teams_in_need(team: int | None = None, *, of_agents: list[int] | None = None) -> list[int]:
    """The teams that give tickets out, where one waits and somebody is free: this team and those of the agents, or all."""
    is_all = team is None and of_agents is None
    return [row["id"] for row in await rows(_IN_NEED, is_all, [team] if team else [], of_agents or [])]


async def waiting_by_team() -> dict[int, int]:
    """How many tickets wait for an agent, of each team where some do."""
    found = await rows(
        f"SELECT hd_ticket.team, count(*) AS count FROM hd_ticket WHERE hd_ticket.team IS NOT NULL AND {WAITING} GROUP BY 1"
    )
    return {row["team"]: row["count"] for row in found}
