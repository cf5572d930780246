"""Where things stand in the help centre."""

from urllib.parse import quote

from helpdesk.kernel.settings import settings
from knowledge_base.categories import Category
from knowledge_base.reading import path_of
from knowledge_base.slugs import slug_of

article_path = path_of


def category_path(category: Category, language: str) -> str:
    """Its number finds it, its name is there to be read."""
    slug = slug_of(category.name(language))
    return f"/help/{language}/categories/{category.id}{'-' if slug else ''}{slug}"


def address(path: str) -> str:
    """The path as browsers send it."""
    return quote(path, safe="/-._~")


def whole(path: str) -> str:
    """With the installation's address before it, for machines elsewhere."""
    return settings().base_url.rstrip("/") + address(path)
