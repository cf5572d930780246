"""Tags that are renamed everywhere, the guide of a new installation."""

from helpdesk.db.raw import migration
from helpdesk.kernel.database import rows

ID = "2026-11-22T04:54:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "changes of tags, the guide"

CHANGES = """
CREATE TABLE hd_tag_change (
    id serial PRIMARY KEY,
    tag varchar(50) NOT NULL,
    becomes varchar(50),
    tickets integer NOT NULL,
    done integer NOT NULL DEFAULT 0,
    asked_at timestamptz NOT NULL,
    asked_by integer REFERENCES hd_agent ON DELETE SET NULL ON UPDATE CASCADE,
    finished_at timestamptz
)
"""


async def _forwards() -> None:
    await rows(CHANGES)
    await rows("CREATE INDEX hd_tag_change_unfinished ON hd_tag_change (id) WHERE finished_at IS NULL")
    await rows("ALTER TABLE hd_installation ADD COLUMN guide_closed_at timestamptz")


async def _backwards() -> None:
    await rows("ALTER TABLE hd_installation DROP COLUMN guide_closed_at")
    await rows("DROP TABLE hd_tag_change")


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
