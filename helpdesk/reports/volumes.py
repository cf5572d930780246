"""How much there was: tickets opened, opened again, set aside; at which hours they come."""

import msgspec

from helpdesk.kernel.database import rows
from helpdesk.reports.asking import FIRST, Asked, Population, is_before, opened, rows_of, step_of, steps


class Volume(msgspec.Struct, frozen=True):
    now: int = 0
    before: int = 0
    steps: dict[int, int] = {}
    by: dict[str | None, int] = {}


async def volume(population: Population, asked: Asked) -> Volume:
    """How many rows of it there are."""
    found = await rows(
        f"""WITH seen AS (
            SELECT {is_before(population)} AS is_before, {step_of(population)} AS step, {population.keys[asked.by]} AS key, count(*) AS count
            FROM {population.source} WHERE {{}} GROUP BY 1, 2, 3
        ) SELECT is_before, step, key::text AS key, grouping(step, key) AS split, sum(count)::int AS count
        FROM seen GROUP BY GROUPING SETS ((is_before), (is_before, step), (is_before, key))""",
        asked.period.since, *steps(asked), rows_of(population, asked, with_before=True),
    )  # fmt: skip
    now = [row for row in found if not row["is_before"]]
    return Volume(
        now=next((row["count"] for row in now if row["split"] == 0b11), 0),
        before=next((row["count"] for row in found if row["is_before"] and row["split"] == 0b11), 0),
        steps={row["step"] - FIRST: row["count"] for row in now if row["split"] == 0b01 and row["step"]},
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
