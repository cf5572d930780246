"""The tickets behind a figure: the very rows that it counts, a page at a time, or all of them for a file."""

import base64
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from piccolo.columns.combination import WhereRaw

from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _
from helpdesk.reports.asking import BROKEN, CAUSE, Asked, Population, narrowed, rows_of
from helpdesk.reports.measuring import BUSINESS_LATE, CALENDAR_LATE, late_source
from helpdesk.tickets.queries import Page

PAGE = 50
CHUNK = 2_000
"""Rows of a file that are read at once."""
_TICKET = """hd_ticket.number, hd_ticket.subject, hd_ticket.status, hd_ticket.customer, hd_ticket.created_at,
    (SELECT name FROM hd_customer WHERE id = hd_ticket.customer) AS customer_name,
    (SELECT name FROM hd_organisation WHERE id = hd_ticket.organisation) AS organisation_name,
    (SELECT name FROM hd_team WHERE id = hd_ticket.team) AS team_name, (SELECT name FROM hd_channel WHERE id = hd_ticket.channel) AS channel_name"""
_CLOCK = f"""c.metric, c.priority, c.target, c.calendar_version IS NOT NULL AS is_business, c.state, c.started_at, c.due_at, c.stopped_at, c.elapsed_business, c.elapsed_calendar, {BROKEN} AS is_broken,
    CASE WHEN {BROKEN} THEN {CAUSE} END AS cause, CASE WHEN c.breached_at IS NOT NULL THEN {BUSINESS_LATE} END AS late_business,
    CASE WHEN c.breached_at IS NOT NULL AND c.state = 'stopped' THEN {CALENDAR_LATE} END AS late_calendar,
    (SELECT p.name FROM sla_policy_version v JOIN sla_policy p ON p.id = v.policy WHERE v.id = c.policy_version) AS policy_name"""
_NO_CLOCK = """NULL AS metric, hd_ticket.priority, NULL AS target, NULL AS is_business, NULL AS state, NULL AS started_at, NULL AS due_at, NULL AS stopped_at,
    NULL AS elapsed_business, NULL AS elapsed_calendar, NULL AS is_broken, NULL AS cause, NULL AS late_business, NULL AS late_calendar, NULL AS policy_name"""


async def page_of_rows(population: Population, asked: Asked, *, cursor: str | None = None, limit: int = PAGE) -> Page:
    """The newest first; of what is due from now on, the next first. Raises Invalid for a cursor that is none."""
    found = await _rows(population, asked, place=_place(cursor) if cursor else None, limit=limit + 1)
    shown = found[:limit]
    return Page(shown, _cursor(shown[-1]) if len(found) > limit else None)


async def all_rows(population: Population, asked: Asked) -> AsyncIterator[dict[str, Any]]:
    """All of them, read piece by piece."""
    place = None
    while True:
        found = await _rows(population, asked, place=place, limit=CHUNK)
        for row in found:
            yield row
        if len(found) < CHUNK:
            return
        place = found[-1]["at"], found[-1]["id"]


async def _rows(
    population: Population, asked: Asked, *, place: tuple[datetime, int] | None, limit: int
) -> list[dict[str, Any]]:
    order, behind = ("ASC", ">") if population.is_of_now else ("DESC", "<")
    if place:
        population = narrowed(population, WhereRaw(f"({population.at}, {population.id}) {behind} ({{}}, {{}})", *place))
    source = late_source(population.source) if population.is_of_clocks else population.source
    columns, values = (_CLOCK, [asked.at, asked.at]) if population.is_of_clocks else (_NO_CLOCK, [])
    return await rows(
        f"""SELECT {population.id} AS id, {population.at} AS at, {_TICKET}, {columns},
            (SELECT name FROM hd_agent WHERE id = {population.keys["agent"]}) AS agent_name
        FROM {source} WHERE {{}} ORDER BY {population.at} {order}, {population.id} {order} LIMIT {limit:d}""",
        *values, rows_of(population, asked),
    )  # fmt: skip


def _cursor(row: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(f"{row['at'].isoformat()}|{row['id']}".encode()).decode().rstrip("=")


def _place(cursor: str) -> tuple[datetime, int]:
    try:
        at, _bar, row_id = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().partition("|")
        place = datetime.fromisoformat(at), int(row_id)
        if place[0].tzinfo is None or not 0 <= place[1] < 2**63:
            raise ValueError("no place")
    except (ValueError, UnicodeDecodeError) as error:
        raise Invalid(cursor=_("This page link is not valid. Start again from the first page.")) from error
    return place
