"""/article-categories: where articles stand, in two levels."""

from typing import Annotated

import msgspec
from litestar import delete, get, patch, post
from litestar.params import JSONBody
from msgspec import UNSET, Meta, UnsetType

from helpdesk.api.article_shapes import Language
from helpdesk.api.problems import problems
from helpdesk.api.requests import WITHOUT_NUL, Caller, PathSmallId, SmallId, set_fields
from helpdesk.articles import changing
from helpdesk.kernel.database import transaction
from helpdesk.kernel.time import now
from knowledge_base import categories
from knowledge_base.categories import LONGEST_DESCRIPTION, LONGEST_NAME, Written

Names = Annotated[
    dict[Language, Annotated[str, Meta(max_length=LONGEST_NAME, pattern=WITHOUT_NUL)]], Meta(max_length=10)
]
Descriptions = Annotated[
    dict[Language, Annotated[str, Meta(max_length=LONGEST_DESCRIPTION, pattern=WITHOUT_NUL)]], Meta(max_length=10)
]


class ArticleCategory(msgspec.Struct, frozen=True, kw_only=True):
    """`names` and `descriptions` are by language; `parent` is one without a parent."""

    id: int
    parent: int | None
    position: int
    names: dict[str, str]
    descriptions: dict[str, str]


class ArticleCategories(msgspec.Struct, frozen=True):
    """There are few, so they come at once; `next` is always null."""

    items: list[ArticleCategory]
    next: str | None = None


class NewArticleCategory(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    names: Names
    descriptions: Descriptions = {}
    parent: SmallId | None = None


class ArticleCategoryPatch(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    names: Names | UnsetType = UNSET
    descriptions: Descriptions | UnsetType = UNSET
    parent: SmallId | UnsetType | None = UNSET


@get("/article-categories", tags=["knowledge base"])
async def get_article_categories(agent: Caller) -> ArticleCategories:
    """In their order, each behind the one above it."""
    return ArticleCategories([_shown(one) for one in await categories.list_categories()])


@post("/article-categories", tags=["knowledge base"], responses=problems(403))
async def create_article_category(data: JSONBody[NewArticleCategory], agent: Caller) -> ArticleCategory:
    """Behind the others of its level."""
    async with transaction():
        written = Written(names=data.names, descriptions=data.descriptions, parent=data.parent)
        made = await changing.save_category(None, written, by=agent, at=now())
        return _shown(await categories.find_category(made))


@patch("/article-categories/{category_id:int}", tags=["knowledge base"], responses=problems(403, 404))
async def update_article_category(
    category_id: PathSmallId, data: JSONBody[ArticleCategoryPatch], agent: Caller
) -> ArticleCategory:
    """Change what is sent."""
    async with transaction():
        before = await categories.find_category(category_id)
        there = {name: getattr(before, name) for name in Written.__struct_fields__}
        await changing.save_category(category_id, Written(**there | set_fields(data)), by=agent, at=now())
        return _shown(await categories.find_category(category_id))


@delete("/article-categories/{category_id:int}", tags=["knowledge base"], responses=problems(403, 404))
async def delete_article_category(category_id: PathSmallId, agent: Caller) -> None:
    """Its articles stand in the one above it from now on, or in none."""
    await changing.delete_category(category_id, by=agent, at=now())


def _shown(one: categories.Category) -> ArticleCategory:
    return ArticleCategory(
        id=one.id, parent=one.parent, position=one.position, names=one.names, descriptions=one.descriptions
    )
