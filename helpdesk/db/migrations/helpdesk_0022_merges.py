"""Merged and split tickets, snoozed ones to be woken, redacted messages, offers of similar tickets."""

from helpdesk.db.raw import migration
from helpdesk.kernel.database import rows

ID = "2026-11-22T04:06:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "merges, splits, snoozes, redactions"

MERGE = """
CREATE TABLE hd_ticket_merge (
    id bigserial PRIMARY KEY,
    ticket bigint NOT NULL REFERENCES hd_ticket ON DELETE CASCADE ON UPDATE CASCADE,
    survivor bigint NOT NULL REFERENCES hd_ticket ON DELETE CASCADE ON UPDATE CASCADE,
    at timestamptz NOT NULL,
    undone_at timestamptz,
    messages bigint[] NOT NULL,
    notices bigint[] NOT NULL,
    drafts bigint[] NOT NULL,
    followers integer[] NOT NULL,
    status_before varchar(12) NOT NULL,
    status_after varchar(12) NOT NULL
)
"""


async def _forwards() -> None:
    await rows(
        """ALTER TABLE hd_ticket
            ADD COLUMN split_from bigint REFERENCES hd_ticket ON DELETE SET NULL ON UPDATE CASCADE,
            ADD COLUMN similar_dismissed_at timestamptz"""
    )
    await rows("ALTER TABLE hd_message ADD COLUMN redacted_at timestamptz")
    await rows("CREATE INDEX hd_ticket_split_from ON hd_ticket (split_from) WHERE split_from IS NOT NULL")
    await rows("CREATE INDEX hd_ticket_to_wake ON hd_ticket (snoozed_until) WHERE snoozed_until IS NOT NULL")
    await rows(MERGE)
    await rows("CREATE UNIQUE INDEX hd_ticket_merge_in_force ON hd_ticket_merge (ticket) WHERE undone_at IS NULL")
    await rows("CREATE INDEX hd_ticket_merge_ticket ON hd_ticket_merge (ticket)")
    await rows("CREATE INDEX hd_ticket_merge_survivor ON hd_ticket_merge (survivor)")


async def _backwards() -> None:
    await rows("DROP TABLE hd_ticket_merge")
    await rows("DROP INDEX hd_ticket_to_wake")
    await rows("ALTER TABLE hd_message DROP COLUMN redacted_at")
    await rows("ALTER TABLE hd_ticket DROP COLUMN split_from, DROP COLUMN similar_dismissed_at")


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
