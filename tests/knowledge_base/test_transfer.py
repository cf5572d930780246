"""Markdown files come in, whatever is wrong with some of them, and go out."""

import io
import zipfile
from pathlib import Path
from time import perf_counter

from helpdesk.kernel.database import rows
from helpdesk.kernel.time import now
from knowledge_base.exporting import export_into
from knowledge_base.filing import list_files
from knowledge_base.importing import Imported, import_files
from knowledge_base.unpacking import unpacked
from tests.articles import an_article

FILES = {
    "en/one.md": '# One\n\nSee [two](two.md#part-a "t"), ![here](../i/a.gif) and ![away](https://x.test/a.gif).\n\n```\n[a](two.md)\n```\n',
    "en/two.md": '---\ntitle: "T\\u0000wo"\ntags: ["a\\u0000"]\n---\n[gone](three.md) and [one](one.md)',
    "en/rule.md": "---\n\nOnly a rule\n\n---\n\nand words",
    "i/a.gif": "GIF89a",
}


async def _taken(content: bytes) -> Imported:
    return await import_files("a.zip", io.BytesIO(content), clean_name=lambda name, _type: name, by=None, at=now())


def _zipped(files: dict[str, str]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return made.getvalue()


async def test_links_between_imported_articles_lead_on_and_what_leads_nowhere_is_told(database: None) -> None:
    done = await _taken(_zipped(FILES))
    assert (done.made, done.troubles) == (3, [])
    assert [(one.path, one.why) for one in done.left_out] == [
        ("en/one.md", "https://x.test/a.gif"),
        ("en/two.md", "three.md"),
    ]
    found = {row["title"]: row["html"] for row in await rows("SELECT title, html FROM kb_revision")}
    assert '<a href="/help/en/articles/two#part-a">two</a>' in found["One"] and 'src="/help/files/1"' in found["One"]
    assert "<code>[a](two.md)</code>" in found["One"] and '<a href="/help/en/articles/one">' in found["Two"]
    assert found["rule"].startswith("<hr>") and "Only a rule" in found["rule"]
    assert (await _taken(_zipped(FILES))).same == 3


async def test_a_damaged_file_keeps_no_other_out(database: None) -> None:
    whole = _zipped({"en/bad.md": "# Bad\n" + "words " * 400, "en/good.md": "# Good\nwords"})
    at = whole.index(b"bad.md") + 8
    done = await _taken(whole[:at] + b"\xff" * 8 + whole[at + 8 :])
    assert done.made == 1 and [one.path for one in done.troubles] == ["en/bad.md"]


async def test_what_comes_in_for_an_article_that_is_read_shows_nothing_before_it_is_published(database: None) -> None:
    article = await an_article()
    text = "---\ntitle: Send an order back\nfiles: [i/b.pdf, i/lost.pdf]\n---\nNew ![here](../i/a.gif) and [terms](../i/c.pdf)"
    sent = _zipped({"en/a.md": text, "i/a.gif": "GIF89a", "i/b.pdf": "b", "i/c.pdf": "c"})
    for changed, same in ((1, 0), (0, 1)):
        done = await _taken(sent)
        assert (done.changed, done.same, [one.why for one in done.left_out]) == (changed, same, ["../i/c.pdf, i/b.pdf, i/lost.pdf"])  # fmt: skip
    assert [(one.name, one.is_inline) for one in await list_files(article)] == [("a.gif", True)]


def test_a_line_of_blanks_is_no_heading() -> None:
    begun = perf_counter()
    pack = unpacked("some-words.md", io.BytesIO(b"# " + b" " * 700_000))
    assert [one.title for one in pack.sheets.values()] == ["some words"] and perf_counter() - begun < 5


async def test_articles_go_out_into_a_folder(database: None, tmp_path: Path) -> None:
    await an_article()
    heard: list[int] = []
    assert await export_into(tmp_path, told=heard.append) == 1 and heard == [1]
    assert "title: Send an order back" in (tmp_path / "en/send-an-order-back.md").read_text("utf-8")
