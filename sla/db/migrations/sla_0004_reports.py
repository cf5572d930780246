"""What reports ask of each clock stands in the indexes by which they are found, as they ask it of all of a quarter at
once; and when clocks stood still."""

from sla.db.raw import migration, run

ID = "2026-11-22T08:14:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "reports"

_STOPPED = "ON sla_clock (stopped_at, metric) {} WHERE state = 'stopped'"
_DUE = "ON sla_clock (due_at) {} WHERE target IS NOT NULL AND state <> 'cancelled'"
_OF_STOPPED = "INCLUDE (id, ticket, target, elapsed_business, elapsed_calendar, stopped_by, priority, policy_version)"
_OF_DUE = "INCLUDE (ticket, metric, state, breached_at, breach_cause, stopped_by, priority, policy_version)"


async def _forwards() -> None:
    await run(_replaced(_OF_STOPPED, _OF_DUE))
    await run(
        ["CREATE INDEX sla_clock_event_paused ON sla_clock_event (clock, gen) INCLUDE (at) WHERE state = 'paused'"]
    )


async def _backwards() -> None:
    await run(["DROP INDEX sla_clock_event_paused"])
    await run(_replaced("", ""))


def _replaced(of_stopped: str, of_due: str) -> list[str]:
    return [
        "DROP INDEX sla_clock_stopped",
        f"CREATE INDEX sla_clock_stopped {_STOPPED.format(of_stopped)}",
        "DROP INDEX sla_clock_due",
        f"CREATE INDEX sla_clock_due {_DUE.format(of_due)}",
    ]


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
