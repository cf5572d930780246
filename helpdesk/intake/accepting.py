"""Accepting a mail: its bytes are committed before anybody is told that we have it (rulings 5 and 15)."""

import asyncio
import hashlib

import structlog

from helpdesk import actors
from helpdesk.channels.email.threading import base_mailbox
from helpdesk.channels.tables import Channel
from helpdesk.kernel.database import rows

log = structlog.get_logger(__name__)

LARGEST = 25 * 1024 * 1024

_nudges: set[asyncio.Task[None]] = set()


async def find_mailbox(address: str) -> Channel | None:
    """The channel in use that takes mail for the address, plus part or not."""
    return (
        await Channel.objects()
        .where(Channel.address == base_mailbox(address), Channel.kind == "email", Channel.deactivated_at.is_null())
        .first()
    )


async def accept(content: bytes, *, channel: Channel, envelope_from: str, envelope_to: list[str], source: str) -> int:
    """Store a mail and return its ID; when this returns, the mail survives any crash.

    One statement, committed synchronously. The worker is nudged afterwards, and finds the row by itself if the nudge is lost.
    """
    id_ = await store(content, channel.id, envelope_from=envelope_from, envelope_to=envelope_to, source=source)
    nudge = asyncio.create_task(_nudge(id_))
    _nudges.add(nudge)
    nudge.add_done_callback(_nudges.discard)
    return id_


async def store(content: bytes, channel_id: int, *, envelope_from: str, envelope_to: list[str], source: str) -> int:
    """The row of a mail, and nothing else: for who commits more together with it and nudges afterwards."""
    [row] = await rows(
        """INSERT INTO hd_raw_message (channel, received_at, source, envelope_from, envelope_to, content, content_hash, size,
            attempts, deaths, fate, reason)
        VALUES ({}, now(), {}, {}, {}, {}, {}, {}, 0, 0, 'received', '') RETURNING id""",
        channel_id, source, envelope_from[:320], envelope_to, content, hashlib.sha256(content).hexdigest(), len(content),
    )  # fmt: skip
    return row["id"]


async def nudged() -> None:
    """Wait until the nudges under way are out: for processes that end after one mail."""
    await asyncio.gather(*_nudges)


async def _nudge(raw_message_id: int) -> None:
    try:
        await asyncio.to_thread(actors.take_in.send, raw_message_id)
    except Exception as error:
        log.info("nudge_lost", raw_message=raw_message_id, error=repr(error))
