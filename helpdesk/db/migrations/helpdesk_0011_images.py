"""Whose images from elsewhere an agent wants to see."""

from helpdesk.db.raw import migration
from helpdesk.kernel.database import rows

ID = "2026-11-22T01:50:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "senders whose images an agent loads"


async def _forwards() -> None:
    await rows("ALTER TABLE hd_agent ADD COLUMN images_from varchar(320)[] NOT NULL DEFAULT ARRAY[]::varchar[]")


async def _backwards() -> None:
    await rows("ALTER TABLE hd_agent DROP COLUMN images_from")


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
