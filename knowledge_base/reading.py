"""What readers see: published words, for the audiences that they belong to. Nothing else is ever read here."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import msgspec

from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import NotFound
from helpdesk.kernel.language import _
from knowledge_base.changes import PUBLISHED

_LIST = """SELECT t.id AS translation, t.article, t.language, t.slug, r.title, t.published_key AS key, a.category, a.audience, a.position, t.published_at, t.republished_at,
    substr(r.text, 1, 400) AS beginning
FROM kb_translation t JOIN kb_article a ON a.id = t.article
    JOIN kb_revision r ON r.translation = t.id AND r.number = t.published"""
_PAGE = f"""SELECT *, (SELECT json_object_agg(t.language, t.slug ORDER BY t.language) FROM kb_translation t
        WHERE t.article = page.article AND {PUBLISHED}) AS languages
    FROM ({_LIST.replace("substr", "r.html, a.tags, t.published AS revision, substr", 1)} WHERE {{}}) AS page"""
_READ = f"{PUBLISHED} AND a.audience = ANY({{}})"
_ORDER = "a.position, t.published_key, t.id"


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """An article in a list."""

    translation: int
    article: int
    language: str
    slug: str
    title: str
    key: str
    """Of its title: by it those at the same position are in order."""
    category: int | None
    audience: str
    position: int
    published_at: datetime
    republished_at: datetime
    beginning: str

    @property
    def path(self) -> str:
        return path_of(self.language, self.slug)


class Page(Line, frozen=True, kw_only=True):
    """An article to be read; `languages` are the slugs of all translations that the reader may read."""

    html: str
    tags: list[str]
    revision: int
    languages: dict[str, str]


class Gone(NotFound):
    """It was there, and is in the archive now."""


def path_of(language: str, slug: str) -> str:
    """Its place in the help centre, in letters; an address escapes them."""
    return f"/help/{language}/articles/{slug}"


async def has_any(*, language: str, audiences: frozenset[str]) -> bool:
    """Whether there is anything to read in this language."""
    found = await rows(
        f"SELECT FROM kb_translation t JOIN kb_article a ON a.id = t.article WHERE {_READ} AND t.language = {{}} LIMIT 1",
        sorted(audiences), language,
    )  # fmt: skip
    return bool(found)


async def is_known(categories: Sequence[int], *, audiences: frozenset[str]) -> bool:
    """Whether the reader may know of these categories: there is something for them to read in one, in whatever language."""
    found = await rows(
        f"SELECT FROM kb_translation t JOIN kb_article a ON a.id = t.article WHERE {_READ} AND a.category = ANY({{}}) LIMIT 1",
        sorted(audiences), list(categories),
    )  # fmt: skip
    return bool(found)


async def find_page(language: str, slug: str, *, audiences: frozenset[str]) -> Page:
    """Raises NotFound, and Gone for what its audience could read once."""
    found = await rows(
        _PAGE.format(f"{_READ} AND t.language = {{}} AND t.slug = {{}}"), sorted(audiences), language, slug
    )
    if found:
        return _as_page(found[0])
    if await rows(
        """SELECT FROM kb_translation t JOIN kb_article a ON a.id = t.article
        WHERE t.state = 'archived' AND t.published IS NOT NULL AND a.audience = ANY({}) AND t.language = {}
            AND (t.slug = {} OR t.id IN (SELECT translation FROM kb_old_slug WHERE language = {} AND slug = {}))""",
        sorted(audiences), language, slug, language, slug,
    ):  # fmt: skip
        raise Gone(_("This article is no longer here."))
    raise NotFound(_("There is no such article."))


async def find_page_of(article: int, language: str, *, audiences: frozenset[str]) -> Page:
    """The article in this language; raises NotFound."""
    found = await rows(
        _PAGE.format(f"{_READ} AND t.article = {{}} AND t.language = {{}}"), sorted(audiences), article, language
    )
    if not found:
        raise NotFound(_("There is no such article."))
    return _as_page(found[0])


async def leads_to(language: str, slug: str, *, audiences: frozenset[str]) -> str | None:
    """The slug that an old one leads to; None when it leads nowhere that the reader may see."""
    found = await rows(
        f"""SELECT t.slug FROM kb_old_slug o JOIN kb_translation t ON t.id = o.translation JOIN kb_article a ON a.id = t.article
        WHERE {_READ} AND o.language = {{}} AND o.slug = {{}}""",
        sorted(audiences), language, slug,
    )  # fmt: skip
    return found[0]["slug"] if found else None


async def list_in_category(
    category: int | None, *, language: str, audiences: frozenset[str], most: int, after: tuple[int, str, int] | None = None
) -> list[Line]:  # fmt: skip
    """Articles of this category, None for those without one, in their order; the next ones after such a (position, key, translation)."""
    of = ("a.category = {}", (category,)) if category is not None else ("a.category IS NULL", ())
    behind = ("AND (a.position, t.published_key, t.id) > ({}, {}, {})", after) if after else ("", ())
    found = await rows(
        f"""WITH listed AS MATERIALIZED (
            SELECT t.id FROM kb_translation t JOIN kb_article a ON a.id = t.article WHERE {_READ} AND t.language = {{}} AND {of[0]} {behind[0]} ORDER BY {_ORDER} LIMIT {{}})
        {_LIST} WHERE t.id IN (SELECT id FROM listed) ORDER BY {_ORDER}""",
        sorted(audiences), language, *of[1], *behind[1], most,
    )  # fmt: skip
    return [msgspec.convert(row, Line) for row in found]


async def list_first_in(
    categories: Sequence[int], *, language: str, audiences: frozenset[str], most: int
) -> dict[int, list[Line]]:
    """So many of each category, those without any left out."""
    found = await rows(
        f"""WITH listed AS MATERIALIZED (SELECT id FROM (
            SELECT t.id, row_number() OVER (PARTITION BY a.category ORDER BY {_ORDER}) AS place
            FROM kb_translation t JOIN kb_article a ON a.id = t.article WHERE {_READ} AND t.language = {{}} AND a.category = ANY({{}})) AS all_of_them
            WHERE place <= {{}})
        {_LIST} WHERE t.id IN (SELECT id FROM listed) ORDER BY {_ORDER}""",
        sorted(audiences), language, list(categories), most,
    )  # fmt: skip
    lines: dict[int, list[Line]] = {}
    for row in found:
        lines.setdefault(row["category"], []).append(msgspec.convert(row, Line))
    return lines


async def list_newest(*, language: str, audiences: frozenset[str], most: int) -> list[Line]:
    """What was published last."""
    found = await rows(
        f"{_LIST} WHERE {_READ} AND t.language = {{}} ORDER BY t.republished_at DESC, t.id DESC LIMIT {{}}",
        sorted(audiences), language, most,
    )  # fmt: skip
    return [msgspec.convert(row, Line) for row in found]


async def list_most_read(*, language: str, audiences: frozenset[str], since: date, least: int, most: int) -> list[Line]:
    """What was read most from that UTC day on, at least so often."""
    found = await rows(
        f"""WITH viewed AS MATERIALIZED (
            SELECT article, sum(times) AS times FROM kb_use WHERE language = {{}} AND use = 'viewed' AND day >= {{}} GROUP BY article HAVING sum(times) >= {{}})
        {_LIST} JOIN viewed ON viewed.article = t.article WHERE {_READ} AND t.language = {{}} ORDER BY viewed.times DESC, t.id LIMIT {{}}""",
        language, since, least, sorted(audiences), language, most,
    )  # fmt: skip
    return [msgspec.convert(row, Line) for row in found]


async def list_named(translations: Sequence[int], *, audiences: frozenset[str]) -> list[Line]:
    """These translations as far as the reader may see them, in this order."""
    found = await rows(f"{_LIST} WHERE {_READ} AND t.id = ANY({{}})", sorted(audiences), list(translations))
    by_id = {row["translation"]: msgspec.convert(row, Line) for row in found}
    return [by_id[one] for one in translations if one in by_id]


async def list_of_articles(articles: Sequence[tuple[int, str]], *, audiences: frozenset[str]) -> list[Line]:
    """These articles in these languages as far as the reader may see them, in this order."""
    found = await rows(
        f"{_LIST} WHERE {_READ} AND (t.article, t.language) IN (SELECT * FROM unnest({{}}::integer[], {{}}::text[]))",
        sorted(audiences), [article for article, _language in articles], [language for _article, language in articles],
    )  # fmt: skip
    by_place = {(row["article"], row["language"]): msgspec.convert(row, Line) for row in found}
    return [by_place[one] for one in articles if one in by_place]


async def list_related(article: int, *, language: str, audiences: frozenset[str]) -> list[Line]:
    """By their titles."""
    found = await rows(
        f"""{_LIST} WHERE {_READ} AND t.language = {{}} AND t.article IN (
            SELECT related FROM kb_related WHERE article = {{}} UNION SELECT article FROM kb_related WHERE related = {{}})
        ORDER BY t.published_key, t.id""",
        sorted(audiences), language, article, article,
    )  # fmt: skip
    return [msgspec.convert(row, Line) for row in found]


def _as_page(row: dict[str, Any]) -> Page:
    return msgspec.convert(row | {"languages": msgspec.json.decode(row["languages"])}, Page)
