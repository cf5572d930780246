"""What the framework says of a wrong value, in plain sentences: its own words are for programmers, and English (msgspec 0.19).

The sentences are those of the pages, where a page says the same.
"""

import re
from collections.abc import Callable

from helpdesk.kernel.language import N_, _, digits, ngettext

_KINDS = {
    "str": N_("a text"), "int": N_("a whole number"), "float": N_("a number"), "bool": N_("true or false"),
    "array": N_("a list"), "object": N_("an object"), "datetime": N_("a time"), "date": N_("a day"), "null": N_("null"),
}  # fmt: skip
_PATTERNS = {
    r"^[^\x00]*$": N_("A text cannot hold the character U+0000."),
    r"^[a-z-]*$": N_("This language is not spoken here."),
    r"^[a-z]+$": N_("This language is not spoken here."),
}


def in_plain_words(message: str) -> str:
    """The sentence for the message; one that says little where the message is none that is known."""
    for pattern, sentence in _SENTENCES:
        if found := re.fullmatch(pattern, message, re.DOTALL):
            return sentence(found)
    return _("This is not what belongs here.")


def _length(found: re.Match[str]) -> str:
    kind, sign, count = found[1], found[2], int(found[3])
    if kind == "str":
        at_least = ngettext("Use at least %(n)s character.", "Use at least %(n)s characters.", count)
        at_most = ngettext("Use at most %(n)s character.", "Use at most %(n)s characters.", count)
    else:
        at_least = ngettext("Give at least %(n)s.", "Give at least %(n)s.", count)
        at_most = ngettext("Give at most %(n)s.", "Give at most %(n)s.", count)
    return (at_least if sign == ">=" else at_most) % {"n": digits(count)}


def _bound(found: re.Match[str]) -> str:
    told = {"n": digits(found[2])}
    match found[1]:
        case ">=":
            return _("Use a number that is at least %(n)s.") % told
        case ">":
            return _("Use a number that is more than %(n)s.") % told
        case "<=":
            return _("Use a number that is at most %(n)s.") % told
        case _:
            return _("Use a number that is less than %(n)s.") % told


def _kind(found: re.Match[str]) -> str:
    kinds = [_(_KINDS[kind]) for kind in found[1].split(" | ") if kind in _KINDS]
    return (
        _("Expected here: %(kinds)s.") % {"kinds": _(" or ").join(kinds)}
        if kinds
        else _("This is not what belongs here.")
    )


def _pattern(found: re.Match[str]) -> str:
    if "@" in found[1]:
        return _("This is not an e-mail address.")
    known = _PATTERNS.get(found[1].replace("\\\\", "\\"))
    return _(known) if known else _("This is not written as it has to be.")


_SENTENCES: list[tuple[str, Callable[[re.Match[str]], str]]] = [
    (r"Object missing required field `[^`]*`", lambda _found: _("This is missing.")),
    (r"Object contains unknown field `[^`]*`", lambda _found: _("There is no such field.")),
    (r"Invalid enum value (.*)", lambda found: _("%(value)s is none of the values that this may have.") % {"value": found[1]}),
    (r"Expected `(\w+)` of length (<=|>=) (\d+)", _length),
    (r"Expected `(?:int|float)` (>=|<=|>|<) (-?[\d.e+]+)", _bound),
    (r"Expected `str` matching regex '(.*)'", _pattern),
    (r"Expected `datetime` with a timezone component", lambda _found: _("Say the time zone, too: 2026-11-22T08:00:00Z.")),
    (r"Invalid RFC3339 encoded datetime", lambda _found: _("Write the time as 2026-11-22T08:00:00Z.")),
    (r"Invalid RFC3339 encoded date", lambda _found: _("Write the day as 2026-11-22.")),
    (r"Expected `([^`]+)`(?:, got .*)?", _kind),
    (r"'data'", lambda _found: _("The body is empty. Send a JSON object.")),
]  # fmt: skip
