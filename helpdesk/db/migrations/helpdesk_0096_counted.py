"""What reports ask of each ticket, for all tickets of a quarter at once: without reading the tickets themselves."""

from helpdesk.db.raw import migration
from helpdesk.kernel.database import rows

ID = "2026-11-22T08:32:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "tickets that reports count"


async def _forwards() -> None:
    await rows(
        """CREATE INDEX hd_ticket_counted ON hd_ticket (id) INCLUDE (team, assignee, channel, organisation)
        WHERE spam_at IS NULL AND trashed_at IS NULL"""
    )


async def _backwards() -> None:
    await rows("DROP INDEX hd_ticket_counted")


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
