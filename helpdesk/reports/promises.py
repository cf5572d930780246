"""Whether promises were kept (docs/reports.md): achieved and breached, by cause and by metric; what is at risk now."""

from typing import Any

import msgspec

from helpdesk.kernel.database import rows
from helpdesk.reports.asking import (
    BROKEN,
    CAUSE,
    FIRST,
    GATHERED,
    Asked,
    at_risk,
    gathered,
    is_before,
    late_now,
    of_tickets,
    promised,
    risks,
    rows_of,
    step_of,
    steps,
)


class Kept(msgspec.Struct, frozen=True):
    """Of so many promises so many were broken."""

    count: int = 0
    broken: int = 0

    @property
    def kept(self) -> int:
        return self.count - self.broken

    @property
    def share(self) -> float | None:
        """Achieved / (achieved + breached); None where nothing was promised."""
        return self.kept / self.count if self.count else None


NONE = Kept()


class Outcomes(msgspec.Struct, frozen=True):
    now: Kept = NONE
    before: Kept = NONE
    steps: dict[int, Kept] = {}
    by: dict[str | None, Kept] = {}
    by_metric: dict[str, Kept] = {}
    causes: dict[str, int] = {}


_OF_PROMISED = (
    "c.ticket, c.metric, c.state, c.due_at, c.breached_at, c.breach_cause, c.stopped_by, c.priority, c.policy_version"
)


async def outcomes(asked: Asked) -> Outcomes:
    """What became of promises, in one pass: what was cancelled, and what runs and is not due yet, is left out."""
    population = promised(asked)
    found = await rows(
        f"""WITH c AS MATERIALIZED ({{}}), seen AS (
            SELECT c.metric, {is_before(population)} AS is_before, {step_of(population)} AS step,
                {population.keys[asked.by]} AS key, {CAUSE} AS cause, count(*) AS count, count(*) FILTER (WHERE {BROKEN}) AS broken
            FROM {GATHERED} WHERE {{}} GROUP BY 1, 2, 3, 4, 5
        ) SELECT is_before, step, key::text AS key, metric, cause, grouping(step, key, metric, cause) AS split, sum(count)::int AS count,
            sum(broken)::int AS broken
        FROM seen GROUP BY GROUPING SETS ((is_before), (is_before, step), (is_before, key), (is_before, metric), (is_before, cause))""",
        gathered(population, asked, _OF_PROMISED + (", c.stopped_at" if asked.by_stop else "")), asked.period.since, *steps(asked), asked.at,
        of_tickets(population, asked),
    )  # fmt: skip
    total, step, key, metric, cause = 0b1111, 0b0111, 0b1011, 0b1101, 0b1110

    def of(split: int, *, is_before: bool = False) -> list[dict[str, Any]]:
        return [row for row in found if row["split"] == split and row["is_before"] == is_before]

    return Outcomes(
        now=next(map(_kept, of(total)), NONE),
        before=next(map(_kept, of(total, is_before=True)), NONE),
        steps={row["step"] - FIRST: _kept(row) for row in of(step)},
        by={row["key"]: _kept(row) for row in of(key)},
        by_metric={row["metric"]: _kept(row) for row in of(metric)},
        causes={row["cause"]: row["broken"] for row in of(cause) if row["broken"]},
    )


async def risks_now(asked: Asked) -> dict[str, int]:
    """Promises that are broken and go on, and those that will be due within an hour, four hours and the day."""
    asks = {"late_now": late_now(asked)} | {name: at_risk(asked, until) for name, until in risks(asked).items()}
    columns = ", ".join(f"(SELECT count(*) FROM {one.source} WHERE {{}}) AS {name}" for name, one in asks.items())
    [found] = await rows(f"SELECT {columns}", *(rows_of(one, asked) for one in asks.values()))
    return found


def _kept(row: dict[str, Any]) -> Kept:
    return Kept(row["count"], row["broken"])
