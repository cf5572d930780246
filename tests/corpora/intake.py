"""All real mails through the listener of a running product: each accepted one is one message on one ticket.

Run with `python -m tests.corpora.intake [--data DIR] [--short]`; part of `make corpora`.
"""

import argparse
import asyncio
import re
import sys
import time
from pathlib import Path

import aiosmtplib
import asyncpg

from tests.benchmarks.desk import Desk, a_desk

MOST_REFUSED = 5
_BARE = re.compile(rb"\r\n|\r|\n")


async def send_all(desk: Desk, files: list[Path]) -> tuple[dict[int, str], dict[str, str]]:
    """What was accepted, by its ID, and what was refused, with the server's words."""
    accepted: dict[int, str] = {}
    refused: dict[str, str] = {}
    client = aiosmtplib.SMTP(hostname="127.0.0.1", port=desk.smtp_port)
    for file in files:
        raw = _BARE.sub(b"\r\n", file.read_bytes())
        try:
            if not client.is_connected:
                await client.connect()
            await client.mail("someone@corpus.test")
            await client.rcpt("support@bench.test")
            answer = await client.data(raw)
            accepted[int(answer.message.rpartition("queued as ")[2])] = file.name
        except aiosmtplib.SMTPResponseException as error:
            refused[file.name] = f"{error.code} {error.message}"
    await client.quit()
    return accepted, refused


async def wait_until_taken_in(connection: asyncpg.Connection, *, seconds: float = 180) -> int:
    """How many mails still wait when no more do, or after so many seconds."""
    deadline = time.monotonic() + seconds
    while True:
        left: int = await connection.fetchval("SELECT count(*) FROM hd_raw_message WHERE taken_in_at IS NULL") or 0
        if not left or time.monotonic() > deadline:
            return left
        await asyncio.sleep(0.2)


async def check(desk: Desk, files: list[Path], *, most_refused: int = MOST_REFUSED, allowed: str = "duplicate") -> bool:
    """Send them all and see that each is one message, or has one of the `allowed` fates (blank-separated)."""
    started = time.monotonic()
    accepted, refused = await send_all(desk, files)
    connection = await asyncpg.connect(desk.database_url)
    left = await wait_until_taken_in(connection)
    fates = await connection.fetch("SELECT fate, count(*) FROM hd_raw_message GROUP BY fate ORDER BY fate")
    wrong = await connection.fetch(
        """SELECT r.id, r.fate, r.reason FROM hd_raw_message r LEFT JOIN hd_message m ON m.id = r.message
        WHERE r.fate <> ALL($1) AND (m.id IS NULL OR m.ticket IS DISTINCT FROM r.ticket)""",
        allowed.split(),
    )
    shared = await connection.fetchval(
        "SELECT count(*) FROM (SELECT message FROM hd_raw_message WHERE fate <> 'duplicate' GROUP BY message HAVING count(*) > 1) x"
    )
    messages = await connection.fetchval("SELECT count(*) FROM hd_message")
    await connection.close()
    print(
        f"{len(files)} mails: {len(accepted)} accepted, {len(refused)} refused, {left} not taken in, {messages} messages, {time.monotonic() - started:.1f} s"
    )
    print("fates:", ", ".join(f"{row['fate']} {row['count']}" for row in fates))
    for name, why in refused.items():
        print(f"refused: {name}: {why}")
    for row in wrong:
        print(f"not one message: {accepted.get(row['id'])}: {row['fate']} {row['reason']}")
    return not wrong and not shared and not left and len(refused) <= most_refused


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--data", type=Path, default=Path(__file__).parents[2].parent / "shared" / "data")
    arguments.add_argument("--short", action="store_true", help="every tenth mail")
    given = arguments.parse_args()
    files = sorted((given.data / "email" / "mail").glob("*.eml"))
    if not files:
        print(f"there are no mails in {given.data}", file=sys.stderr)
        return 1
    with a_desk() as desk:
        for name in ("mail-server", "worker", "scheduler"):
            desk.start(name)
        desk.wait_ready()
        return 0 if asyncio.run(check(desk, files[:: 10 if given.short else 1])) else 1


if __name__ == "__main__":
    sys.exit(main())
