"""A form of the composer makes one message, however often it is sent."""

from helpdesk.db.raw import migration
from helpdesk.kernel.database import rows

ID = "2026-11-21T23:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "the form that a message came with"


async def _forwards() -> None:
    await rows("ALTER TABLE hd_message ADD COLUMN once varchar(80)")
    await rows("CREATE UNIQUE INDEX hd_message_once ON hd_message (once) WHERE once IS NOT NULL")


async def _backwards() -> None:
    await rows("ALTER TABLE hd_message DROP COLUMN once")


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
