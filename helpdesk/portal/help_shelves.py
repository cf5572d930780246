"""What the help centre's first pages show of everything: categories with how much there is to read, and what is read most."""

from datetime import UTC, datetime, timedelta

from knowledge_base.categories import Category, count_published, list_categories, with_children
from knowledge_base.reading import Line, list_most_read
from knowledge_base.remembering import remembered

_LATELY, _OFTEN, _MOST = timedelta(days=30), 5, 3

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


async def often_read(language: str, audiences: frozenset[str], *, at: datetime) -> list[Line]:
    """The few that were read most lately; counted anew each day."""
    since = (at.astimezone(UTC) - _LATELY).date()

    async def read() -> list[Line]:
        return await list_most_read(language=language, audiences=audiences, since=since, least=_OFTEN, most=_MOST)

    return await remembered(("read most", language, audiences, since), read)
