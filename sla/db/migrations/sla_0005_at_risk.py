"""What runs towards a due time, by that time: the view of what is at risk, and lists in this order."""

from sla.db.raw import migration, run

ID = "2026-11-22T08:15:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "the index of what is due"


async def _forwards() -> None:
    await run(
        ["CREATE INDEX sla_clock_at_risk ON sla_clock (due_at, id) WHERE state = 'running' AND target IS NOT NULL"]
    )


async def _backwards() -> None:
    await run(["DROP INDEX sla_clock_at_risk"])


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
