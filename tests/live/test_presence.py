"""Who is at a ticket is told to those who may see it, at once and for as long as their pages say so."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any, cast

import pytest
import pytest_asyncio

from helpdesk.kernel.database import rows
from helpdesk.kernel.time import now
from helpdesk.live import presence as presence_module
from helpdesk.live import stream
from helpdesk.live.hub import Hub, here
from helpdesk.live.presence import Presence, Shown
from helpdesk.people.sessions import open_session
from helpdesk.tickets.assigning import move_to_team
from tests.cast import again, hire, make_team
from tests.make import a_ticket


@pytest_asyncio.fixture(loop_scope="session")
async def presence(database: None) -> AsyncIterator[Presence]:
    made = Presence()
    async with made.watching():
        yield made


async def test_who_writes_in_one_tab_and_looks_in_another_writes_until_they_stop(presence: Presence) -> None:
    ben, cleo, ticket = await hire("ben"), await hire("cleo"), await a_ticket()
    shown = Shown(presence)
    for mode, told in (("viewing", "viewing"), ("writing", "writing"), ("viewing", "viewing"), ("gone", None)):
        await presence.beat(ben.id or 0, ticket.number, mode, mode)
        await presence.look()
        [news] = await shown.news(cleo)
        assert news == {
            "ticket": ticket.number,
            "who": [{"id": ben.id, "name": "Ben Weber", "mode": told}] if told else [],
        }
        assert await shown.news(cleo) == [], "told once"
    assert await Shown(presence).news(ben) == []


async def test_who_is_renamed_or_deactivated_is_told_anew(presence: Presence) -> None:
    ben, cleo, ticket = await hire("ben"), await hire("cleo"), await a_ticket()
    shown = Shown(presence)
    await presence.beat(ben.id or 0, ticket.number, "viewing", "a")
    await presence.look()
    assert [one["name"] for news in await shown.news(cleo) for one in news["who"]] == ["Ben Weber"]
    await rows("UPDATE hd_agent SET name = 'Ben Other' WHERE id = {}", ben.id)
    await presence.look()
    assert [one["name"] for news in await shown.news(cleo) for one in news["who"]] == ["Ben Other"]
    await rows("UPDATE hd_agent SET deactivated_at = now() WHERE id = {}", ben.id)
    await presence.look()
    assert await shown.news(cleo) == [{"ticket": ticket.number, "who": []}]


async def test_nobody_is_told_of_themselves_nor_of_tickets_that_they_may_not_see(presence: Presence) -> None:
    ben, cleo, mani = await hire("ben"), await hire("cleo"), await hire("mani")
    team = await make_team("Board", cleo, is_private=True)
    ben, ticket = await again(ben), await a_ticket()
    of_ben = Shown(presence)
    await presence.beat(cleo.id or 0, ticket.number, "writing", "a")
    await presence.look()
    assert [len(one["who"]) for one in await of_ben.news(ben)] == [1]
    assert await Shown(presence).news(await again(cleo)) == []
    await move_to_team(ticket, team.id, by=mani, at=now())
    of_ben.doubt(ticket.number)
    assert await of_ben.news(ben) == [{"ticket": ticket.number, "who": []}]
    assert await Shown(presence).news(ben) == []


async def test_who_says_nothing_any_more_is_gone(presence: Presence, monkeypatch: pytest.MonkeyPatch) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    monkeypatch.setattr(presence_module, "EXPIRES", -1.0)
    await presence.beat(ben.id or 0, ticket.number, "viewing", "a")
    await presence.look()
    assert presence.here == {}


async def test_a_beat_that_comes_behind_the_word_that_its_page_has_gone_counts_no_more(presence: Presence) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    await presence.beat(ben.id or 0, ticket.number, "gone", "one")
    await presence.beat(ben.id or 0, ticket.number, "writing", "one")
    await presence.look()
    assert presence.here == {}
    await presence.beat(ben.id or 0, ticket.number, "viewing", "another")
    await presence.look()
    assert presence.here == {ticket.number: {ben.id: ("viewing", "Ben Weber")}}


async def test_an_open_page_hears_of_it_by_its_one_stream(database: None) -> None:
    ben, cleo, ticket = await hire("ben"), await hire("cleo"), await a_ticket()
    token = await open_session(cleo.id or 0, address="127.0.0.1", user_agent="test", at=now())
    hub = Hub()
    heard = cast("AsyncGenerator[Any]", stream._events(cleo, token, hub, await here()))
    async with hub.listening(), aclosing(heard) as events:
        assert (await anext(events)).event == "beat"
        told = asyncio.ensure_future(anext(events))
        await hub.presence.beat(ben.id or 0, ticket.number, "writing", "a")
        message = await asyncio.wait_for(told, 10)
    assert message.event == "presence"
    assert message.id is None, "a place in the stream is an event's"
    assert json.loads(str(message.data)) == [
        {"ticket": ticket.number, "who": [{"id": ben.id, "name": "Ben Weber", "mode": "writing"}]}
    ]
