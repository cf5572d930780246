"""Images and files of articles: seen by whom the article is, once it is published."""

import re
from collections.abc import Iterable
from datetime import datetime

import msgspec

from helpdesk.kernel import blobs
from helpdesk.kernel.database import rows, transaction
from helpdesk.kernel.errors import Invalid, NotFound
from helpdesk.kernel.language import _
from knowledge_base.changes import PUBLISHED
from knowledge_base.cleaning import safe
from knowledge_base.measuring import size_of
from knowledge_base.trees import inner, parsed
from knowledge_base.words import files_in

LARGEST = 10 * 1024 * 1024
MOST = 200
SHOWN_IN_PLACE = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""Images that browsers show, and that can't run anything."""

_SHOWN = re.compile(r' src="/help/files/(\d{1,9})"')
_COLUMNS = "f.id, f.article, f.name, f.content_type, f.size, f.blob, f.is_inline, f.width, f.height, f.added_at"


class File(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    article: int
    name: str
    content_type: str
    size: int
    blob: str
    is_inline: bool
    width: int | None
    height: int | None
    """In pixels; None of what is no image, and where it is not known."""
    added_at: datetime

    @property
    def path(self) -> str:
        return f"/help/files/{self.id}"


async def add_file(
    article: int, name: str, content_type: str, content: bytes, *, is_inline: bool, by: int | None, at: datetime
) -> File:
    """Keep a file for the article; its name is clean already. Raises Invalid at `file`, NotFound."""
    if not content:
        raise Invalid(file=_("This file is empty."))
    if len(content) > LARGEST:
        raise Invalid(file=_("This file is larger than 10 MB."))
    blob = await blobs.keep(content)
    width, height = size_of(content) or (None, None)
    async with transaction():
        if not await rows("SELECT FROM kb_article WHERE id = {} FOR UPDATE", article):
            raise NotFound(_("There is no such article."))
        [counted] = await rows("SELECT count(*) AS count FROM kb_file WHERE article = {}", article)
        if counted["count"] >= MOST:
            raise Invalid(file=_("This article has too many files. Delete one first."))
        [made] = await rows(
            f"""INSERT INTO kb_file AS f (article, name, content_type, size, blob, is_inline, width, height, added_by, added_at)
            VALUES ({{}}, {{}}, {{}}, {{}}, {{}}, {{}}, {{}}, {{}}, {{}}, {{}}) RETURNING {_COLUMNS}""",
            article, name[:255], content_type.lower()[:255], len(content), blob, is_inline and content_type.lower() in SHOWN_IN_PLACE,
            width, height, by, at,
        )  # fmt: skip
    return msgspec.convert(made, File)


async def with_own_images(article: int, html: str, *, by: int | None, at: datetime) -> str:
    """Clean HTML in which images of other articles are files of this one: they stay whatever becomes of the other one.

    In the caller's transaction, which holds the article. Raises Invalid at `html` when those are too many.
    """
    shown = {int(number) for number in _SHOWN.findall(html)}
    if not shown:
        return html
    others = await rows(
        """SELECT f.id, f.blob, (SELECT min(own.id) FROM kb_file own WHERE own.article = {} AND own.blob = f.blob AND own.is_inline) AS own
        FROM kb_file f WHERE f.id = ANY({}) AND f.article <> {} AND f.content_type = ANY({}) ORDER BY f.id""",
        article, sorted(shown), article, sorted(SHOWN_IN_PLACE),
    )  # fmt: skip
    if not others:
        return html
    taken = {row["blob"]: row["own"] for row in others if row["own"]}
    for row in others:
        taken[row["blob"]] = taken.get(row["blob"]) or await _take(article, row["id"], by=by, at=at)
    if len(await list_files(article)) > MOST:
        raise Invalid(html=_("This article has too many files. Delete one first."))
    addresses = {f"/help/files/{row['id']}": f"/help/files/{taken[row['blob']]}" for row in others}
    root = parsed(html)
    for image in root.iter("img"):
        image.set("src", addresses.get(image.get("src") or "", image.get("src") or ""))
    return safe(inner(root))


async def _take(article: int, file_id: int, *, by: int | None, at: datetime) -> int:
    [made] = await rows(
        """INSERT INTO kb_file (article, name, content_type, size, blob, is_inline, width, height, added_by, added_at)
        SELECT {}, name, content_type, size, blob, true, width, height, {}, {} FROM kb_file WHERE id = {} RETURNING id""",
        article, by, at, file_id,
    )  # fmt: skip
    return made["id"]


async def list_files(article: int) -> list[File]:
    """All of them, in the order of their coming."""
    found = await rows(f"SELECT {_COLUMNS} FROM kb_file f WHERE article = {{}} ORDER BY id", article)
    return [msgspec.convert(row, File) for row in found]


def sizes_of(files: Iterable[File]) -> dict[int, tuple[int, int]]:
    """Width and height of those that are images, by their ids."""
    return {one.id: (one.width, one.height) for one in files if one.width and one.height}


async def list_idle_images(article: int) -> list[File]:
    """Images that no text shows, neither the newest nor the one that readers see; older versions may."""
    images = [one for one in await list_files(article) if one.is_inline]
    if not images:
        return []
    texts = await rows(
        """SELECT r.html FROM kb_translation t JOIN kb_revision r ON r.translation = t.id AND r.number IN (t.published, t.newest)
        WHERE t.article = {}""",
        article,
    )
    shown = set[int]().union(*(files_in(row["html"]) for row in texts))
    return [one for one in images if one.id not in shown]


async def find_file(file_id: int, *, audiences: frozenset[str] | None) -> File:
    """One of an article that these audiences can read, an image if a published text shows it; None: whoever writes articles.
    Raises NotFound."""
    reach, values = "true", ()
    if audiences is not None:
        reach = f"""a.audience = ANY({{}}) AND EXISTS (
            SELECT FROM kb_translation t JOIN kb_revision r ON r.translation = t.id AND r.number = t.published
            WHERE t.article = a.id AND {PUBLISHED} AND (NOT f.is_inline OR r.html ~ ('/help/files/' || f.id || '\\M')))"""
        values = (sorted(audiences),)
    found = await rows(
        f"SELECT {_COLUMNS} FROM kb_file f JOIN kb_article a ON a.id = f.article WHERE f.id = {{}} AND {reach}", file_id, *values
    )  # fmt: skip
    if not found:
        raise NotFound(_("There is no such file."))
    return msgspec.convert(found[0], File)


async def remove_file(article: int, file_id: int) -> None:
    """Gone from the article; a second call changes nothing. One that a text shows stays: raises Invalid."""
    async with transaction():
        await rows("SELECT FROM kb_article WHERE id = {} FOR UPDATE", article)
        shown = await rows(
            """SELECT FROM kb_translation t JOIN kb_revision r ON r.translation = t.id AND r.number IN (t.published, t.newest)
            WHERE t.article = {} AND r.html ~ {}""",
            article, rf"/help/files/{file_id}\M",
        )  # fmt: skip
        if shown:
            raise Invalid(file=_("The text shows this file, or links to it. Take it out of the text first."))
        await rows("DELETE FROM kb_file WHERE id = {} AND article = {}", file_id, article)
