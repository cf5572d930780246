"""Whether conditions that somebody wrote can be asked: what is kept has been through here."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from helpdesk.kernel.conditions import (
    EMPTY,
    OF_LISTS,
    OPERATORS,
    Conditions,
    Field,
    Fields,
    Group,
    Line,
    Value,
    list_of,
    questions,
)
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _, digits, utc
from helpdesk.kernel.text import normalise

MOST_LINES, DEEPEST = 50, 3
MOST_VALUES, LONGEST_VALUE = 100, 500
LONGEST_SPAN = 10 * 366 * 86_400
"""Seconds."""
_LARGEST = 2**31 - 1

Names = Mapping[str, Mapping[int, str]]
"""What ids stand for, by field."""


def checked(conditions: Conditions, fields: Fields, names: Names) -> Conditions:
    """The conditions as they are kept: each value in one form, in a list each once.

    `names` holds every id that there is of those that are asked for. Raises Invalid at `conditions`, with the number of
    the line at fault: lines are counted in reading order, those of a group behind its own number and a dot.
    """
    demand_shallow(conditions)
    if len(list(questions(conditions))) > MOST_LINES:
        raise Invalid(conditions=_("These are too many conditions: at most 50 can be asked at once."))
    every = _lines(conditions.all, (), 1, fields, names)
    return Conditions(every, _lines(conditions.any, (), 1 + len(every), fields, names))


def demand_shallow(conditions: Group) -> None:
    """Raise Invalid at `conditions` when groups lie in groups more than DEEPEST levels deep: before anything walks through them."""
    level: list[Group] = [conditions]
    for _level in range(DEEPEST + 1):
        level = [line for group in level for line in (*group.all, *group.any)]
    if level:
        raise Invalid(conditions=_("Groups lie too deep in each other: three levels are the most."))


def _lines(lines: Sequence[Line], within: tuple[int, ...], first: int, fields: Fields, names: Names) -> list[Line]:
    return [_line(line, (*within, place), fields, names) for place, line in enumerate(lines, first)]


def _line(line: Line, place: tuple[int, ...], fields: Fields, names: Names) -> Line:
    try:
        if line.field or line.op:
            return _question(line, fields, names)
        if not line.all and not line.any:
            raise _Fault(_("It asks nothing. Choose a field, or remove the line."))
    except _Fault as fault:
        where = digits(".".join(map(str, place)))
        raise Invalid(conditions=_("Condition %(place)s: %(fault)s") % {"place": where, "fault": fault}) from fault
    every = _lines(line.all, place, 1, fields, names)
    return Line(all=every, any=_lines(line.any, place, 1 + len(every), fields, names))


class _Fault(Exception):
    """What is wrong with a line, as a sentence."""


def _question(line: Line, fields: Fields, names: Names) -> Line:
    if line.all or line.any:
        raise _Fault(_("It is either a question or a group, not both."))
    field = fields.get(line.field)
    if field is None:
        raise _Fault(_("Nothing called “%(name)s” can be asked about.") % {"name": line.field[:50]})
    if line.op not in OPERATORS[field.kind]:
        raise _Fault(
            _("“%(field)s” can only be asked: %(operators)s.")
            % {"field": _(field.label), "operators": ", ".join(OPERATORS[field.kind])}
        )
    return Line(line.field, line.op, _value(line, field, names.get(line.field, {})))


def _value(line: Line, field: Field, names: Mapping[int, str]) -> Value:
    if line.op in EMPTY:
        return None
    if line.op not in OF_LISTS:
        return _single(line.value, line.op, field, names)
    values = list(dict.fromkeys(_single(one, line.op, field, names) for one in list_of(line.value)))
    if not values:
        raise _Fault(_("Choose at least one value."))
    if len(values) > MOST_VALUES:
        raise _Fault(_("These are too many values: at most 100 can be compared with."))
    return values


def _single(value: Value, op: str, field: Field, names: Mapping[int, str]) -> str | int | bool:
    match field.kind:
        case "boolean":
            return _yes_or_no(value)
        case "number":
            return _whole(value, -_LARGEST, _LARGEST)
        case "time":
            return _instant(value) if op in ("before", "after") else _whole(value, 1, LONGEST_SPAN)
        case "reference":
            if not isinstance(value, int) or isinstance(value, bool) or value not in names:
                raise _Fault(_("What it asks for is not there (any more). Choose again."))
            return value
        case "choice" | "ordered":
            if not isinstance(value, str) or value not in field.choices:
                raise _Fault(_("Choose one of these: %(choices)s.") % {"choices": ", ".join(field.choices)})
            return value
        case _:
            return _text(value, field)


def _yes_or_no(value: Value) -> bool:
    if not isinstance(value, bool):
        raise _Fault(_("Answer yes or no."))
    return value


def _whole(value: Value, least: int, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise _Fault(
            _("Enter a whole number from %(least)s to %(most)s.") % {"least": digits(least), "most": digits(most)}
        )
    return value


def _instant(value: Value) -> str:
    """RFC 3339 in UTC."""
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
        if at is not None and at.tzinfo is not None:
            return utc(at.astimezone(UTC))
    except (ValueError, OverflowError):
        pass
    raise _Fault(_("Enter a day, or a time with its zone such as 2026-11-22T08:00:00Z."))


def _text(value: Value, field: Field) -> str:
    text = " ".join(value.split()) if isinstance(value, str) else ""
    if field.cleaned:
        text = field.cleaned(text)
    if not normalise(text) or len(text) > LONGEST_VALUE or "\x00" in text:
        raise _Fault(_("Enter a text of at most 500 characters."))
    return text
