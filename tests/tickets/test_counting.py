"""The maintained counts of views say what counting would."""

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest

from helpdesk.kernel.database import rows, transaction
from helpdesk.kernel.time import now
from helpdesk.people.actor import SYSTEM, SignedIn
from helpdesk.tickets import counting
from helpdesk.tickets.assigning import assign, move_to_team
from helpdesk.tickets.changing import change
from helpdesk.tickets.counting import COUNTED, counts_of, fold, recount
from helpdesk.tickets.marking_spam import mark_spam, unmark_spam
from helpdesk.tickets.queries import count_up_to, in_view
from helpdesk.tickets.tables import Status, Ticket, TicketCount
from helpdesk.tickets.trashing import restore, trash
from tests.cast import again, hire, make_team
from tests.make import a_ticket


async def counted(agent: SignedIn, teams: list[int]) -> dict[str, int]:
    """Every view, by counting its tickets."""
    views = [*COUNTED, *(f"team:{team}" for team in teams)]
    return {view: await count_up_to(in_view(view, agent), seen_by=agent, most=100_000) for view in views}


async def kept(agent: SignedIn, teams: list[int]) -> dict[str, int]:
    return await counts_of([*COUNTED, *(f"team:{team}" for team in teams)], seen_by=agent)


class Desk:
    """Two agents, a manager, an open and a private team, and tickets to which anything may happen."""

    async def begin(self, tickets: int = 12) -> None:
        ben, cleo, mani = await hire("ben"), await hire("cleo"), await hire("mani")
        self.teams = [(await make_team("Billing", cleo, is_private=True)).id, (await make_team("Support", ben)).id]
        self.agents = [await again(one) for one in (ben, cleo, mani)]
        self.tickets = [await a_ticket(f"Ticket {n}") for n in range(tickets)]

    async def anything(self, chance: random.Random) -> None:
        ticket, agent = chance.choice(self.tickets), chance.choice(self.agents)
        at = now()
        things: list[Callable[[], Awaitable[object]]] = [
            lambda: assign(ticket, chance.choice([None, agent.id]), by=agent, at=at),
            lambda: move_to_team(ticket, chance.choice([None, *self.teams]), by=agent, at=at),
            lambda: change(ticket, "status_changed", by=agent, at=at, status=chance.choice(list(Status))),
            lambda: change(ticket, "snoozed", by=agent, at=at, snoozed_until=chance.choice([None, at])),
            lambda: chance.choice([mark_spam, unmark_spam, trash, restore])(ticket, by=agent, at=at),
            lambda: change(ticket, "merged", by=SYSTEM, at=at, merged_into=chance.choice([None, self.tickets[0].id])),
            lambda: follow(ticket, agent),
            fold,
        ]  # fmt: skip
        await chance.choice(things)()


async def follow(ticket: Ticket, agent: SignedIn) -> None:
    await rows("INSERT INTO hd_follower (ticket, agent) VALUES ({}, {}) ON CONFLICT DO NOTHING", ticket.id, agent.id)


async def test_counts_are_right_after_anything_that_may_happen(database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "FOLD_FROM", 5)
    desk, chance = Desk(), random.Random(20)
    await desk.begin()
    for _ in range(15):
        for _ in range(12):
            await desk.anything(chance)
        for agent in desk.agents:
            assert await kept(agent, desk.teams) == await counted(agent, desk.teams)
    assert await recount() == 0


async def test_changes_and_foldings_at_once_lose_nothing(database: None) -> None:
    desk = Desk()
    await desk.begin(tickets=20)

    async def change_all(agent: SignedIn, order: list[Ticket]) -> None:
        for ticket in order:
            await assign(ticket, agent.id, by=agent, at=now())
            await rows(counting._FOLD)

    both = desk.agents[:2]
    await asyncio.gather(
        *(change_all(agent, random.Random(n).sample(desk.tickets, 20)) for n, agent in enumerate(both))
    )
    assert await recount() == 0
    for agent in both:
        assert await kept(agent, desk.teams) == await counted(agent, desk.teams)


async def test_two_tickets_of_one_place_do_not_wait_for_each_other(database: None) -> None:
    """A second change commits while the first is still open: there is no row that both must write."""
    ben, first, second = await hire("ben"), await a_ticket(), await a_ticket("Another")
    has_changed, may_end = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        async with transaction():
            await assign(first, ben.id, by=ben, at=now())
            has_changed.set()
            await may_end.wait()

    waiting = asyncio.create_task(slow())
    await has_changed.wait()
    await asyncio.wait_for(assign(second, ben.id, by=ben, at=now()), 20)
    await asyncio.wait_for(rows(counting._FOLD), 20)
    assert (await counts_of(["mine"], seen_by=ben))["mine"] == 1
    may_end.set()
    await waiting
    assert (await counts_of(["mine"], seen_by=ben))["mine"] == 2


async def test_a_change_that_is_rolled_back_counts_nothing(database: None) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    try:
        async with transaction():
            await assign(ticket, ben.id, by=ben, at=now())
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        pass
    assert (await counts_of(["mine", "unassigned"], seen_by=ben)) == {"mine": 0, "unassigned": 1}


async def test_folding_leaves_a_line_for_each_place(database: None) -> None:
    for n in range(6):
        await a_ticket(f"Ticket {n}")
    await rows(counting._FOLD)
    assert await TicketCount.count() == 1


async def test_what_is_wrong_is_put_right(database: None) -> None:
    ben = await hire("ben")
    await a_ticket()
    await rows(
        "INSERT INTO hd_ticket_count (team, assignee, place, n) VALUES (NULL, NULL, 'open', 3), (NULL, 7, 'spam', 1)"
    )
    assert await recount() == 4
    assert await counts_of(["unassigned", "spam"], seen_by=ben) == {"unassigned": 1, "spam": 0}
    assert await recount() == 0


async def test_a_team_that_is_gone_leaves_its_tickets_counted(database: None) -> None:
    mani, team = await hire("mani"), await make_team("Billing")
    await a_ticket(team=team.id)
    await team.remove()
    assert await counts_of(["open", f"team:{team.id}"], seen_by=mani) == {"open": 1, f"team:{team.id}": 0}
