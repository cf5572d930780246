"""Canned texts, and mentions of colleagues in notes."""

from helpdesk.db.raw import migration
from helpdesk.kernel.database import rows

ID = "2026-11-22T07:02:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "canned texts, mentions"

CANNED_TEXTS = """
CREATE TABLE hd_canned_text (
    id serial PRIMARY KEY,
    name varchar(120) NOT NULL,
    shortcut varchar(40) NOT NULL DEFAULT '',
    team integer REFERENCES hd_team ON DELETE CASCADE ON UPDATE CASCADE,
    agent integer REFERENCES hd_agent ON DELETE CASCADE ON UPDATE CASCADE,
    versions jsonb NOT NULL,
    words text NOT NULL,
    sort_key varchar(300) NOT NULL,
    uses integer NOT NULL DEFAULT 0,
    used_at timestamptz,
    changed_at timestamptz NOT NULL,
    deactivated_at timestamptz,
    CHECK (team IS NULL OR agent IS NULL)
)
"""
MENTIONS = """
CREATE TABLE hd_mention (
    id bigserial PRIMARY KEY,
    message bigint NOT NULL REFERENCES hd_message ON DELETE CASCADE ON UPDATE CASCADE,
    agent integer REFERENCES hd_agent ON DELETE CASCADE ON UPDATE CASCADE,
    team integer REFERENCES hd_team ON DELETE SET NULL ON UPDATE CASCADE,
    said varchar(320) NOT NULL,
    at timestamptz NOT NULL,
    seen_at timestamptz,
    CONSTRAINT hd_mention_once UNIQUE NULLS NOT DISTINCT (message, said, agent)
)
"""


async def _forwards() -> None:
    await rows(CANNED_TEXTS)
    await rows(
        """CREATE UNIQUE INDEX hd_canned_text_shortcut ON hd_canned_text (coalesce(agent, 0), shortcut)
        WHERE shortcut <> '' AND deactivated_at IS NULL"""
    )
    await rows("CREATE INDEX hd_canned_text_agent ON hd_canned_text (agent)")
    await rows("CREATE INDEX hd_canned_text_team ON hd_canned_text (team)")
    await rows(MENTIONS)
    await rows("CREATE INDEX hd_mention_agent ON hd_mention (agent, at)")
    await rows("CREATE INDEX hd_mention_unseen ON hd_mention (agent) WHERE seen_at IS NULL")
    await rows("CREATE INDEX hd_mention_team ON hd_mention (team)")


async def _backwards() -> None:
    await rows("DROP TABLE hd_mention")
    await rows("DROP TABLE hd_canned_text")


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
