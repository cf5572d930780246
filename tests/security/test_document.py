"""docs/security.md names tests that exist, and every line of its lists."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
DOCUMENT = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def test_every_test_that_the_document_names_exists() -> None:
    named = set(NAMED.findall(DOCUMENT))
    assert len(named) > 50
    assert {f"{file}::{name}" for file, name in named if not _has(ROOT / file, name)} == set()


def test_no_line_of_the_lists_is_left_out_or_shown_by_nothing() -> None:
    rows = [line.strip("| ").split(" | ") for line in DOCUMENT.splitlines() if line.startswith("| ")]
    lines = {row[0]: row for row in rows}
    wanted = [*map(str, range(1, 29)), *(f"T-{letter}" for letter in "ABCDEFGHIJKLM")]
    found = {key.split(" ")[0]: row for key, row in lines.items()}
    assert [one for one in wanted if one not in found] == []
    assert [one for one in wanted if not NAMED.search(found[one][-1])] == []


def test_every_test_of_this_folder_with_a_number_is_in_the_document() -> None:
    made = {
        name
        for file in Path(__file__).parent.glob("test_*.py")
        for name in re.findall(
            r"^(?:async )?def (test_(?:b\d\d|t_)\w+)", file.read_text(encoding="utf-8"), re.MULTILINE
        )
    }
    assert made - {name for _file, name in NAMED.findall(DOCUMENT)} == set()


def _has(file: Path, name: str) -> bool:
    return file.is_file() and bool(
        re.search(rf"^(?:async )?def {name}\(", file.read_text(encoding="utf-8"), re.MULTILINE)
    )
