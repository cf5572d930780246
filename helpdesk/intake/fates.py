"""What became of every mail that was received."""

from typing import Any

from piccolo.querystring import QueryString

from helpdesk.intake.searching import ANY, Asked, all_of, conditions_of
from helpdesk.kernel.database import rows

BATCH = 500

_FATE = """
SELECT r.id, r.received_at, c.address AS channel, r.envelope_from, r.envelope_to, r.sender, r.subject, r.mail_id AS message_id,
    r.fate, r.reason, r.size, r.source, t.number AS ticket, r.message
FROM hd_raw_message r JOIN hd_channel c ON c.id = r.channel LEFT JOIN hd_ticket t ON t.id = r.ticket
"""

_RAW = """
SELECT r.id, r.received_at, r.envelope_from, r.envelope_to, r.subject, r.fate, r.reason, r.size, r.content, r.forgotten_at
FROM hd_raw_message r
"""


async def fates(asked: Asked = ANY, *, above: int = 0, most: int = BATCH) -> list[dict[str, Any]]:
    """Mails that were received, the oldest first, with IDs above `above`: the shape of the API's mail log."""
    condition = all_of(*conditions_of(asked), QueryString("r.id > {}", above))
    return await rows(_FATE + "WHERE {} ORDER BY r.id LIMIT {}", condition, most)


async def raw_of(raw_message_id: int) -> dict[str, Any] | None:
    """A received mail with its `content`, which is empty once it was forgotten."""
    found = await rows(_RAW + "WHERE r.id = {}", raw_message_id)
    return found[0] if found else None


async def raw_of_message(message_id: int) -> dict[str, Any] | None:
    """The mail that became the message; the first one, when copies came after it."""
    found = await rows(_RAW + "WHERE r.message = {} ORDER BY r.id LIMIT 1", message_id)
    return found[0] if found else None
