"""Articles as agents see them: what is common to their translations, and lists of them."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any
from urllib.parse import unquote

import msgspec

from helpdesk.kernel.database import rows, transaction
from helpdesk.kernel.errors import Conflict, Invalid, NotFound
from helpdesk.kernel.language import _
from helpdesk.kernel.text import latin_digits, normalise, sort_key
from knowledge_base.categories import hold_categories
from knowledge_base.changes import note_change, note_change_of_article
from knowledge_base.tables import Audience, State

MOST_TAGS, LONGEST_TAG = 30, 50
MOST_RELATED = 20
LARGEST_POSITION = 9_999

_ROW = (
    "a.id, a.category, a.audience, a.tags, a.position, a.review_on, a.version, a.created_by, a.created_at, a.changed_at"
)
_TRANSLATION = """t.id AS translation, t.language, t.slug, t.state, t.title, t.newest, t.published, t.published_at, t.republished_at,
    t.version AS translation_version, t.changed_at AS words_changed_at, t.changed_by, t.remark, t.remark_by, t.remarked_at"""
_AS_READ = _TRANSLATION.replace("t.title", "t.published_title AS title")


class Translation(msgspec.Struct, frozen=True, kw_only=True):
    """In one language: `title` is the newest revision's; `published` and `newest` are numbers of revisions."""

    id: int
    article: int
    language: str
    slug: str
    state: str
    title: str
    newest: int
    published: int | None
    published_at: datetime | None
    republished_at: datetime | None
    version: int
    changed_at: datetime
    changed_by: int | None
    remark: str
    """What was said when it was handed over to be published, or sent back."""
    remark_by: int | None
    remarked_at: datetime | None

    @property
    def is_read(self) -> bool:
        """Whether readers see it."""
        return self.published is not None and self.state != State.ARCHIVED

    @property
    def has_news(self) -> bool:
        """Whether readers see something older than what is being written."""
        return self.is_read and self.published != self.newest


class Common(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody says of an article, whatever its languages."""

    category: int | None = None
    audience: str = Audience.PUBLIC
    tags: list[str] = []
    position: int = 0
    review_on: date | None = None
    related: list[int] = []


class Article(Common, frozen=True, kw_only=True):
    id: int
    version: int
    created_by: int | None
    created_at: datetime
    changed_at: datetime
    translations: dict[str, Translation]
    """By language, in the order of their making."""

    @property
    def title(self) -> str:
        return next((one.title for one in self.translations.values()), "")

    @property
    def is_read(self) -> bool:
        """Whether readers see it in some language."""
        return any(one.is_read for one in self.translations.values())

    def is_read_in(self, language: str) -> bool:
        return language in self.translations and self.translations[language].is_read


class Listed(Translation, frozen=True, kw_only=True):
    """A line of the list: a translation with what is its article's."""

    category: int | None
    audience: str
    tags: list[str]
    review_on: date | None
    helpful: int
    unhelpful: int


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a list is to hold. `category` 0 is those without one; `due_by`: whose review day has come by then."""

    categories: Sequence[int] | None = None
    state: str = ""
    language: str = ""
    q: str = ""
    """Parts of words of the title."""
    found: Sequence[int] = ()
    """Translations that have the words of `q` somewhere else."""
    tag: str = ""
    due_by: date | None = None
    audiences: frozenset[str] | None = None
    """Only what these audiences may read, under the titles that they see; None: everything, under the newest ones."""


async def find_article(article_id: int) -> Article:
    """Raises NotFound."""
    found = await rows(
        f"SELECT {_ROW}, {_TRANSLATION} FROM kb_article a LEFT JOIN kb_translation t ON t.article = a.id WHERE a.id = {{}} ORDER BY t.id",
        article_id,
    )
    if not found:
        raise NotFound(_("There is no such article."))
    related = await rows(
        "SELECT related FROM kb_related WHERE article = {} UNION SELECT article FROM kb_related WHERE related = {} ORDER BY 1",
        article_id, article_id,
    )  # fmt: skip
    return _article(found, [row["related"] for row in related])


async def hold_article(article_id: int, *, becomes: Common | None = None) -> Article:
    """It as it stays until the transaction ends, and what it shall name from then on with it: its category, the articles
    that are related to it. `changes` says the order. Raises NotFound."""
    if becomes and becomes.category is not None:
        await hold_categories()
    held = sorted({article_id, *(becomes.related if becomes else ())})
    await rows("SELECT FROM kb_article WHERE id = ANY({}) ORDER BY id FOR NO KEY UPDATE", held)
    return await find_article(article_id)


async def find_translation(article_id: int, language: str) -> Translation:
    """Raises NotFound."""
    found = (await find_article(article_id)).translations.get(language)
    if found is None:
        raise NotFound(_("There is no such article."))
    return found


async def list_articles(asked: Asked, *, after: tuple[datetime, int] | None = None, most: int) -> list[Listed]:
    """Translations, what was changed last first; the next ones after such a (words_changed_at, id)."""
    wanted, values = _wanted(asked)
    if after:
        wanted.append("(t.changed_at, t.id) < ({}, {})")
        values += after
    found = await rows(
        f"""SELECT {_columns(asked)}, a.id AS article, a.category, a.audience, a.tags, a.review_on,
            (SELECT count(*) FILTER (WHERE is_helpful) FROM kb_vote WHERE translation = t.id AND is_counted) AS helpful,
            (SELECT count(*) FILTER (WHERE NOT is_helpful) FROM kb_vote WHERE translation = t.id AND is_counted) AS unhelpful
        FROM kb_translation t JOIN kb_article a ON a.id = t.article WHERE {" AND ".join(wanted)}
        ORDER BY t.changed_at DESC, t.id DESC LIMIT {{}}""",
        *values, most,
    )  # fmt: skip
    return [
        Listed(
            **_translation_values(row), article=row["article"], category=row["category"], audience=row["audience"], tags=row["tags"],
            review_on=row["review_on"], helpful=row["helpful"], unhelpful=row["unhelpful"],
        )
        for row in found
    ]  # fmt: skip


async def page_of_articles(asked: Asked, *, before: int | None = None, most: int) -> list[Article]:
    """Whole articles of which some translation fits, the newest first; those older than this one."""
    wanted, values = _wanted(asked)
    if before:
        wanted.append("a.id < {}")
        values.append(before)
    found = await rows(
        f"""WITH listed AS MATERIALIZED (
            SELECT a.id FROM kb_article a WHERE EXISTS (SELECT FROM kb_translation t WHERE t.article = a.id AND {" AND ".join(wanted)})
            ORDER BY a.id DESC LIMIT {{}})
        SELECT {_ROW}, {_columns(asked)}, ARRAY(SELECT related FROM kb_related WHERE article = a.id UNION SELECT article FROM kb_related
            WHERE related = a.id ORDER BY 1) AS related
        FROM listed JOIN kb_article a ON a.id = listed.id JOIN kb_translation t ON t.article = a.id ORDER BY a.id DESC, t.id""",
        *values, most,
    )  # fmt: skip
    groups = (list(group) for _id, group in groupby(found, key=itemgetter("id")))
    return [_article(group, group[0]["related"]) for group in groups]


async def counts_by_state(*, due_by: date) -> dict[str, int]:
    """Of all translations; and `due`, whose review day has come."""
    found = await rows("SELECT state, count(*) AS count FROM kb_translation GROUP BY state")
    [due] = await rows(
        "SELECT count(*) AS count FROM kb_article a WHERE a.review_on <= {} AND EXISTS (SELECT FROM kb_translation WHERE article = a.id)", due_by
    )  # fmt: skip
    return {row["state"]: row["count"] for row in found} | {"due": due["count"]}


async def tags_in_use() -> list[str]:
    """All tags of articles, by name."""
    return [row["tag"] for row in await rows("SELECT DISTINCT unnest(tags) AS tag FROM kb_article ORDER BY 1")]


async def titles_of(ids: Sequence[int]) -> dict[int, str]:
    """Titles by id, each in its first language."""
    found = await rows(
        "SELECT DISTINCT ON (article) article, title FROM kb_translation WHERE article = ANY({}) ORDER BY article, id", list(ids)
    )  # fmt: skip
    return {row["article"]: row["title"] for row in found}


async def find_named(text: str) -> int:
    """The article that somebody names by its number, its title, or its address here or in the help centre; raises Invalid at `related`."""
    last = unquote(text).strip().partition("?")[0].rstrip("/")
    number = re.search(r"(?:^|/articles/)#?(\d{1,9})(?:/[a-z]+)?$", latin_digits(last))
    slug = last.rpartition("/")[2]
    found = await rows(
        "SELECT article FROM kb_translation WHERE article = {} OR slug = {} OR sort_key = {} ORDER BY article = {} DESC, id LIMIT 1",
        int(number[1]) if number else 0, slug, sort_key(text), int(number[1]) if number else 0,
    )  # fmt: skip
    if not found:
        raise Invalid(related=_("There is no such article: give its title, its number or its address."))
    return found[0]["article"]


async def change_article(article_id: int, common: Common, *, version: int | None, at: datetime) -> Article:
    """Change what its translations have in common; raises Invalid at the field, NotFound, and Conflict when `version` is not the
    one that is there any more."""
    async with transaction():
        before = await hold_article(article_id, becomes=common)
        checked = await checked_common(common, before=before)
        if version is not None and version != before.version:
            raise Conflict(**_differing(before, checked))
        await rows(
            """UPDATE kb_article SET category = {}, audience = {}, tags = {}, position = {}, review_on = {}, version = version + 1,
            changed_at = {} WHERE id = {}""",
            checked.category, checked.audience, checked.tags, checked.position, checked.review_on, at, article_id,
        )  # fmt: skip
        await _relate(article_id, checked.related)
        if any(getattr(before, name) != getattr(checked, name) for name in ("category", "audience", "tags")):
            await note_change_of_article(article_id, at=at)
        return await find_article(article_id)


async def delete_article(article_id: int, *, at: datetime) -> None:
    """For good, with its revisions, files and votes; a second call changes nothing."""
    async with transaction():
        await rows("SELECT FROM kb_article WHERE id = {} FOR UPDATE", article_id)
        gone = await rows("SELECT id FROM kb_translation WHERE article = {}", article_id)
        await rows("DELETE FROM kb_article WHERE id = {}", article_id)
        await note_change([row["id"] for row in gone], at=at)


async def checked_common(common: Common, *, before: Article | None = None) -> Common:
    """As it is kept; raises Invalid at the field."""
    tags = await _tags(common.tags)
    errors: dict[str, str] = {}
    if len(tags) > MOST_TAGS or any(len(one) > LONGEST_TAG for one in tags):
        errors["tags"] = _("Use at most 30 tags of at most 50 characters.")
    if common.audience not in set(Audience):
        errors["audience"] = _("Choose one of the list.")
    if not 0 <= common.position <= LARGEST_POSITION:
        errors["position"] = _("Give a number from 0 to 9999.")
    if common.category is not None and not await rows("SELECT FROM kb_category WHERE id = {}", common.category):
        errors["category"] = _("There is no such category.")
    related = [one for one in dict.fromkeys(common.related) if before is None or one != before.id]
    known = await rows("SELECT id FROM kb_article WHERE id = ANY({})", related)
    # Others name this one as well: more than these may stand there already.
    is_added = before is None or not set(related) <= set(before.related)
    if (is_added and len(related) > MOST_RELATED) or len(known) < len(related):
        errors["related"] = _("Name at most 20 articles that there are.")
    if errors:
        raise Invalid(**errors)
    return msgspec.structs.replace(common, tags=tags, related=related)


async def _tags(typed: list[str]) -> list[str]:
    """In lower case, hyphens for blanks, each once; one that other articles have is spelled as there, whatever keyboard it came from."""
    wanted: dict[str, str] = {}
    for one in typed:
        tag = "-".join(one.split()).lower()
        wanted.setdefault(_tag_key(tag), tag)
    in_use = {_tag_key(one): one for one in await tags_in_use()}
    return sorted(in_use.get(key, tag) for key, tag in wanted.items() if key)


def _tag_key(tag: str) -> str:
    return normalise(tag).replace(" ", "-")


def _columns(asked: Asked) -> str:
    return _TRANSLATION if asked.audiences is None else _AS_READ


def _wanted(asked: Asked) -> tuple[list[str], list[Any]]:
    """Conditions over `t` and `a`, and their values."""
    wanted, values = ["true"], list[Any]()

    def want(condition: str, *more: object) -> None:
        wanted.append(condition)
        values.extend(more)

    if asked.categories is not None:
        want("a.category = ANY({})" if asked.categories else "a.category IS NULL", *([list(asked.categories)] if asked.categories else []))  # fmt: skip
    if asked.state:
        want("t.state = {}", asked.state)
    if asked.language:
        want("t.language = {}", asked.language)
    if asked.tag:
        want("{} = ANY(a.tags)", asked.tag)
    if asked.due_by:
        want("a.review_on <= {}", asked.due_by)
    if words := normalise(asked.q).split():
        title = "t.sort_key" if asked.audiences is None else "t.published_key"
        parts = " AND ".join([f"strpos({title}, {{}}) > 0"] * len(words))
        want(f"(({parts}) OR t.id = ANY({{}}))", *map(sort_key, words), list(asked.found))
    if asked.audiences is not None:
        want("t.published IS NOT NULL AND t.state <> 'archived' AND a.audience = ANY({})", sorted(asked.audiences))
    return wanted, values


async def _relate(article_id: int, related: list[int]) -> None:
    await rows("DELETE FROM kb_related WHERE article = {} OR related = {}", article_id, article_id)
    await rows("INSERT INTO kb_related (article, related) SELECT {}, unnest({}::int[])", article_id, related)


def _differing(before: Article, wanted: Common) -> dict[str, tuple[object, object]]:
    pairs = {name: (getattr(before, name), getattr(wanted, name)) for name in Common.__struct_fields__}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]} or {"version": (before.version, None)}


def _article(found: list[dict[str, Any]], related: list[int]) -> Article:
    first = found[0]
    translations = {
        row["language"]: Translation(**_translation_values(row), article=first["id"]) for row in found if row["translation"]
    }  # fmt: skip
    return Article(
        id=first["id"], category=first["category"], audience=first["audience"], tags=first["tags"], position=first["position"],
        review_on=first["review_on"], related=related, version=first["version"], created_by=first["created_by"],
        created_at=first["created_at"], changed_at=first["changed_at"], translations=translations,
    )  # fmt: skip


def _translation_values(row: dict[str, Any]) -> dict[str, Any]:
    same = ("language", "slug", "state", "title", "newest", "published", "published_at", "republished_at", "changed_by", "remark", "remark_by", "remarked_at")  # fmt: skip
    return {name: row[name] for name in same} | {
        "id": row["translation"], "version": row["translation_version"], "changed_at": row["words_changed_at"],
    }  # fmt: skip
