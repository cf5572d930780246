"""Texts with placeholders such as `{{customer.name}}`, for what is said more than once. Nothing in them is ever run."""

import html
import re
from collections.abc import Callable, Collection, Mapping

from helpdesk.kernel.language import _

_PLACEHOLDER = re.compile(r"\{\{([^{}<>]*)\}\}")
"""Blanks around the name are part of the group: a pattern that leaves them out takes cubic time for a row of blanks."""
_NAME = re.compile(r"\{\{\s*([a-z][a-z_]*(?:\.[a-z][a-z_]*)?)\s*\}\}", re.IGNORECASE)


def filled(text: str, value_of: Callable[[str], str]) -> str:
    """The text with `value_of(name)` for each placeholder."""
    return _PLACEHOLDER.sub(lambda found: value_of(found[1].strip()), text)


def filled_where_known(text: str, values: Mapping[str, str]) -> str:
    """The text with the values that there are; a placeholder without one, or with an empty one, stays as it is."""
    return _PLACEHOLDER.sub(lambda found: values.get(found[1].strip()) or found[0], text)


def filled_html(safe: str, values: Mapping[str, str]) -> str:
    """The same for HTML: values are text, and become no markup."""
    written = {name: html.escape(value).replace("\n", "<br>") for name, value in values.items()}
    return filled_where_known(safe, written)


def left_in(text: str) -> list[str]:
    """The names of the placeholders in a text that should have none left: those that look like ours, each once."""
    return list(dict.fromkeys(found[1] for found in _NAME.finditer(text)))


def unknown_in(text: str, known: Collection[str]) -> tuple[str, str] | None:
    """The first placeholder that is none of the known ones: the whole of it, and its name."""
    found = ((one[0], one[1].strip()) for one in _PLACEHOLDER.finditer(text))
    return next((one for one in found if one[1] not in known), None)


def fault_of(text: str, known: Collection[str]) -> str | None:
    """What is wrong with the placeholders of a text, in words; None when nothing is."""
    if found := unknown_in(text, known):
        return _("There is no placeholder %(placeholder)s.") % {"placeholder": f"\u2066{found[0]}\u2069"}
    rest = _PLACEHOLDER.sub("", text)
    if "{{" in rest or "}}" in rest:
        return _("Two braces belong to a placeholder. One of them is not closed.")
    return None
