"""docs/configuration.md tells every setting, and its default."""

import re
from pathlib import Path

import msgspec

from helpdesk.kernel.settings import Settings

DOCUMENT = Path(__file__).parent.parent / "docs" / "configuration.md"
ROW = re.compile(r"^\| `HELPDESK_(\w+)` \| (.+?) \| .+ \|$", re.MULTILINE)
MADE = {"base_url", "secret_key", "blob_url"}  # their defaults follow from other settings


def test_the_document_tells_every_setting_and_its_default() -> None:
    told = {name.lower(): default for name, default in ROW.findall(DOCUMENT.read_text(encoding="utf-8"))}
    kept = {field.name: field.default for field in msgspec.structs.fields(Settings)}

    assert told.keys() == kept.keys()
    for name in kept.keys() - MADE:
        assert told[name] == (f"`{kept[name]}`" if kept[name] not in (None, "") else "not set"), name


def test_no_other_document_names_a_setting_that_does_not_exist() -> None:
    root = DOCUMENT.parent.parent
    documents = [*root.glob("*.md"), *root.glob("docs/**/*.md")]
    named = {name for file in documents for name in re.findall(r"HELPDESK_([A-Z_]+)", file.read_text(encoding="utf-8"))}

    assert named <= {field.name.upper() for field in msgspec.structs.fields(Settings)}
