"""Erasing a ticket finds the suppressions that came from it by an index."""

from helpdesk.db.raw import migration
from helpdesk.kernel.database import rows

ID = "2026-11-22T04:24:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "an index of suppressions by ticket"


async def _forwards() -> None:
    await rows("CREATE INDEX hd_suppression_ticket_id ON hd_suppression (ticket_id) WHERE ticket_id IS NOT NULL")


async def _backwards() -> None:
    await rows("DROP INDEX hd_suppression_ticket_id")


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
