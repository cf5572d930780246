"""Articles as clients read and write them."""

from datetime import date
from typing import Annotated, Literal, cast
from urllib.parse import quote

import msgspec
from msgspec import UNSET, Meta, UnsetType

from helpdesk.api.requests import WITHOUT_NUL, Moment, SmallId
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _
from knowledge_base import articles, markdown, writing
from knowledge_base.articles import LONGEST_TAG, MOST_RELATED, MOST_TAGS
from knowledge_base.aside import aside
from knowledge_base.cleaning import LONGEST_HTML, cleaned, with_its_images
from knowledge_base.reading import path_of
from knowledge_base.revisions import Revision
from knowledge_base.writing import LONGEST_NOTE, LONGEST_TITLE

AudienceName = Literal["public", "signed_in", "agents"]
StateName = Literal["draft", "review", "published", "archived"]
Title = Annotated[str, Meta(min_length=1, max_length=LONGEST_TITLE, pattern=WITHOUT_NUL)]
Slug = Annotated[str, Meta(max_length=120, pattern=WITHOUT_NUL)]
Body = Annotated[str, Meta(max_length=LONGEST_HTML, pattern=WITHOUT_NUL)]
Note = Annotated[str, Meta(max_length=LONGEST_NOTE, pattern=WITHOUT_NUL)]
Tags = Annotated[list[Annotated[str, Meta(max_length=LONGEST_TAG, pattern=WITHOUT_NUL)]], Meta(max_length=MOST_TAGS)]
Related = Annotated[list[SmallId], Meta(max_length=MOST_RELATED)]
Position = Annotated[int, Meta(ge=0, le=articles.LARGEST_POSITION)]
Language = Annotated[str, Meta(min_length=2, max_length=8, pattern="^[a-z]+$")]


class ArticleTranslation(msgspec.Struct, frozen=True, kw_only=True):
    """`state` is that of the newest words; with `is_read` readers see the published ones, from `url`. Bodies stand in the
    answer about one article: the newest words, for who writes articles, else the published ones."""

    title: str
    slug: str
    url: str
    state: StateName
    is_read: bool
    version: int
    published_at: Moment | None
    updated_at: Moment
    body_html: str | None = None
    body_markdown: str | None = None


class Article(msgspec.Struct, frozen=True, kw_only=True):
    """`translations` are by language (`en`, `fa`). `version` is that of all but the translations, which have their own."""

    id: int
    version: int
    category: int | None
    audience: AudienceName
    tags: list[str]
    position: int
    review_on: date | None
    related: list[int]
    created_at: Moment
    updated_at: Moment
    translations: dict[str, ArticleTranslation]


class ArticlePage(msgspec.Struct, frozen=True):
    items: list[Article]
    next: str | None


class NewTranslation(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Give `body_html` or `body_markdown`. An empty `slug` is made of the title."""

    title: Title
    body_html: Body | None = None
    body_markdown: Body | None = None
    slug: Slug = ""
    note: Note = ""


class NewArticle(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """`publish` shows it to readers at once, which not everybody may do."""

    category: SmallId | None = None
    audience: AudienceName = "public"
    tags: Tags = []
    position: Position = 0
    review_on: date | None = None
    related: Related = []
    translations: Annotated[dict[Language, NewTranslation], Meta(min_length=1, max_length=10)]
    publish: bool = False


class TranslationPatch(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """`version` is the one that the words were written over: with another one there by now it is a conflict. A language that
    the article does not have yet is begun, and needs a title."""

    title: Title | UnsetType = UNSET
    body_html: Body | UnsetType = UNSET
    body_markdown: Body | UnsetType = UNSET
    slug: Slug | UnsetType = UNSET
    note: Note = ""
    version: SmallId | None = None


class ArticlePatch(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Translations that are not named stay as they are."""

    category: SmallId | UnsetType | None = UNSET
    audience: AudienceName | UnsetType = UNSET
    tags: Tags | UnsetType = UNSET
    position: Position | UnsetType = UNSET
    review_on: date | UnsetType | None = UNSET
    related: Related | UnsetType = UNSET
    translations: Annotated[dict[Language, TranslationPatch], Meta(max_length=10)] = {}


async def as_article(found: articles.Article, *, only: set[str] | None = None, bodies: dict[str, Revision] | None = None) -> Article:  # fmt: skip
    """With the languages in `only`, None for all, and with the words of these revisions."""
    shown = {
        language: await _translation(one, (bodies or {}).get(language))
        for language, one in found.translations.items() if only is None or language in only
    }  # fmt: skip
    return Article(
        id=found.id, version=found.version, category=found.category, audience=cast(AudienceName, found.audience), tags=found.tags,
        position=found.position, review_on=found.review_on, related=found.related, created_at=found.created_at, updated_at=found.changed_at,
        translations=shown,
    )  # fmt: skip


async def words_of(sent: NewTranslation) -> writing.Words:
    """Raises Invalid at `body_html` or `body_markdown`."""
    return writing.Words(title=sent.title, html=await html_of(sent.body_html, sent.body_markdown) or "", note=sent.note)


async def html_of(html: str | UnsetType | None, text: str | UnsetType | None) -> str | None:
    """What was sent in either form as safe HTML; None when nothing was. Raises Invalid, also for images that are not ours."""
    if isinstance(html, str) and isinstance(text, str):
        raise Invalid(body_markdown=_("Give body_html or body_markdown, not both."))
    try:
        if isinstance(text, str):
            return with_its_images(await aside(markdown.read, text))
        return with_its_images(await aside(cleaned, html)) if isinstance(html, str) else None
    except Invalid as error:
        name = "body_markdown" if isinstance(text, str) else "body_html"
        raise Invalid(**{name: error.fields["html"]}) from error


async def _translation(one: articles.Translation, words: Revision | None) -> ArticleTranslation:
    return ArticleTranslation(
        title=words.title if words else one.title, slug=one.slug, url=quote(path_of(one.language, one.slug)), state=cast(StateName, one.state),
        is_read=one.is_read, version=one.version, published_at=one.republished_at if one.is_read else None, updated_at=one.changed_at,
        body_html=words.html if words else None, body_markdown=await aside(markdown.from_html, words.html) if words else None,
    )  # fmt: skip
