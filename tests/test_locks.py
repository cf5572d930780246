"""What is installed is what was tested, wherever packages come from (docs/decisions/0010)."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
PIN = re.compile(r"^([a-z0-9-]+)==(\S+)", re.MULTILINE)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def _pins(file: str) -> dict[str, str]:
    return dict(PIN.findall((ROOT / file).read_text(encoding="utf-8")))


def _names(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[=<>~ ;]", requirement)[0].lower() for requirement in requirements}


def test_the_product_is_tested_with_the_versions_that_it_runs_with() -> None:
    assert _pins("requirements.lock").items() <= _pins("requirements-test.lock").items()


def test_everything_that_the_project_names_is_locked() -> None:
    groups = PROJECT["dependency-groups"]

    assert _names(PROJECT["project"]["dependencies"] + groups["build"]) <= _pins("requirements.lock").keys()
    assert _names(groups["test"]) <= _pins("requirements-test.lock").keys()


def test_the_front_end_is_built_by_the_locked_versions() -> None:
    assert PROJECT["build-system"]["requires"] == PROJECT["dependency-groups"]["build"]


def test_every_locked_package_has_a_hash() -> None:
    for file in ("requirements.lock", "requirements-test.lock"):
        blocks = re.split(r"^(?=\S)", (ROOT / file).read_text(encoding="utf-8"), flags=re.MULTILINE)
        assert [block for block in blocks if block.strip() and "--hash=sha256:" not in block] == []


def test_no_lock_file_says_from_where() -> None:
    for file in ("requirements.lock", "requirements-test.lock"):
        assert "://" not in (ROOT / file).read_text(encoding="utf-8")
    assert '"resolved"' not in (ROOT / "frontend" / "package-lock.json").read_text(encoding="utf-8")
