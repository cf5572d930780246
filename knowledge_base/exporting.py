"""All articles as Markdown: a file for each translation (`en/how-to-pay.md`), and their files beside them."""

import asyncio
import shutil
import tempfile
import zipfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from helpdesk.kernel.blobs import path_of
from helpdesk.kernel.database import rows
from knowledge_base import front_matter
from knowledge_base.categories import Category, list_categories
from knowledge_base.front_matter import Value
from knowledge_base.markdown import from_html

BATCH, CHUNK = 100, 1024 * 1024
_IN_MEMORY = 8 * 1024 * 1024

_WORDS = """
SELECT t.id, t.article, t.language, t.slug, t.state, t.published, r.title, r.html, a.category, a.audience, a.tags, a.position, a.review_on
FROM kb_translation t JOIN kb_article a ON a.id = t.article JOIN kb_revision r ON r.translation = t.id AND r.number = t.newest
WHERE t.id > {} ORDER BY t.id LIMIT {}
"""

Piece = tuple[str, str | Path]
"""A file to be written: its path, and its words or the file that it is a copy of."""


async def export() -> IO[bytes]:
    """A ZIP that is gone when it is closed, at its beginning. The newest words, drafts included."""
    file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - its reader closes it
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:

        def put(pieces: list[Piece]) -> None:
            for path, content in pieces:
                archive.write(content, path) if isinstance(content, Path) else archive.writestr(path, content)

        async for pieces in _pieces():
            await asyncio.to_thread(put, pieces)
    file.seek(0)
    return file


async def export_into(folder: Path, *, told: Callable[[int], None]) -> int:
    """The same as files of a folder; how many. `told` hears of each batch how many."""

    def put(pieces: list[Piece]) -> None:
        for path, content in pieces:
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(content, place) if isinstance(content, Path) else place.write_text(content, "utf-8")

    count = 0
    async for pieces in _pieces():
        await asyncio.to_thread(put, pieces)
        count += len(pieces)
        told(len(pieces))
    return count


async def count() -> int:
    """How many files that will be."""
    [row] = await rows("SELECT (SELECT count(*) FROM kb_translation) + (SELECT count(*) FROM kb_file) AS count")
    return row["count"]


def in_chunks(file: IO[bytes]) -> Iterator[bytes]:
    """Its content; closes it."""
    with file:
        while chunk := file.read(CHUNK):
            yield chunk


async def _pieces() -> AsyncIterator[list[Piece]]:
    """In batches; each is made in a thread, as texts are turned into Markdown."""
    categories = {one.id: one for one in await list_categories()}
    files = await rows("SELECT id, article, name, blob, is_inline FROM kb_file ORDER BY id")
    names = {row["id"]: f"files/{row['id']}-{row['name'].replace('/', '_')}" for row in files}
    addresses = {f"/help/files/{number}": f"../{name}" for number, name in names.items()}
    attached: dict[int, list[str]] = {}
    for row in files:
        if not row["is_inline"]:
            attached.setdefault(row["article"], []).append(names[row["id"]])

    def written(found: list[dict[str, Any]]) -> list[Piece]:
        return [
            (
                f"{row['language']}/{row['slug']}.md",
                _sheet(row, categories, addresses, attached.get(row["article"], [])),
            )
            for row in found
        ]

    after = 0
    while found := await rows(_WORDS, after, BATCH):
        yield await asyncio.to_thread(written, found)
        after = found[-1]["id"]
    for start in range(0, len(files), BATCH):
        some = [(names[row["id"]], path_of(row["blob"])) for row in files[start : start + BATCH]]
        yield await asyncio.to_thread(lambda some=some: [(name, path) for name, path in some if path.is_file()])


def _sheet(
    row: dict[str, Any], categories: dict[int, Category], addresses: Mapping[str, str], attached: list[str]
) -> str:
    said: dict[str, Value] = {
        "title": row["title"], "language": row["language"], "slug": row["slug"], "article": str(row["article"]), "state": row["state"],
        "category": category_words(categories.get(row["category"]), categories, row["language"]), "audience": row["audience"],
        "tags": row["tags"], "position": str(row["position"]), "review": str(row["review_on"] or ""), "files": attached,
    }  # fmt: skip
    return front_matter.written(
        {name: value for name, value in said.items() if value}, from_html(row["html"], addresses)
    )


def category_words(category: Category | None, categories: dict[int, Category], language: str) -> str:
    """`Orders / Refunds`."""
    if category is None:
        return ""
    above = categories.get(category.parent or 0)
    return f"{above.name(language)} / {category.name(language)}" if above else category.name(language)
