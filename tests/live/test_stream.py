"""An open page hears of what comes into its reader's sight and leaves it, also where no ticket has changed."""

import asyncio

import pytest

from helpdesk.kernel.time import now
from helpdesk.live import stream
from helpdesk.live.hub import Hub, here
from helpdesk.people.sessions import open_session
from helpdesk.people.tables import Membership
from tests.cast import again, hire, make_team


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
