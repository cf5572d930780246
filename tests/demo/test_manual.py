"""The demo's articles are this product's manual: it holds together, and names what the pages show."""

import re
from functools import cache
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from helpdesk.demo import manual
from knowledge_base import front_matter

ROOT = Path(__file__).parents[2]
FILES = sorted(manual.FOLDER.glob("*/*.md"))
AUDIENCES: list[front_matter.Value] = ["public", "signed_in", "agents"]
_LINK = re.compile(r"\]\(([^)]*)\)")
_BOLD = re.compile(r"\*\*(.+?)\*\*")
_ISOLATES = dict.fromkeys(range(0x2066, 0x206A))


@cache
def shown(language: str) -> set[str]:
    """All texts of the pages in the language."""
    with (ROOT / "helpdesk/locale/fa/LC_MESSAGES/helpdesk.po").open("rb") as file:
        catalogue = [message for message in read_po(file) if message.id]
    texts = [message.id if language == "en" else message.string or "" for message in catalogue]
    return {one.translate(_ISOLATES) for text in texts for one in ([text] if isinstance(text, str) else text)}


@cache
def audience(slug: str) -> int:
    """How few may read an article: the larger, the fewer."""
    said, *_rest = front_matter.read((manual.FOLDER / "en" / f"{slug}.md").read_text(encoding="utf-8"))
    return AUDIENCES.index(said["audience"])


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_an_article_names_buttons_as_pages_do_and_links_what_its_readers_may_read(path: Path) -> None:
    language, slug = path.parent.name, path.stem
    said, body, flaws = front_matter.read(path.read_text(encoding="utf-8"))
    assert (said["slug"], said["article"], flaws) == (slug, slug, [])
    assert [name for name in _BOLD.findall(body) if name not in shown(language)] == []
    linked = [link for link in _LINK.findall(body) if link.startswith("/help/")]
    readers = {f"/help/{language}/articles/{one}": audience(one) for one in manual.slugs()}
    assert [link for link in linked if readers.get(link, len(AUDIENCES)) > audience(slug)] == []
    assert not re.search("[يك]", body)


def test_what_is_added_later_names_buttons_as_pages_do() -> None:
    assert [name for edit in manual.plan().edit for name in _BOLD.findall(edit.adds) if name not in shown(edit.language)] == []  # fmt: skip


def test_each_article_is_there_in_both_languages_and_in_a_category_that_is_made() -> None:
    assert [path.stem for path in FILES if path.parent.name == "fa"] == manual.slugs()
    made = {shelf.en for shelf in manual.plan().shelf} | {
        f"{shelf.en} / {one.en}" for shelf in manual.plan().shelf for one in shelf.below
    }
    for path in FILES:
        said, *_rest = front_matter.read(path.read_text(encoding="utf-8"))
        assert path.parent.name == "fa" or said["category"] in made
