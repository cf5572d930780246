"""What became of every mail that was received."""

from datetime import datetime
from typing import Any

from helpdesk.kernel.database import rows

BATCH = 500

_FATE = """
SELECT r.id, r.received_at, c.address AS channel, r.envelope_from, r.envelope_to, r.mail_id AS message_id, r.fate, r.reason,
    t.number AS ticket, r.message
FROM hd_raw_message r JOIN hd_channel c ON c.id = r.channel LEFT JOIN hd_ticket t ON t.id = r.ticket
"""

_RAW = "SELECT r.id, r.received_at, r.envelope_from, r.envelope_to, r.fate, r.reason, r.size, r.content FROM hd_raw_message r "


async def fates(
    *, after: datetime | None = None, fate: str | None = None, above: int = 0, most: int = BATCH
) -> list[dict[str, Any]]:
    """Mails received since `after`, the oldest first, with IDs above `above`: the shape of the API's mail log."""
    return await rows(
        _FATE + """WHERE r.id > {} AND ({}::timestamptz IS NULL OR r.received_at >= {}) AND ({}::text IS NULL OR r.fate = {})
        ORDER BY r.id LIMIT {}""",
        above, after, after, fate, fate, most,
    )  # fmt: skip


async def latest_fates(*, below: int | None = None, fate: str | None = None, most: int = 50) -> list[dict[str, Any]]:
    """The newest mails with IDs below `below`, the newest first."""
    return await rows(
        _FATE + """WHERE ({}::bigint IS NULL OR r.id < {}) AND ({}::text IS NULL OR r.fate = {})
        ORDER BY r.id DESC LIMIT {}""",
        below, below, fate, fate, most,
    )  # fmt: skip


async def raw_of(raw_message_id: int) -> dict[str, Any] | None:
    """A received mail with its `content`."""
    found = await rows(_RAW + "WHERE r.id = {}", raw_message_id)
    return found[0] if found else None


async def raw_of_message(message_id: int) -> dict[str, Any] | None:
    """The mail that became the message; the first one, when copies came after it."""
    found = await rows(_RAW + "WHERE r.message = {} ORDER BY r.id LIMIT 1", message_id)
    return found[0] if found else None
