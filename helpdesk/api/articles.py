"""/articles: the knowledge base, its categories, and finding what answers."""

from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response, delete, get, patch, post
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta

from helpdesk.api.article_shapes import (
    Article,
    ArticlePage,
    ArticlePatch,
    Language,
    NewArticle,
    StateName,
    TranslationPatch,
    as_article,
    html_of,
    words_of,
)
from helpdesk.api.problems import problems
from helpdesk.api.requests import (
    WITHOUT_NUL,
    Caller,
    Cursor,
    IfMatch,
    Limit,
    PathSmallId,
    SmallId,
    Word,
    id_from_cursor,
    page,
    set_fields,
    version_of,
)
from helpdesk.articles import changing
from helpdesk.articles.changing import WRITE
from helpdesk.articles.seeing import find_article, visible_to
from helpdesk.kernel.database import transaction
from helpdesk.kernel.errors import Conflict, Invalid
from helpdesk.kernel.language import LANGUAGES, _
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import may
from knowledge_base import articles
from knowledge_base.articles import Asked, Common
from knowledge_base.categories import list_categories, with_children
from knowledge_base.publishing import LONGEST_REMARK
from knowledge_base.revisions import Revision, find_revision
from knowledge_base.writing import Words

OfCategory = Annotated[SmallId | None, QueryParameter(description="Its id; those below it are meant as well.")]
Spoken = Annotated[str | None, QueryParameter(min_length=2, max_length=8, pattern="^[a-z]+$", description="`en` or `fa`.")]  # fmt: skip
InState = Annotated[StateName | None, QueryParameter(name="state", description="Of the newest words of some language.")]
Tag = Annotated[str | None, QueryParameter(min_length=1, max_length=50)]


class Publishing(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """`version` and `article_version` are those of the translation and of the article that were looked at: with another one
    there by now nothing is published."""

    language: Language
    version: SmallId | None = None
    article_version: SmallId | None = None


class Reviewing(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """`remark` is for who publishes it."""

    language: Language
    remark: Annotated[str, Meta(max_length=LONGEST_REMARK, pattern=WITHOUT_NUL)] = ""


class InLanguage(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    language: Language


@get("/articles", tags=["knowledge base"])
async def list_articles(
    request: Request, agent: Caller, q: Word = None, category: OfCategory = None, language: Spoken = None, in_state: InState = None, tag: Tag = None,
    limit: Limit = 50, cursor: Cursor = None,
) -> Response[ArticlePage]:  # fmt: skip
    """The newest first, without their bodies; for who does not write articles those that are published. `q` is words of titles.

    The header `Link` leads to the next page.
    """
    sees = None if may(agent, WRITE) else visible_to(agent)
    asked = Asked(
        categories=with_children(category, await list_categories()) or [0] if category else None, state=in_state or "", language=language or "",
        q=q or "", tag=tag or "", audiences=sees,
    )  # fmt: skip
    found = await articles.page_of_articles(asked, before=id_from_cursor(cursor) or None, most=limit + 1)
    shown, following = page(found, limit, lambda one: one.id)
    answer = ArticlePage([await as_article(one, only=_languages(one, agent)) for one in shown], following)
    return Response(answer, headers={"link": _next_page(request, following)} if following else {})


@post("/articles", tags=["knowledge base"], responses=problems(403))
async def create_article(data: JSONBody[NewArticle], agent: Caller) -> Response[Article]:
    """A draft in each language that is sent."""
    at = now()
    common = Common(
        category=data.category, audience=data.audience, tags=data.tags, position=data.position, review_on=data.review_on, related=data.related,
    )  # fmt: skip
    async with transaction():
        (first, sent), *others = data.translations.items()
        article = await changing.begin_article(await words_of(sent), language=first, common=common, slug=sent.slug, by=agent, at=at)  # fmt: skip
        for language, other in others:
            await changing.begin_translation(article, await words_of(other), language=language, slug=other.slug, by=agent, at=at)  # fmt: skip
        if data.publish:
            for language in data.translations:
                await changing.publish(article, language, by=agent, at=at)
        return await _answer(article, agent, status=201)


@get("/articles/{article_id:int}", tags=["knowledge base"], responses=problems(404))
async def get_article(article_id: PathSmallId, agent: Caller) -> Response[Article]:
    """With its words; its ETag is the version for `If-Match`, and `Link` says where readers find it in each language."""
    return await _answer(article_id, agent)


@patch("/articles/{article_id:int}", tags=["knowledge base"], responses=problems(403, 404, 409))
async def update_article(
    article_id: PathSmallId, data: JSONBody[ArticlePatch], agent: Caller, if_match: IfMatch = None
) -> Response[Article]:
    """Change what is sent. Words become the newest draft; readers see them once they are published."""
    async with transaction():
        before = await find_article(article_id, seen_by=agent)
        sent = set_fields(data)
        translations: dict[str, TranslationPatch] = sent.pop("translations", {})
        if sent:
            there = {name: getattr(before, name) for name in Common.__struct_fields__}
            await changing.change_common(article_id, Common(**there | sent), version=version_of(if_match), by=agent, at=now())  # fmt: skip
        for language, one in translations.items():
            await _save(before, language, one, by=agent)
        return await _answer(article_id, agent)


@delete("/articles/{article_id:int}", tags=["knowledge base"], responses=problems(403, 404))
async def delete_article(article_id: PathSmallId, agent: Caller) -> None:
    """For good, in all languages. The archive keeps it out of sight and loses nothing."""
    await changing.delete_article(article_id, by=agent, at=now())


@post("/articles/{article_id:int}/publish", status_code=200, tags=["knowledge base"], responses=problems(403, 404))
async def publish_article(article_id: PathSmallId, data: JSONBody[Publishing], agent: Caller) -> Response[Article]:
    """Show readers the newest words in one language."""
    await changing.publish(
        article_id, data.language, version=data.version, article_version=data.article_version, by=agent, at=now()
    )
    return await _answer(article_id, agent)


@post("/articles/{article_id:int}/review", status_code=200, tags=["knowledge base"], responses=problems(403, 404))
async def ask_for_review(article_id: PathSmallId, data: JSONBody[Reviewing], agent: Caller) -> Response[Article]:
    """Ask somebody who publishes to look at it."""
    await changing.ask_for_review(article_id, data.language, remark=data.remark, by=agent, at=now())
    return await _answer(article_id, agent)


@post("/articles/{article_id:int}/archive", status_code=200, tags=["knowledge base"], responses=problems(403, 404))
async def archive_article(article_id: PathSmallId, data: JSONBody[InLanguage], agent: Caller) -> Response[Article]:
    """Readers see it no longer."""
    await changing.archive(article_id, data.language, by=agent, at=now())
    return await _answer(article_id, agent)


@post("/articles/{article_id:int}/restore", status_code=200, tags=["knowledge base"], responses=problems(403, 404))
async def restore_article(article_id: PathSmallId, data: JSONBody[InLanguage], agent: Caller) -> Response[Article]:
    """Bring it back from the archive, as a draft."""
    await changing.bring_back(article_id, data.language, by=agent, at=now())
    return await _answer(article_id, agent)


async def _save(before: articles.Article, language: str, sent: TranslationPatch, *, by: SignedIn) -> None:
    """Raises Invalid at the field, and Conflict with both bodies."""
    there, at = before.translations.get(language), now()
    html = await html_of(sent.body_html, sent.body_markdown)
    if there is None:
        if not isinstance(sent.title, str):
            raise Invalid(title=_("Give a title of at most 200 characters."))
        slug = sent.slug if isinstance(sent.slug, str) else ""
        words = Words(title=sent.title, html=html or "", note=sent.note)
        return await changing.begin_translation(before.id, words, language=language, slug=slug, by=by, at=at)
    newest = await find_revision(there.id, there.newest)
    title = sent.title if isinstance(sent.title, str) else newest.title
    if html is not None or title != newest.title:
        words = Words(title=title, html=newest.html if html is None else html, note=sent.note)
        saved = await changing.save(before.id, language, words, version=sent.version, by=by, at=at)
        if saved.is_beside:
            raise Conflict(title=(newest.title, title), body_html=(newest.html, words.html))
    if isinstance(sent.slug, str) and sent.slug != there.slug:
        await changing.change_slug(before.id, language, sent.slug, by=by, at=at)


async def _answer(article_id: int, agent: SignedIn, *, status: int = 200) -> Response[Article]:
    found = await find_article(article_id, seen_by=agent)
    only = _languages(found, agent)
    bodies: dict[str, Revision] = {}
    for language, one in found.translations.items():
        if only is None:
            bodies[language] = await find_revision(one.id, one.newest)
        elif language in only and one.published:
            bodies[language] = await find_revision(one.id, one.published)
    shown = await as_article(found, only=only, bodies=bodies)
    links = [f'<{one.url}>; rel="alternate"; hreflang="{language}"' for language, one in shown.translations.items() if one.is_read]  # fmt: skip
    headers: dict[str, Any] = {"etag": f'"{found.version}"'} | ({"link": ", ".join(links)} if links else {})
    return Response(shown, status_code=status, headers=headers)


def _languages(found: articles.Article, agent: SignedIn) -> set[str] | None:
    """The languages that somebody may read; None for all, drafts included."""
    if may(agent, WRITE):
        return None
    return {language for language, one in found.translations.items() if one.is_read and language in LANGUAGES}


def _next_page(request: Request, following: str) -> str:
    """The same question from this cursor on (RFC 8288)."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
    return f'<{request.url.path}?{urlencode([*kept, ("cursor", following)])}>; rel="next"'
