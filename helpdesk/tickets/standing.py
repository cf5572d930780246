"""The columns of a ticket that follow from its messages, after some have come or gone."""

from typing import Any

from helpdesk.kernel.database import rows
from helpdesk.kernel.text import preview
from helpdesk.tickets.tables import Ticket

HAS_LEFT = "NOT EXISTS (SELECT FROM hd_delivery d WHERE d.message_id = m.id AND d.is_scheduled)"
"""In a statement: the message `m` does not wait for a time of its own (`sending_later`)."""

_STANDING = f"""
SELECT min(created_at) FILTER (WHERE author_kind = 'agent') AS first_replied_at, max(created_at) AS last_message_at,
    (array_agg(body_text ORDER BY created_at DESC, id DESC))[1] AS last_text
FROM hd_message m WHERE ticket = {{}} AND audience = 'public' AND undone_at IS NULL AND {HAS_LEFT}
"""


async def standing_of(ticket: Ticket) -> dict[str, Any]:
    """Their values now, for `changing.change`; in the transaction that holds the ticket."""
    [found] = await rows(_STANDING, ticket.id)
    return {
        "first_replied_at": found["first_replied_at"], "last_message_at": found["last_message_at"] or ticket.created_at,
        "preview": preview(found["last_text"] or ""),
    }  # fmt: skip
