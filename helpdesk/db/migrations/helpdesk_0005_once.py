"""A form of the composer makes one message, however often it is sent."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from helpdesk.kernel.database import rows

ID = "2026-11-21T23:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "the form that a message came with"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="helpdesk", description=DESCRIPTION)
    manager.add_raw(_forwards)
    manager.add_raw_backwards(_backwards)
    return manager


async def _forwards() -> None:
    await rows("ALTER TABLE hd_message ADD COLUMN once varchar(80)")
    await rows("CREATE UNIQUE INDEX hd_message_once ON hd_message (once) WHERE once IS NOT NULL")


async def _backwards() -> None:
    await rows("ALTER TABLE hd_message DROP COLUMN once")
