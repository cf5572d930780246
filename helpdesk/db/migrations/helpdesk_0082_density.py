"""How close the rows of lists stand, as each agent likes them."""

from helpdesk.db.raw import migration
from helpdesk.kernel.database import rows

ID = "2026-11-22T08:04:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "hd_panes.is_compact"


async def _forwards() -> None:
    await rows("ALTER TABLE hd_panes ADD COLUMN is_compact boolean NOT NULL DEFAULT false")


async def _backwards() -> None:
    await rows("ALTER TABLE hd_panes DROP COLUMN is_compact")


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
