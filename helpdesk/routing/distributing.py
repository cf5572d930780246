"""Giving a team's waiting tickets to its agents: the most urgent first, of these the oldest.

The ticket is the queue: it waits until it has an assignee, so a killed process leaves it waiting for the next look.
One process at a time gives out a team's tickets, while the rows of its agents are held: no two count an agent's tickets
at once, and nobody is given one in the moment in which they go. Tickets that somebody else holds are left for the next
look, so nothing here ever waits for a ticket, and nobody who waits for us holds what we want.
"""

from datetime import datetime

from helpdesk import actors
from helpdesk.kernel.database import objects, rows, transaction
from helpdesk.kernel.time import now
from helpdesk.people.actor import SYSTEM
from helpdesk.routing.choosing import Choice, Member, choose, give
from helpdesk.routing.loads import URGENT_FIRST, WAITING, members_of, teams_in_need
from helpdesk.tickets.assigning import assign
from helpdesk.tickets.tables import Ticket

BATCH = 10
"""Tickets in one transaction: the agents' rows are held for so long."""


async def distribute(team_id: int) -> int:
    """Give out what waits in the team until nothing does or nobody is free; how many tickets were given.

    Who finds the team taken may leave: whoever has it looks once more after letting go.
    """
    given = 0
    while await teams_in_need(team_id):
        some = await _give_some(team_id, at=now())
        if not some:
            break
        given += some
    return given


async def distribute_what_waits() -> int:
    """Nudge every team in need: for nudges that were lost, and agents who came back by themselves. How many teams."""
    teams = await teams_in_need()
    for team in teams:
        actors.distribute.send(team)
    return len(teams)


async def _give_some(team_id: int, *, at: datetime) -> int:
    async with transaction():
        team = await rows(
            "SELECT assignment FROM hd_team WHERE id = {} AND assignment <> 'manual' FOR NO KEY UPDATE SKIP LOCKED",
            team_id,
        )
        if not team:
            return 0
        await rows(
            """SELECT id FROM hd_agent WHERE id IN (SELECT agent FROM hd_membership WHERE team = {})
            ORDER BY id FOR NO KEY UPDATE""",
            team_id,
        )
        members, given = await members_of(team_id), 0
        waiting = await objects(
            Ticket,
            f"WHERE hd_ticket.team = {{}} AND {WAITING} ORDER BY {URGENT_FIRST} LIMIT {BATCH} FOR NO KEY UPDATE SKIP LOCKED",
            team_id,
        )
        for ticket in waiting:
            choice = choose(members, team[0]["assignment"])
            if choice is None:
                break
            await _give(ticket, choice, members, team[0]["assignment"], at=at)
            given += 1
    return given


async def _give(ticket: Ticket, choice: Choice, members: list[Member], assignment: str, *, at: datetime) -> None:
    why = {"by": assignment, "team": ticket.team, "absent": choice.absent, "full": choice.full}
    await assign(ticket, choice.member.id, by=SYSTEM, at=at, why=why)
    give(choice.member, members)
    await rows(
        "UPDATE hd_membership SET turn = {} WHERE team = {} AND agent = {}",
        choice.member.turn,
        ticket.team,
        choice.member.id,
    )
