"""Taking a mail back before it leaves; undo and the worker settle it by a conditional update (rulings 7)."""

from datetime import timedelta

from helpdesk import actors
from helpdesk.kernel.database import after_commit, rows, transaction

SHOWN, HELD = timedelta(seconds=10), timedelta(seconds=13)


_UNTOUCHED = (
    "state = 'queued' AND NOT is_ambiguous AND refused = {} AND left_to = to_addresses || cc_addresses || bcc_addresses"
)


async def cancel(message_id: int) -> bool:
    """Cancel the message's delivery; False when it has left, is leaving, or may have reached anybody."""
    won = await rows(
        f"UPDATE hd_delivery SET state = 'cancelled' WHERE message_id = {{}} AND {_UNTOUCHED} RETURNING id",
        message_id,
        "{}",
    )
    return bool(won)


async def cancel_unless_answered(ticket_id: int) -> list[int]:
    """Cancel what was to leave unless the customer wrote first; ids of the messages."""
    won = await rows(
        f"""UPDATE hd_delivery SET state = 'cancelled' WHERE ticket_id = {{}} AND unless_answered AND {_UNTOUCHED}
            RETURNING message_id""",
        ticket_id, "{}",
    )  # fmt: skip
    return [row["message_id"] for row in won]


async def hurry_scheduled(message_id: int) -> bool:
    """Let a reply that was to leave later leave now; False when it has left or was cancelled."""
    async with transaction():
        won = await rows(
            "UPDATE hd_delivery SET not_before = now() WHERE message_id = {} AND state = 'queued' AND is_scheduled RETURNING id",
            message_id,
        )
        for row in won:
            after_commit(actors.deliver.send, row["id"])
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
                left_to = CASE WHEN cardinality(left_to) = 0 THEN to_addresses || cc_addresses || bcc_addresses ELSE left_to END
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
