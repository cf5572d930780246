"""A real worker process: it does its jobs, survives what its servers do to it, and stops in time."""

import asyncio
import queue
import signal
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any

import asyncpg
import dramatiq
import pytest
from dramatiq.brokers.stub import StubBroker

from helpdesk import actors
from helpdesk.channels.tables import Channel
from helpdesk.intake.accepting import accept, nudged
from helpdesk.intake.tables import RawMessage
from helpdesk.kernel import leases, redis
from helpdesk.kernel.database import rows, transaction
from helpdesk.kernel.time import now
from helpdesk.nudging import SWEEPS, nudge_waiting
from helpdesk.people.actor import SignedIn
from helpdesk.tickets.bulk import ask_for_all, find_bulk
from helpdesk.tickets.bulk_actions import Action
from helpdesk.tickets.queries import in_view
from helpdesk.worker import stop
from tests.cast import hire
from tests.cli.running import start
from tests.make import a_ticket

pytestmark = pytest.mark.usefixtures("database")
MAIL = "From: dora@customer.test\r\nTo: support@helpdesk.test\r\nSubject: Help {0}\r\nMessage-ID: <{0}@customer.test>\r\n\r\nIt burns {0}.\r\n"  # fmt: skip


@pytest.fixture
async def worker(database: None) -> AsyncIterator[int]:
    """The process id of a worker at work."""
    process = start("worker")
    await eventually(_has_heartbeat)
    yield process.pid
    process.terminate()
    assert await asyncio.to_thread(process.wait, 15) in (0, -signal.SIGKILL)


async def receive(number: int) -> int:
    channel = await Channel.objects().first()
    assert channel is not None
    content = MAIL.format(number).encode()
    return await accept(
        content, channel=channel, envelope_from="dora@customer.test", envelope_to=[channel.address], source="smtp"
    )


async def test_mails_become_messages_and_events_are_followed(worker: int) -> None:
    for number in range(5):
        await receive(number)
    await eventually(lambda: _are_taken_in(5))
    await eventually(_is_followed)


async def test_connections_that_the_database_ends_are_made_again(worker: int) -> None:
    await receive(1)
    await eventually(lambda: _are_taken_in(1))
    await rows(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'helpdesk' AND pid <> pg_backend_pid()"
    )
    with suppress(asyncpg.PostgresError, asyncpg.InterfaceError):
        await rows("SELECT 1")  # our own pool lost its connections too
    await receive(2)
    await eventually(lambda: _are_taken_in(2, nudge=True))


async def test_a_queue_that_forgets_everything_is_used_on(worker: int) -> None:
    redis.client().flushall()
    await receive(1)
    await eventually(lambda: _are_taken_in(1))


async def test_an_action_on_200_tickets_is_finished_once_each_after_its_worker_was_killed(database: None) -> None:
    """It dies in the midst of a ticket: that one is held here until then."""
    ben, one = await hire("ben"), await a_ticket()
    await rows(
        """INSERT INTO hd_ticket (number, subject, status, priority, customer, created_at, updated_at, last_message_at)
        SELECT nextval('hd_ticket_number'), 'Toner', 'open', 'normal', {}, now(), now(), now() FROM generate_series(1, 199)""",
        one.customer,
    )
    asked = await ask_for_all(in_view("open", ben), Action("priority", "high"), by=ben, at=now())
    process = start("worker")
    async with transaction():
        await rows("SELECT FROM hd_ticket WHERE number = 1070 FOR UPDATE")
        await eventually(_is_somebody_waiting)
        process.kill()
        await asyncio.to_thread(process.wait, 15)
    before = await find_bulk(asked, of=ben)
    assert 0 < before.done < before.all == 200
    second = start("worker")
    await eventually(lambda: _is_finished(asked, ben))
    second.terminate()
    await asyncio.to_thread(second.wait, 15)
    assert await rows("SELECT count(*) AS n, count(DISTINCT ticket) AS tickets FROM hd_event WHERE kind = 'prioritised'") == [
        {"n": 200, "tickets": 200}
    ]  # fmt: skip


async def _is_somebody_waiting() -> bool:
    return bool(await rows("SELECT FROM pg_locks WHERE NOT granted"))


async def _is_finished(bulk_id: int, agent: SignedIn) -> bool:
    """The scheduler would ring a few seconds later."""
    await rows("UPDATE hd_bulk SET worked_at = now() - interval '1 minute'")
    await nudge_waiting(next(sweep for sweep in SWEEPS if sweep.name == "bulk"))()
    return not (await find_bulk(bulk_id, of=agent)).is_under_way


async def test_a_stop_is_quick_and_leaves_no_claim_behind(database: None) -> None:
    process = start("worker")
    await eventually(_has_heartbeat)
    for number in range(20):
        await receive(number)
    await nudged()
    began = time.monotonic()
    process.terminate()
    assert await asyncio.to_thread(process.wait, 60) == 0
    assert time.monotonic() - began < leases.LEASE.total_seconds()
    assert not await rows("SELECT FROM hd_raw_message WHERE taken_in_at IS NULL AND claimed_until > now()")
    left = await RawMessage.count().where(RawMessage.taken_in_at.is_null())
    waiting: Any = redis.client().llen("dramatiq:intake")
    assert waiting >= left, "what was not begun went back to the queue"


def test_a_job_under_way_has_its_seconds_however_many_threads_are_idle() -> None:
    broker, at_it, ended = StubBroker(), queue.Queue[threading.Thread](), threading.Event()

    @dramatiq.actor(broker=broker)
    def job() -> None:
        at_it.put(threading.current_thread())
        time.sleep(1)
        ended.set()

    worker = dramatiq.Worker(broker, worker_threads=100, worker_timeout=200)
    worker.start()
    job.send()
    at_work = at_it.get(timeout=10)
    worker.workers.sort(key=lambda thread: thread is at_work)  # is waited for last
    stop(worker)
    assert ended.is_set()


async def eventually(holds: Callable[[], Awaitable[object]], seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while True:
            with suppress(ConnectionError):
                if await holds():
                    return
            await asyncio.sleep(0.1)


async def _has_heartbeat() -> bool:
    return bool(redis.client().exists("dramatiq:__heartbeats__"))


async def _are_taken_in(count: int, *, nudge: bool = False) -> bool:
    if nudge:
        for row in await rows("SELECT id FROM hd_raw_message WHERE taken_in_at IS NULL"):
            actors.take_in.send(row["id"])
        await asyncio.sleep(0.5)
    return await RawMessage.count().where(RawMessage.fate == "ticket") == count


async def _is_followed() -> bool:
    return not await rows("SELECT FROM hd_event WHERE followed_at IS NULL")
