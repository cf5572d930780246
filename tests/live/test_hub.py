"""The live stream misses nothing, whatever commits in whatever order, and shows nobody what they may not see."""

import asyncio
import random

from helpdesk.kernel.database import engine, transaction
from helpdesk.kernel.time import now
from helpdesk.live.hub import Cursor, here, newer
from helpdesk.people.actor import SYSTEM
from helpdesk.tickets.assigning import move_to_team
from helpdesk.tickets.editing import prioritise
from helpdesk.tickets.events import record
from tests.cast import again, hire, make_team
from tests.make import a_ticket


async def test_a_reader_misses_nothing_while_transactions_commit_out_of_order(database: None) -> None:
    mani = await hire("mani")
    tickets = [await a_ticket(f"number {n}") for n in range(12)]
    cursor, dice = await here(), random.Random(7)
    written: set[int] = set()

    async def writer(ticket) -> None:
        for _ in range(10):
            async with transaction():
                event_id = await record(ticket, "prioritised", by=SYSTEM, at=now())
                await asyncio.sleep(dice.random() * 0.02)
            written.add(event_id)

    seen: list[str] = []

    async def reader() -> None:
        nonlocal cursor
        while True:
            events, cursor, _more = await newer(cursor, mani)
            seen.extend(one.cursor for one in events)
            await asyncio.sleep(0.003)

    watching = asyncio.create_task(reader())
    await asyncio.gather(*(writer(ticket) for ticket in tickets[:8]))
    for _ in range(100):
        if len(seen) == len(written):
            break
        await asyncio.sleep(0.02)
    watching.cancel()
    assert {int(one.partition("-")[2]) for one in seen} == written
    assert len(seen) == len(written), "an event came twice"


async def test_events_of_a_private_team_reach_only_those_who_may_see_the_ticket(database: None) -> None:
    ben, cleo, mani = await hire("ben"), await hire("cleo"), await hire("mani")
    team = await make_team("Complaints", cleo, is_private=True)
    ben, cleo = await again(ben), await again(cleo)
    ticket = await a_ticket()
    cursor = await here()
    await move_to_team(ticket, team.id, by=mani, at=now())
    await prioritise(ticket, "urgent", by=mani, at=now())

    names_for = {
        name: [one.name for one in (await newer(cursor, who))[0]] for name, who in [("ben", ben), ("cleo", cleo)]
    }

    assert names_for == {"ben": ["gone"], "cleo": ["ticket", "ticket"]}


async def test_a_cursor_from_before_a_restore_gives_a_reset(database: None) -> None:
    ben = await hire("ben")
    events, cursor, _more = await newer(Cursor(2**61, 5), ben)
    assert [one.name for one in events] == ["reset"]
    assert cursor.commit_order < 2**61
    assert engine().pool is not None
