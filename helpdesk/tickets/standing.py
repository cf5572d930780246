"""The columns of a ticket that follow from its messages, after some have come or gone."""

from typing import Any

from helpdesk.kernel.database import rows
from helpdesk.kernel.text import preview
from helpdesk.tickets.tables import Ticket

_STANDING = """
SELECT min(created_at) FILTER (WHERE author_kind = 'agent') AS first_replied_at, max(created_at) AS last_message_at,
    (array_agg(body_text ORDER BY created_at DESC, id DESC))[1] AS last_text
FROM hd_message WHERE ticket = {} AND audience = 'public' AND undone_at IS NULL
"""


async def standing_of(ticket: Ticket) -> dict[str, Any]:
    """Their values now, for `changing.change`; in the transaction that holds the ticket."""
    [found] = await rows(_STANDING, ticket.id)
    return {
        "first_replied_at": found["first_replied_at"], "last_message_at": found["last_message_at"] or ticket.created_at,
        "preview": preview(found["last_text"] or ""),
    }  # fmt: skip
