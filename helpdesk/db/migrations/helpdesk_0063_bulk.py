"""Actions on many tickets at once, and what an agent wants to see after an action."""

from helpdesk.db.raw import migration, run
from helpdesk.kernel.database import rows

ID = "2026-11-22T07:06:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "actions on many tickets"

STATEMENTS = [
    """
CREATE TABLE hd_bulk (
    id bigserial PRIMARY KEY,
    agent integer NOT NULL REFERENCES hd_agent ON DELETE CASCADE ON UPDATE CASCADE,
    action jsonb NOT NULL,
    asked_at timestamptz NOT NULL,
    worked_at timestamptz NOT NULL,
    finished_at timestamptz,
    undo_asked_at timestamptz,
    undone_at timestamptz
)
""",
    # A ticket is named by its number, without a key: it may be erased meanwhile, and nothing waits crosswise for it.
    """
CREATE TABLE hd_bulk_ticket (
    id bigserial PRIMARY KEY,
    bulk bigint NOT NULL REFERENCES hd_bulk ON DELETE CASCADE,
    number bigint NOT NULL,
    done_at timestamptz,
    version integer,
    undone_at timestamptz,
    trouble text NOT NULL DEFAULT ''
)
""",
    "CREATE INDEX hd_bulk_of ON hd_bulk (agent, id)",
    "CREATE INDEX hd_bulk_waiting ON hd_bulk (id) WHERE undone_at IS NULL AND (finished_at IS NULL OR undo_asked_at IS NOT NULL)",
    "CREATE INDEX hd_bulk_ticket_of ON hd_bulk_ticket (bulk, id)",
    "CREATE INDEX hd_bulk_ticket_waiting ON hd_bulk_ticket (bulk, id) WHERE done_at IS NULL",
    "ALTER TABLE hd_agent ADD COLUMN goes varchar(8) NOT NULL DEFAULT 'stay'",
]


async def _forwards() -> None:
    await run(STATEMENTS)


async def _backwards() -> None:
    await rows("ALTER TABLE hd_agent DROP COLUMN goes")
    await rows("DROP TABLE hd_bulk_ticket")
    await rows("DROP TABLE hd_bulk")


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
