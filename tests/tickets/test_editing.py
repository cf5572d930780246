"""Several fields at once, and two people at the same ticket."""

import asyncio

import pytest

from helpdesk.kernel.errors import Conflict, Invalid, NotFound, Refused
from helpdesk.kernel.time import now
from helpdesk.tickets.editing import edit
from helpdesk.tickets.queries import find_ticket, in_view, page_of
from helpdesk.tickets.solving import set_status
from helpdesk.tickets.tables import Event, Ticket
from tests.cast import again, hire, make_team
from tests.make import a_ticket


async def test_two_agents_changing_the_same_field_get_both_values(database: None) -> None:
    ben, cleo, ticket = await hire("ben"), await hire("cleo"), await a_ticket()
    seen = ticket.version
    await edit(ticket, {"priority": "urgent"}, by=ben, at=now(), seen_version=seen)
    with pytest.raises(Conflict) as conflict:
        await edit(ticket, {"priority": "low"}, by=cleo, at=now(), seen_version=seen)
    assert conflict.value.fields == {"priority": ("urgent", "low")}


async def test_two_agents_changing_different_fields_both_win(database: None) -> None:
    ben, cleo, ticket = await hire("ben"), await hire("cleo"), await a_ticket()
    seen = ticket.version
    await edit(ticket, {"priority": "urgent"}, by=ben, at=now(), seen_version=seen)
    await edit(ticket, {"subject": "Better words"}, by=cleo, at=now(), seen_version=seen)
    assert (ticket.priority, ticket.subject, ticket.version) == ("urgent", "Better words", 3)


async def test_of_two_edits_at_once_no_update_is_lost(database: None) -> None:
    ben, ticket = await hire("ben"), await a_ticket()

    async def one(priority: str) -> bool:
        mine = await find_ticket(ticket.number, seen_by=ben)
        try:
            await edit(mine, {"priority": priority}, by=ben, at=now(), seen_version=1)
        except Conflict:
            return False
        return True

    won = await asyncio.gather(*(one(priority) for priority in ("low", "high", "urgent", "low", "high", "urgent")))
    kept = await Ticket.objects().get(Ticket.id == ticket.id)
    assert kept is not None
    events = await Event.count().where(Event.ticket == ticket.id, Event.kind == "prioritised")
    assert kept.version == 1 + events == 2
    assert 1 <= sum(won) <= 2, "the same value twice is no conflict"


async def test_all_fields_or_none(database: None) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    with pytest.raises(Invalid) as invalid:
        await edit(ticket, {"subject": "New", "priority": "extreme"}, by=ben, at=now())
    assert "priority" in invalid.value.fields
    kept = await Ticket.objects().get(Ticket.id == ticket.id)
    assert kept is not None
    assert kept.subject == "Printer on fire"


async def test_a_light_agent_may_not_change_a_ticket(database: None) -> None:
    lia, ticket = await hire("lia"), await a_ticket()
    with pytest.raises(Refused):
        await edit(ticket, {"priority": "low"}, by=lia, at=now())


@pytest.mark.parametrize(("status", "wrong"), [("closed", "open"), ("open", "new"), ("open", "gone")])
async def test_moves_that_do_not_exist_are_refused(database: None, status: str, wrong: str) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    await set_status(ticket, status, by=ben, at=now())
    with pytest.raises(Invalid):
        await set_status(ticket, wrong, by=ben, at=now())


async def test_a_private_teams_ticket_is_out_of_reach_for_others_in_every_way(database: None) -> None:
    ben, cleo, mani = await hire("ben"), await hire("cleo"), await hire("mani")
    team = await make_team("Complaints", cleo, is_private=True)
    ben, cleo = await again(ben), await again(cleo)
    ticket = await a_ticket(team=team.id)
    with pytest.raises(NotFound):
        await find_ticket(ticket.number, seen_by=ben)
    assert (await page_of(in_view("open", ben), seen_by=ben)).rows == []
    for who in (cleo, mani):
        assert (await find_ticket(ticket.number, seen_by=who)).id == ticket.id
        assert len((await page_of(in_view("open", who), seen_by=who)).rows) == 1
    await edit(ticket, {"assignee": ben.id}, by=mani, at=now())
    assert (await find_ticket(ticket.number, seen_by=ben)).id == ticket.id, "an assignee sees their ticket"


async def test_pages_of_a_list_cover_it_without_gap_or_repeat(database: None) -> None:
    ben = await hire("ben")
    made = [(await a_ticket(f"n{n}", at=now())).number for n in range(23)]
    seen, cursor = [], None
    while True:
        page = await page_of(in_view("open", ben), seen_by=ben, cursor=cursor, limit=5)
        seen += [row["number"] for row in page.rows]
        cursor = page.next
        if cursor is None:
            break
    assert seen == made[::-1]


async def test_a_broken_cursor_is_named(database: None) -> None:
    ben = await hire("ben")
    with pytest.raises(Invalid) as invalid:
        await page_of(None, seen_by=ben, cursor="rubbish!")
    assert "cursor" in invalid.value.fields
