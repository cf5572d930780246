"""What is left to undo of an action on many tickets is found without passing what was undone: the last of 10,000 as fast as the first."""

from helpdesk.db.raw import migration
from helpdesk.kernel.database import rows

ID = "2026-11-22T08:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "index of what is left to undo"


async def _forwards() -> None:
    await rows(
        "CREATE INDEX hd_bulk_ticket_to_undo ON hd_bulk_ticket (bulk, id) WHERE version IS NOT NULL AND undone_at IS NULL"
    )


async def _backwards() -> None:
    await rows("DROP INDEX hd_bulk_ticket_to_undo")


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
