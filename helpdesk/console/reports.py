"""The managers' page: how fast we are, and whether promises were kept; the tickets behind each figure, and files of both."""

from collections.abc import AsyncIterator, Iterable
from typing import Any

from litestar import Controller, Request, get
from litestar.response import Stream, Template

from helpdesk.console import report_words
from helpdesk.console.asked import Cursor, Me, Name, Text
from helpdesk.console.days import write_day
from helpdesk.console.files import disposition
from helpdesk.console.rendering import frame, render
from helpdesk.console.report_asking import Question, period_names, question
from helpdesk.console.report_page import (
    COURSES,
    MOST_LINES,
    Names,
    cards,
    course,
    heat,
    names_of,
    small_cards,
    table,
    table_lines,
)
from helpdesk.kernel.csv_text import BYTE_ORDER_MARK, csv_line
from helpdesk.kernel.errors import NotFound
from helpdesk.kernel.language import _
from helpdesk.kernel.time import now
from helpdesk.reports.asking import DIMENSIONS, Population, broken
from helpdesk.reports.figures import CAUSES, FIGURES
from helpdesk.reports.listing import all_rows, page_of_rows
from helpdesk.reports.overview import Overview, overview
from sla.words import METRICS

RAW = (
    "number", "subject", "status", "priority", "customer_name", "organisation_name", "team_name", "agent_name", "channel_name", "policy_name",
    "metric", "created_at", "started_at", "due_at", "stopped_at", "target", "is_business", "elapsed_business", "elapsed_calendar", "is_broken", "cause",
    "late_business", "late_calendar",
)  # fmt: skip
"""Columns of the file of rows; lengths are in seconds, times in UTC."""


class ReportsController(Controller):
    path = "/console/reports"

    @get("/")
    async def show(self, request: Request, agent: Me) -> Template:
        asked = question(agent, dict(request.query_params), at=now())
        framed = await frame(agent)
        found = await overview(asked.asked)
        names = await _names(asked, found)
        return render(
            "reports/page.html", **framed, q=asked, words=report_words, cards=cards(asked, found), small_cards=small_cards(asked, found), found=found,
            course=course(asked, found), courses=COURSES, heat=heat(found, asked), table=table(asked, found, names), most_lines=MOST_LINES, names=names,
            figures=FIGURES, causes=CAUSES, dimensions=DIMENSIONS, periods=period_names(),
        )  # fmt: skip

    @get("/{figure:str}")
    async def list_tickets(
        self, request: Request, agent: Me, figure: Name, cause: Text = "", after: Cursor = None
    ) -> Template:
        """The rows that a figure counts, with their tickets."""
        cause = cause if cause in CAUSES else ""
        asked = question(agent, dict(request.query_params), at=now())
        found = await page_of_rows(_rows(asked, figure, cause), asked.asked, cursor=after)
        return render(
            "reports/tickets.html", **await frame(agent), q=asked, words=report_words, figure=figure, meant=FIGURES[figure], rows=found.rows,
            next=found.next, cause=cause, causes=CAUSES, names=await names_of(asked), periods=period_names(), dimensions=DIMENSIONS, metrics=METRICS,
        )  # fmt: skip

    @get("/{figure:str}/rows.csv")
    async def save_rows(self, request: Request, agent: Me, figure: Name, cause: Text = "") -> Stream:
        asked = question(agent, dict(request.query_params), at=now())
        rows = all_rows(_rows(asked, figure, cause), asked.asked)
        return _file(figure, (([_plain(row[name]) for name in RAW]) async for row in rows), RAW)

    @get("/table.csv")
    async def save_table(self, request: Request, agent: Me) -> Stream:
        """The table by team, agent, …, or with `course=…&table=course` the course by its steps."""
        params = dict(request.query_params)
        asked = question(agent, params, at=now())
        found = await overview(asked.asked)
        head, lines = table_lines(asked, found, await _names(asked, found), of_course=params.get("table") == "course")
        return _file("reports", _each(lines), head)


def _rows(asked: Question, figure: str, cause: str) -> Population:
    if figure not in FIGURES:
        raise NotFound(_("There is nothing here."))
    if figure == "breached" and cause in CAUSES:
        return broken(asked.asked, cause)
    return FIGURES[figure].rows(asked.asked)


async def _names(asked: Question, found: Overview) -> Names:
    """With those of the organisations of the table."""
    splits = (found.times["resolution"].by, found.opened.by, found.outcomes.by)
    return await names_of(
        asked, {key for split in splits for key in split} if asked.typed["by"] == "organisation" else ()
    )


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


async def _each(lines: Iterable[Iterable[Any]]) -> AsyncIterator[Iterable[Any]]:
    for line in lines:
        yield line


def _file(name: str, lines: AsyncIterator[Iterable[Any]], head: Iterable[str]) -> Stream:
    async def written() -> AsyncIterator[str]:
        yield BYTE_ORDER_MARK + csv_line(head)
        async for line in lines:
            yield csv_line(line)

    headers = {"content-disposition": disposition(f"{name}-{write_day(now())}.csv")}
    return Stream(written(), media_type="text/csv; charset=utf-8", headers=headers)
