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
from helpdesk.channels.email.sending import Refusal, SendResult, send
from helpdesk.channels.email.transports import NO_SERVER, default_transport, transport_of
from helpdesk.channels.mail_accounts import account_of, note_outcome
from helpdesk.channels.tables import Direction, MailAccount
from helpdesk.deliveries.queueing import Letter
from helpdesk.kernel import blobs, leases
from helpdesk.kernel.database import after_commit, rows, transaction
from helpdesk.kernel.errors import HelpdeskError
from helpdesk.kernel.outages import is_outage
from helpdesk.kernel.settings import settings

log = structlog.get_logger(__name__)

TIMEOUT = 30.0
"""Seconds for each answer of the mail server."""
SLOWEST = 20_000
"""Bytes a second of the slowest line that a mail may take."""
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
        async with leases.renewed(
            lambda row=row: rows(_RENEW, leases.LEASE, row["id"], row["attempts"]),
            release=lambda row=row: rows(_RENEW, timedelta(0), row["id"], row["attempts"]),
        ):
            write_down = await _attempt(row)
            await _outlast_outages(write_down)


async def _attempt(row: dict[str, Any]) -> Callable[[], Awaitable[None]]:
    """Try once, and return what writes down how it ended. Whatever goes wrong, the row says so and is not tried at once."""
    try:
        account = await account_of(row["channel"], Direction.OUT)
    except Exception as error:
        if not is_outage(error):
            raise
        return partial(_wait, row, "The database was away before the mail could leave.", is_attempt=False)
    if account is None and settings().smtp_url is None:
        return partial(_wait, row, NO_SERVER, is_attempt=False)
    try:
        raw = await _written(msgspec.json.decode(row["mail"], type=Letter))
    except ValueError as error:
        return partial(_end, row, "failed", f"The mail cannot be written: {error}")
    except OSError as error:  # the folder of attachments may be away
        return partial(_wait, row, f"An attachment cannot be read: {error}")
    result = await _sent(row, raw, account)
    if account:
        await _remark(account, result)
    if result.kind == "sent":
        return _after_partial_success(row, result)
    if result.kind == "permanent" or (row["age"] > GIVE_UP and row["attempts"] > len(BACK_OFF)):
        refused = {one.recipient: one.detail for one in result.refused}
        return partial(_end, row, "failed", result.detail, refused=refused)
    return partial(_wait, row, result.detail, is_ambiguous=result.kind == "ambiguous")


async def _sent(row: dict[str, Any], raw: bytes, account: MailAccount | None) -> SendResult:
    """What became of the attempt, whatever happens in it: an attempt is never without an end."""
    budget = TIMEOUT * 4 + len(raw) / SLOWEST
    try:
        transport = await transport_of(account) if account else default_transport()
        assert transport is not None, "it was looked for before the mail was written"
        async with asyncio.timeout(budget):
            return await send(
                raw, envelope_from=row["envelope_from"] or None, recipients=row["left_to"], transport=transport,
                timeout_seconds=TIMEOUT,
            )  # fmt: skip
    except TimeoutError:
        return SendResult("ambiguous", f"the mail server took longer than {budget:.0f} s")
    except HelpdeskError as error:
        return SendResult("temporary", str(error), is_unreachable=True)
    except Exception as error:
        log.exception("attempt_failed", id=row["id"])
        return SendResult("temporary", f"the attempt failed: {error!r}")


async def _remark(account: MailAccount, result: SendResult) -> None:
    """Show on the channel how its server did. A remark: the row of the delivery is what counts, so it may fail."""
    if result.kind in ("sent", "permanent") or result.is_unreachable:
        try:
            await note_outcome(account.id, result.detail if result.is_unreachable else "")
        except Exception as error:
            log.warning("outcome_not_noted", account=account.id, error=repr(error))


def _after_partial_success(row: dict[str, Any], result: SendResult) -> Callable[[], Awaitable[None]]:
    """Done when every recipient has it; the agent is told of each one that was refused for good."""
    left = [one.recipient for one in result.refused if one.kind == "temporary"]
    refused = msgspec.json.decode(row["refused"]) | {
        one.recipient: one.detail for one in result.refused if one.kind == "permanent"
    }
    if left and (row["age"] <= GIVE_UP or row["attempts"] <= len(BACK_OFF)):
        return partial(_wait, row, _listed(result.refused), left=left, refused=refused)
    refused |= {one.recipient: one.detail for one in result.refused}
    if refused:
        detail = "; ".join(f"{address}: {why}" for address, why in refused.items())
        return partial(_end, row, "failed", detail, left=list(refused), refused=refused)
    return partial(_end, row, "sent", "", left=[])


def _listed(refused: tuple[Refusal, ...]) -> str:
    return "; ".join(f"{one.recipient}: {one.detail}" for one in refused)


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


async def _end(
    row: dict[str, Any], state: str, detail: str, *, left: list[str] | None = None, refused: dict[str, str] | None = None
) -> None:  # fmt: skip
    """Write down how it ended, unless a later attempt took over. A failed one can be sent again to those it did not reach.

    Of a mail of our own that has left, the words go: links that open an account are nowhere kept as they are.
    """
    async with transaction():
        won = await rows(
            """UPDATE hd_delivery SET state = {}, last_error = {}, sending_until = NULL, left_to = {}, refused = {},
                sent_at = CASE WHEN {} THEN now() END,
                mail = CASE WHEN kind IN ('system', 'notice') AND {} THEN jsonb_set(mail, ARRAY['mail', 'text'], '""') ELSE mail END
            WHERE id = {} AND state = 'sending' AND attempts = {} RETURNING id""",
            state, detail, row["left_to"] if left is None else left, msgspec.json.encode(refused or {}).decode(),
            state == "sent", state == "sent", row["id"], row["attempts"],
        )  # fmt: skip
        if won:
            after_commit(actors.settle.send, row["id"])
    log.info("delivery", id=row["id"], state=state, attempts=row["attempts"], detail=detail)


async def _wait(
    row: dict[str, Any], error: str, *, left: list[str] | None = None, refused: dict[str, str] | None = None,
    is_ambiguous: bool = False, is_attempt: bool = True,
) -> None:  # fmt: skip
    """Queue it again for later, unless a later attempt took over."""
    pause = BACK_OFF[min(row["attempts"], len(BACK_OFF)) - 1] if is_attempt else BACK_OFF[0]
    await rows(
        """UPDATE hd_delivery SET state = 'queued', not_before = now() + {}, last_error = {}, sending_until = NULL,
            is_ambiguous = is_ambiguous OR {}, left_to = {}, refused = {}, attempts = attempts - {}
        WHERE id = {} AND state = 'sending' AND attempts = {}""",
        pause, error, is_ambiguous, row["left_to"] if left is None else left,
        row["refused"] if refused is None else msgspec.json.encode(refused).decode(), 0 if is_attempt else 1,
        row["id"], row["attempts"],
    )  # fmt: skip
    log.warning("delivery_waits", id=row["id"], attempts=row["attempts"], error=error, seconds=pause.total_seconds())
