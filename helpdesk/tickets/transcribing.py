"""A conversation as it was held, for paper and for people outside."""

from typing import Any

from helpdesk.tickets.conversation import messages_from
from helpdesk.tickets.tables import Audience, Ticket

MOST = 2000


async def conversation_of(ticket: Ticket, *, with_notes: bool = False) -> list[dict[str, Any]]:
    """Its messages in reading order: those between the customer and us, and with `with_notes` all that agents see."""
    found = await messages_from(ticket.id, after=None, limit=MOST)
    if with_notes:
        return found
    return [one for one in found if one["audience"] == Audience.PUBLIC and one["thread"] is None and _is_told(one)]


def _is_told(message: dict[str, Any]) -> bool:
    """Said by a person, not a mail of ours that came back, and not one that waits to be sent."""
    return message["author_kind"] in ("customer", "agent") and not message["is_scheduled"]
