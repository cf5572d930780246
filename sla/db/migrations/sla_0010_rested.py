"""What reports ask of clocks by the thousand: how long each has stood, without its ledger, and which were late."""

from sla.db.raw import migration, run

ID = "2026-11-22T14:09:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "how long clocks stood"

_STOPPED = """CREATE INDEX sla_clock_stopped ON sla_clock (stopped_at, metric)
    INCLUDE (id, ticket, target, elapsed_business, elapsed_calendar, stopped_by, priority, policy_version{}) WHERE state = 'stopped'"""
STATEMENTS = [
    "ALTER TABLE sla_clock ADD COLUMN rests_since timestamptz, ADD COLUMN rested integer NOT NULL DEFAULT 0",
    """UPDATE sla_clock c SET rested = stood.seconds FROM (
        SELECT e.clock, sum(floor(extract(epoch FROM n.at - e.at)))::int AS seconds FROM sla_clock_event e
        JOIN sla_clock_event n ON n.clock = e.clock AND n.gen = e.gen + 1 WHERE e.state = 'paused' GROUP BY e.clock
    ) AS stood WHERE c.id = stood.clock""",
    """UPDATE sla_clock c SET rests_since = e.at FROM sla_clock_event e
        WHERE c.state = 'paused' AND e.clock = c.id AND e.gen = c.gen""",
    "DROP INDEX sla_clock_event_paused",
    "DROP INDEX sla_clock_stopped",
    _STOPPED.format(", rested"),
    "CREATE INDEX sla_clock_overdue ON sla_clock (due_at) WHERE state = 'stopped' AND breached_at IS NOT NULL AND target IS NOT NULL",
]
GONE = [
    "DROP INDEX sla_clock_overdue",
    "DROP INDEX sla_clock_stopped",
    _STOPPED.format(""),
    "CREATE INDEX sla_clock_event_paused ON sla_clock_event (clock, gen) INCLUDE (at) WHERE state = 'paused'",
    "ALTER TABLE sla_clock DROP COLUMN rested, DROP COLUMN rests_since",
]


async def _forwards() -> None:
    await run(STATEMENTS)


async def _backwards() -> None:
    await run(GONE)


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
