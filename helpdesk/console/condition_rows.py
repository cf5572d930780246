"""Conditions as rows of a form: what stands in it, and what it means.

Each row has a key of its own, and its group (`all` or `any`) names the keys in their order, so that rows come and go one
by one. The form works without scripts: a row is drawn anew by a button. What a form cannot show, a group inside a group,
is kept as it is.
"""

import re
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec
from litestar import Controller, Response, post
from litestar.response import Template

from helpdesk.console.asked import Me, Typed
from helpdesk.console.days import read_day, write_day
from helpdesk.console.forms import Form, read_whole
from helpdesk.console.rendering import render
from helpdesk.customers.completing import customers_like
from helpdesk.customers.listing import list_organisations
from helpdesk.kernel.condition_checking import Names, demand_shallow
from helpdesk.kernel.condition_words import OPERATOR_WORDS, described
from helpdesk.kernel.conditions import EMPTY, OF_LISTS, OPERATORS, Conditions, Field, Line, Value, list_of
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _, digits, utc
from helpdesk.kernel.lengths import SECONDS, UNITS, in_units
from helpdesk.people.permissions import demand
from helpdesk.tickets.condition_fields import FIELDS, names_for

MOST_FOUND = 8
GROUPS: tuple[Literal["all", "any"], ...] = ("all", "any")
SEARCHED = frozenset({"organisation", "customer"})
"""Fields with more values than a list can offer: they are searched for."""
_AS_LISTS = {"is": "in", "is_not": "not_in"}
"""What is asked of one of a list is asked of a list with one."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in a row, as it was typed."""

    key: str
    field: str = ""
    op: str = ""
    values: tuple[str, ...] = ()
    """What was chosen."""
    text: str = ""
    """What was typed: a text, a number, or what is searched for."""
    unit: str = "days"
    kept: str = ""
    """A group as JSON, which has no row of its own."""


class Rows(msgspec.Struct, frozen=True):
    all: tuple[Row, ...] = ()
    any: tuple[Row, ...] = ()

    def with_row(self, group: str) -> "Rows":
        """One more, empty, in that group."""
        return (
            msgspec.structs.replace(self, **{group: (*getattr(self, group), empty_row())}) if group in GROUPS else self
        )

    def without(self, key: str) -> "Rows":
        return Rows(*(tuple(row for row in getattr(self, group) if row.key != key) for group in GROUPS))


class ConditionsController(Controller):
    path = "/console/conditions"

    @post("/row", status_code=200)
    async def show(self, agent: Me, form: Typed) -> Response | Template:
        """A row of a form as it has to look now: `row` is its key, `add` the group of a new one, `remove` answers with nothing."""
        demand(agent, "manage_policies")
        if form.has("remove"):
            return Response("", media_type="text/html")
        group = form.line("add") or form.line("group")
        row = empty_row() if form.has("add") else read_row(form, form.line("row"))
        shown = await context_of(Rows((row,)))
        return render("settings/_condition.html", row=row, group=group if group in GROUPS else "all", **shown)


def empty_row() -> Row:
    return Row(key=secrets.token_hex(4))


def rows_of(conditions: Conditions) -> Rows:
    """The rows that ask it."""
    return Rows(*(tuple(_row_of(line) for line in getattr(conditions, group)) for group in GROUPS))


def read_rows(form: Form) -> Rows:
    return Rows(*(tuple(read_row(form, key) for key in form.texts(group)[:100]) for group in GROUPS))


def read_row(form: Form, key: str) -> Row:
    """The row; values that its field no longer has are left out, as are those of the field that was chosen before."""
    name = form.line(f"{key}-field")
    if name not in FIELDS:
        return Row(key=key, kept=form.text(f"{key}-kept"))
    operators, op = offered(FIELDS[name]), form.line(f"{key}-op")
    if name != form.line(f"{key}-before"):
        return Row(key=key, field=name, op=operators[0])
    return Row(
        key=key, field=name, op=op if op in operators else operators[0], values=tuple(form.texts(f"{key}-values")),
        text=form.line(f"{key}-text"), unit=form.line(f"{key}-unit") or "days",
    )  # fmt: skip


async def conditions_of(rows: Rows) -> Conditions:
    """What the rows ask; rows without a field ask nothing. Raises Invalid at `conditions`."""
    found = [[await _found_alone(row) for row in getattr(rows, group) if row.field or row.kept] for group in GROUPS]
    if vague := [place for place, row in enumerate(found[0] + found[1], 1) if row.field in SEARCHED and row.text]:
        fault = _("Condition %(place)s: choose which is meant. Nothing was found, or several.")
        raise Invalid(conditions=fault % {"place": digits(vague[0])})
    return Conditions(*([_line_of(row) for row in group] for group in found))


async def context_of(rows: Rows) -> dict[str, Any]:
    """What the template needs to draw them."""
    conditions = Conditions(
        [_line_of(row) for group in GROUPS for row in getattr(rows, group) if row.field or row.kept]
    )
    names = await names_for(conditions)
    each = [row for group in GROUPS for row in getattr(rows, group)]
    return {
        "condition_fields": FIELDS, "operator_words": OPERATOR_WORDS, "units": UNITS, "offered": offered, "empty_operators": EMPTY,
        "choices": {row.key: await _choices(row, names) for row in each},
        "kept_words": {row.key: described(Conditions([_line_of(row)]), FIELDS, names) for row in each if row.kept},
        "searched": SEARCHED,
    }  # fmt: skip


def offered(field: Field) -> Sequence[str]:
    """The operators that a form offers."""
    operators = OPERATORS[field.kind]
    return [op for op in operators if op not in _AS_LISTS] if "in" in operators else operators


def _row_of(line: Line) -> Row:
    key = secrets.token_hex(4)
    field = FIELDS.get(line.field)
    if field is None:
        return Row(key=key, kept=msgspec.json.encode(line).decode())
    op = _AS_LISTS.get(line.op, line.op) if "in" in OPERATORS[field.kind] else line.op
    made = Row(key=key, field=line.field, op=op)
    if isinstance(line.value, bool):
        return msgspec.structs.replace(made, values=("yes" if line.value else "no",))
    if field.kind == "time" and isinstance(line.value, int):
        number, unit = in_units(line.value)
        return msgspec.structs.replace(made, text=digits(number), unit=unit)
    if field.kind == "time" and isinstance(line.value, str):
        return msgspec.structs.replace(made, text=digits(write_day(datetime.fromisoformat(line.value))))
    values = tuple(map(str, list_of(line.value)))
    if field.kind in ("text", "number", "set"):
        return msgspec.structs.replace(made, text=_(", ").join(values))
    return msgspec.structs.replace(made, values=values)


def _line_of(row: Row) -> Line:
    if row.kept:
        try:
            kept = msgspec.json.decode(row.kept, type=Line)
            demand_shallow(kept)
            return kept
        except (msgspec.DecodeError, RecursionError, Invalid):
            return Line()
    return Line(row.field, row.op, None if row.op in EMPTY else _value_of(row, FIELDS[row.field]))


def _value_of(row: Row, field: Field) -> Value:
    """What is no such value stays as it was typed: the check says what is wrong with it."""
    match field.kind:
        case "reference":
            return [number for value in row.values if (number := read_whole(value)) is not None]
        case "choice" | "ordered" if row.op in OF_LISTS:
            return list(row.values)
        case "choice" | "ordered":
            return row.values[0] if row.values else None
        case "boolean":
            return row.values[0] == "yes" if row.values else None
        case "set":
            return [one for one in re.split(r"[,،\n]", row.text) if one.strip()]
        case "time" if row.op in ("before", "after"):
            at = read_day(row.text)
            return utc(at) if at else row.text
        case "time" | "number":
            number = read_whole(row.text)
            return (
                row.text if number is None else number * _SECONDS.get(row.unit, 1) if field.kind == "time" else number
            )
        case _:
            return row.text


async def _choices(row: Row, names: Names) -> list[tuple[str, str]]:
    """The values that the row offers, each with its words."""
    field = FIELDS.get(row.field)
    if field is None:
        return []
    if row.field in SEARCHED:
        known = [(str(one), name) for one, name in names[row.field].items() if str(one) in row.values]
        return known + [(str(one), words) for one, words in await _found(row) if str(one) not in row.values]
    if field.kind == "reference":
        return [(str(one), name) for one, name in names[row.field].items()]
    if field.kind == "boolean":
        return [("yes", _("yes")), ("no", _("no"))]
    return [(value, _(words)) for value, words in field.choices.items()]


async def _found(row: Row) -> list[tuple[int, str]]:
    """What is meant by what was typed, perhaps."""
    if not row.text:
        return []
    if row.field == "customer":
        found = await customers_like(row.text, most=MOST_FOUND)
        return [(one["id"], f"{one['name']} ({one['handle']})" if one["handle"] else one["name"]) for one in found]
    return [(one["id"], one["name"]) for one in await list_organisations(q=row.text, limit=MOST_FOUND)]


async def _found_alone(row: Row) -> Row:
    """With the only one that what was typed can mean."""
    if row.field in SEARCHED and row.text:
        found = await _found(row)
        if len(found) == 1:
            return msgspec.structs.replace(row, values=(*row.values, str(found[0][0])), text="")
    return row


_SECONDS: dict[str, int] = {**SECONDS}
