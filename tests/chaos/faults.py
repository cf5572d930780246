"""The faults, each with the window in which it strikes: stop, look, and kill only when something is in flight."""

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
TRIES = 400


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

    async def note_orphans(self) -> None:
        """Remember what the worker that is about to be killed holds."""
        self.killed_while_sending |= await windows.sending(self.desk)
        self.orphaned |= await windows.claimed(self.desk)

    async def recovered(self) -> None:
        """Wait for the recoveries that go on while other faults strike."""
        await asyncio.gather(*self._recovering)

    async def strike(self, fault: str, victim: str, window: str, look: Look, *, feed: bool = True) -> None:
        """Kill the victim in the window: stop it at random moments until `look()` finds something."""
        for looks in range(1, TRIES + 1):
            pid = self.desk.children[victim]
            await freeze(pid)
            found = await look()
            if found:
                break
            os.kill(pid, signal.SIGCONT)
            if feed and looks % 10 == 0:
                self.load.feed(6)
            await asyncio.sleep(self.random.uniform(0.002, 0.05))
        else:
            raise RuntimeError(f"the window was never hit: {window}")
        flight = await in_flight(self.desk, self.load)
        if victim == "worker":
            await self.note_orphans()
        os.kill(pid, signal.SIGKILL)
        await self.recover(
            Kill(fault=fault, victim=victim, window=window, in_window=len(found), flight=len(flight), looks=looks),
            flight,
            pid,
        )

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


async def mail_server_before_its_commit(chaos: Chaos) -> None:
    chaos.load.feed(chaos.mails)
    await chaos.strike(
        "kill -9 mail-server", "mail-server", "mails received, not stored",
        lambda: windows.received_not_stored(chaos.desk, chaos.load),
    )  # fmt: skip


async def mail_server_before_its_250(chaos: Chaos) -> None:
    chaos.load.feed(chaos.mails)
    await chaos.strike(
        "kill -9 mail-server", "mail-server", "mails stored, 250 not said",
        lambda: windows.stored_not_told(chaos.desk, chaos.load),
    )  # fmt: skip


async def worker_with_claims(chaos: Chaos) -> None:
    chaos.load.feed(chaos.mails)
    await chaos.strike(
        "kill -9 worker", "worker", "mails claimed, not taken in", lambda: _newly_claimed(chaos)
    )  # fmt: skip


async def _newly_claimed(chaos: Chaos) -> set[tuple[int, int]]:
    return await windows.claimed(chaos.desk) - chaos.orphaned


async def worker_before_its_acknowledgement(chaos: Chaos) -> None:
    chaos.load.feed(chaos.mails)
    await chaos.strike(
        "kill -9 worker", "worker", "mails taken in, job not acknowledged to Redis",
        lambda: windows.committed_not_acknowledged(chaos.desk),
    )  # fmt: skip


async def worker_while_sending(chaos: Chaos) -> None:
    """The sink keeps its answers back."""
    chaos.load.sink.gate.clear()
    try:
        await chaos.load.answer(chaos.replies)
        await _until(lambda: len(chaos.load.sink.waiting) >= min(3, chaos.replies))
        strike = chaos.strike(
            "kill -9 worker", "worker", "mails sent, no answer yet", lambda: windows.sending(chaos.desk), feed=False
        )
        opening = asyncio.create_task(_open_later(chaos, 1.0))
        await strike
        await opening
    finally:
        chaos.load.sink.gate.set()


async def worker_after_the_250(chaos: Chaos) -> None:
    """The worker is stopped, then the sink says its 250, then the worker is killed: it never heard it."""
    sink = chaos.load.sink
    sink.gate.clear()

    async def let_answer() -> set[str]:
        waiting = set(sink.waiting)
        sink.gate.set()
        await _until(lambda: not sink.waiting & waiting)
        under_way = {message_id for message_id, _ in await windows.sending(chaos.desk)}
        return waiting & under_way & sink.arrivals().keys()

    try:
        await chaos.load.answer(chaos.replies)
        await _until(lambda: len(sink.waiting) >= min(3, chaos.replies))
        await chaos.strike("kill -9 worker", "worker", "mails answered 250, not written down", let_answer, feed=False)
    finally:
        sink.gate.set()


async def web_with_requests(chaos: Chaos) -> None:
    await chaos.load.answer(chaos.replies)
    await chaos.strike(
        "kill -9 web",
        "web",
        "replies committed, not answered",
        lambda: windows.posted_not_told(chaos.desk, chaos.load),
        feed=False,
    )


async def scheduler_alone_knows(chaos: Chaos) -> None:
    """Redis has forgotten what waits while the worker was stopped; then the scheduler is killed."""
    worker = chaos.desk.children["worker"]
    await freeze(worker)
    try:
        chaos.load.feed(chaos.mails)
        await chaos.load.settled(seconds=20)
        async with chaos.desk.redis() as redis:
            await redis.flushall()
        striking = asyncio.create_task(
            chaos.strike(
                "kill -9 scheduler",
                "scheduler",
                "mails that only its sweep finds",
                lambda: windows.waiting_for_a_sweep(chaos.desk),
                feed=False,
            )
        )
        await _until(lambda: chaos.kills and chaos.kills[-1].victim == "scheduler")
    finally:
        os.kill(worker, signal.SIGCONT)
    await striking


async def valkey_with_jobs(chaos: Chaos) -> None:
    await _in_redis(chaos, "kill -9 valkey", flush=False)


async def valkey_forgets(chaos: Chaos) -> None:
    await _in_redis(chaos, "FLUSHALL", flush=True)


async def _in_redis(chaos: Chaos, fault: str, *, flush: bool) -> None:
    """Strike when Redis holds jobs that wait or are under way; counting and flushing is one transaction."""
    chaos.load.feed(chaos.mails)
    await chaos.load.answer(chaos.replies)
    queues = ("intake", "events", "deliveries")
    pid = chaos.desk.children["valkey"]
    for looks in range(1, TRIES + 1):
        flight = await in_flight(chaos.desk, chaos.load)
        async with chaos.desk.redis() as redis, redis.pipeline(transaction=True) as pipeline:
            for queue in queues:
                pipeline.hlen(f"dramatiq:{queue}.msgs")
            jobs = sum(await pipeline.execute())
            if jobs and flight.raw:
                if flush:
                    await redis.flushall()
                else:
                    os.kill(pid, signal.SIGKILL)
                break
        if looks % 10 == 0:
            chaos.load.feed(6)
        await asyncio.sleep(chaos.random.uniform(0.002, 0.03))
    else:
        raise RuntimeError("Redis never held a job")
    kill = Kill(
        fault=fault, victim="valkey", window="jobs in its queues", in_window=jobs, flight=len(flight), looks=looks
    )
    await chaos.recover(kill, flight, None if flush else pid)


async def postgres_with_transactions(chaos: Chaos) -> None:
    await _in_postgres(chaos, "kill -9 postgres", lambda _: chaos.desk.children["postgres"])


async def postgres_backend(chaos: Chaos) -> None:
    await _in_postgres(chaos, "kill -9 a backend", lambda backends: chaos.random.choice(sorted(backends)))


async def _in_postgres(chaos: Chaos, fault: str, victim: Callable[[set[int]], int]) -> None:
    chaos.load.feed(chaos.mails)
    await chaos.load.answer(chaos.replies)
    postmaster = chaos.desk.children["postgres"]
    connection = await chaos.desk.connect()
    try:
        for looks in range(1, TRIES * 5 + 1):
            found = {row["pid"] for row in await connection.fetch(windows.TRANSACTIONS)}
            if found:
                mails, replies = set(chaos.load.undecided), set(chaos.load.asked)
                os.kill(victim(found), signal.SIGKILL)
                break
            if looks % 50 == 0:
                chaos.load.feed(6)
            await asyncio.sleep(chaos.random.uniform(0.001, 0.01))
        else:
            raise RuntimeError("no transaction was ever open")
    finally:
        connection.terminate()
    struck = time.monotonic()
    flight = await in_flight(chaos.desk, chaos.load)  # answered once it has recovered
    flight.mails, flight.replies = mails, replies
    kill = Kill(
        fault=fault,
        victim="postgres",
        window="transactions open",
        in_window=len(found),
        flight=len(flight),
        looks=looks,
    )
    await chaos.recover(kill, flight, postmaster if "backend" not in fault else None, struck)


async def power_cut(chaos: Chaos) -> None:
    """Everything at once, the supervisor too; then `helpdesk up` on the same data directory."""
    chaos.load.feed(chaos.mails)
    await chaos.load.answer(chaos.replies)
    await asyncio.sleep(0.5)
    flight = await in_flight(chaos.desk, chaos.load)
    await chaos.note_orphans()
    struck = time.monotonic()
    await chaos.desk.kill_everything()
    await chaos.desk.up()
    back = time.monotonic() - struck
    kill = Kill(
        fault="kill -9 of all",
        victim="everything",
        window="rows and requests in flight",
        in_window=len(flight),
        flight=len(flight),
        looks=1,
        back=back,
    )
    await chaos.recover(kill, flight, None, struck)


async def _open_later(chaos: Chaos, seconds: float) -> None:
    await asyncio.sleep(seconds)
    chaos.load.sink.gate.set()


async def _until(holds: Callable[[], object], *, seconds: float = 30.0) -> None:
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(0.01)
