"""Old mails of notices are found without looking at all mails."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from helpdesk.kernel.database import rows

ID = "2026-11-22T07:28:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "old mails of notices"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="helpdesk", description=DESCRIPTION)
    manager.add_raw(_forwards)
    manager.add_raw_backwards(_backwards)
    return manager


async def _forwards() -> None:
    await rows("CREATE INDEX hd_delivery_of_notices ON hd_delivery (queued_at) WHERE kind = 'notice'")


async def _backwards() -> None:
    await rows("DROP INDEX hd_delivery_of_notices")
