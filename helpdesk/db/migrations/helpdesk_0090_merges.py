"""Merges that move very many tickets are asked for, and done by a worker."""

from helpdesk.db.raw import migration, run
from helpdesk.kernel.database import rows

ID = "2026-11-22T08:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "merges left to a worker"

STATEMENTS = [
    """
CREATE TABLE hd_merge_asked (
    id bigserial PRIMARY KEY,
    kind varchar(12) NOT NULL,
    survivor bigint NOT NULL,
    loser bigint NOT NULL,
    undoes bigint REFERENCES hd_merge ON DELETE CASCADE ON UPDATE CASCADE,
    chosen jsonb NOT NULL,
    tickets integer NOT NULL,
    agent integer NOT NULL REFERENCES hd_agent ON DELETE CASCADE ON UPDATE CASCADE,
    asked_at timestamptz NOT NULL,
    done_at timestamptz,
    trouble text NOT NULL
)""",
    "CREATE UNIQUE INDEX hd_merge_asked_once ON hd_merge_asked (kind, loser) WHERE done_at IS NULL",
    "CREATE INDEX hd_merge_asked_undoes ON hd_merge_asked (undoes)",
    "CREATE INDEX hd_merge_asked_agent ON hd_merge_asked (agent)",
]


async def _forwards() -> None:
    await run(STATEMENTS)


async def _backwards() -> None:
    await rows("DROP TABLE hd_merge_asked")


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
