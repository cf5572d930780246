"""Templates as processes share them."""

import re
import sys
from pathlib import Path

import pytest
from jinja2 import FileSystemBytecodeCache

from helpdesk.web import pages
from helpdesk.web.pages import Pages, compile_all, environment


def test_what_one_process_has_compiled_another_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    environment().get_template("console.html")
    monkeypatch.setattr(Pages, "compile", None)
    assert environment().get_template("console.html").blocks


def test_what_one_user_has_compiled_another_may_read_and_what_is_damaged_is_made_anew(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)

    def cached() -> Pages:
        made = environment()
        assert isinstance(made, Pages) and isinstance(made.bytecode_cache, FileSystemBytecodeCache)
        made.bytecode_cache.directory = str(tmp_path)
        return made

    cached().get_template("console.html")
    [file] = tmp_path.iterdir()
    whole = file.read_bytes()
    assert file.stat().st_mode & 0o777 == 0o644
    for torn in (whole[:30], b"", whole[:-20]):
        file.write_bytes(torn)
        assert cached().get_template("console.html").blocks
        assert file.stat().st_size > len(torn)


def test_the_image_has_its_templates_compiled() -> None:
    dockerfile = (Path(__file__).parents[2] / "Dockerfile").read_text(encoding="utf-8")
    assert re.search(
        rf'python -c "from {pages.__name__} import {compile_all.__name__}; {compile_all.__name__}\(\)"', dockerfile
    )
