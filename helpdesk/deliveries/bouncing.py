"""Mails of ours that came back."""

from helpdesk import actors
from helpdesk.deliveries.tables import Delivery
from helpdesk.kernel.database import after_commit, rows


async def mark_bounced(delivery: Delivery, *, address: str | None, status: str | None) -> None:
    """Mark a mail that was sent as bounced, for the recipient that the report names; it can be sent again to that one.

    What is still queued for others is left alone.
    """
    recipients = [*delivery.to, *delivery.cc]
    left = [address] if address in recipients else recipients
    won = await rows(
        """UPDATE hd_delivery SET state = 'bounced', last_error = {}, left_to = {}, settled_at = NULL, sending_until = NULL
        WHERE id = {} AND state IN ('sent', 'sending', 'bounced') RETURNING id""",
        " ".join(part for part in ("bounced:", status, address) if part), left, delivery.id,
    )  # fmt: skip
    for row in won:
        after_commit(actors.settle.send, row["id"])
