"""The article that the acknowledgement of a ticket named, and that it was the answer, as the customer says."""

from typing import Any

from helpdesk.kernel.database import rows
from helpdesk.tickets.events import Changes
from helpdesk.tickets.tables import Ticket

_NAMED = """
SELECT article, mail->'mail'->>'language' AS language FROM hd_delivery d
WHERE ticket_id = {} AND kind = 'acknowledgement' AND article IS NOT NULL AND NOT EXISTS (
    SELECT FROM hd_message m WHERE m.ticket = d.ticket_id AND m.author_kind = 'agent' AND m.audience = 'public' AND m.thread IS NULL
        AND m.undone_at IS NULL)
ORDER BY d.id LIMIT 1
"""


async def named_to(ticket: Ticket) -> tuple[int, str] | None:
    """The article and its language, as long as no agent has answered: from then on it is their answer that counts."""
    found = await rows(_NAMED, ticket.id)
    return (found[0]["article"], found[0]["language"]) if found else None


def by_article(article: int) -> Changes:
    """What the history of a ticket keeps when its customer says that the article was the answer."""
    return {"article": (None, article)}


def was_by_article(changes: dict[str, Any]) -> bool:
    """Whether the history has it there."""
    return "article" in changes
