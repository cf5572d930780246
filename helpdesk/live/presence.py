"""Who looks at which ticket, and who writes there.

Kept in Redis alone, which may lose it (rulings 14): pages beat every ten seconds, and the next beats bring it back. A page
that says nothing for 25 seconds is gone. Who may not see a ticket neither beats there nor is told.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from enum import StrEnum
from typing import Any, NamedTuple

import structlog
from redis.exceptions import RedisError

from helpdesk.kernel import redis
from helpdesk.kernel.database import rows
from helpdesk.people.actor import SignedIn
from helpdesk.tickets.queries import only_visible

KEY, BELL = "helpdesk:presence", "helpdesk:presence:bell"
EXPIRES = 25.0  # seconds
LOOK, LOOK_IF_EMPTY = 2.0, 5.0
"""Seconds between looks when no bell rings: for pages that fell silent, and bells that were lost."""

log = structlog.get_logger(__name__)


class Mode(StrEnum):
    VIEWING = "viewing"
    WRITING = "writing"
    GONE = "gone"


class Present(NamedTuple):
    """An agent at a ticket, as they are called now; who writes in one tab and looks in another writes."""

    mode: str
    name: str


Here = dict[int, dict[int, Present]]
"""{ticket's number: {agent's id: …}}"""


class Presence:
    """What this process knows of who is where."""

    def __init__(self) -> None:
        self.here: Here = {}
        self._changed = asyncio.Event()
        self._client: Any = redis.async_client()

    def next_change(self) -> asyncio.Event:
        """Set when somebody comes, goes or begins to write. Ask for it before you read `here`."""
        return self._changed

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            while not task.done():  # a cancellation that meets the end of a timeout is lost
                task.cancel()
                await asyncio.wait([task], timeout=0.5)
            await self._client.aclose()

    async def beat(self, agent_id: int, number: int, mode: str, stay: str) -> None:
        """The agent's page shows the ticket, or has left it. Whoever listens is told when that is new.

        `stay` names this one stay of the page at the ticket: a beat that was under way when it ended, and comes behind the
        word that it has, counts no more.
        """
        viewing, writing = (f"{number}:{agent_id}:{one}" for one in (Mode.VIEWING, Mode.WRITING))
        ended = f"{KEY}:ended:{agent_id}:{stay}"
        try:
            async with self._client.pipeline(transaction=True) as pipe:
                if mode == Mode.GONE:
                    pipe.zrem(KEY, viewing, writing)
                    pipe.set(ended, "", ex=int(EXPIRES))
                    [is_news, _] = await pipe.execute()
                else:
                    now_is, was = (viewing, writing) if mode == Mode.VIEWING else (writing, viewing)
                    pipe.zrem(KEY, was)
                    pipe.zadd(KEY, {now_is: time.time() + EXPIRES})
                    pipe.exists(ended)
                    [has_changed, is_new, has_ended] = await pipe.execute()
                    is_news = has_changed or is_new
                    if has_ended:
                        await self._client.zrem(KEY, now_is)
            if is_news:
                await self._client.publish(BELL, "")
        except (RedisError, OSError) as error:
            log.warning("presence_lost", error=repr(error))

    async def _watch(self) -> None:
        while True:
            try:
                async with self._client.pubsub(ignore_subscribe_messages=True) as bell:
                    await bell.subscribe(BELL)
                    while True:
                        await self.look()
                        await bell.get_message(timeout=LOOK if self.here else LOOK_IF_EMPTY)
            except (RedisError, OSError) as error:
                log.warning("presence_lost", error=repr(error))
                self._set({})
                await asyncio.sleep(1)

    async def look(self) -> None:
        """Read who is there now; who has been deactivated is nowhere."""
        await self._client.zremrangebyscore(KEY, "-inf", time.time())
        modes: dict[int, dict[int, str]] = {}
        for member in await self._client.zrange(KEY, 0, -1):
            number, agent_id, mode = member.decode().split(":")
            known = modes.setdefault(int(number), {})
            if known.get(int(agent_id)) != Mode.WRITING:
                known[int(agent_id)] = mode
        names = await _names(sorted({one for found in modes.values() for one in found}))
        self._set({
            number: {one: Present(mode, names[one]) for one, mode in found.items() if one in names}
            for number, found in modes.items()
        })  # fmt: skip

    def _set(self, here: Here) -> None:
        if here != self.here:
            self.here = here
            changed, self._changed = self._changed, asyncio.Event()
            changed.set()


class Shown:
    """What one open page has been told of who is where."""

    def __init__(self, presence: Presence) -> None:
        self._presence = presence
        self._seen: Here = {}
        self._told: set[int] = set()
        self._in_doubt: set[int] = set()

    def doubt(self, number: int | None = None) -> None:
        """Its reader may see others than before: look at the ticket anew, or at all."""
        self._in_doubt |= {number} if number is not None else set(self._seen)

    async def news(self, agent: SignedIn) -> list[dict[str, Any]]:
        """The tickets where somebody came or went, each with `who` is there now, the agent left out."""
        found = {number: _without(all_here, agent.id) for number, all_here in self._presence.here.items()}
        here = {number: others for number, others in found.items() if others}
        came_or_went = {one for one in here.keys() | self._seen.keys() if here.get(one) != self._seen.get(one)}
        changed = sorted(came_or_went | (self._in_doubt & (here.keys() | self._told)))
        self._seen, self._in_doubt = here, set()
        visible = await only_visible(changed, seen_by=agent) if changed else set()
        told = {one: here.get(one, {}) if one in visible else {} for one in changed}
        news = [_in_words(one, others) for one, others in told.items() if others or one in self._told]
        self._told = (self._told - told.keys()) | {one for one, others in told.items() if others}
        return news


async def _names(agent_ids: list[int]) -> dict[int, str]:
    """Of those of them who work here still."""
    if not agent_ids:
        return {}
    found = await rows("SELECT id, name FROM hd_agent WHERE id = ANY({}) AND deactivated_at IS NULL", agent_ids)
    return {row["id"]: row["name"] for row in found}


def _in_words(number: int, others: Mapping[int, Present]) -> dict[str, Any]:
    who = [{"id": one, "name": present.name, "mode": present.mode} for one, present in sorted(others.items())]
    return {"ticket": number, "who": who}


def _without(found: Mapping[int, Present], agent_id: int | None) -> dict[int, Present]:
    return {one: present for one, present in found.items() if one != agent_id}


async def either(*events: asyncio.Event, seconds: float) -> None:
    """Wait until one of them is set, at most so long."""
    waiting = [asyncio.create_task(one.wait()) for one in events]
    try:
        with suppress(TimeoutError):
            await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
