"""Whose images from elsewhere an agent wants to see."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from helpdesk.kernel.database import rows

ID = "2026-11-22T01:50:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "senders whose images an agent loads"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="helpdesk", description=DESCRIPTION)
    manager.add_raw(_forwards)
    manager.add_raw_backwards(_backwards)
    return manager


async def _forwards() -> None:
    await rows("ALTER TABLE hd_agent ADD COLUMN images_from varchar(320)[] NOT NULL DEFAULT ARRAY[]::varchar[]")


async def _backwards() -> None:
    await rows("ALTER TABLE hd_agent DROP COLUMN images_from")
