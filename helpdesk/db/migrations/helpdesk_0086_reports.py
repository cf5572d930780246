"""What reports count of the histories of tickets: when one was opened again, and when one was set to wait."""

from helpdesk.db.raw import migration
from helpdesk.kernel.database import rows

ID = "2026-11-22T08:12:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "reports"

INDEXES = {
    "hd_event_reopened": "changes->'status'->>0 IN ('solved', 'closed') AND changes->'status'->>1 NOT IN ('solved', 'closed')",
    "hd_event_pending": "changes->'status'->>1 = 'pending'",
}


async def _forwards() -> None:
    for name, condition in INDEXES.items():
        await rows(f"CREATE INDEX {name} ON hd_event (at) WHERE {condition}")


async def _backwards() -> None:
    for name in INDEXES:
        await rows(f"DROP INDEX {name}")


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
