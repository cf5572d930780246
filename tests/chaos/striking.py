"""Striking: stop the victim, look, kill only when something is in flight, and wait until it is made up for."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable, Collection
from random import Random

import msgspec

from tests.chaos import windows
from tests.chaos.desk import Desk
from tests.chaos.load import Load
from tests.chaos.windows import Flight, freeze, in_flight, left_of

Look = Callable[[], Awaitable[Collection[object]]]
More = Callable[[], Awaitable[object]]
HIT_WITHIN = 60.0  # seconds
MORE_AFTER = 3.0  # seconds of idleness


class Kill(msgspec.Struct, kw_only=True):
    """One fault that struck. `in_window` rows were in the named window, `flight` were in flight anywhere."""

    fault: str
    victim: str
    window: str
    in_window: int
    flight: int
    looks: int
    back: float = 0.0
    """Seconds until the victim's successor was started."""
    recovered: float | None = None
    """Seconds until all that was in flight was finished; None when it took longer than was waited."""


class Chaos:
    """The desk, its load, and what was done to it."""

    def __init__(
        self, desk: Desk, load: Load, *, mails: int, replies: int, patience: float, is_patient: bool, seed: int
    ) -> None:
        self.desk, self.load = desk, load
        self.mails, self.replies = mails, replies
        """How many each fault adds to the load."""
        self.patience = patience
        self.random = Random(seed)
        self.kills: list[Kill] = []
        self.killed_while_sending: set[tuple[str, int]] = set()
        """Message-IDs and attempts of the deliveries that were under way when their worker was killed."""
        self.orphaned: set[tuple[int, int]] = set()
        """Raw mails and attempts that were claimed when their worker was killed; they count for one kill only."""
        self.is_patient = is_patient
        self._recovering: list[asyncio.Task[None]] = []

    async def more_mails(self) -> None:
        self.load.feed(6)

    async def more_replies(self) -> None:
        await self.load.answer(6)

    async def note_orphans(self) -> None:
        """Remember what the worker that is about to be killed holds."""
        self.killed_while_sending |= await windows.sending(self.desk)
        self.orphaned |= await windows.claimed(self.desk)

    async def recovered(self) -> None:
        """Wait for the recoveries that go on while other faults strike."""
        await asyncio.gather(*self._recovering)

    async def strike(
        self, victim: str, window: str, look: Look, *, busy: Look | None = None, more: More | None = None
    ) -> None:
        """Kill the victim in the window: stop it at random moments until `look()` finds something.

        It is stopped only while `busy()` finds something, and kept busy by `more()`.
        """
        looks, given_up = 0, time.monotonic() + HIT_WITHIN
        while True:
            await self._until_busy(busy, more)
            looks += 1
            pid, stopped = self.desk.children[victim], time.monotonic()
            await freeze(pid)
            if found := await look():
                break
            os.kill(pid, signal.SIGCONT)
            if time.monotonic() > given_up:
                raise RuntimeError(f"the window was never hit: {window}")
            await asyncio.sleep(self.random.uniform(0.1, 2.0) * (time.monotonic() - stopped))
        flight = await in_flight(self.desk, self.load)
        if victim == "worker":
            await self.note_orphans()
        os.kill(pid, signal.SIGKILL)
        await self.recover(
            Kill(
                fault=f"kill -9 {victim}",
                victim=victim,
                window=window,
                in_window=len(found),
                flight=len(flight),
                looks=looks,
            ),
            flight,
            pid,
        )

    async def _until_busy(self, busy: Look | None, more: More | None) -> None:
        idle_since = time.monotonic()
        while busy and not await busy():
            if more and time.monotonic() - idle_since > MORE_AFTER:
                await more()
                idle_since = time.monotonic()
            await asyncio.sleep(0.005)

    async def recover(self, kill: Kill, flight: Flight, pid: int | None, struck: float | None = None) -> None:
        """Wait until the victim is back and, when patient, until all that was in flight is finished."""
        self.kills.append(kill)
        struck = struck or time.monotonic()
        if pid is not None:
            await self.desk.back(kill.victim, after=pid)
            kill.back = time.monotonic() - struck
        finishing = asyncio.create_task(self._finish(kill, flight, struck))
        self._recovering.append(finishing)
        if self.is_patient:
            await finishing

    async def _finish(self, kill: Kill, flight: Flight, struck: float) -> None:
        while time.monotonic() - struck < self.patience:
            if not await left_of(flight, self.desk, self.load):
                kill.recovered = time.monotonic() - struck
                return
            await asyncio.sleep(0.1)
