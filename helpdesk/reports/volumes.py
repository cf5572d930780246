"""How much there was: tickets opened, opened again, set aside; at which hours they come; how long clocks stood."""

import msgspec

from helpdesk.kernel.database import rows
from helpdesk.reports.asking import FIRST, Asked, Population, bounds, is_before, opened, rested, rows_of


class Volume(msgspec.Struct, frozen=True):
    now: int = 0
    before: int = 0
    steps: dict[int, int] = {}
    by: dict[str | None, int] = {}


async def volume(population: Population, asked: Asked) -> Volume:
    """How many rows of it there are."""
    found = await rows(
        f"""WITH seen AS (
            SELECT {is_before(population)} AS is_before, width_bucket({population.at}, {{}}::timestamptz[]) AS step,
                {population.keys[asked.by]}::text AS key
            FROM {population.source} WHERE {{}}
        ) SELECT is_before, step, key, grouping(step, key) AS split, count(*) AS count
        FROM seen GROUP BY GROUPING SETS ((is_before), (is_before, step), (is_before, key))""",
        asked.period.since, bounds(asked), rows_of(population, asked, with_before=True),
    )  # fmt: skip
    now = [row for row in found if not row["is_before"]]
    return Volume(
        now=next((row["count"] for row in now if row["split"] == 0b11), 0),
        before=next((row["count"] for row in found if row["is_before"] and row["split"] == 0b11), 0),
        steps={row["step"] - FIRST: row["count"] for row in now if row["split"] == 0b01},
        by={row["key"]: row["count"] for row in now if row["split"] == 0b10},
    )


async def hours(asked: Asked) -> dict[tuple[int, int], int]:
    """Tickets opened in the period by weekday (Monday is 0) and hour of the reader's zone."""
    population = opened()
    found = await rows(
        f"""SELECT extract(isodow FROM at)::int - 1 AS day, extract(hour FROM at)::int AS hour, count(*) AS count FROM (
            SELECT {population.at} AT TIME ZONE {{}} AS at FROM {population.source} WHERE {{}}) AS seen GROUP BY 1, 2""",
        asked.period.zone.key, rows_of(population, asked),
    )  # fmt: skip
    return {(row["day"], row["hour"]): row["count"] for row in found}


async def pauses(asked: Asked) -> tuple[float | None, float | None]:
    """Which part of their calendar time the clocks that stopped had stood still: in the period, and in the span before.

    A clock stands from a line of its ledger that left it paused until the next one.
    """
    population = rested()
    found = await rows(
        f"""WITH seen AS (
            SELECT c.id, {is_before(population)} AS is_before, c.elapsed_calendar AS calendar FROM {population.source} WHERE {{}}
        ) SELECT is_before, sum(calendar) AS whole, sum(seconds) AS stood FROM (
            SELECT is_before, calendar, 0 AS seconds FROM seen UNION ALL
            SELECT s.is_before, 0, extract(epoch FROM n.at - e.at) FROM seen s JOIN sla_clock_event e ON e.clock = s.id AND e.state = 'paused'
            JOIN sla_clock_event n ON n.clock = e.clock AND n.gen = e.gen + 1
        ) AS parts GROUP BY is_before""",
        asked.period.since, rows_of(population, asked, with_before=True),
    )  # fmt: skip
    shares = {row["is_before"]: float((row["stood"] or 0) / row["whole"]) for row in found if row["whole"]}
    return shares.get(False), shares.get(True)
