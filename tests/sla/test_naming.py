"""Names of calendars, sets of holidays and policies."""

import pytest

from helpdesk.kernel.errors import Invalid
from sla.naming import checked_name


def test_a_name_is_kept_without_spare_blanks_and_marks_of_direction() -> None:
    assert checked_name(" \u200fهفتهٔ  \u202eما\u202c‌ها ") == "هفتهٔ ما‌ها"


@pytest.mark.parametrize("name", ["", "  ", "\u200e\u200f", "\u200c", "x" * 121])
def test_what_nobody_can_read_is_no_name(name: str) -> None:
    with pytest.raises(Invalid):
        checked_name(name)
