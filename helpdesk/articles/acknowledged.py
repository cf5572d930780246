"""The article that the acknowledgement of a ticket named."""

from helpdesk.kernel.database import rows
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
