"""Writing: words are saved as the newest revision of a translation, which readers do not see before it is published.

What is saved from one opened editor within half an hour goes into one revision: it names its `sitting`, anything made up that
no other one has. Whatever else saves begins a revision of its own, so that no words are written over. Nobody's words are lost:
who saves names the version that they began with, and when somebody else has saved meanwhile, the words are kept as a revision
beside the line.
"""

from datetime import datetime, timedelta
from typing import Any

import msgspec

from helpdesk.kernel.database import rows, transaction
from helpdesk.kernel.errors import Invalid, NotFound, Refused
from helpdesk.kernel.language import LANGUAGES, _
from helpdesk.kernel.text import sort_key
from knowledge_base import slugs
from knowledge_base.articles import Common, checked_common
from knowledge_base.aside import aside
from knowledge_base.categories import hold_categories
from knowledge_base.changes import note_change
from knowledge_base.cleaning import CLEANER, clean
from knowledge_base.filing import with_own_images
from knowledge_base.tables import State
from knowledge_base.words import text_of

LONGEST_TITLE, LONGEST_NOTE, LONGEST_SITTING = 200, 200, 32
LONGEST_IN_ONE = timedelta(minutes=30)


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """A title and HTML, which is made safe when it is saved."""

    title: str
    html: str = ""
    note: str = ""
    """What the author says of this version."""


class Saved(msgspec.Struct, frozen=True, kw_only=True):
    """`number` is the revision that has the words; `is_beside`: somebody saved first, and theirs is the newest."""

    number: int
    version: int
    """To be named when saving next."""
    is_beside: bool = False


async def begin_article(
    words: Words, *, language: str, common: Common | None = None, slug: str = "", by: int | None, at: datetime
) -> int:
    """A new article with a draft in one language; its id. Raises Invalid at the field."""
    words, common = await checked_words(words), common or Common()
    async with transaction():
        if common.category is not None:
            await hold_categories()
        checked = await checked_common(common)
        [made] = await rows(
            """INSERT INTO kb_article (category, audience, tags, position, review_on, created_by, created_at, changed_at)
            VALUES ({}, {}, {}, {}, {}, {}, {}, {}) RETURNING id""",
            checked.category, checked.audience, checked.tags, checked.position, checked.review_on, by, at, at,
        )  # fmt: skip
        await rows(
            "INSERT INTO kb_related (article, related) SELECT {}, unnest({}::int[])", made["id"], checked.related
        )
        await begin_translation(made["id"], words, language=language, slug=slug, by=by, at=at)
    return made["id"]


async def begin_translation(
    article: int, words: Words, *, language: str, slug: str = "", by: int | None, at: datetime
) -> None:
    """A draft in another language; raises Invalid at the field, NotFound."""
    checked = await checked_words(words)
    if language not in LANGUAGES:
        raise Invalid(language=_("This language is not spoken here."))
    async with transaction():
        if not await rows("SELECT FROM kb_article WHERE id = {} FOR NO KEY UPDATE", article):
            raise NotFound(_("There is no such article."))
        if await rows("SELECT FROM kb_translation WHERE article = {} AND language = {}", article, language):
            raise Invalid(language=_("There is a translation into this language already."))
        free = await slugs.free_slug(slugs.slug_of(slug or checked.title), language=language)
        [made] = await rows(
            """INSERT INTO kb_translation (article, language, slug, title, sort_key, changed_at, changed_by)
            VALUES ({}, {}, {}, {}, {}, {}, {}) RETURNING id""",
            article, language, free, checked.title, sort_key(checked.title), at, by,
        )  # fmt: skip
        await _add_revision(made["id"], 1, await _with_own_images(article, checked, by=by, at=at), by=by, at=at)


async def save(
    article: int, language: str, words: Words, *, version: int | None, sitting: str = "", by: int | None, at: datetime
) -> Saved:
    """Keep the words as the newest ones; raises Invalid at the field, NotFound, and Refused in the archive.

    `version` is the one that they were written over, None whatever is there. When it is another's by now they are kept
    beside the line. Saving what is there already changes nothing.
    """
    checked = await checked_words(words)
    sitting = sitting[:LONGEST_SITTING]
    async with transaction():
        there = await locked(article, language)
        if there["state"] == State.ARCHIVED:
            raise Refused(_("This article is in the archive. Bring it back to write on it."))
        checked = await _with_own_images(article, checked, by=by, at=at)
        if _are_same(there, checked):
            return Saved(number=there["newest"], version=there["version"])
        # An answer that never came: the version that this sitting does not know of is its own.
        is_ours = bool(sitting) and (there["sitting"], there["author"]) == (sitting, by)
        if version is not None and version != there["version"] and not is_ours:
            return await _save_beside(
                there, checked, version=min(version, there["version"]), sitting=sitting, by=by, at=at
            )
        number = await _save_on_the_line(there, checked, goes_on=is_ours, sitting=sitting, by=by, at=at)
        [after] = await rows(
            """UPDATE kb_translation SET newest = {}, title = {}, sort_key = {}, version = version + 1, changed_at = {}, changed_by = {},
                state = CASE WHEN state = 'review' THEN state ELSE 'draft' END
            WHERE id = {} RETURNING version""",
            number, checked.title, sort_key(checked.title), at, by, there["id"],
        )  # fmt: skip
    return Saved(number=number, version=after["version"])


async def change_slug(article: int, language: str, typed: str, *, at: datetime) -> str:
    """Its address from now on; the old one leads to it. Raises Invalid at `slug`."""
    slug = slugs.checked_slug(typed)
    async with transaction():
        there = await locked(article, language)
        if slug != there["slug"]:
            await slugs.move(there["id"], language=language, old=there["slug"], new=slug)
            await rows("UPDATE kb_translation SET slug = {} WHERE id = {}", slug, there["id"])
            await note_change([there["id"]], at=at)
    return slug


async def checked_words(words: Words) -> Words:
    """As they are kept; raises Invalid at the field."""
    title, note = " ".join(words.title.split()), " ".join(words.note.split())[:LONGEST_NOTE]
    if not title or len(title) > LONGEST_TITLE:
        raise Invalid(title=_("Give a title of at most 200 characters."))
    return Words(title=title, html=await aside(clean, words.html), note=note)


async def _with_own_images(article: int, words: Words, *, by: int | None, at: datetime) -> Words:
    html = await with_own_images(article, words.html, by=by, at=at)
    return msgspec.structs.replace(words, html=html)


async def locked(article: int, language: str) -> dict[str, Any]:
    """The translation with its newest words and `article_version`, held until the transaction ends, and its article with it
    (`changes` says the order of locks); raises NotFound."""
    held = await rows("SELECT version FROM kb_article WHERE id = {} FOR NO KEY UPDATE", article)
    found = await rows(
        """SELECT t.*, r.html, r.author, r.begun_at, r.sitting, r.is_sealed,
            (SELECT max(number) FROM kb_revision WHERE translation = t.id) AS highest
        FROM kb_translation t JOIN kb_revision r ON r.translation = t.id AND r.number = t.newest
        WHERE t.article = {} AND t.language = {} FOR NO KEY UPDATE OF t""",
        article, language,
    )  # fmt: skip
    if not found:
        raise NotFound(_("There is no such article."))
    return found[0] | {"article_version": held[0]["version"]}


def _are_same(there: dict[str, Any], words: Words) -> bool:
    return (there["title"], there["html"]) == (words.title, words.html)


async def _save_on_the_line(
    there: dict[str, Any], words: Words, *, goes_on: bool, sitting: str, by: int | None, at: datetime
) -> int:
    """Into the newest revision while its sitting goes on, or while it is the empty beginning of an article, else into a new one."""
    is_blank = not there["html"] and there["author"] == by
    if there["is_sealed"] or at - there["begun_at"] >= LONGEST_IN_ONE or not (goes_on or is_blank):
        await _add_revision(there["id"], there["highest"] + 1, words, sitting=sitting, by=by, at=at)
        return there["highest"] + 1
    await rows(
        """UPDATE kb_revision SET title = {}, html = {}, text = {}, saved_at = {}, sitting = {}, note = CASE WHEN {} = '' THEN note ELSE {} END
        WHERE translation = {} AND number = {}""",
        words.title, words.html, text_of(words.html), at, sitting, words.note, words.note, there["id"], there["newest"],
    )  # fmt: skip
    return there["newest"]


async def _save_beside(
    there: dict[str, Any], words: Words, *, version: int, sitting: str, by: int | None, at: datetime
) -> Saved:
    """What the same sitting goes on to write over the same version is one revision, too, and what comes twice is there once."""
    kept = await rows(
        """UPDATE kb_revision SET title = {}, html = {}, text = {}, saved_at = {}
        WHERE translation = {} AND based_on = {} AND author IS NOT DISTINCT FROM {} AND NOT is_sealed
            AND (sitting = {} AND sitting <> '' OR title = {} AND html = {}) RETURNING number""",
        words.title, words.html, text_of(words.html), at, there["id"], version, by, sitting, words.title, words.html,
    )  # fmt: skip
    number = kept[0]["number"] if kept else there["highest"] + 1
    if not kept:
        await _add_revision(there["id"], number, words, based_on=version, sitting=sitting, by=by, at=at)
    return Saved(number=number, version=version, is_beside=True)


async def _add_revision(
    translation: int, number: int, words: Words, *, based_on: int | None = None, sitting: str = "", by: int | None, at: datetime
) -> None:  # fmt: skip
    await rows(
        """INSERT INTO kb_revision (translation, number, title, html, text, author, note, based_on, sitting, begun_at, saved_at, cleaner)
        VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {})""",
        translation, number, words.title, words.html, text_of(words.html), by, words.note, based_on, sitting, at, at, CLEANER,
    )  # fmt: skip
