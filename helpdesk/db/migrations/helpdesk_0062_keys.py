"""Keys that an agent has chosen for themselves, and a customer's panel that is put away."""

from helpdesk.db.raw import migration
from helpdesk.kernel.database import rows

ID = "2026-11-22T07:04:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "keys of agents, the customer's panel"


async def _forwards() -> None:
    await rows(
        """ALTER TABLE hd_agent ADD COLUMN keys jsonb NOT NULL DEFAULT jsonb_build_object(),
        ADD COLUMN uses_keys boolean NOT NULL DEFAULT true"""
    )
    await rows("ALTER TABLE hd_panes ADD COLUMN hides_person boolean NOT NULL DEFAULT false")


async def _backwards() -> None:
    await rows("ALTER TABLE hd_panes DROP COLUMN hides_person")
    await rows("ALTER TABLE hd_agent DROP COLUMN keys, DROP COLUMN uses_keys")


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
