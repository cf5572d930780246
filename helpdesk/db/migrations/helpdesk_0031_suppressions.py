"""Erasing a ticket finds the suppressions that came from it by an index."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from helpdesk.kernel.database import rows

ID = "2026-11-22T04:24:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "an index of suppressions by ticket"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="helpdesk", description=DESCRIPTION)
    manager.add_raw(_forwards)
    manager.add_raw_backwards(_backwards)
    return manager


async def _forwards() -> None:
    await rows("CREATE INDEX hd_suppression_ticket_id ON hd_suppression (ticket_id) WHERE ticket_id IS NOT NULL")


async def _backwards() -> None:
    await rows("DROP INDEX hd_suppression_ticket_id")
