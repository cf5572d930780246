"""Sending what is due: claimed by a conditional update, tried with back-off, its end told to the ticket."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any

import msgspec
import structlog

from helpdesk import actors
from helpdesk.channels.email.composing import OutgoingAttachment, compose
from helpdesk.channels.email.sending import send
from helpdesk.deliveries.queueing import Letter
from helpdesk.kernel import blobs, leases
from helpdesk.kernel.database import after_commit, rows, transaction
from helpdesk.kernel.outages import is_outage
from helpdesk.kernel.settings import settings

log = structlog.get_logger(__name__)

TIMEOUT = 30.0
OUTAGE = 60.0
"""Seconds that a mail's end waits for a database that is away: forgotten, the mail would leave again."""
BACK_OFF = [timedelta(minutes=m) for m in (1, 5, 15, 60, 240)]
GIVE_UP = timedelta(days=5)

_CLAIM = """
UPDATE hd_delivery SET state = 'sending', attempts = attempts + 1, sending_until = now() + {},
    is_ambiguous = is_ambiguous OR state = 'sending'
WHERE id = {} AND not_before <= now()
    AND (state = 'queued' OR (state = 'sending' AND sending_until < now()))
RETURNING *, now() - queued_at AS age, now() AS claimed_at
"""
_RENEW = "UPDATE hd_delivery SET sending_until = now() + {} WHERE id = {} AND state = 'sending' AND attempts = {}"


async def deliver(delivery_id: int) -> None:
    """Try to send the delivery if it is due and nobody else is at it; safe to call any number of times."""
    claimed = await rows(_CLAIM, leases.LEASE, delivery_id)
    for row in claimed:
        async with leases.renewed(lambda row=row: rows(_RENEW, leases.LEASE, row["id"], row["attempts"])):
            write_down = await _attempt(row)
            await _outlast_outages(write_down)


async def _attempt(row: dict[str, Any]) -> Callable[[], Awaitable[None]]:
    """Try once, and return what writes down how it ended."""
    smtp_url = settings().smtp_url
    if smtp_url is None:
        return partial(
            _wait,
            row,
            "No outgoing mail server is configured: set HELPDESK_SMTP_URL.",
            timedelta(minutes=1),
            is_attempt=False,
        )
    try:
        raw = await _written(msgspec.json.decode(row["mail"], type=Letter))
    except (OSError, ValueError) as error:
        return partial(_end, row, "failed", f"The mail cannot be written: {error}")
    result = await send(
        raw,
        envelope_from=row["envelope_from"] or None,
        recipients=row["left_to"],
        smtp_url=smtp_url,
        timeout_seconds=TIMEOUT,
    )
    left = (
        [one.recipient for one in result.refused if one.kind == "temporary"]
        if result.kind == "sent"
        else row["left_to"]
    )
    if result.kind == "sent" and not left:
        return partial(_end, row, "sent", "; ".join(f"{one.recipient}: {one.detail}" for one in result.refused))
    if result.kind == "permanent" or row["age"] > GIVE_UP:
        return partial(_end, row, "failed", result.detail)
    pause = BACK_OFF[min(row["attempts"], len(BACK_OFF)) - 1]
    return partial(_wait, row, result.detail, pause, left=left, is_ambiguous=result.kind == "ambiguous")


async def _outlast_outages(write_down: Callable[[], Awaitable[None]]) -> None:
    """Write it down, as soon as the database is back if it is away."""
    deadline = time.monotonic() + OUTAGE
    while True:
        try:
            return await write_down()
        except Exception as error:
            if not is_outage(error) or time.monotonic() > deadline:
                raise
        await asyncio.sleep(0.5)


async def _written(letter: Letter) -> bytes:
    files = [
        OutgoingAttachment(one.name, one.content_type, await blobs.read(one.blob), one.content_id)
        for one in letter.enclosures
    ]
    return compose(msgspec.structs.replace(letter.mail, attachments=tuple(files)))


async def _end(row: dict[str, Any], state: str, detail: str) -> None:
    """Write down how it ended, unless a later attempt took over."""
    async with transaction():
        won = await rows(
            """UPDATE hd_delivery SET state = {}, last_error = {}, sending_until = NULL,
                sent_at = CASE WHEN {} THEN now() END
            WHERE id = {} AND state = 'sending' AND attempts = {} RETURNING id""",
            state, detail, state == "sent", row["id"], row["attempts"],
        )  # fmt: skip
        if won:
            after_commit(actors.settle.send, row["id"])
    log.info("delivery", id=row["id"], state=state, attempts=row["attempts"], detail=detail)


async def _wait(
    row: dict[str, Any], error: str, pause: timedelta, *,
    left: list[str] | None = None, is_ambiguous: bool = False, is_attempt: bool = True,
) -> None:  # fmt: skip
    await rows(
        """UPDATE hd_delivery SET state = 'queued', not_before = now() + {}, last_error = {}, sending_until = NULL,
            is_ambiguous = is_ambiguous OR {}, left_to = {}, attempts = attempts - {}
        WHERE id = {} AND state = 'sending' AND attempts = {}""",
        pause, error, is_ambiguous, left if left is not None else row["left_to"], 0 if is_attempt else 1, row["id"], row["attempts"],
    )  # fmt: skip
    log.warning("delivery_waits", id=row["id"], attempts=row["attempts"], error=error, seconds=pause.total_seconds())
