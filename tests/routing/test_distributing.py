"""Tickets find their agents: in turn or to who has least, of those who are there, and never more than they take."""

from collections import Counter
from datetime import timedelta
from typing import Any

import msgspec
import pytest_asyncio

from helpdesk.following_up import follow
from helpdesk.kernel.database import rows
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.availability import set_availability
from helpdesk.people.sessions import open_session
from helpdesk.routing.distributing import distribute, distribute_what_waits
from helpdesk.routing.loads import teams_in_need
from helpdesk.tickets.assigning import assign, move_to_team
from helpdesk.tickets.editing import prioritise
from helpdesk.tickets.solving import reopen, solve
from helpdesk.tickets.tables import Ticket
from tests.cast import hire, make_team
from tests.make import a_ticket


class Desk:
    """Billing, which gives its tickets out to Ben and Cleo, and Mani, who leads."""

    def __init__(self, ben: SignedIn, cleo: SignedIn, mani: SignedIn, team: int) -> None:
        self.ben, self.cleo, self.mani, self.team = ben, cleo, mani, team

    async def ticket(self, subject: str = "Invoice", **more: Any) -> Ticket:
        return await a_ticket(subject, team=self.team, **more)

    async def assignees(self) -> list[int | None]:
        return [row["assignee"] for row in await rows("SELECT assignee FROM hd_ticket ORDER BY number")]


@pytest_asyncio.fixture(loop_scope="session")
async def desk(database: None) -> Desk:
    ben, cleo, mani = await hire("ben"), await hire("cleo"), await hire("mani")
    team = await make_team("Billing", ben, cleo)
    await rows("UPDATE hd_team SET assignment = 'round_robin' WHERE id = {}", team.id)
    for one in (ben, cleo, mani):
        await open_session(one.id or 0, address="127.0.0.1", user_agent="test", at=now())
    return Desk(ben, cleo, mani, team.id)


async def follow_all() -> None:
    """What a worker does of events, and of the jobs that they leave."""
    while waiting := await rows("SELECT id FROM hd_event WHERE followed_at IS NULL ORDER BY id"):
        for event in waiting:
            await follow(event["id"])
        for team in await teams_in_need():
            await distribute(team)


async def why(ticket: Ticket) -> dict[str, Any]:
    """What the last event about the ticket's assignee says for a reason."""
    [found] = await rows(
        "SELECT changes FROM hd_event WHERE ticket = {} AND changes ? 'assignee' ORDER BY id DESC LIMIT 1", ticket.id
    )
    return msgspec.json.decode(found["changes"]).get("why", [None, {}])[1]


async def test_tickets_go_round(desk: Desk) -> None:
    for _ in range(5):
        await desk.ticket()
        await follow_all()
    ben, cleo = desk.ben.id, desk.cleo.id
    assert await desk.assignees() == [ben, cleo, ben, cleo, ben]


async def test_the_least_loaded_is_next_and_of_equals_who_waited_longest(desk: Desk) -> None:
    await rows("UPDATE hd_team SET assignment = 'least_loaded'")
    mine = await a_ticket("Of no team")
    await assign(mine, desk.ben.id, by=desk.mani, at=now())
    for _ in range(3):
        await desk.ticket()
        await follow_all()
    assert (await desk.assignees())[1:] == [desk.cleo.id, desk.ben.id, desk.cleo.id]


async def test_nobody_is_given_more_than_they_take_and_what_waits_goes_by_urgency_then_age(desk: Desk) -> None:
    await rows("UPDATE hd_agent SET capacity = 1 WHERE id = {}", desk.ben.id)
    await rows("UPDATE hd_membership SET capacity = 1 WHERE agent = {}", desk.cleo.id)
    first, second, third, fourth = [await desk.ticket(f"Number {n}") for n in range(4)]
    await follow_all()
    assert await desk.assignees() == [desk.ben.id, desk.cleo.id, None, None]
    await prioritise(fourth, "urgent", by=desk.mani, at=now())
    await solve(second, by=desk.cleo, at=now())
    await follow_all()
    assert await desk.assignees() == [desk.ben.id, desk.cleo.id, None, desk.cleo.id]
    assert await why(fourth) == {"by": "round_robin", "team": desk.team, "absent": [], "full": [desk.ben.id]}
    await solve(first, by=desk.ben, at=now())
    await follow_all()
    assert (await desk.assignees())[2] == desk.ben.id
    assert third


async def test_people_may_exceed_a_capacity_and_the_history_says_so(desk: Desk) -> None:
    await rows("UPDATE hd_agent SET capacity = 1 WHERE id = {}", desk.ben.id)
    one, other = await a_ticket(), await a_ticket()
    await assign(one, desk.ben.id, by=desk.mani, at=now())
    assert await why(one) == {}
    await assign(other, desk.ben.id, by=desk.mani, at=now())
    assert await why(other) == {"by": "person", "load": 2, "capacity": 1}


async def test_who_is_away_or_out_is_passed_over_and_who_comes_back_gets_what_waited(desk: Desk) -> None:
    await set_availability(desk.ben.id or 0, "away", by=desk.ben, at=now())
    ticket = await desk.ticket()
    await follow_all()
    assert await desk.assignees() == [desk.cleo.id]
    assert (await why(ticket))["absent"] == [desk.ben.id]
    await set_availability(desk.cleo.id or 0, "out", by=desk.cleo, at=now(), out_until=now() + timedelta(hours=1))
    await desk.ticket()
    await follow_all()
    assert await desk.assignees() == [desk.cleo.id, None]
    await rows("UPDATE hd_agent SET out_until = now() WHERE id = {}", desk.cleo.id)  # an hour later
    assert await distribute_what_waits() == 1
    await distribute(desk.team)
    assert await desk.assignees() == [desk.cleo.id, desk.cleo.id]


async def test_who_was_not_seen_for_a_while_counts_as_away_until_they_are(desk: Desk) -> None:
    await rows("UPDATE hd_session SET seen_at = now() - interval '31 min' WHERE agent = {}", desk.ben.id)
    await rows("DELETE FROM hd_session WHERE agent = {}", desk.cleo.id)
    await desk.ticket()
    await follow_all()
    assert await desk.assignees() == [None]
    await rows("UPDATE hd_session SET seen_at = now() WHERE agent = {}", desk.ben.id)
    await distribute(desk.team)
    assert await desk.assignees() == [desk.ben.id]
    await rows("DELETE FROM hd_session")
    await rows("UPDATE hd_installation SET away_after_minutes = 0")
    await desk.ticket()
    await distribute(desk.team)
    await rows("UPDATE hd_installation SET away_after_minutes = 30")
    assert await desk.assignees() == [desk.ben.id, desk.cleo.id], "0 minutes is never"


async def test_a_ticket_moved_to_a_team_that_gives_out_is_given_out(desk: Desk) -> None:
    ticket = await a_ticket()
    await follow_all()
    assert await desk.assignees() == [None]
    await move_to_team(ticket, desk.team, by=desk.mani, at=now())
    await follow_all()
    assert await desk.assignees() == [desk.ben.id]


async def test_a_reopened_ticket_goes_back_to_its_agent_or_when_they_are_away_to_the_team(desk: Desk) -> None:
    here, gone = await desk.ticket(), await desk.ticket()
    await follow_all()
    for one in (here, gone):
        await solve(one, by=desk.mani, at=now())
        await reopen(one, by=desk.mani, at=now())
    await set_availability(desk.cleo.id or 0, "away", by=desk.mani, at=now())
    await follow_all()
    assert await desk.assignees() == [desk.ben.id, desk.ben.id]
    assert (await why(gone))["by"] == "round_robin"


async def test_a_ticket_that_wakes_up_while_nobody_else_is_there_stays_with_its_agent(desk: Desk) -> None:
    ticket = await desk.ticket()
    await follow_all()
    for one in (desk.ben, desk.cleo):
        await set_availability(one.id or 0, "out", by=one, at=now())
    await solve(ticket, by=desk.mani, at=now())
    await reopen(ticket, by=desk.mani, at=now())
    await follow_all()
    assert await desk.assignees() == [desk.ben.id]


async def test_who_stands_in_gets_what_wakes_up_while_somebody_is_out(desk: Desk) -> None:
    ticket = await desk.ticket()
    await follow_all()
    await set_availability(desk.ben.id or 0, "out", by=desk.ben, at=now(), replacement=desk.mani.id)
    await solve(ticket, by=desk.mani, at=now())
    await reopen(ticket, by=desk.mani, at=now())
    await follow_all()
    assert await desk.assignees() == [desk.mani.id], "also beyond the team"
    assert await why(ticket) == {"by": "absence", "absent": [desk.ben.id]}


async def test_a_manual_team_gives_nothing_out(desk: Desk) -> None:
    await rows("UPDATE hd_team SET assignment = 'manual'")
    await desk.ticket()
    await follow_all()
    assert await desk.assignees() == [None]
    assert await distribute(desk.team) == 0


async def test_every_gift_is_one_event_and_a_second_look_changes_nothing(desk: Desk) -> None:
    for _ in range(25):
        await desk.ticket()
    assert await distribute(desk.team) == 25
    assert await distribute(desk.team) == 0
    await follow_all()
    events = await rows("SELECT ticket FROM hd_event WHERE kind = 'assigned'")
    assert len(events) == len({row["ticket"] for row in events}) == 25
    assert sorted(Counter(await desk.assignees()).values()) == [12, 13]
