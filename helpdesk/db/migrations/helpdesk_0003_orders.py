"""Indexes for the orders in which clients ask for all tickets."""

from helpdesk.db.raw import migration
from helpdesk.kernel.database import rows

ID = "2026-11-21T23:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes for lists of all tickets"

LISTED = "spam_at IS NULL AND trashed_at IS NULL AND merged_into IS NULL"


async def _forwards() -> None:
    await rows(f"CREATE INDEX hd_ticket_created ON hd_ticket (created_at DESC, id DESC) WHERE {LISTED}")
    await rows(f"CREATE INDEX hd_ticket_last_message ON hd_ticket (last_message_at DESC, id DESC) WHERE {LISTED}")


async def _backwards() -> None:
    await rows("DROP INDEX hd_ticket_created, hd_ticket_last_message")


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
