"""Templates as processes share them."""

import sys

import pytest

from helpdesk.web.pages import Pages, environment


def test_what_one_process_has_compiled_another_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    environment().get_template("console.html")
    monkeypatch.setattr(Pages, "compile", None)
    assert environment().get_template("console.html").blocks
