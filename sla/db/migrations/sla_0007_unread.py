"""When a clock would have been due that rests was written, and read by nobody."""

from sla.db.raw import migration, run

ID = "2026-11-22T14:03:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "what nobody reads of clocks"


async def _forwards() -> None:
    await run(["ALTER TABLE sla_clock DROP COLUMN nominal_due_at"])


async def _backwards() -> None:
    await run(["ALTER TABLE sla_clock ADD COLUMN nominal_due_at timestamptz"])


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
