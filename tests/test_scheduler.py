"""What was left behind is found and rung for again, without drowning the queues."""

import asyncio
import json
import os
import time
from datetime import timedelta
from typing import Any

import pytest
import structlog
from dramatiq import Message

from helpdesk import actors, nudging
from helpdesk.channels.tables import Channel
from helpdesk.deliveries.tables import Delivery
from helpdesk.intake.accepting import accept, nudged
from helpdesk.kernel import blobs, redis
from helpdesk.kernel.database import rows
from helpdesk.kernel.time import now
from helpdesk.nudging import SWEEPS, nudge_waiting
from helpdesk.people.tables import Agent, Session
from helpdesk.scheduler import PERIODIC, Periodic, repeat
from helpdesk.tickets.tables import Attachment
from helpdesk.tidying import forget_old_sign_ins, remove_orphan_blobs
from tests.make import a_ticket

pytestmark = pytest.mark.usefixtures("database")
SWEEP = {sweep.name: sweep for sweep in SWEEPS}


async def a_raw_message(*, waited: int = 10) -> int:
    channel = await Channel.objects().first()
    assert channel is not None
    id_ = await accept(b"Subject: x\r\n\r\nx", channel=channel, envelope_from="", envelope_to=["a@b"], source="smtp")
    await nudged()
    redis.client().flushdb()  # the nudge is lost
    await rows(
        "UPDATE hd_raw_message SET received_at = now() - {}::interval WHERE id = {}", timedelta(seconds=waited), id_
    )
    return id_


async def a_delivery(**columns: Any) -> None:
    given = {"kind": "reply", "state": "sent", "ticket_id": None, "message_id": None, "mail": "{}"}
    await Delivery(to=["dora@example.com"], left_to=[], mail_id="m@helpdesk.test", **given | columns).save()


def rung(queue: str) -> list[int]:
    """The ids that wait in a queue of Redis."""
    waiting: Any = redis.client().hvals(f"dramatiq:{queue}.msgs")
    return sorted(id_ for data in waiting for id_ in Message.decode(data).args)


async def test_a_mail_whose_nudge_was_lost_is_rung_for_again() -> None:
    late, _young = await a_raw_message(), await a_raw_message(waited=1)
    assert await nudge_waiting(SWEEP["intake"])() == 1
    assert rung("intake") == [late]


async def test_a_backlog_is_not_enqueued_again_every_time() -> None:
    for _ in range(3):
        await a_raw_message()
    nudge = nudge_waiting(SWEEP["intake"])
    assert [await nudge() for _ in range(3)] == [3, 0, 0]
    assert len(rung("intake")) == 3


async def test_a_long_backlog_is_reached_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nudging, "BATCH", 2)
    ids = [await a_raw_message() for _ in range(5)]
    nudge = nudge_waiting(SWEEP["intake"])
    assert [await nudge() for _ in range(4)] == [2, 2, 1, 0]
    assert rung("intake") == ids


async def test_what_redis_forgot_is_rung_for_again_at_once_however_long_its_queues_are() -> None:
    id_ = await a_raw_message()
    nudge = nudge_waiting(SWEEP["intake"])
    await nudge()
    redis.client().flushdb()
    actors.take_in.send(0)
    assert [await nudge() for _ in range(2)] == [1, 0]
    assert rung("intake") == [0, id_]


async def test_a_lost_job_is_rung_for_again_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    await a_raw_message()
    nudge = nudge_waiting(SWEEP["intake"])
    await nudge()
    redis.client().delete("dramatiq:intake", "dramatiq:intake.msgs")
    assert await nudge() == 0, "not at once: a worker may be at it"
    later = time.monotonic() + nudging.AGAIN_IF_LOST + 1
    monkeypatch.setattr(nudging.time, "monotonic", lambda: later)
    assert await nudge() == 1


async def test_rows_under_way_are_left_alone_until_their_lease_ends() -> None:
    id_ = await a_raw_message()
    await rows("UPDATE hd_raw_message SET claimed_until = now() + interval '1 minute' WHERE id = {}", id_)
    assert await nudge_waiting(SWEEP["intake"])() == 0
    await rows("UPDATE hd_raw_message SET claimed_until = now() - interval '1 second' WHERE id = {}", id_)
    assert await nudge_waiting(SWEEP["intake"])() == 1


async def test_events_that_nobody_followed_are_found() -> None:
    await a_ticket(at=now() - timedelta(minutes=1))
    assert await nudge_waiting(SWEEP["events"])() >= 1
    await rows("UPDATE hd_event SET followed_at = now()")
    assert await nudge_waiting(SWEEP["events"])() == 0


@pytest.mark.parametrize(
    ("state", "not_before", "sending_until", "found"),
    [
        ("queued", -2, None, {"deliveries"}),
        ("queued", 10, None, set()),
        ("sending", -60, 10, set()),
        ("sending", -60, -1, {"deliveries"}),
        ("sent", -60, None, {"settling"}),
        ("failed", -60, None, {"settling"}),
        ("cancelled", -60, None, set()),
    ],
)
async def test_deliveries_are_found_when_they_are_due(
    state: str, not_before: int, sending_until: int | None, found: set[str]
) -> None:
    await a_delivery(
        state=state,
        not_before=now() + timedelta(seconds=not_before),
        sending_until=None if sending_until is None else now() + timedelta(seconds=sending_until),
    )
    assert {name for name, sweep in SWEEP.items() if await nudge_waiting(sweep)()} == found


async def test_work_that_meets_an_outage_is_tried_again_next_time() -> None:
    stopping, times = asyncio.Event(), 0

    async def work() -> None:
        nonlocal times
        times += 1
        if times < 3:
            raise [ConnectionRefusedError(), RuntimeError("a mistake of ours")][times - 1]
        stopping.set()

    with structlog.testing.capture_logs() as logged:
        await asyncio.wait_for(repeat(Periodic("a trial", 0.01, work), stopping), 5)
    assert [line["event"] for line in logged] == ["work_waits", "work_failed"]


async def test_every_periodic_work_is_harmless_twice_at_once() -> None:
    await a_raw_message()
    await a_ticket(at=now() - timedelta(minutes=1))
    for periodic in PERIODIC:
        await asyncio.gather(periodic.work(), periodic.work())


async def test_only_old_blobs_that_nothing_refers_to_are_removed() -> None:
    used, enclosed, orphan, young = [
        await blobs.keep(name.encode()) for name in ("used", "enclosed", "orphan", "young")
    ]
    for name in (used, enclosed, orphan):
        os.utime(blobs.path_of(name), (0, time.time() - 7200))
    await Attachment(name="a", content_type="text/plain", size=4, blob=used).save()
    await a_delivery(mail=json.dumps({"enclosures": [{"blob": enclosed}]}))
    assert await remove_orphan_blobs() == 1
    assert [blobs.path_of(name).exists() for name in (used, enclosed, orphan, young)] == [True, True, False, True]


async def test_a_blob_that_is_kept_again_is_young_again() -> None:
    name = await blobs.keep(b"again")
    os.utime(blobs.path_of(name), (0, time.time() - 7200))
    await blobs.keep(b"again")
    await remove_orphan_blobs()
    assert await blobs.read(name) == b"again"


async def test_sessions_that_ran_out_are_forgotten() -> None:
    agent = Agent(name="Ben", email="ben@example.com")
    await agent.save()
    for age in (1, 9, 24 * 8):
        seen_at = now() - timedelta(hours=age)
        await Session(token_hash=str(age), agent=agent.id, created_at=seen_at, seen_at=seen_at).save()
    await forget_old_sign_ins(at=now())
    assert [row["token_hash"] for row in await rows("SELECT token_hash FROM hd_session")] == ["1"]
