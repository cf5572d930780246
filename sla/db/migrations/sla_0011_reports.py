"""How long each clock has stood until now, from its ledger, and the indexes of reports.

Lists and tickets are read meanwhile; whoever writes clocks waits. Where the step before did this already nothing changes.
"""

from sla.db.raw import migration, run

ID = "2026-11-22T14:13:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "how long clocks stood until now"

STATEMENTS = [
    """UPDATE sla_clock c SET rested = stood.seconds FROM (
        SELECT e.clock, sum(greatest(0, floor(extract(epoch FROM n.at - e.at))))::int AS seconds FROM sla_clock_event e
        JOIN sla_clock_event n ON n.clock = e.clock AND n.gen = e.gen + 1 WHERE e.state = 'paused' GROUP BY e.clock
    ) AS stood WHERE c.id = stood.clock AND c.rested = 0 AND stood.seconds > 0""",
    """UPDATE sla_clock c SET rests_since = e.at FROM sla_clock_event e
        WHERE c.state = 'paused' AND c.rests_since IS NULL AND e.clock = c.id AND e.gen = c.gen""",
    """CREATE INDEX IF NOT EXISTS sla_clock_stopped ON sla_clock (stopped_at, metric)
        INCLUDE (id, ticket, target, elapsed_business, elapsed_calendar, stopped_by, priority, policy_version, rested)
        WHERE state = 'stopped'""",
    """CREATE INDEX IF NOT EXISTS sla_clock_overdue ON sla_clock (due_at)
        WHERE state = 'stopped' AND breached_at IS NOT NULL AND target IS NOT NULL""",
]


async def _forwards() -> None:
    await run(STATEMENTS)


async def _backwards() -> None:
    await run(["DROP INDEX sla_clock_overdue", "DROP INDEX sla_clock_stopped"])


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
