"""The help centre of the demo: this product's own user manual, in both languages, brought in by the importer that users have.

Its texts lie in `articles/LANGUAGE/SLUG.md`; `articles.toml` says what else there is to them.
"""

import io
import tomllib
import zipfile
from datetime import datetime, timedelta
from functools import cache, partial
from pathlib import Path
from random import Random
from typing import Literal

import msgspec

from helpdesk.articles import changing
from helpdesk.demo.oddities import Scene
from helpdesk.demo.telling import Stage
from helpdesk.demo.times import at_work
from helpdesk.people.actor import SignedIn
from knowledge_base import articles, categories, front_matter
from knowledge_base.markdown import to_html
from knowledge_base.tables import State
from knowledge_base.writing import Words

LANGUAGES = ("en", "fa")
FOLDER = Path(__file__).parent / "articles"
BEGUN, DONE = timedelta(days=86), timedelta(days=7)
"""How long ago the manual was brought in, and its last article published."""
SEED = 40


class Shelf(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A category, and those below it."""

    en: str
    fa: str
    about_en: str = ""
    about_fa: str = ""
    below: list["Shelf"] = []


class Edit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Words that somebody added `hours` before the end of the demo; `by` is the first part of an agent's address."""

    slug: str
    language: str
    by: str
    hours: int
    adds: str
    becomes: Literal["draft", "review", "published"]
    note: str = ""


class Remark(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a reader wrote below an article, `hours` before the end of the demo."""

    slug: str
    language: str
    is_helpful: bool
    hours: int
    text: str


class Searched(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What readers looked for, so many `times`, and the article that they opened then; "" where nothing was found."""

    language: str
    words: str
    times: int
    slug: str = ""


class Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    shelf: list[Shelf]
    related: dict[str, list[str]]
    review: dict[str, int]
    edit: list[Edit]
    remark: list[Remark]
    search: list[Searched]


@cache
def plan() -> Plan:
    return msgspec.convert(tomllib.loads(FOLDER.with_suffix(".toml").read_text(encoding="utf-8")), Plan)


def slugs() -> list[str]:
    """The names of the articles, which are the same in both languages."""
    return sorted(path.stem for path in (FOLDER / LANGUAGES[0]).glob("*.md"))


def scenes(at: datetime) -> list[Scene]:
    """All drafts at once; then one article after the other is published in working hours, written on and read."""
    rng = Random(SEED)  # noqa: S311 - the same help centre every time
    begun, order = at - BEGUN, slugs()
    rng.shuffle(order)
    played: list[Scene] = [(begun, partial(_bring_in, begun, at))]
    for number, slug in enumerate(order, 1):
        published = at_work(begun + (BEGUN - DONE) * number / len(order), "en", rng)
        played.append((published, partial(_publish, slug, published)))
    for edit in plan().edit:
        edited = at - timedelta(hours=edit.hours)
        played.append((edited, partial(_write_on, edit, edited)))
    return played


async def _bring_in(begun: datetime, at: datetime, stage: Stage) -> None:
    """Categories and drafts, and what binds them."""
    by = stage.cast.manager
    for shelf in plan().shelf:
        parent = await _build(shelf, None, by=by, at=begun)
        for one in shelf.below:
            await _build(one, parent, by=by, at=begun)
    done = await changing.import_articles("manual.zip", packed(), by=by, at=begun)
    assert not done.troubles, done.troubles
    for slug in sorted(plan().related.keys() | plan().review.keys()):
        article = await articles.find_article(await articles.find_named(slug))
        related = [await articles.find_named(one) for one in plan().related.get(slug, [])]
        days = plan().review.get(slug)
        common = msgspec.structs.replace(
            article,
            related=[*article.related, *related],
            review_on=None if days is None else (at + timedelta(days=days)).date(),
        )
        await changing.change_common(article.id, common, version=article.version, by=by, at=begun)


async def _build(shelf: Shelf, parent: int | None, *, by: SignedIn, at: datetime) -> int:
    written = categories.Written(
        names={"en": shelf.en, "fa": shelf.fa},
        descriptions={"en": shelf.about_en, "fa": shelf.about_fa},
        parent=parent,
    )
    return await changing.save_category(None, written, by=by, at=at)


def packed() -> io.BytesIO:
    """The articles as the ZIP that the importer takes."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for path in sorted(FOLDER.glob("*/*.md")):
            archive.writestr(f"{path.parent.name}/{path.name}", path.read_bytes())
    file.seek(0)
    return file


async def _publish(slug: str, at: datetime, stage: Stage) -> None:
    article = await articles.find_named(slug)
    for language in LANGUAGES:
        await changing.publish(article, language, by=stage.cast.manager, at=at)


async def _write_on(edit: Edit, at: datetime, stage: Stage) -> None:
    by = next(agent for email, agent in stage.cast.agents.items() if email.startswith(f"{edit.by}@"))
    article = await articles.find_named(edit.slug)
    title, body = written(edit.language, edit.slug)
    words = Words(title=title, html=to_html(f"{body}\n\n{edit.adds}"), note=edit.note)
    await changing.save(article, edit.language, words, version=None, by=by, at=at)
    if edit.becomes == State.REVIEW:
        await changing.ask_for_review(article, edit.language, by=by, at=at)
    elif edit.becomes == State.PUBLISHED:
        await changing.publish(article, edit.language, by=stage.cast.manager, at=at)


def written(language: str, slug: str) -> tuple[str, str]:
    """The title and the Markdown of a file."""
    said, body, _flaws = front_matter.read((FOLDER / language / f"{slug}.md").read_text(encoding="utf-8"))
    return str(said["title"]), body
