"""Conditions on anything: a small document that is asked of facts in memory and of rows in the database, with one answer.

    {"all": [{"field": "priority", "op": "at_least", "value": "high"}, {"any": [...]}], "any": [...]}

What can be asked about, and where it lies in the database, is said by who owns the data, as `Field`s. Whoever takes a
document from people calls `condition_checking.checked` first; everything here relies on it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Literal

import msgspec

from helpdesk.kernel.text import normalise

Kind = Literal["choice", "ordered", "number", "text", "set", "reference", "boolean", "time"]
Value = str | int | bool | list[str | int] | None
Facts = Mapping[str, Any]
"""What is known of one thing, by field: a text, a number, an id, a list of texts, an aware time; None is nothing."""

_LIST = ("is", "is_not", "in", "not_in")
EMPTY = ("is_empty", "is_not_empty")
OPERATORS: dict[Kind, tuple[str, ...]] = {
    "choice": _LIST,
    "ordered": ("at_least", "at_most", *_LIST),
    "number": ("at_least", "at_most", "is", "is_not"),
    "text": ("contains", "not_contains", "is", "is_not", "starts_with", *EMPTY),
    "set": ("has_any", "has_all", "has_none", *EMPTY),
    "reference": (*_LIST, *EMPTY),
    "boolean": ("is",),
    "time": ("within", "older_than", "before", "after", *EMPTY),
}
"""What can be asked of a field, the usual first. `within` and `older_than` are seconds before `at`; `before` and `after`
(not before) are times as RFC 3339."""
NEGATIONS = {
    "is_not": "is",
    "not_in": "in",
    "not_contains": "contains",
    "has_none": "has_any",
    "is_not_empty": "is_empty",
}
"""These hold exactly when the other does not, also of what is unknown."""
OF_LISTS = frozenset({"in", "not_in", "has_any", "has_all", "has_none"})


class Line(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A question (`field`, `op`, `value`), or a group: all of `all` hold and, when there are any, one of `any`."""

    field: str = ""
    op: str = ""
    value: Value = None
    all: list["Line"] = []
    any: list["Line"] = []


class Conditions(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The outermost group; an empty one always holds."""

    all: list[Line] = []
    any: list[Line] = []


Group = Conditions | Line


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """Something that can be asked about. `sql` is its value in a statement about the table that it belongs to, without
    braces: a list for `set`, else a scalar; `label` and the words of `choices` are marked with `N_`."""

    kind: Kind
    sql: str
    label: str
    choices: Mapping[str, str] = {}
    """Of `choice` and `ordered`: each value and its word, in their order."""
    cleaned: Callable[[str], str] | None = None
    """How the texts of a `set` are written in the database."""


Fields = Mapping[str, Field]


def holds(conditions: Group, facts: Facts, fields: Fields, *, at: datetime) -> bool:
    """Whether it is so, seen from `at`."""
    return all(line_holds(one, facts, fields, at=at) for one in conditions.all) and (
        not conditions.any or any(line_holds(one, facts, fields, at=at) for one in conditions.any)
    )


def line_holds(line: Line, facts: Facts, fields: Fields, *, at: datetime) -> bool:
    """Whether a single line holds; a field that is no longer known holds never."""
    if not line.field:
        return holds(line, facts, fields, at=at)
    field = fields.get(line.field)
    if field is None:
        return False
    positive = NEGATIONS.get(line.op, line.op)
    return _is_so(field, positive, facts.get(line.field), line.value, at) == (positive == line.op)


def where(conditions: Group, fields: Fields, *, at: datetime) -> tuple[str, list[Any]]:
    """The same as SQL for a WHERE, with `{}` for each of the values: what is neither true nor false counts as false."""
    parts = [_sql_of(one, fields, at) for one in conditions.all]
    if conditions.any:
        choices = [_sql_of(one, fields, at) for one in conditions.any]
        parts.append(
            (f"({' OR '.join(sql for sql, _ in choices)})", [value for _, values in choices for value in values])
        )
    return " AND ".join(sql for sql, _ in parts) or "true", [value for _, values in parts for value in values]


def questions(conditions: Group) -> Iterator[Line]:
    """All questions, in reading order, those of groups among them."""
    for line in (*conditions.all, *conditions.any):
        if line.field:
            yield line
        else:
            yield from questions(line)


def list_of(value: Value) -> list[str | int]:
    """The value of an operator of `OF_LISTS`, or a single one as a list."""
    return value if isinstance(value, list) else [] if value is None else [value]


def _is_so(field: Field, op: str, seen: Any, value: Any, at: datetime) -> bool:
    """`op` is none of the negations."""
    if op == "is_empty":
        return seen is None or (field.kind == "set" and not seen) or (field.kind == "text" and not normalise(seen))
    if field.kind == "set":
        wanted, has = set(value), set(seen or ())
        return wanted <= has if op == "has_all" else bool(wanted & has)
    if seen is None:
        return False
    match field.kind:
        case "text":
            return _text_is_so(op, normalise(seen), _folded(value))
        case "time":
            return _time_is_so(op, seen, value, at)
        case "ordered" if op in ("at_least", "at_most"):
            return seen in _span(field, op, value)
        case _:
            return _compares(op, seen, value)


def _compares(op: str, seen: Any, value: Any) -> bool:
    match op:
        case "in":
            return seen in value
        case "at_least":
            return seen >= value
        case "at_most":
            return seen <= value
        case _:
            return seen == value


def _text_is_so(op: str, seen: str, value: str) -> bool:
    match op:
        case "contains":
            return value in seen
        case "starts_with":
            return seen.startswith(value)
        case _:
            return seen == value


def _time_is_so(op: str, seen: datetime, value: Any, at: datetime) -> bool:
    match op:
        case "within":
            return at - timedelta(seconds=value) <= seen <= at
        case "older_than":
            return seen < at - timedelta(seconds=value)
        case "before":
            return seen < datetime.fromisoformat(value)
        case _:
            return seen >= datetime.fromisoformat(value)


def _sql_of(line: Line, fields: Fields, at: datetime) -> tuple[str, list[Any]]:
    if not line.field:
        sql, values = where(line, fields, at=at)
        return f"({sql})", values
    field = fields.get(line.field)
    if field is None:
        return "false", []
    positive = NEGATIONS.get(line.op, line.op)
    sql, values = _positive_sql(field, positive, line.value, at)
    return (sql if positive == line.op else f"({sql}) IS NOT TRUE"), values


def _positive_sql(field: Field, op: str, value: Any, at: datetime) -> tuple[str, list[Any]]:
    match field.kind:
        case "set":
            empty, test = f"coalesce(cardinality({field.sql}), 0) = 0", "@>" if op == "has_all" else "&&"
            return (empty, []) if op == "is_empty" else (f"{field.sql} {test} {{}}", [value])
        case "text":
            return _text_sql(field.sql, op, value)
        case _ if op == "is_empty":
            return f"{field.sql} IS NULL", []
        case "time":
            return _time_sql(field.sql, op, value, at)
        case "ordered" if op in ("at_least", "at_most"):
            return f"{field.sql} = ANY({{}})", [_span(field, op, value)]
        case _ if op == "in":
            return f"{field.sql} = ANY({{}})", [value]
        case _:
            return f"{field.sql} {({'at_least': '>=', 'at_most': '<='}).get(op, '=')} {{}}", [value]


def _text_sql(sql: str, op: str, value: str) -> tuple[str, list[Any]]:
    folded = f"hd_normalised({sql})"
    match op:
        case "is_empty":
            return f"coalesce({folded}, '') = ''", []
        case "contains":
            return f"strpos({folded}, {{}}) > 0", [_folded(value)]
        case "starts_with":
            return f"starts_with({folded}, {{}})", [_folded(value)]
        case _:
            return f"{folded} = {{}}", [_folded(value)]


def _time_sql(sql: str, op: str, value: Any, at: datetime) -> tuple[str, list[Any]]:
    match op:
        case "within":
            return f"{sql} BETWEEN {{}} AND {{}}", [at - timedelta(seconds=value), at]
        case "older_than":
            return f"{sql} < {{}}", [at - timedelta(seconds=value)]
        case "before":
            return f"{sql} < {{}}", [datetime.fromisoformat(value)]
        case _:
            return f"{sql} >= {{}}", [datetime.fromisoformat(value)]


def _span(field: Field, op: str, value: str) -> Sequence[str]:
    """The choices from the value on, or up to it: lists find their index, an order of our own would not."""
    choices = list(field.choices)
    place = choices.index(value)
    return choices[place:] if op == "at_least" else choices[: place + 1]


_folded = lru_cache(maxsize=1000)(normalise)
"""For the texts of conditions, which are asked of many things."""
