"""Categories as readers see them: those with something to read, with how much there is."""

from knowledge_base.categories import Category, count_published, list_categories, with_children
from knowledge_base.remembering import remembered

Shelf = tuple[Category, int, list[Category]]
"""A category of the first level, how many articles stand in it and below it, and those below it that have some."""


async def shelves(language: str, audiences: frozenset[str]) -> list[Shelf]:
    """In their order; counted anew once an article changes."""
    known = await list_categories()
    counts = await remembered(
        ("articles by category", language, audiences),
        lambda: count_published(language=language, audiences=audiences),
    )
    found = [
        (top, sum(counts.get(one, 0) for one in with_children(top.id, known)), [one for one in known if one.parent == top.id and counts.get(one.id)])
        for top in known if top.parent is None
    ]  # fmt: skip
    return [one for one in found if one[1]]
