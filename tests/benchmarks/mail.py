"""Mail in: accept to 250, mail to a visible ticket, and how many a second: beside the same rows written by bare asyncpg.

Run with `python -m tests.benchmarks.mail`.
"""

import asyncio
import hashlib
import secrets
import sys
import time
from itertools import count

import aiosmtplib
import asyncpg
import httpx

from tests.benchmarks.desk import Desk, a_desk, milliseconds, percentile

ROUNDS, PER_ROUND = 10, 40
RATE, SECONDS = 20, 20
BACKLOG = 600
BODY = "\r\n".join(f"Line {n} of a mail of ordinary length, as people write them." for n in range(40))
_numbers = count(1)


def a_mail() -> bytes:
    number = next(_numbers)
    head = (
        f"From: Customer {number} <c{number}@customer.test>\r\nTo: support@bench.test\r\nSubject: Request {number}\r\n"
    )
    return f"{head}Message-ID: <{number}.{secrets.token_hex(6)}@customer.test>\r\nAuto-Submitted: no\r\n\r\n{BODY}\r\n".encode()


async def accept_against_floor(desk: Desk) -> tuple[float, float, float]:
    """Medians in seconds: the floor, the listener; and the listener's p99."""
    connection = await asyncpg.connect(desk.database_url)
    ours: list[float] = []
    floor: list[float] = []
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=desk.smtp_port) as client:
        for _ in range(ROUNDS):
            floor += [await _floor(connection) for _ in range(PER_ROUND)]
            ours += [await _accepted(client) for _ in range(PER_ROUND)]
    await connection.close()
    return percentile(floor, 0.5), percentile(ours, 0.5), percentile(ours, 0.99)


async def _floor(connection: asyncpg.Connection) -> float:
    raw = a_mail()
    started = time.perf_counter()
    async with connection.transaction():
        await connection.execute(
            """INSERT INTO hd_raw_message (channel, received_at, source, envelope_from, envelope_to, content, content_hash, size, attempts,
                deaths, fate, reason, taken_in_at)
            VALUES (1, now(), 'smtp', 'c@customer.test', '{support@bench.test}', $1, $2, $3, 0, 0, 'received', '', now())""",
            raw, hashlib.sha256(raw).hexdigest(), len(raw),
        )  # fmt: skip
    return time.perf_counter() - started


async def _accepted(client: aiosmtplib.SMTP) -> float:
    raw = a_mail()
    await client.mail("c@customer.test")
    await client.rcpt("support@bench.test")
    started = time.perf_counter()
    await client.data(raw)
    return time.perf_counter() - started


async def visible(desk: Desk, cookie: str) -> list[float]:
    """Seconds from sending a mail until the live stream of a page tells of its ticket, at a steady rate."""
    told: list[float] = []
    ready = asyncio.Event()

    async def listen() -> None:
        async with (
            httpx.AsyncClient(cookies={"helpdesk": cookie}, timeout=None) as client,
            client.stream("GET", f"{desk.url}/console/live") as stream,
        ):
            async for line in stream.aiter_lines():
                ready.set()
                if '"opened"' in line:
                    told.append(time.perf_counter())

    listening = asyncio.create_task(listen())
    await asyncio.wait_for(ready.wait(), 10)
    sent: list[float] = []
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=desk.smtp_port) as client:
        started = time.perf_counter()
        for number in range(RATE * SECONDS):
            await asyncio.sleep(max(0, started + number / RATE - time.perf_counter()))
            sent.append(time.perf_counter())
            await client.sendmail("c@customer.test", ["support@bench.test"], a_mail())
    deadline = time.perf_counter() + 30
    while len(told) < len(sent) and time.perf_counter() < deadline:
        await asyncio.sleep(0.05)
    listening.cancel()
    if len(told) < len(sent):
        raise AssertionError(f"{len(sent) - len(told)} of {len(sent)} mails did not become visible")
    return [shown - start for start, shown in zip(sent, told, strict=False)]


async def wait_until_taken_in(desk: Desk) -> None:
    """Until no mail waits and every event is old news for a live stream."""
    connection = await asyncpg.connect(desk.database_url)
    while await connection.fetchval("SELECT count(*) FROM hd_raw_message WHERE taken_in_at IS NULL"):
        await asyncio.sleep(0.1)
    await connection.close()
    await asyncio.sleep(1)


async def sustained(desk: Desk, workers: int) -> float:
    """Mails a second, from accepted to taken in, with so many worker processes at a backlog."""
    connection = await asyncpg.connect(desk.database_url)
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=desk.smtp_port) as client:
        for _ in range(BACKLOG):
            await client.sendmail("c@customer.test", ["support@bench.test"], a_mail())
    names = [f"worker {number}" for number in range(workers)]
    for name in names:
        desk.start("worker", called=name)
    waiting = "SELECT count(*) FROM hd_raw_message WHERE taken_in_at IS NULL"
    while await connection.fetchval(waiting) > BACKLOG - 50:  # the start of the processes is not what is measured
        await asyncio.sleep(0.02)
    left, started = await connection.fetchval(waiting), time.perf_counter()
    while await connection.fetchval(waiting):
        await asyncio.sleep(0.02)
    took = time.perf_counter() - started
    await connection.close()
    for name in names:
        desk.stop(name)
    return left / took


async def measure(desk: Desk) -> bool:
    token = secrets.token_urlsafe(32)
    connection = await asyncpg.connect(desk.database_url)
    await connection.execute(
        "INSERT INTO hd_session (token_hash, agent, created_at, seen_at, address, user_agent) VALUES ($1, 1, now(), now(), '', '')",
        hashlib.sha256(token.encode()).hexdigest(),
    )
    await connection.close()
    floor, ours, worst = await accept_against_floor(desk)
    print(
        f"| accept to 250, median (floor: one asyncpg transaction {milliseconds(floor)}) | {milliseconds(ours)} | {ours / floor:.2f} × floor | ≤ 3 × |"
    )
    print(f"| accept to 250, p99 | {milliseconds(worst)} | | |")
    desk.start("worker")
    await wait_until_taken_in(desk)
    shown = await visible(desk, token)
    desk.stop("worker")
    print(
        f"| mail to visible ticket at {RATE} mails/s, p50 / p99 | {milliseconds(percentile(shown, 0.5))} / {milliseconds(percentile(shown, 0.99))} | | p99 ≤ 2 s |"
    )
    for workers in (1, 2):
        print(
            f"| mails a second, {workers} worker{'s' if workers > 1 else ''} | {await sustained(desk, workers):.0f} | floor {1 / floor:.0f} | |"
        )
    return ours <= 3 * floor and percentile(shown, 0.99) <= 2


def main() -> int:
    with a_desk() as desk:
        desk.run("agent", "create", "--email", "alma@bench.test", "--name", "Alma", "--role", "admin")
        for name in ("web", "mail-server", "scheduler"):
            desk.start(name)
        desk.wait_ready()
        print("| measured | value | ratio | promised |\n|---|---|---|---|")
        return 0 if asyncio.run(measure(desk)) else 1


if __name__ == "__main__":
    sys.exit(main())
