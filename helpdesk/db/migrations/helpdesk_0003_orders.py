"""Indexes for the orders in which clients ask for all tickets."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from helpdesk.kernel.database import rows

ID = "2026-11-21T23:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes for lists of all tickets"

LISTED = "spam_at IS NULL AND trashed_at IS NULL AND merged_into IS NULL"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="helpdesk", description=DESCRIPTION)
    manager.add_raw(_forwards)
    manager.add_raw_backwards(_backwards)
    return manager


async def _forwards() -> None:
    await rows(f"CREATE INDEX hd_ticket_created ON hd_ticket (created_at DESC, id DESC) WHERE {LISTED}")
    await rows(f"CREATE INDEX hd_ticket_last_message ON hd_ticket (last_message_at DESC, id DESC) WHERE {LISTED}")


async def _backwards() -> None:
    await rows("DROP INDEX hd_ticket_created, hd_ticket_last_message")
