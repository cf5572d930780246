"""Categories as readers see them: those with something to read, with how much there is."""

from knowledge_base.categories import Category, count_published, list_categories, with_children
from knowledge_base.remembering import remembered

Shelf = tuple[Category, int, list[Category]]
"""A category of the first level, how many articles stand in it and below it, and those below it that have some."""


async def shelves(language: str, audiences: frozenset[str]) -> list[Shelf]:
    """In their order."""
    known, counts = await list_categories(), await count_articles(language, audiences)
    found = [
        (top, sum(counts.get(one, 0) for one in with_children(top.id, known)), [one for one in known if one.parent == top.id and counts.get(one.id)])
        for top in known if top.parent is None
    ]  # fmt: skip
    return [one for one in found if one[1]]


async def count_articles(language: str, audiences: frozenset[str]) -> dict[int | None, int]:
    """How many stand in each category itself; counted anew once an article changes."""

    async def counted() -> dict[int | None, int]:
        return await count_published(language=language, audiences=audiences)

    return await remembered(("articles by category", language, audiences), counted)
