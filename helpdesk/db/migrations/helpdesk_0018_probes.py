"""Whether a mailbox takes addresses with a plus, as a mail of ours proved."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from helpdesk.kernel.database import rows

ID = "2026-11-22T03:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "proofs of plus-addressing"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="helpdesk", description=DESCRIPTION)
    manager.add_raw(_forwards)
    manager.add_raw_backwards(_backwards)
    return manager


async def _forwards() -> None:
    await rows("ALTER TABLE hd_channel ADD COLUMN plus_proven_at timestamptz")
    await rows(
        "ALTER TABLE hd_channel ADD COLUMN probe_id bigint REFERENCES hd_delivery ON DELETE SET NULL ON UPDATE CASCADE"
    )
    await rows("CREATE INDEX hd_channel_probe_id ON hd_channel (probe_id)")


async def _backwards() -> None:
    await rows("ALTER TABLE hd_channel DROP COLUMN probe_id")
    await rows("ALTER TABLE hd_channel DROP COLUMN plus_proven_at")
