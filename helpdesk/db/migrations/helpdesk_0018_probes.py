"""Whether a mailbox takes addresses with a plus, as a mail of ours proved."""

from helpdesk.db.raw import migration
from helpdesk.kernel.database import rows

ID = "2026-11-22T03:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "proofs of plus-addressing"


async def _forwards() -> None:
    await rows("ALTER TABLE hd_channel ADD COLUMN plus_proven_at timestamptz")
    await rows(
        "ALTER TABLE hd_channel ADD COLUMN probe_id bigint REFERENCES hd_delivery ON DELETE SET NULL ON UPDATE CASCADE"
    )
    await rows("CREATE INDEX hd_channel_probe_id ON hd_channel (probe_id)")


async def _backwards() -> None:
    await rows("ALTER TABLE hd_channel DROP COLUMN probe_id")
    await rows("ALTER TABLE hd_channel DROP COLUMN plus_proven_at")


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
