"""How long it took: the first reply, each next one, the resolution.

The median and the 90th percentile are times that really occurred (discrete percentiles over the rows themselves, never an
average of averages), in business time, which is that of the calendar each clock was measured by, and in calendar time.
"""

from typing import Any

import msgspec

from helpdesk.kernel.database import rows
from helpdesk.reports.asking import FIRST, Asked, Population, bounds, is_before, measured_any, overdue, rows_of

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


async def times(asked: Asked, metrics: list[str] | None = None) -> dict[str, Course]:
    """Of each figure of METRICS, or of those that are named; one pass over their clocks, one sort for each split."""
    wanted = metrics or list(METRICS)
    population = measured_any([METRICS[name] for name in wanted])
    found = await rows(
        f"""WITH seen AS (
            SELECT c.metric, {is_before(population)} AS is_before, width_bucket({population.at}, {{}}::timestamptz[]) AS step,
                {population.keys[asked.by]}::text AS key, c.elapsed_business AS business, c.elapsed_calendar AS calendar
            FROM {population.source} WHERE {{}}
        ) SELECT metric, is_before, step, key, grouping(step) = 0 AS is_step, grouping(key) = 0 AS is_key, {_SPREAD}
        FROM seen GROUP BY GROUPING SETS ((metric, is_before), (metric, is_before, step), (metric, is_before, key))""",
        asked.period.since, bounds(asked), rows_of(population, asked, with_before=True),
    )  # fmt: skip
    return {name: _course([row for row in found if row["metric"] == METRICS[name]]) for name in wanted}


async def lateness(asked: Asked) -> tuple[Spread, Spread]:
    """How much too late what was broken was done: in the period, and in the span before."""
    population = overdue(asked)
    found = await rows(
        f"""WITH seen AS (
            SELECT {is_before(population)} AS is_before, {CALENDAR_LATE} AS calendar, {BUSINESS_LATE} AS business
            FROM {late_source(population)} WHERE {{}}
        ) SELECT is_before, {_SPREAD} FROM seen GROUP BY is_before""",
        asked.period.since, rows_of(population, asked, with_before=True),
    )  # fmt: skip
    spreads = {row["is_before"]: _spread(row) for row in found}
    return spreads.get(False, NOTHING), spreads.get(True, NOTHING)


CALENDAR_LATE = "greatest(0, floor(extract(epoch FROM c.stopped_at - c.due_at)))::int"
BUSINESS_LATE = """CASE WHEN NOT c.is_pinned THEN greatest(0, c.elapsed_business
    - CASE WHEN late.cause IN ('timer', 'late_stop') THEN late.target ELSE late.consumed END) END"""
"""What was consumed after the target; where another target or a merge broke it, after what had been consumed by then. A due
time that was set by hand has no place among consumed seconds: None."""


def late_source(population: Population) -> str:
    """With the line of the ledger by which each clock was broken, as `late`."""
    joined = "LEFT JOIN sla_clock_event late ON late.clock = c.id AND late.kind = 'breached' AND late.threshold = 0 AND late.epoch = c.epoch"
    return f"{population.source} {joined}"


def _course(found: list[dict[str, Any]]) -> Course:
    return Course(
        now=_first(found, is_before=False),
        before=_first(found, is_before=True),
        steps={row["step"] - FIRST: _spread(row) for row in found if row["is_step"] and not row["is_before"]},
        by={row["key"]: _spread(row) for row in found if row["is_key"] and not row["is_before"]},
    )


def _first(found: list[dict[str, Any]], *, is_before: bool) -> Spread:
    totals = (row for row in found if not row["is_step"] and not row["is_key"] and row["is_before"] == is_before)
    return next(map(_spread, totals), NOTHING)


def _spread(row: dict[str, Any]) -> Spread:
    business, calendar = row["business"] or (None, None), row["calendar"] or (None, None)
    return Spread(row["count"], *business, *calendar)
