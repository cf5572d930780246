"""Names that people give to calendars, sets of holidays and policies."""

from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _

LONGEST_NAME = 120


def checked_name(name: str) -> str:
    """Without spare blanks; raises Invalid at `name`."""
    tidy = " ".join(name.split())
    if not tidy or len(tidy) > LONGEST_NAME:
        raise Invalid(name=_("Give it a name of at most 120 characters."))
    return tidy
