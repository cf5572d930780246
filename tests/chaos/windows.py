"""What is in flight at a moment: rows and requests that somebody holds or waits for."""

import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path

import msgspec

from tests.chaos.desk import Desk
from tests.chaos.load import Load
from tests.chaos.mails import envelope_from

COMMITS_WITHIN = 0.03  # seconds for statements that a stopped process has sent
TRANSACTIONS = """SELECT pid FROM pg_stat_activity WHERE application_name = 'helpdesk' AND xact_start IS NOT NULL
    AND backend_type = 'client backend' AND pid <> pg_backend_pid() AND (backend_xid IS NOT NULL OR state <> 'active')"""
"""Backends of the database in which the product has begun to write, or to lock, and has not committed."""


class Flight(msgspec.Struct, kw_only=True):
    """Everything that was begun and not finished; the ids of rows, the numbers of mails and replies."""

    mails: set[int]
    replies: set[int]
    raw: set[int]
    events: set[int]
    deliveries: set[int]

    def __len__(self) -> int:
        return sum(len(part) for part in (self.mails, self.replies, self.raw, self.events, self.deliveries))


async def in_flight(desk: Desk, load: Load) -> Flight:
    """Without the deliveries that the sink keeps hanging by script: they wait for a time limit, not for us."""
    deliveries = await desk.query(
        """SELECT id FROM hd_delivery WHERE (state = 'sending' OR (state = 'queued' AND not_before <= now()))
        AND NOT mail_id = ANY($1::text[])""", list(load.sink.hanging),
    )  # fmt: skip
    return Flight(
        mails={number for number in load.undecided if not load.ledger.mails[number].accepted},
        replies=set(load.asked),
        raw=await _ids(desk, "SELECT id FROM hd_raw_message WHERE taken_in_at IS NULL"),
        events=await _ids(desk, "SELECT id FROM hd_event WHERE followed_at IS NULL"),
        deliveries={row["id"] for row in deliveries},
    )


async def left_of(flight: Flight, desk: Desk, load: Load) -> int:
    """How much of it is not finished yet; a delivery that waits for its next try has been tried."""
    now = await in_flight(desk, load)
    return (
        sum(not load.ledger.mails[number].accepted for number in flight.mails)
        + sum(load.ledger.replies[number].message is None for number in flight.replies)
        + len(now.raw & flight.raw)
        + len(now.events & flight.events)
        + len(now.deliveries & flight.deliveries)
    )


async def received_not_stored(desk: Desk, load: Load) -> set[int]:
    """Mails whose final dot reached a stopped mail server, which has not stored them."""
    return set(load.undecided) - await stored_not_told(desk, load)


async def stored_not_told(desk: Desk, load: Load) -> set[int]:
    """Mails that are committed while their 250 is not out."""
    await asyncio.sleep(COMMITS_WITHIN)
    waiting = {envelope_from(load.ledger.mails[number]): number for number in load.undecided}
    found = await desk.query(
        "SELECT envelope_from, array_agg(id) AS ids FROM hd_raw_message WHERE envelope_from = ANY($1::text[]) GROUP BY 1",
        list(waiting),
    )
    numbers = {waiting[row["envelope_from"]]: set(row["ids"]) for row in found}
    return {number for number, ids in numbers.items() if ids - set(load.ledger.mails[number].accepted)}


async def told_not_stored(desk: Desk, load: Load) -> set[int]:
    """IDs of mails that got their 250 and are not in the database: none, unless a safeguard is off."""
    told = {number for mail in load.ledger.mails.values() for number in mail.accepted}
    return told - await _ids(desk, "SELECT id FROM hd_raw_message")


async def claimed(desk: Desk) -> set[tuple[int, int]]:
    """Raw mails that a worker has claimed and not taken in: their ids and number of the attempt."""
    found = await desk.query(
        "SELECT id, attempts FROM hd_raw_message WHERE taken_in_at IS NULL AND claimed_until > now()"
    )
    return {(row["id"], row["attempts"]) for row in found}


async def committed_not_acknowledged(desk: Desk) -> set[int]:
    """Raw mails that are taken in while Redis still counts their job as under way."""
    jobs: set[int] = set()
    async with desk.redis() as redis:
        async for key in redis.scan_iter("dramatiq:__acks__.*.intake"):
            fetched = list(await redis.smembers(key))
            written = await redis.hmget("dramatiq:intake.msgs", fetched) if fetched else []
            jobs |= {msgspec.json.decode(job)["args"][0] for job in written if job}
    return await _ids(
        desk, "SELECT id FROM hd_raw_message WHERE taken_in_at IS NOT NULL AND id = ANY($1::bigint[])", list(jobs)
    )


async def sending(desk: Desk) -> set[tuple[str, int]]:
    """Deliveries under way: Message-ID and number of the attempt."""
    return {
        (row["mail_id"], row["attempts"])
        for row in await desk.query("SELECT mail_id, attempts FROM hd_delivery WHERE state = 'sending'")
    }


async def posted_not_told(desk: Desk, load: Load) -> set[int]:
    """Replies that are committed while the API's answer is not out."""
    await asyncio.sleep(COMMITS_WITHIN)
    tokens = {load.ledger.replies[number].token: number for number in load.asked}
    found = await desk.query("SELECT body_text FROM hd_message WHERE author_kind = 'agent'")
    return {number for token, number in tokens.items() if any(token in row["body_text"] for row in found)}


async def waiting_for_a_sweep(desk: Desk) -> set[int]:
    """Raw mails that no worker has claimed; only the scheduler finds them when Redis has forgotten."""
    return await _ids(
        desk,
        "SELECT id FROM hd_raw_message WHERE taken_in_at IS NULL AND (claimed_until IS NULL OR claimed_until < now())",
    )


async def freeze(pid: int) -> None:
    """SIGSTOP, and wait until every thread has stopped."""
    os.kill(pid, signal.SIGSTOP)
    while not all(_is_stopped(task) for task in Path(f"/proc/{pid}/task").glob("*/stat")):
        await asyncio.sleep(0.001)


def _is_stopped(stat: Path) -> bool:
    with suppress(OSError):
        return stat.read_text().rpartition(")")[2].split()[0] in "TtZX"
    return True


async def _ids(desk: Desk, sql: str, *values: object) -> set[int]:
    return {row["id"] for row in await desk.query(sql, *values)}
