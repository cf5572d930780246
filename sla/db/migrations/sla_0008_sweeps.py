"""Tickets whose clocks must follow what was changed around them."""

from sla.db.raw import migration, run

ID = "2026-11-22T14:05:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "sweeps of clocks"

STATEMENTS = [
    """
CREATE TABLE sla_sweep (
    id bigserial PRIMARY KEY,
    tickets bigint[],
    team integer,
    organisation integer,
    calendar_before integer,
    reached bigint NOT NULL DEFAULT 0,
    asked_at timestamptz NOT NULL
)"""
]


async def _forwards() -> None:
    await run(STATEMENTS)


async def _backwards() -> None:
    await run(["DROP TABLE sla_sweep"])


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
