"""An open page hears of what comes into its reader's sight and leaves it, also where no ticket has changed."""

import asyncio
import json
from datetime import UTC
from types import SimpleNamespace

import pytest

from helpdesk.following_up import follow
from helpdesk.kernel.time import now
from helpdesk.live import stream
from helpdesk.live.bells import Bells, changed_notices
from helpdesk.live.hub import Hub, here
from helpdesk.people.actor import SYSTEM
from helpdesk.people.agents import change_agent
from helpdesk.people.sessions import open_session
from helpdesk.people.tables import Membership
from helpdesk.tickets.assigning import assign
from helpdesk.tickets.editing import prioritise
from helpdesk.tickets.noticing import read_notices
from helpdesk.tickets.quiet_hours import Quiet, choose_quiet_hours
from helpdesk.tickets.tables import Event
from tests.cast import again, hire, make_team
from tests.make import a_ticket


async def test_a_reader_who_joins_or_leaves_a_private_team_looks_at_everything_anew(
    database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    ben = await hire("ben")
    board = await make_team("Board", is_private=True)
    monkeypatch.setattr(stream, "RECHECK", 0.05)
    token = await open_session(ben.id or 0, address="127.0.0.1", user_agent="test", at=now())
    events = stream._events(await again(ben), token, Hub(), await here())
    assert (await anext(events)).event == "beat"
    await Membership(team=board.id, agent=ben.id).save()
    joined = await asyncio.wait_for(anext(events), 5)
    await Membership.delete().where(Membership.agent == ben.id)
    left = await asyncio.wait_for(anext(events), 5)
    assert [joined.event, left.event] == ["reset", "reset"]
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(anext(events), 0.5)


async def test_a_stream_ends_soon_after_its_agent_has_left_however_much_happens(
    database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    alma, ben = await hire("alma"), await hire("ben")
    clock = [1000.0]
    monkeypatch.setattr(stream, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    token = await open_session(ben.id or 0, address="127.0.0.1", user_agent="test", at=now())
    hub = Hub()
    events = stream._events(ben, token, hub, await here())
    assert (await anext(events)).event == "beat"
    ticket = await a_ticket()

    async def something_new() -> None:
        await prioritise(ticket, "low" if ticket.priority != "low" else "high", by=alma, at=now())
        await hub._look()

    assert stream.RECHECK < 5
    heard = 0
    while clock[0] < 1000 + stream.RECHECK - 0.5:
        await something_new()
        assert (await asyncio.wait_for(anext(events), 5)).event == "ticket"
        heard += 1
        clock[0] += 0.9
        if heard == 1:
            await change_agent(ben.id or 0, by=alma, at=now(), is_active=False)
    await something_new()
    clock[0] = 1000 + stream.RECHECK
    rest = [one async for one in events]  # it ends
    assert heard == 3 and len(rest) <= 1


async def test_a_notice_that_comes_before_the_first_look_of_a_new_process_is_heard_of(database: None) -> None:
    ben = await hire("ben")
    bells = Bells()
    bell = bells.next_change(ben.id or 0)
    ticket = await a_ticket("Printer on fire")
    await assign(ticket, ben.id, by=SYSTEM, at=now())
    for event in await Event.select(Event.id).order_by(Event.id):
        await follow(event["id"])
    await bells.look()
    assert bell.is_set()
    bell = bells.next_change(ben.id or 0)
    await bells.look()
    assert not bell.is_set(), "once"


async def test_a_page_hears_of_its_readers_notices_and_of_those_read_elsewhere(database: None) -> None:
    ben, cleo = await hire("ben"), await hire("cleo")
    token = await open_session(ben.id or 0, address="127.0.0.1", user_agent="test", at=now())
    hub, cursor = Hub(), await here()
    events = stream._events(ben, token, hub, cursor)
    assert (await anext(events)).event == "beat"
    ticket = await a_ticket("Printer on fire")
    for agent in (cleo, ben):
        await assign(ticket, agent.id, by=SYSTEM, at=now())
    for event in await Event.select(Event.id).order_by(Event.id):
        await follow(event["id"])

    async def next_notices() -> dict:
        await hub._look()
        while True:
            event = await asyncio.wait_for(anext(events), 5)
            if event.event == "notices":
                assert isinstance(event.data, str)
                return json.loads(event.data)

    [told] = (await next_notices())["show"]
    assert told["title"] == f"#{ticket.number} Printer on fire" and told["tag"] == f"ticket-{ticket.number}"
    waiting = asyncio.create_task(next_notices())
    await asyncio.sleep(0)
    await read_notices(ben.id or 0, at=now())
    await hub._look()
    assert await waiting == {"show": []}, "the bell is looked at again"
    assert (await changed_notices(ben, cursor.commit_order))[0] == {"show": []}, "what was read is not shown"
    assert len(((await changed_notices(cleo, cursor.commit_order))[0] or {})["show"]) == 1
    here_now = now().astimezone(UTC)
    minute = here_now.hour * 60 + here_now.minute
    at_this_hour = Quiet(begins=(minute - 60) % 1440, ends=(minute + 60) % 1440, days=frozenset(range(7)))
    await choose_quiet_hours(at_this_hour, by=cleo, at=now())
    assert (await changed_notices(cleo, cursor.commit_order))[0] == {"show": []}, (
        "who wants peace has it in the page, too"
    )
