"""How long it took: the first reply, each next one, the resolution.

The median and the 90th percentile are times that really occurred (discrete percentiles over the rows themselves, never an
average of averages), in business time, which is that of the calendar each clock was measured by, and in calendar time.
"""

from typing import Any

import msgspec

from helpdesk.kernel.database import rows
from helpdesk.reports.asking import (
    FIRST,
    GATHERED,
    Asked,
    gathered,
    is_before,
    of_tickets,
    overdue,
    step_of,
    steps,
    stopped_any,
)

METRICS = {"first_reply": "first_reply", "next_reply": "next_reply", "resolution": "first_resolution"}
"""The metrics of clocks, by the names of their figures."""


class Spread(msgspec.Struct, frozen=True):
    """Seconds; None where there is nothing to measure."""

    count: int = 0
    median_business: int | None = None
    p90_business: int | None = None
    median_calendar: int | None = None
    p90_calendar: int | None = None


NOTHING = Spread()


class Course(msgspec.Struct, frozen=True):
    """A figure in the period, in the span before it, by step of its course, and by what it is split by."""

    now: Spread = NOTHING
    before: Spread = NOTHING
    steps: dict[int, Spread] = {}
    by: dict[str | None, Spread] = {}


_SPREAD = """count(*) AS count, percentile_disc(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY business) AS business,
    percentile_disc(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY calendar) AS calendar"""


_OF_STOPPED = """c.ticket, c.metric, c.target, c.stopped_at, c.elapsed_business, c.elapsed_calendar, c.rested, c.stopped_by, c.priority,
    c.policy_version"""
_OF_OVERDUE = """c.id, c.ticket, c.state, c.due_at, c.stopped_at, c.elapsed_business, c.is_pinned, c.epoch, c.stopped_by, c.priority,
    c.policy_version"""


class Stopped(msgspec.Struct, frozen=True):
    """What clocks that stopped tell: the times by figure; and which part of their calendar time those of promises stood still, in
    the period and in the span before, None where there were none."""

    times: dict[str, Course]
    pauses: tuple[float | None, float | None]


async def stopped(asked: Asked) -> Stopped:
    """One pass over the clocks of the period and of the span before."""
    population = stopped_any(list(METRICS.values()))
    found = await rows(
        f"""WITH c AS MATERIALIZED ({{}}), seen AS MATERIALIZED (
            SELECT c.metric COLLATE "C" AS metric, {is_before(population)} AS is_before, {step_of(population)} AS step,
                {population.keys[asked.by]} AS key, c.elapsed_business AS business, c.elapsed_calendar AS calendar, c.rested, c.target
            FROM {GATHERED} WHERE {{}}
        ) SELECT metric, is_before, NULL::int AS step, NULL AS key, false AS is_step, false AS is_key, {_SPREAD},
            sum(calendar) FILTER (WHERE target IS NOT NULL) AS whole, sum(rested) FILTER (WHERE target IS NOT NULL) AS stood
            FROM seen GROUP BY metric, is_before
        UNION ALL SELECT metric, false, step, NULL, true, false, {_SPREAD}, 0, 0 FROM seen WHERE NOT is_before GROUP BY metric, step
        UNION ALL SELECT metric, false, NULL, key::text, false, true, {_SPREAD}, 0, 0 FROM seen WHERE NOT is_before GROUP BY metric, key""",
        gathered(population, asked, _OF_STOPPED), asked.period.since, *steps(asked), of_tickets(population, asked),
    )  # fmt: skip
    times = {name: _course([row for row in found if row["metric"] == metric]) for name, metric in METRICS.items()}
    return Stopped(times, (_share(found, is_before=False), _share(found, is_before=True)))


async def lateness(asked: Asked, *, with_before: bool) -> tuple[Spread, Spread]:
    """How much too late what was broken was done: in the period, and in the span before, where that is asked for."""
    population = overdue(asked)
    found = await rows(
        f"""WITH c AS MATERIALIZED ({{}}), seen AS (
            SELECT {is_before(population)} AS is_before, {CALENDAR_LATE} AS calendar, {BUSINESS_LATE} AS business
            FROM {late_source(GATHERED)} WHERE {{}}
        ) SELECT is_before, {_SPREAD} FROM seen GROUP BY is_before""",
        gathered(population, asked, _OF_OVERDUE, with_before=with_before), asked.period.since, of_tickets(population, asked),
    )  # fmt: skip
    spreads = {row["is_before"]: _spread(row) for row in found}
    return spreads.get(False, NOTHING), spreads.get(True, NOTHING)


CALENDAR_LATE = "greatest(0, floor(extract(epoch FROM c.stopped_at - c.due_at)))::int"
BUSINESS_LATE = """CASE WHEN NOT c.is_pinned THEN greatest(0, c.elapsed_business
    - CASE WHEN late.cause IN ('timer', 'late_stop') THEN late.target ELSE late.consumed END) END"""
"""What was consumed after the target; where another target or a merge broke it, after what had been consumed by then. A due
time that was set by hand has no place among consumed seconds: None."""


def late_source(source: str) -> str:
    """With the line of the ledger by which each clock was broken, as `late`."""
    joined = "LEFT JOIN sla_clock_event late ON late.clock = c.id AND late.kind = 'breached' AND late.threshold = 0 AND late.epoch = c.epoch"
    return f"{source} {joined}"


def _course(found: list[dict[str, Any]]) -> Course:
    return Course(
        now=_first(found, is_before=False),
        before=_first(found, is_before=True),
        steps={row["step"] - FIRST: _spread(row) for row in found if row["is_step"]},
        by={row["key"]: _spread(row) for row in found if row["is_key"]},
    )


def _first(found: list[dict[str, Any]], *, is_before: bool) -> Spread:
    totals = (row for row in found if not row["is_step"] and not row["is_key"] and row["is_before"] == is_before)
    return next(map(_spread, totals), NOTHING)


def _share(found: list[dict[str, Any]], *, is_before: bool) -> float | None:
    totals = [row for row in found if row["is_before"] == is_before]
    whole = sum(row["whole"] or 0 for row in totals)
    return sum(row["stood"] or 0 for row in totals) / whole if whole else None


def _spread(row: dict[str, Any]) -> Spread:
    business, calendar = row["business"] or (None, None), row["calendar"] or (None, None)
    return Spread(row["count"], *business, *calendar)
