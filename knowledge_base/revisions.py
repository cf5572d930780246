"""The versions of a translation: who wrote which words when, and the way back to them."""

from datetime import datetime

import msgspec

from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import NotFound
from helpdesk.kernel.language import _
from knowledge_base.writing import Saved, Words, save


class Revision(msgspec.Struct, frozen=True, kw_only=True):
    """`based_on`: the words lost a race and stand beside the line, over this version of the translation."""

    number: int
    title: str
    html: str
    author: int | None
    note: str
    based_on: int | None
    begun_at: datetime
    saved_at: datetime


_SELECT = "SELECT number, title, html, author, note, based_on, begun_at, saved_at FROM kb_revision"
_LISTED = "SELECT number, title, '' AS html, author, note, based_on, begun_at, saved_at FROM kb_revision"


async def list_revisions(translation: int, *, before: int | None = None, most: int) -> list[Revision]:
    """The newest first, those before this number; without their words (`html` is empty)."""
    found = await rows(
        f"{_LISTED} WHERE translation = {{}} AND number < {{}} ORDER BY number DESC LIMIT {{}}",
        translation, before or 2**31 - 1, most,
    )  # fmt: skip
    return [msgspec.convert(row, Revision) for row in found]


async def find_revision(translation: int, number: int) -> Revision:
    """Raises NotFound."""
    found = await rows(f"{_SELECT} WHERE translation = {{}} AND number = {{}}", translation, number)
    if not found:
        raise NotFound(_("There is no such version."))
    return msgspec.convert(found[0], Revision)


async def before(translation: int, number: int) -> Revision | None:
    """The one on the line before this one; None for the first."""
    found = await rows(
        f"{_SELECT} WHERE translation = {{}} AND number < {{}} AND based_on IS NULL ORDER BY number DESC LIMIT 1",
        translation, number,
    )  # fmt: skip
    return msgspec.convert(found[0], Revision) if found else None


async def latest_beside(translation: int, author: int) -> int | None:
    """The number of this author's words that stand beside the line since somebody else saved, if nothing of theirs followed."""
    found = await rows(
        """SELECT number, based_on FROM kb_revision WHERE translation = {} AND author = {} ORDER BY number DESC LIMIT 1""",
        translation, author,
    )  # fmt: skip
    return found[0]["number"] if found and found[0]["based_on"] is not None else None


async def restore(
    article: int,
    language: str,
    *,
    translation: int,
    number: int,
    version: int | None,
    note: str,
    by: int | None,
    at: datetime,
) -> Saved:
    """Write the words of an old version once more, as the newest; readers see them once they are published."""
    old = await find_revision(translation, number)
    words = Words(title=old.title, html=old.html, note=note)
    return await save(article, language, words, version=version, by=by, at=at)
