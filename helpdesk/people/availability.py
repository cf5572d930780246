"""Who is there: what agents say of themselves, and what their sessions tell.

Nothing is switched: who has not used the console for some minutes counts as away, and is back with the next visit; who
is out until a moment is back with that moment. So only what somebody chose themselves has to be taken back by them.
"""

from datetime import datetime
from typing import Any

from helpdesk import actors
from helpdesk.kernel.database import after_commit, rows, transaction
from helpdesk.kernel.errors import Invalid, NotFound
from helpdesk.kernel.language import _
from helpdesk.people.actor import SignedIn
from helpdesk.people.auditing import About, record
from helpdesk.people.permissions import demand
from helpdesk.people.tables import Agent, Assignment, Availability, Installation, Role

ABLE = "a.deactivated_at IS NULL AND a.role IN ('admin', 'manager', 'agent')"
"""In a statement: `hd_agent AS a` can be given tickets."""

_HAS_BEEN_SEEN = """EXISTS (SELECT FROM hd_session AS seen WHERE seen.agent = a.id
    AND seen.seen_at > now() - make_interval(mins => (SELECT away_after_minutes FROM hd_installation)))"""
STATE = f"""(CASE WHEN a.availability = 'out' AND (a.out_until IS NULL OR a.out_until > now()) THEN 'out'
    WHEN a.availability = 'away' THEN 'away'
    WHEN (SELECT away_after_minutes FROM hd_installation) > 0 AND NOT {_HAS_BEEN_SEEN} THEN 'away' ELSE 'available' END)"""
"""In a statement: available, away or out, as it is with `hd_agent AS a` now."""
AVAILABLE = f"({STATE} = 'available')"

SAID = f"""{STATE} AS state, a.availability, a.out_until, a.replacement,
    (SELECT name FROM hd_agent WHERE id = a.replacement) AS replacement_name"""
"""In a statement: `state` as it is with `hd_agent AS a` now, and what was said."""

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


async def give_out_for(agent_id: int) -> None:
    """Nudge the teams whose tickets the agent may take now; the transaction's commit sends it."""
    for team in await rows(
        """SELECT t.id FROM hd_team t JOIN hd_membership m ON m.team = t.id
        WHERE m.agent = {} AND t.assignment <> {} ORDER BY t.id""",
        agent_id, Assignment.MANUAL,
    ):  # fmt: skip
        after_commit(actors.distribute.send, team["id"])


async def availability_of(agent_id: int) -> dict[str, Any]:
    """`state` as it is now, and what was said: `availability`, `out_until`, `replacement` with `replacement_name`."""
    found = await rows(f"SELECT {SAID} FROM hd_agent a WHERE a.id = {{}}", agent_id)
    if not found:
        raise NotFound(_("There is no such agent."))
    return found[0]


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
