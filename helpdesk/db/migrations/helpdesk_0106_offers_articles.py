"""Web forms may be told not to name articles before something is sent."""

from helpdesk.db.raw import migration
from helpdesk.kernel.database import rows

ID = "2026-11-22T16:26:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "forms that offer articles"


async def _forwards() -> None:
    await rows("ALTER TABLE hd_web_form ADD COLUMN offers_articles boolean NOT NULL DEFAULT true")


async def _backwards() -> None:
    await rows("ALTER TABLE hd_web_form DROP COLUMN offers_articles")


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
