"""Taking a mail back before it leaves; undo and the worker settle it by a conditional update (rulings 7)."""

from datetime import timedelta

from helpdesk import actors
from helpdesk.kernel.database import after_commit, rows, transaction

SHOWN, HELD = timedelta(seconds=10), timedelta(seconds=13)


async def cancel(message_id: int) -> bool:
    """Cancel the message's delivery; False when it has left, is leaving, or may have reached anybody."""
    won = await rows(
        """UPDATE hd_delivery SET state = 'cancelled' WHERE message_id = {} AND state = 'queued' AND NOT is_ambiguous
            AND refused = {} AND left_to = to_addresses || cc_addresses RETURNING id""",
        message_id, "{}",
    )  # fmt: skip
    return bool(won)


async def cancel_automatic(ticket_id: int) -> None:
    """Cancel what would be sent about the ticket without anybody's doing, as far as it has not left."""
    await rows(
        "UPDATE hd_delivery SET state = 'cancelled' WHERE ticket_id = {} AND is_automatic AND state = 'queued'",
        ticket_id,
    )


async def send_again(message_id: int) -> bool:
    """Queue a failed delivery once more for those whom it did not reach; False when it has not failed."""
    async with transaction():
        won = await rows(
            """UPDATE hd_delivery SET state = 'queued', not_before = now(), queued_at = now(), settled_at = NULL, refused = {},
                left_to = CASE WHEN cardinality(left_to) = 0 THEN to_addresses || cc_addresses ELSE left_to END
            WHERE message_id = {} AND state IN ('failed', 'bounced') RETURNING id""",
            "{}", message_id,
        )  # fmt: skip
        for row in won:
            after_commit(actors.deliver.send, row["id"])
    return bool(won)


async def state_of(message_id: int) -> str | None:
    """How far the message's delivery is; None when it has none."""
    found = await rows("SELECT state FROM hd_delivery WHERE message_id = {} ORDER BY id DESC LIMIT 1", message_id)
    return found[0]["state"] if found else None
