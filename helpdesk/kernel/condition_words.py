"""Conditions in the reader's words, and what each of them saw."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from helpdesk.kernel.condition_checking import Names
from helpdesk.kernel.conditions import Conditions, Facts, Field, Fields, Group, Line, line_holds, list_of, questions
from helpdesk.kernel.language import N_, _, digits, moment, reader
from helpdesk.kernel.lengths import length_words

OPERATOR_WORDS = {
    "is": N_("is"), "is_not": N_("is not"), "in": N_("is one of"), "not_in": N_("is none of"),
    "at_least": N_("is at least"), "at_most": N_("is at most"), "contains": N_("contains"),
    "not_contains": N_("does not contain"), "starts_with": N_("begins with"), "has_any": N_("any of"),
    "has_all": N_("all of"), "has_none": N_("none of"), "is_empty": N_("is not set"), "is_not_empty": N_("is set"),
    "within": N_("is within the last"), "older_than": N_("is longer ago than"), "before": N_("is before"),
    "after": N_("is not before"),
}  # fmt: skip
"""What stands between a field and a value."""
_PHRASES = {
    "is": N_("%(field)s is %(value)s"), "is_not": N_("%(field)s is not %(value)s"),
    "in": N_("%(field)s is one of %(value)s"), "not_in": N_("%(field)s is none of %(value)s"),
    "at_least": N_("%(field)s is at least %(value)s"), "at_most": N_("%(field)s is at most %(value)s"),
    "contains": N_("%(field)s contains %(value)s"), "not_contains": N_("%(field)s does not contain %(value)s"),
    "starts_with": N_("%(field)s begins with %(value)s"), "has_any": N_("%(field)s: any of %(value)s"),
    "has_all": N_("%(field)s: all of %(value)s"), "has_none": N_("%(field)s: none of %(value)s"),
    "is_empty": N_("%(field)s is not set"), "is_not_empty": N_("%(field)s is set"),
    "within": N_("%(field)s is within the last %(value)s"), "older_than": N_("%(field)s is longer than %(value)s ago"),
    "before": N_("%(field)s is before %(value)s"), "after": N_("%(field)s is not before %(value)s"),
}  # fmt: skip


class Reason(msgspec.Struct, frozen=True):
    """A condition, or a group of them, as it was asked of something: in words, with what was found."""

    words: str
    holds: bool
    seen: str


def described(conditions: Group, fields: Fields, names: Names) -> str:
    """One phrase for all of it; empty when nothing is asked."""
    parts = [_described(line, fields, names) for line in conditions.all]
    if conditions.any:
        choices = _(" or ").join(_described(line, fields, names) for line in conditions.any)
        parts.append(f"({choices})" if parts and len(conditions.any) > 1 else choices)
    return _(" and ").join(parts)


def reasons(conditions: Conditions, facts: Facts, fields: Fields, names: Names, *, at: datetime) -> list[Reason]:
    """Why the conditions hold or do not: one for each that must, and one for those of which one is enough."""
    lines = [*conditions.all, *([Line(any=conditions.any)] if conditions.any else [])]
    return [
        Reason(
            described(Conditions([line]) if line.field else line, fields, names),
            line_holds(line, facts, fields, at=at),
            _seen(line, facts, fields, names),
        )
        for line in lines
    ]


def _described(line: Line, fields: Fields, names: Names) -> str:
    if not line.field:
        inner = described(line, fields, names)
        return f"({inner})" if len(line.all) + len(line.any) > 1 else inner
    field = fields.get(line.field)
    if field is None:
        return _("%(field)s (can no longer be asked)") % {"field": line.field}
    if field.kind == "boolean":
        return f"{_(field.label)}: {_word(line.value, field, line.field, names)}"
    op = _OF_ONE.get(line.op, line.op) if len(list_of(line.value)) == 1 else line.op
    return _(_PHRASES[op]) % {"field": _(field.label), "value": _asked(line, field, names)}


def _asked(line: Line, field: Field, names: Names) -> str:
    if line.op in ("within", "older_than") and isinstance(line.value, int):
        return length_words(line.value)
    if line.op in ("before", "after") and isinstance(line.value, str):
        return moment(datetime.fromisoformat(line.value))
    return _listed([_word(one, field, line.field, names) for one in list_of(line.value)])


def _seen(line: Line, facts: Facts, fields: Fields, names: Names) -> str:
    """Each field that it asks about with what it holds."""
    asked = dict.fromkeys(one.field for one in questions(Conditions([line])) if one.field in fields)
    return _listed(
        [f"{_(fields[name].label)}: {_found(facts.get(name), fields[name], name, names)}" for name in asked], "; "
    )


def _found(seen: Any, field: Field, name: str, names: Names) -> str:
    if seen is None or seen in ("", []):
        return _("nothing")
    if isinstance(seen, datetime):
        return moment(seen)
    return _listed([_word(one, field, name, names) for one in (seen if isinstance(seen, list) else [seen])])


def _word(value: Any, field: Field, name: str, names: Names) -> str:
    """A value as people know it. What people wrote stands apart from the sentence around it, whichever way that runs."""
    match field.kind:
        case "boolean":
            return _("yes") if value else _("no")
        case "choice" | "ordered" if value in field.choices:
            return _(field.choices[value])
        case "reference":
            found = names.get(name, {}).get(value)
            return _APART % found if found else _("(gone)")
        case "number":
            return digits(value)
        case _:
            return _APART % value


def _listed(words: Sequence[str], comma: str = ", ") -> str:
    return comma.translate(_PERSIAN_COMMAS).join(words) if reader().language == "fa" else comma.join(words)


_OF_ONE = {"in": "is", "not_in": "is_not"}
_APART = "\u2068%s\u2069"
_PERSIAN_COMMAS = str.maketrans(",;", "،؛")
