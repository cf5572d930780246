"""Articles are written, published and filed by who may; what readers see of it stands in the audit log.

Agents write; what readers see changes by who publishes. That goes for the address, the files and all that is said of an article
that is being read as well, but for the day to look at it again.
"""

from datetime import datetime
from typing import IO

from helpdesk.articles.seeing import find_article
from helpdesk.channels.email.filenames import clean_name
from helpdesk.kernel.database import transaction
from helpdesk.people.actor import SignedIn
from helpdesk.people.auditing import About, differences, record
from helpdesk.people.permissions import demand
from knowledge_base import articles, categories, filing, importing, publishing, revisions, writing
from knowledge_base.articles import Article, Common
from knowledge_base.filing import File
from knowledge_base.importing import Imported
from knowledge_base.writing import Saved, Words

WRITE, PUBLISH = "write_articles", "publish_articles"
SEEN = ("category", "audience", "tags", "position", "related")
"""Of what is common to all languages: readers see it, or find the article by it."""


async def begin_article(
    words: Words, *, language: str, common: Common | None = None, slug: str = "", by: SignedIn, at: datetime
) -> int:
    """A draft; its article's id. Raises Invalid at the field."""
    demand(by, WRITE)
    return await writing.begin_article(words, language=language, common=common, slug=slug, by=by.id, at=at)


async def begin_translation(
    article: int, words: Words, *, language: str, slug: str = "", by: SignedIn, at: datetime
) -> None:
    """A draft in another language. Raises Invalid at the field, NotFound."""
    demand(by, WRITE)
    await writing.begin_translation(article, words, language=language, slug=slug, by=by.id, at=at)


async def save(
    article: int, language: str, words: Words, *, version: int | None, sitting: str = "", by: SignedIn, at: datetime
) -> Saved:
    """As `writing.save`."""
    demand(by, WRITE)
    return await writing.save(article, language, words, version=version, sitting=sitting, by=by.id, at=at)


async def restore(
    article: int, language: str, number: int, *, version: int | None, note: str, by: SignedIn, at: datetime
) -> Saved:
    """As `revisions.restore`."""
    demand(by, WRITE)
    found = await articles.find_translation(article, language)
    return await revisions.restore(
        article, language, translation=found.id, number=number, version=version, note=note, by=by.id, at=at
    )


async def change_slug(article: int, language: str, typed: str, *, by: SignedIn, at: datetime) -> None:
    """Raises Invalid at `slug`."""
    demand(by, WRITE)
    async with transaction():
        if (await articles.hold_article(article)).is_read_in(language):
            demand(by, PUBLISH)
        await writing.change_slug(article, language, typed, at=at)


async def change_common(article: int, common: Common, *, version: int | None, by: SignedIn, at: datetime) -> Article:
    """As `articles.change_article`."""
    demand(by, WRITE)
    async with transaction():
        before = await articles.hold_article(article, becomes=common)
        after = await articles.change_article(article, common, version=version, at=at)
        if before.is_read and any(getattr(before, name) != getattr(after, name) for name in SEEN):
            demand(by, PUBLISH)
        changes = differences({"audience": before.audience}, {"audience": after.audience})
        if before.is_read and changes:
            await record("article_changed", by=by, at=at, about=_about(after), changes=changes)
    return after


async def ask_for_review(article: int, language: str, *, remark: str = "", by: SignedIn, at: datetime) -> None:
    """As `publishing.ask_for_review`."""
    demand(by, WRITE)
    await publishing.ask_for_review(article, language, remark=remark, by=by.id, at=at)


async def back_to_draft(article: int, language: str, *, remark: str = "", by: SignedIn, at: datetime) -> None:
    """As `publishing.back_to_draft`."""
    demand(by, WRITE)
    await publishing.back_to_draft(article, language, remark=remark, by=by.id, at=at)


async def publish(
    article: int, language: str, *, version: int | None = None, article_version: int | None = None, by: SignedIn, at: datetime
) -> None:  # fmt: skip
    """As `publishing.publish`."""
    demand(by, PUBLISH)
    async with transaction():
        if await publishing.publish(
            article, language, version=version, article_version=article_version, by=by.id, at=at
        ):
            await _tell("article_published", article, language, by=by, at=at)


async def archive(article: int, language: str, *, by: SignedIn, at: datetime) -> None:
    demand(by, PUBLISH)
    async with transaction():
        if await publishing.archive(article, language, at=at):
            await _tell("article_archived", article, language, by=by, at=at)


async def bring_back(article: int, language: str, *, by: SignedIn, at: datetime) -> None:
    demand(by, PUBLISH)
    async with transaction():
        if await publishing.bring_back(article, language, at=at):
            await _tell("article_brought_back", article, language, by=by, at=at)


async def delete_article(article: int, *, by: SignedIn, at: datetime) -> None:
    """For good; raises NotFound."""
    demand(by, PUBLISH)
    async with transaction():
        gone = await find_article(article, seen_by=by)
        await articles.delete_article(article, at=at)
        await record("article_deleted", by=by, at=at, about=_about(gone))


async def add_file(
    article: int, name: str, content_type: str, content: bytes, *, is_inline: bool, by: SignedIn, at: datetime
) -> File:
    """Raises Invalid at `file`, NotFound. An image of the text is seen once a text that shows it is published."""
    demand(by, WRITE)
    if not is_inline:
        await _demand_over(article, by)
    name = clean_name(name, content_type)
    return await filing.add_file(article, name, content_type, content, is_inline=is_inline, by=by.id, at=at)


async def remove_file(article: int, file_id: int, *, by: SignedIn) -> None:
    """Raises Invalid at `file` while a text shows it."""
    demand(by, WRITE)
    await _demand_over(article, by)
    await filing.remove_file(article, file_id)


async def save_category(category_id: int | None, written: categories.Written, *, by: SignedIn, at: datetime) -> int:
    """Raises Invalid at the field, NotFound."""
    demand(by, PUBLISH)
    return await categories.save_category(category_id, written, at=at)


async def move_category(category_id: int, places: int, *, by: SignedIn) -> None:
    demand(by, PUBLISH)
    await categories.move_category(category_id, places)


async def delete_category(category_id: int, *, by: SignedIn, at: datetime) -> None:
    """Raises Invalid at `category`, NotFound."""
    demand(by, PUBLISH)
    await categories.delete_category(category_id, at=at)


async def import_articles(name: str, file: IO[bytes], *, by: SignedIn, at: datetime) -> Imported:
    """As `importing.import_files`; readers see none of it before it is published."""
    demand(by, PUBLISH)
    done = await importing.import_files(name, file, clean_name=clean_name, by=by.id, at=at)
    await record("articles_imported", by=by, at=at, about=About(name=clean_name(name, "application/zip")))
    return done


async def _demand_over(article: int, by: SignedIn) -> None:
    """What readers see at once changes by who publishes."""
    if (await find_article(article, seen_by=by)).is_read:
        demand(by, PUBLISH)


async def _tell(kind: str, article: int, language: str, *, by: SignedIn, at: datetime) -> None:
    found = await articles.find_article(article)
    title = found.translations[language].title
    await record(kind, by=by, at=at, about=About("article", article, title), changes={"language": (None, language)})


def _about(article: Article) -> About:
    return About("article", article.id, article.title)
