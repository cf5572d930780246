"""Names that people give to calendars, sets of holidays and policies."""

from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _

LONGEST_NAME = 120
_MARKS = dict.fromkeys([0x61C, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF])
"""Nobody sees them, and they turn the words around them."""
_JOINERS = "\u200c\u200d"


def checked_name(name: str) -> str:
    """Without spare blanks and marks of direction; raises Invalid at `name`."""
    tidy = " ".join(name.translate(_MARKS).split())
    if not tidy.strip(_JOINERS) or len(tidy) > LONGEST_NAME:
        raise Invalid(name=_("Give it a name of at most 120 characters."))
    return tidy
