"""Who had a quarantined mail read again, and when."""

from helpdesk.db.raw import migration
from helpdesk.kernel.database import rows

ID = "2026-11-22T02:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "running again"

FORWARDS = """
ALTER TABLE hd_raw_message ADD COLUMN run_again_at timestamptz,
    ADD COLUMN run_again_by integer REFERENCES hd_agent ON DELETE SET NULL ON UPDATE CASCADE
"""
BACKWARDS = "ALTER TABLE hd_raw_message DROP COLUMN run_again_at, DROP COLUMN run_again_by"


async def _forwards() -> None:
    await rows(FORWARDS)


async def _backwards() -> None:
    await rows(BACKWARDS)


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
