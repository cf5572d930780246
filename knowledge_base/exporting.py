"""All articles as a ZIP: a Markdown file for each translation (`en/how-to-pay.md`), and their files beside them."""

import tempfile
import zipfile
from collections.abc import AsyncIterator, Iterator
from typing import IO, Any

from helpdesk.kernel.blobs import path_of
from helpdesk.kernel.database import rows
from knowledge_base import front_matter
from knowledge_base.categories import Category, list_categories
from knowledge_base.front_matter import Value
from knowledge_base.markdown import from_html

BATCH, CHUNK = 200, 1024 * 1024
_IN_MEMORY = 8 * 1024 * 1024

_WORDS = """
SELECT t.id, t.article, t.language, t.slug, t.state, t.published, r.title, r.html, a.category, a.audience, a.tags, a.position, a.review_on
FROM kb_translation t JOIN kb_article a ON a.id = t.article JOIN kb_revision r ON r.translation = t.id AND r.number = t.newest
WHERE t.id > {} ORDER BY t.id LIMIT {}
"""


async def export() -> IO[bytes]:
    """A file that is gone when it is closed, at its beginning. The newest words, drafts included."""
    file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - its reader closes it
    files = await rows("SELECT id, name, blob FROM kb_file ORDER BY id")
    names = {one["id"]: f"files/{one['id']}-{one['name'].replace('/', '_')}" for one in files}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        async for path, text in _articles(names):
            archive.writestr(path, text)
        for one in files:
            if path_of(one["blob"]).is_file():
                archive.write(path_of(one["blob"]), names[one["id"]])
    file.seek(0)
    return file


def in_chunks(file: IO[bytes]) -> Iterator[bytes]:
    """Its content; closes it."""
    with file:
        while chunk := file.read(CHUNK):
            yield chunk


async def _articles(names: dict[int, str]) -> AsyncIterator[tuple[str, str]]:
    categories = {one.id: one for one in await list_categories()}
    attached = await _attached(names)
    after = 0
    while found := await rows(_WORDS, after, BATCH):
        for row in found:
            yield f"{row['language']}/{row['slug']}.md", _file(row, categories, names, attached.get(row["article"], []))
        after = found[-1]["id"]


async def _attached(names: dict[int, str]) -> dict[int, list[str]]:
    """Files below each article, by where they lie in the ZIP."""
    found: dict[int, list[str]] = {}
    for row in await rows("SELECT id, article FROM kb_file WHERE NOT is_inline ORDER BY id"):
        found.setdefault(row["article"], []).append(names[row["id"]])
    return found


def _file(row: dict[str, Any], categories: dict[int, Category], names: dict[int, str], attached: list[str]) -> str:
    said: dict[str, Value] = {
        "title": row["title"], "language": row["language"], "slug": row["slug"], "article": str(row["article"]), "state": row["state"],
        "category": category_words(categories.get(row["category"]), categories, row["language"]), "audience": row["audience"],
        "tags": row["tags"], "position": str(row["position"]), "review": str(row["review_on"] or ""), "files": attached,
    }  # fmt: skip
    return front_matter.written({name: value for name, value in said.items() if value}, with_names(row["html"], names))


def with_names(html: str, names: dict[int, str]) -> str:
    """The text as Markdown that shows its images where they lie in the ZIP."""
    text = from_html(html)
    for number in sorted(names, reverse=True):  # the longest first: 12 is no 1
        text = text.replace(f"(/help/files/{number})", f"(<../{names[number]}>)")
    return text


def category_words(category: Category | None, categories: dict[int, Category], language: str) -> str:
    """`Orders / Refunds`."""
    if category is None:
        return ""
    above = categories.get(category.parent or 0)
    return f"{above.name(language)} / {category.name(language)}" if above else category.name(language)
