"""Live updates for an open page: one event stream a tab, and polling for when streams do not get through."""

import time
from collections.abc import AsyncIterator
from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, HeaderParameter, JSONBody
from litestar.response import ServerSentEvent
from litestar.response.sse import ServerSentEventMessage
from msgspec import Meta

from helpdesk.kernel.time import now
from helpdesk.live.bells import changed_notices
from helpdesk.live.hub import Cursor, Hub, here, newer, read_cursor
from helpdesk.live.presence import Mode, Shown, either
from helpdesk.people.actor import SignedIn
from helpdesk.people.signing_in import whose_session
from helpdesk.tickets.queries import find_ticket
from helpdesk.web.visits import session_cookie

BEAT, RECHECK = 15.0, 3.0
"""Seconds between signs of life, and after which it is asked again who reads here: who was signed out, or has left, hears
nothing 5 seconds later (ASVS 7.4.2)."""


class Beat(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    ticket: Annotated[int, Meta(ge=1, le=2**63 - 1)]
    mode: Mode
    stay: Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[\w-]+$")]


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
    async def poll(
        self, agent: NamedDependency[SignedIn], hub: NamedDependency[Hub], after: FromQuery[str] = ""
    ) -> dict[str, Any]:
        """The same as one answer."""
        known = read_cursor(after) if after else await here()
        events, cursor, _more = await newer(known, agent)
        return {
            "cursor": str(cursor),
            "events": [{"id": one.cursor, "event": one.name, "data": one.data} for one in events],
            "presence": await Shown(hub.presence).news(agent),
            "notices": (await changed_notices(agent, known.commit_order))[0],
        }

    @post("/presence", include_in_schema=False, status_code=204)
    async def beat(self, data: JSONBody[Beat], agent: NamedDependency[SignedIn], hub: NamedDependency[Hub]) -> None:
        """An open page shows the ticket, or no longer: 404 when the agent may not see it."""
        await find_ticket(data.ticket, seen_by=agent)
        await hub.presence.beat(agent.id or 0, data.ticket, data.mode, data.stay)


async def _events(agent: SignedIn, token: str, hub: Hub, cursor: Cursor) -> AsyncIterator[ServerSentEventMessage]:
    yield ServerSentEventMessage(event="beat", data="{}", retry=2000)
    last_beat = last_check = time.monotonic()
    shown = Shown(hub.presence)
    bell, told_of = None, cursor.commit_order
    while True:
        change = hub.next_change()
        if time.monotonic() - last_check >= RECHECK:
            last_check = time.monotonic()
            still = await whose_session(token, at=now(), is_visit=False)
            if still is None:
                return
            if (
                still.hidden_team_ids != agent.hidden_team_ids
            ):  # of tickets that come into sight or leave it no event tells
                yield ServerSentEventMessage(event="reset", id=str(cursor), data="{}")
                shown.doubt()
            agent = still
        events, cursor, more = await newer(cursor, agent)
        for one in events:
            shown.doubt(one.data.get("ticket", 0))
            if one.name == "reset":  # the cursor was one of the future, before a restore
                told_of = cursor.commit_order
            yield ServerSentEventMessage(event=one.name, id=one.cursor, data=msgspec.json.encode(one.data).decode())
        if more:
            continue
        while not change.is_set() and (left := last_check + RECHECK - time.monotonic()) > 0:
            coming_or_going = hub.presence.next_change()
            if news := await shown.news(agent):
                yield ServerSentEventMessage(event="presence", data=msgspec.json.encode(news).decode())
            if bell is None or bell.is_set():
                bell = hub.bells.next_change(agent.id or 0)
                told, told_of = await changed_notices(agent, told_of)
                if told:
                    yield ServerSentEventMessage(event="notices", data=msgspec.json.encode(told).decode())
            await either(change, coming_or_going, bell, seconds=left)
        if time.monotonic() - last_beat > BEAT:
            last_beat = time.monotonic()
            yield ServerSentEventMessage(event="beat", data="{}")
