"""Live updates for an open page: one event stream a tab, and polling for when streams do not get through."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, get
from litestar.di import NamedDependency
from litestar.params import FromQuery, HeaderParameter
from litestar.response import ServerSentEvent
from litestar.response.sse import ServerSentEventMessage

from helpdesk.kernel.time import now
from helpdesk.live.hub import Cursor, Hub, here, newer, read_cursor
from helpdesk.people.actor import SignedIn
from helpdesk.people.signing_in import whose_session
from helpdesk.web.visits import session_cookie

BEAT, RECHECK = 15.0, 5.0


class LiveController(Controller):
    path = "/console/live"

    @get("/", include_in_schema=False)
    async def stream(
        self, request: Request, agent: NamedDependency[SignedIn], hub: NamedDependency[Hub], after: FromQuery[str] = "",
        last_event_id: Annotated[str, HeaderParameter(name="last-event-id")] = "",
    ) -> ServerSentEvent:  # fmt: skip
        """Everything behind the cursor, then whatever comes, until the tab goes or the session ends."""
        asked = last_event_id or after
        cursor = read_cursor(asked) if asked else await here()
        token = request.cookies.get(session_cookie(), "")
        return ServerSentEvent(
            _events(agent, token, hub, cursor), headers={"cache-control": "no-store", "x-accel-buffering": "no"}
        )

    @get("/poll", include_in_schema=False)
    async def poll(self, agent: NamedDependency[SignedIn], after: FromQuery[str] = "") -> dict[str, Any]:
        """The same as one answer."""
        cursor = read_cursor(after) if after else await here()
        events, cursor, _more = await newer(cursor, agent)
        return {
            "cursor": str(cursor),
            "events": [{"id": one.cursor, "event": one.name, "data": one.data} for one in events],
        }


async def _events(agent: SignedIn, token: str, hub: Hub, cursor: Cursor) -> AsyncIterator[ServerSentEventMessage]:
    yield ServerSentEventMessage(event="beat", data="{}", retry=2000)
    last_beat = last_check = time.monotonic()
    while True:
        change = hub.next_change()
        events, cursor, more = await newer(cursor, agent)
        for one in events:
            yield ServerSentEventMessage(event=one.name, id=one.cursor, data=msgspec.json.encode(one.data).decode())
        if more:
            continue
        with suppress(TimeoutError):
            await asyncio.wait_for(change.wait(), RECHECK)
        moment = time.monotonic()
        if moment - last_check > RECHECK:
            last_check = moment
            still = await whose_session(token, at=now(), is_visit=False)
            if still is None:
                return
            if (
                still.hidden_team_ids != agent.hidden_team_ids
            ):  # of tickets that come into sight or leave it no event tells
                yield ServerSentEventMessage(event="reset", id=str(cursor), data="{}")
            agent = still
        if moment - last_beat > BEAT:
            last_beat = moment
            yield ServerSentEventMessage(event="beat", data="{}")
