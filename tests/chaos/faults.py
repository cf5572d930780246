"""The faults, each with the window in which it strikes."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable, Collection
from functools import partial

from tests.chaos import windows
from tests.chaos.desk import Desk
from tests.chaos.load import Load
from tests.chaos.striking import Chaos, Kill
from tests.chaos.windows import freeze, in_flight

QUEUES = ("intake", "events", "deliveries")


async def mail_server_before_its_commit(chaos: Chaos) -> None:
    await _strike_mail_server(chaos, "mails received, not stored", windows.received_not_stored)


async def mail_server_before_its_250(chaos: Chaos) -> None:
    await _strike_mail_server(chaos, "mails stored, 250 not said", windows.stored_not_told)


async def mail_server_after_an_early_250(chaos: Chaos) -> None:
    """Only where a safeguard is off: there is no such moment otherwise."""
    await _strike_mail_server(chaos, "mails told 250, not stored", windows.told_not_stored)


async def _strike_mail_server(chaos: Chaos, window: str, look: Callable[[Desk, Load], Awaitable[set[int]]]) -> None:
    async def undecided() -> Collection[int]:
        return chaos.load.undecided

    chaos.load.feed(chaos.mails)
    await chaos.strike(
        "mail-server", window, partial(look, chaos.desk, chaos.load), busy=undecided, more=chaos.more_mails
    )


async def worker_with_claims(chaos: Chaos) -> None:
    chaos.load.feed(chaos.mails)
    look = partial(_newly_claimed, chaos)
    await chaos.strike("worker", "mails claimed, not taken in", look, busy=look, more=chaos.more_mails)


async def worker_before_its_acknowledgement(chaos: Chaos) -> None:
    chaos.load.feed(chaos.mails)
    await chaos.strike(
        "worker", "mails taken in, job not acknowledged", partial(windows.committed_not_acknowledged, chaos.desk),
        busy=partial(_newly_claimed, chaos), more=chaos.more_mails,
    )  # fmt: skip


async def _newly_claimed(chaos: Chaos) -> set[tuple[int, int]]:
    return await windows.claimed(chaos.desk) - chaos.orphaned


async def worker_while_sending(chaos: Chaos) -> None:
    """The sink keeps its answers back until the worker is dead."""
    sink = chaos.load.sink
    sink.gate.clear()
    try:
        await chaos.load.answer(chaos.replies)
        await _until(lambda: len(sink.waiting) >= min(3, chaos.replies))
        striking = asyncio.create_task(
            chaos.strike("worker", "mails sent, no answer yet", partial(windows.sending, chaos.desk))
        )
        await _until(lambda: chaos.kills and chaos.kills[-1].window == "mails sent, no answer yet")
    finally:
        sink.gate.set()
    await striking


async def worker_after_the_250(chaos: Chaos) -> None:
    """The worker is stopped, then the sink says its 250, then the worker is killed: it never heard it."""
    sink = chaos.load.sink

    async def let_answer() -> set[str]:
        waiting = set(sink.waiting)
        sink.gate.set()
        await _until(lambda: not sink.waiting & waiting)
        under_way = {message_id for message_id, _ in await windows.sending(chaos.desk)}
        return waiting & under_way & sink.arrivals().keys()

    sink.gate.clear()
    try:
        await chaos.load.answer(chaos.replies)
        await _until(lambda: len(sink.waiting) >= min(3, chaos.replies))
        await chaos.strike("worker", "mails answered 250, not written down", let_answer)
    finally:
        sink.gate.set()


async def web_with_requests(chaos: Chaos) -> None:
    async def asked() -> Collection[int]:
        return chaos.load.asked

    await chaos.load.answer(chaos.replies)
    look = partial(windows.posted_not_told, chaos.desk, chaos.load)
    await chaos.strike("web", "replies committed, not answered", look, busy=asked, more=chaos.more_replies)


async def scheduler_alone_knows(chaos: Chaos) -> None:
    """Redis has forgotten what waits while the worker was stopped; then the scheduler is killed."""
    worker = chaos.desk.children["worker"]
    await freeze(worker)
    try:
        chaos.load.feed(chaos.mails)
        await chaos.load.settled(seconds=20)
        async with chaos.desk.redis() as redis:
            await redis.flushall()
        look = partial(windows.waiting_for_a_sweep, chaos.desk)
        striking = asyncio.create_task(chaos.strike("scheduler", "mails that only its sweep finds", look))
        await _until(lambda: chaos.kills and chaos.kills[-1].victim == "scheduler")
    finally:
        os.kill(worker, signal.SIGCONT)
    await striking


async def valkey_with_jobs(chaos: Chaos) -> None:
    await _in_redis(chaos, "kill -9 valkey", flush=False)


async def valkey_forgets(chaos: Chaos) -> None:
    await _in_redis(chaos, "FLUSHALL", flush=True)


async def _in_redis(chaos: Chaos, fault: str, *, flush: bool) -> None:
    """Strike when Redis holds jobs that wait or are under way; counting and FLUSHALL are one transaction."""
    pid, looks, jobs = chaos.desk.children["valkey"], 0, 0
    chaos.load.feed(chaos.mails)
    await chaos.load.answer(chaos.replies)
    flight = await in_flight(chaos.desk, chaos.load)
    while not jobs:
        looks += 1
        async with chaos.desk.redis() as redis, redis.pipeline(transaction=True) as pipeline:
            for queue in QUEUES:
                pipeline.hlen(f"dramatiq:{queue}.msgs")
            if flush:
                pipeline.flushall()
            jobs = sum((await pipeline.execute())[: len(QUEUES)])
            if jobs and not flush:
                os.kill(pid, signal.SIGKILL)
        if not jobs:
            await chaos.more_mails()
            flight = await in_flight(chaos.desk, chaos.load)
    kill = Kill(
        fault=fault, victim="valkey", window="jobs in its queues", in_window=jobs, flight=len(flight), looks=looks
    )
    await chaos.recover(kill, flight, None if flush else pid)


async def postgres_with_transactions(chaos: Chaos) -> None:
    await _in_postgres(chaos, "kill -9 postgres", lambda _: chaos.desk.children["postgres"])


async def postgres_backend(chaos: Chaos) -> None:
    await _in_postgres(chaos, "kill -9 a backend", lambda backends: chaos.random.choice(sorted(backends)))


async def _in_postgres(chaos: Chaos, fault: str, victim: Callable[[set[int]], int]) -> None:
    postmaster, looks, found = chaos.desk.children["postgres"], 0, set[int]()
    chaos.load.feed(chaos.mails)
    await chaos.load.answer(chaos.replies)
    connection = await chaos.desk.connect()
    while not found:
        looks += 1
        found = {row["pid"] for row in await connection.fetch(windows.TRANSACTIONS)}
        if not found and looks % 100 == 0:
            await chaos.more_mails()
    mails, replies = set(chaos.load.undecided), set(chaos.load.asked)
    pid = victim(found)
    os.kill(pid, signal.SIGKILL)
    struck = time.monotonic()
    connection.terminate()
    flight = await in_flight(chaos.desk, chaos.load)  # answered once it has recovered
    flight.mails, flight.replies = mails, replies
    kill = Kill(
        fault=fault, victim="postgres", window="transactions open", in_window=len(found), flight=len(flight), looks=looks
    )  # fmt: skip
    await chaos.recover(kill, flight, pid if pid == postmaster else None, struck)


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
        fault="kill -9 of all", victim="everything", window="rows and requests in flight", in_window=len(flight),
        flight=len(flight), looks=1, back=back,
    )  # fmt: skip
    await chaos.recover(kill, flight, None, struck)


async def _until(holds: Callable[[], object], *, seconds: float = 30.0) -> None:
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(0.01)
