"""Mails of ours that came back, and addresses that they keep coming back from (reliability_security c.7)."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from helpdesk import actors
from helpdesk.customers.suppressing import suppress
from helpdesk.customers.tables import SuppressedFor
from helpdesk.deliveries.tables import Delivery
from helpdesk.kernel.database import after_commit, rows

ENOUGH, WITHIN = 2, timedelta(days=7)
"""So many mails that were refused for good (5.x.x) within this time, and the address gets no more."""
_NO_MAILBOX = re.compile(r"\b5\.(?:1\.(?:[0-6]|10)|2\.1)\b")
"""Statuses about the recipient's address itself (RFC 3463 3.2 and 3.3, RFC 7505)."""


async def mark_bounced(delivery: Delivery, failed: Mapping[str, str], *, at: datetime) -> list[str]:
    """Mark a mail that was sent as bounced for recipients of it: `failed` maps each to its status, "" when it is not known.

    It can be sent again to those. What is still queued for others is left alone, and a report that says nothing new
    changes nothing. Returns the addresses that are suppressed from now on.
    """
    said = "; ".join(f"{status} {address}".strip() for address, status in failed.items())
    won = await rows(
        """UPDATE hd_delivery SET state = 'bounced', settled_at = NULL, sending_until = NULL, last_error = {},
            left_to = ARRAY(SELECT DISTINCT unnest(left_to || {}::varchar[]))
        WHERE id = {} AND state IN ('sent', 'sending', 'bounced') AND NOT (state = 'bounced' AND left_to @> {}::varchar[])
        RETURNING id""",
        f"bounced: {said}", list(failed), delivery.id, list(failed),
    )  # fmt: skip
    for row in won:
        after_commit(actors.settle.send, row["id"])
    number, ticket_id = delivery.id, delivery.ticket_id
    return [address for address, status in failed.items() if await _is_enough(number, ticket_id, address, status, at)]


async def count_refusals(delivery: dict[str, Any], *, at: datetime) -> list[str]:
    """Count the recipients of a failed delivery (its row) whose server said at once that there is no such mailbox.

    Other refusals say nothing of the recipient: a relay that turns us away turns everybody away. Returns the addresses
    that are suppressed from now on.
    """
    number, ticket_id = delivery["id"], delivery["ticket_id"]
    unknown = unknown_mailboxes(delivery).items()
    return [address for address, status in unknown if await _is_enough(number, ticket_id, address, status, at)]


def unknown_mailboxes(delivery: dict[str, Any]) -> dict[str, str]:
    """The recipients of a failed delivery (its row) that do not exist, says their server, with the status it gave."""
    refused = msgspec.json.decode(delivery["refused"], type=dict[str, str])
    if not refused and len(delivery["left_to"]) == 1:
        refused = {delivery["left_to"][0]: delivery["last_error"]}
    return {address: found[0] for address, why in refused.items() if (found := _NO_MAILBOX.search(why))}


async def _is_enough(delivery_id: int, ticket_id: int | None, address: str, status: str, at: datetime) -> bool:
    """Count the bounce; True when it is the one by which the address is suppressed."""
    await rows(
        "INSERT INTO hd_bounce (delivery, address, status, at) VALUES ({}, {}, {}, {}) ON CONFLICT (delivery, address) DO NOTHING",
        delivery_id, address, status[:12], at,
    )  # fmt: skip
    [hard] = await rows(
        "SELECT count(*) AS times FROM hd_bounce WHERE address = {} AND status LIKE '5.%' AND at > {}", address, at - WITHIN
    )  # fmt: skip
    if hard["times"] < ENOUGH:
        return False
    return await suppress(address, reason=SuppressedFor.BOUNCES, detail=status, ticket_id=ticket_id, at=at)
