"""Placeholders in texts: what they are told from, and what they may not cost."""

import pytest

from helpdesk.kernel.placeholders import fault_of, filled, filled_where_known, left_in, unknown_in


def test_blanks_around_a_name_play_no_part() -> None:
    text = "Dear {{ customer.name}}, of {{team.name\n}}: {{ nobody }}"
    values = {"customer.name": "Dora", "team.name": ""}
    assert filled_where_known(text, values) == "Dear Dora, of {{team.name\n}}: {{ nobody }}"
    assert filled(text, str.upper) == "Dear CUSTOMER.NAME, of TEAM.NAME: NOBODY"
    assert unknown_in(text, values) == ("{{ nobody }}", "nobody")
    assert left_in(text) == ["customer.name", "team.name", "nobody"]


@pytest.mark.parametrize("text", ["{{" + " " * 100_000 + "x", "{{ " * 30_000, "{" * 100_000, "{{a" + "\n" * 100_000])
def test_a_row_of_blanks_or_braces_is_read_in_one_go(text: str) -> None:
    assert fault_of(text, ())
    assert filled_where_known(text, {}) == text and left_in(text) == []
