"""Drafts with their history, blind copies, replies sent later, and conversations with outsiders."""

from helpdesk.db.raw import migration
from helpdesk.kernel.database import rows

ID = "2026-11-22T04:04:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "drafts, blind copies, replies sent later, outsiders"

DRAFTS = """
CREATE TABLE hd_draft (
    id bigserial PRIMARY KEY,
    agent integer NOT NULL REFERENCES hd_agent ON DELETE CASCADE ON UPDATE CASCADE,
    ticket bigint REFERENCES hd_ticket ON DELETE CASCADE ON UPDATE CASCADE,
    kind varchar(8) NOT NULL,
    text text NOT NULL DEFAULT '',
    html text,
    fields jsonb NOT NULL,
    uploads bigint[] NOT NULL DEFAULT ARRAY[]::bigint[],
    version integer NOT NULL DEFAULT 1,
    once varchar(80),
    updated_at timestamptz NOT NULL,
    discarded_at timestamptz,
    CONSTRAINT hd_draft_once UNIQUE NULLS NOT DISTINCT (agent, ticket, kind)
)
"""
VERSIONS = """
CREATE TABLE hd_draft_version (
    id bigserial PRIMARY KEY,
    draft bigint NOT NULL REFERENCES hd_draft ON DELETE CASCADE ON UPDATE CASCADE,
    text text NOT NULL,
    html text,
    at timestamptz NOT NULL
)
"""


async def _forwards() -> None:
    await rows(DRAFTS)
    await rows(VERSIONS)
    await rows("CREATE INDEX hd_draft_ticket ON hd_draft (ticket)")
    await rows("CREATE INDEX hd_draft_discarded ON hd_draft (discarded_at) WHERE discarded_at IS NOT NULL")
    await rows("CREATE INDEX hd_draft_version_draft ON hd_draft_version (draft, id)")
    await rows(
        """ALTER TABLE hd_delivery
            ADD COLUMN bcc_addresses varchar(320)[] NOT NULL DEFAULT ARRAY[]::varchar[],
            ADD COLUMN is_scheduled boolean NOT NULL DEFAULT false,
            ADD COLUMN unless_answered boolean NOT NULL DEFAULT false,
            ADD COLUMN then_status varchar(12)"""
    )
    await rows(
        "ALTER TABLE hd_message ADD COLUMN thread bigint REFERENCES hd_message ON DELETE SET NULL ON UPDATE CASCADE"
    )
    await rows("CREATE INDEX hd_message_thread ON hd_message (thread) WHERE thread IS NOT NULL")
    await rows("ALTER TABLE hd_channel ADD COLUMN quotes varchar(4) NOT NULL DEFAULT 'last'")
    await rows("ALTER TABLE hd_agent ADD COLUMN sends varchar(8) NOT NULL DEFAULT 'send'")


async def _backwards() -> None:
    await rows("ALTER TABLE hd_agent DROP COLUMN sends")
    await rows("ALTER TABLE hd_channel DROP COLUMN quotes")
    await rows("ALTER TABLE hd_message DROP COLUMN thread")
    await rows(
        """ALTER TABLE hd_delivery DROP COLUMN bcc_addresses, DROP COLUMN is_scheduled, DROP COLUMN unless_answered,
            DROP COLUMN then_status"""
    )
    await rows("DROP TABLE hd_draft_version")
    await rows("DROP TABLE hd_draft")


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
