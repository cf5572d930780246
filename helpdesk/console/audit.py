"""The audit log, by person, kind and time, and as a file for a spreadsheet."""

from collections.abc import AsyncIterator
from functools import partial
from urllib.parse import urlencode

import msgspec
from litestar import Controller, get, post
from litestar.response import Stream, Template

from helpdesk.console.asked import Cursor, Me, Text, Typed
from helpdesk.console.audit_words import field_name, value_words
from helpdesk.console.days import read_day, told_of_days, write_day
from helpdesk.console.files import disposition
from helpdesk.console.forms import read_whole
from helpdesk.console.rendering import frame, render
from helpdesk.kernel.csv_text import BYTE_ORDER_MARK, csv_line
from helpdesk.kernel.language import N_
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.auditing import KINDS
from helpdesk.people.directory import directory
from helpdesk.people.permissions import demand
from helpdesk.people.reading_audit import Asked, export_lines, find_lines

PAGE = 100
ASKED = ("person", "kind", "since", "until")
COLUMNS = (
    "at",
    "kind",
    "actor_kind",
    "actor",
    "actor_name",
    "address",
    "about_kind",
    "about_id",
    "about_name",
    "changes",
)
ACTORS = {"system": N_("The helpdesk"), "stranger": N_("Somebody not signed in"), "command": N_("The command line"), "customer": N_("A customer")}  # fmt: skip
"""What stands where no agent did it."""


class AuditController(Controller):
    path = "/console/audit"

    @get("/")
    async def show(
        self, agent: Me, person: Text = "", kind: Text = "", since: Text = "", until: Text = "", before: Cursor = None
    ) -> Template:
        demand(agent, "see_audit")
        typed = {"person": person, "kind": kind, "since": since, "until": until}
        asked, errors = _asked(typed)
        people = (await directory()).agents.values()
        names = {one.id: one.name for one in people}
        lines = [] if errors else await find_lines(asked, by=agent, before=read_whole(before or ""), most=PAGE + 1)
        older = urlencode(typed | {"before": lines[PAGE - 1]["id"]}) if len(lines) > PAGE else ""
        return render(
            "settings/audit.html", **await frame(agent), lines=lines[:PAGE], typed=typed, errors=errors, older=older, kinds=KINDS,
            people=people, actors=ACTORS, today=write_day(now()), told_of_days=told_of_days, field_name=field_name, value_words=partial(value_words, people=names),
        )  # fmt: skip

    @post("/export", status_code=200)
    async def export(self, agent: Me, form: Typed) -> Stream:
        """As CSV, with what the page shows; no GET, as the export itself is written down."""
        demand(agent, "see_audit")
        asked, _errors = _asked({name: form.line(name) for name in ASKED})
        headers = {"content-disposition": disposition(f"audit-{write_day(now())}.csv")}
        return Stream(_csv(asked, agent), media_type="text/csv; charset=utf-8", headers=headers)


def _asked(typed: dict[str, str]) -> tuple[Asked, dict[str, str]]:
    """What is asked for, and an error for each day that is none."""
    since, until = read_day(typed["since"]), read_day(typed["until"], is_last=True)
    wrong = [name for name, day in (("since", since), ("until", until)) if typed[name].strip() and day is None]
    errors = dict.fromkeys(wrong, told_of_days())
    person = read_whole(typed["person"])
    asked = Asked(
        person=min(person, 2**31 - 1) if person is not None else None,
        kind=typed["kind"] if typed["kind"] in KINDS else "", since=since, until=until,
    )  # fmt: skip
    return asked, errors


async def _csv(asked: Asked, by: SignedIn) -> AsyncIterator[str]:
    yield BYTE_ORDER_MARK + csv_line(COLUMNS)
    async for line in export_lines(asked, by=by, at=now()):
        changes = msgspec.json.encode(line["changes"]).decode()
        yield csv_line([line["at"].isoformat(), *(line[name] for name in COLUMNS[1:-1]), changes])
