"""What a page of reports is asked for by its address, and the addresses of others."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import msgspec

from helpdesk.console.days import read_day, write_day
from helpdesk.console.forms import LARGEST_SMALL_ID, read_whole
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _, digits, reader, zone
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import demand, may
from helpdesk.reports.asking import DIMENSIONS, Asked
from helpdesk.reports.periods import CUSTOM, NAMES, USUAL, Period, chosen, named
from helpdesk.tickets.tables import Priority

USUALLY = {"period": USUAL, "by": "team", "count": "due", "course": "first_reply"}
NAMED = ("period", "from", "to", *DIMENSIONS, "by", "count", "course")


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for, as it was typed, and what was wrong with it."""

    asked: Asked
    typed: dict[str, str]
    errors: dict[str, str]
    is_own: bool
    """Only of what the reader did."""

    def link(self, path: str = "", **changes: Any) -> str:
        """The address of a page of reports with the same question, but for changes; "" leaves something out."""
        wanted = self.typed | {name: str(value) for name, value in changes.items()}
        query = urlencode({name: value for name, value in wanted.items() if value and value != USUALLY.get(name)})
        return f"/console/reports{path}" + (f"?{query}" if query else "")


def question(agent: SignedIn, params: dict[str, str], *, at: datetime) -> Question:
    """Read from the address; what cannot be is left out, but for days, which are an error at their field.

    Who may not see everybody's figures has their own.
    """
    demand(agent, "see_own_figures")
    typed = {name: params.get(name, "").strip()[:40] for name in NAMED}
    typed = {name: value or USUALLY.get(name, "") for name, value in typed.items()}
    is_own = not may(agent, "see_reports")
    dimensions = [name for name in DIMENSIONS if not (is_own and name == "agent")]
    typed["by"] = typed["by"] if typed["by"] in dimensions else "team"
    if is_own:
        typed["agent"] = ""
    period, errors = _period(typed, at)
    asked = Asked(
        period=period, at=at, seen_by=agent, by=typed["by"], by_stop=typed["count"] == "stop",
        priority=typed["priority"] if typed["priority"] in set(Priority) else None,
        **{name: _id(typed[name]) for name in ("team", "agent", "channel", "policy", "organisation")},
    )  # fmt: skip
    typed["period"] = period.name
    if period.name != CUSTOM and not errors:
        typed |= {"from": "", "to": ""}
    return Question(
        asked=msgspec.structs.replace(asked, agent=agent.id) if is_own else asked,
        typed=typed,
        errors=errors,
        is_own=is_own,
    )


def _period(typed: dict[str, str], at: datetime) -> tuple[Period, dict[str, str]]:
    here, language = zone(reader().time_zone), reader().language
    if typed["period"] != CUSTOM:
        return named(typed["period"], at=at, zone=here, language=language), {}
    usual = named(USUAL, at=at, zone=here, language=language)
    if not typed["from"] and not typed["to"]:  # where somebody begins to choose days
        typed |= {"from": digits(write_day(usual.since)), "to": digits(write_day(usual.until - timedelta(seconds=1)))}
    days = {name: read_day(typed[name]) for name in ("from", "to")}
    example = _("Write a day like %(example)s.") % {"example": digits(write_day(at))}
    errors = {name: example for name, day in days.items() if day is None}
    if days["from"] and days["to"]:
        try:
            return chosen(days["from"].date(), days["to"].date(), zone=here, language=language), {}
        except Invalid as error:
            errors = error.fields
    return msgspec.structs.replace(usual, name=CUSTOM), errors


def _id(text: str) -> int | None:
    found = read_whole(text)
    return found if found is not None and 0 < found <= LARGEST_SMALL_ID else None


def period_names() -> dict[str, str]:
    return {name: _(words) for name, words in NAMES.items()} | {CUSTOM: _("From day to day…")}
