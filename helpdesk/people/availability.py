"""Saying that an agent is there, away or out, and how many tickets they take. What follows from it: `standing`."""

from datetime import datetime

from helpdesk import actors
from helpdesk.kernel.database import after_commit, rows, transaction
from helpdesk.kernel.errors import Invalid, NotFound
from helpdesk.kernel.language import _
from helpdesk.people.actor import SignedIn
from helpdesk.people.auditing import About, record
from helpdesk.people.permissions import demand
from helpdesk.people.tables import Agent, Assignment, Availability, Installation, Role
from helpdesk.people.teams import check_capacity

SHORTEST_AWAY, LONGEST_AWAY = 5, 24 * 60
"""Minutes. A visit is written down once a minute, so less would make agents flicker."""


async def set_availability(
    agent_id: int, availability: str, *, by: SignedIn, at: datetime, out_until: datetime | None = None, replacement: int | None = None
) -> None:  # fmt: skip
    """Say that the agent is available, away or out, until when and who stands in; by themselves or who manages teams.

    Raises Invalid at the field, NotFound.
    """
    if agent_id != by.id:
        demand(by, "manage_teams")
    if availability not in set(Availability):
        raise Invalid(availability=_("Say available, away or out."))
    is_out = availability == Availability.OUT
    if is_out and out_until is not None and out_until <= at:
        raise Invalid(out_until=_("This is in the past."))
    if is_out and replacement is not None:
        await _demand_stand_in(replacement, for_=agent_id)
    values = (availability, out_until if is_out else None, replacement if is_out else None)
    async with transaction():
        agent = await Agent.objects().get(Agent.id == agent_id).lock_rows("NO KEY UPDATE")
        if agent is None:
            raise NotFound(_("There is no such agent."))
        before = (agent.availability, agent.out_until, agent.replacement)
        await rows(
            "UPDATE hd_agent SET availability = {}, out_until = {}, replacement = {} WHERE id = {}", *values, agent_id
        )
        if agent_id != by.id and before != values:
            changes = dict(
                zip(("availability", "out_until", "replacement"), zip(before, values, strict=True), strict=True)
            )
            about = About(kind="agent", id=agent_id, name=agent.name)
            await record(
                "agent_changed", by=by, at=at, about=about, changes={k: v for k, v in changes.items() if v[0] != v[1]}
            )
        await give_out_for(agent_id)


async def set_capacity(agent_id: int, capacity: int | None, *, by: SignedIn, at: datetime) -> None:
    """How many tickets the agent is given at most, over all teams; None is any number. Raises Invalid, NotFound."""
    demand(by, "manage_teams")
    check_capacity(capacity)
    async with transaction():
        agent = await Agent.objects().get(Agent.id == agent_id).lock_rows("NO KEY UPDATE")
        if agent is None:
            raise NotFound(_("There is no such agent."))
        if agent.capacity == capacity:
            return
        await rows("UPDATE hd_agent SET capacity = {} WHERE id = {}", capacity, agent_id)
        about = About(kind="agent", id=agent_id, name=agent.name)
        await record("agent_changed", by=by, at=at, about=about, changes={"capacity": (agent.capacity, capacity)})
        await give_out_for(agent_id)


async def give_out_for(agent_id: int) -> None:
    """Nudge the teams whose tickets the agent may take now; the transaction's commit sends it."""
    for team in await rows(
        """SELECT t.id FROM hd_team t JOIN hd_membership m ON m.team = t.id
        WHERE m.agent = {} AND t.assignment <> {} ORDER BY t.id""",
        agent_id, Assignment.MANUAL,
    ):  # fmt: skip
        after_commit(actors.distribute.send, team["id"])


async def away_after_minutes() -> int:
    [row] = await rows("SELECT away_after_minutes FROM hd_installation")
    return row["away_after_minutes"]


async def change_away_after(minutes: int | None, *, by: SignedIn, at: datetime) -> None:
    """After how many minutes without a visit agents count as away; 0 is never. Raises Invalid."""
    demand(by, "manage_teams")
    if minutes is None or (minutes != 0 and not SHORTEST_AWAY <= minutes <= LONGEST_AWAY):
        raise Invalid(
            away_after_minutes=_("Give %(least)s to %(most)s minutes, or 0 for never.")
            % {"least": SHORTEST_AWAY, "most": LONGEST_AWAY}
        )
    async with transaction():
        before = await away_after_minutes()
        if before != minutes:
            await Installation.update({Installation.away_after_minutes: minutes}, force=True)
            await record("settings_changed", by=by, at=at, changes={"away_after_minutes": (before, minutes)})


async def _demand_stand_in(replacement: int, *, for_: int) -> None:
    if replacement == for_:
        raise Invalid(replacement=_("Nobody stands in for themselves."))
    able = [Role.ADMIN, Role.MANAGER, Role.AGENT]
    if not await Agent.exists().where(Agent.id == replacement, Agent.deactivated_at.is_null(), Agent.role.is_in(able)):
        raise Invalid(replacement=_("There is no such agent, or they cannot answer tickets."))
