"""What reports ask of clocks by the thousand: how long each has stood, without its ledger. In an instant, as it keeps out
whoever reads; what takes its time comes after it.
"""

from sla.db.raw import migration, run

ID = "2026-11-22T14:09:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "how long clocks stood"

STATEMENTS = [
    "ALTER TABLE sla_clock ADD COLUMN rests_since timestamptz, ADD COLUMN rested integer NOT NULL DEFAULT 0",
    "DROP INDEX sla_clock_event_paused",
    "DROP INDEX sla_clock_stopped",
]
GONE = [
    """CREATE INDEX sla_clock_stopped ON sla_clock (stopped_at, metric)
        INCLUDE (id, ticket, target, elapsed_business, elapsed_calendar, stopped_by, priority, policy_version) WHERE state = 'stopped'""",
    "CREATE INDEX sla_clock_event_paused ON sla_clock_event (clock, gen) INCLUDE (at) WHERE state = 'paused'",
    "ALTER TABLE sla_clock DROP COLUMN rested, DROP COLUMN rests_since",
]


async def _forwards() -> None:
    await run(STATEMENTS)


async def _backwards() -> None:
    await run(GONE)


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
