"""All that readers may read, for machines that go through it: in parts by the numbers of articles, so that none changes another."""

from datetime import datetime

import msgspec

from helpdesk.kernel.database import rows
from knowledge_base.changes import PUBLISHED

PART = 1_000
"""Articles in a part: with every language that one may have well below the 50,000 addresses of a file (sitemaps.org)."""


class Place(msgspec.Struct, frozen=True):
    article: int
    language: str
    slug: str
    republished_at: datetime


async def list_parts(*, audiences: frozenset[str]) -> list[tuple[int, datetime]]:
    """Numbers of the parts with anything in them, from 0, and when each had a new version last."""
    found = await rows(
        f"""SELECT t.article / {PART} AS part, max(t.republished_at) AS at FROM kb_translation t JOIN kb_article a ON a.id = t.article
        WHERE {PUBLISHED} AND a.audience = ANY({{}}) GROUP BY part ORDER BY part""",
        sorted(audiences),
    )  # fmt: skip
    return [(row["part"], row["at"]) for row in found]


async def list_part(number: int, *, audiences: frozenset[str]) -> list[Place]:
    """An article's translations beside each other."""
    found = await rows(
        f"""SELECT t.article, t.language, t.slug, t.republished_at FROM kb_translation t JOIN kb_article a ON a.id = t.article
        WHERE {PUBLISHED} AND a.audience = ANY({{}}) AND t.article >= {{}} AND t.article < {{}} ORDER BY t.article, t.language""",
        sorted(audiences), number * PART, (number + 1) * PART,
    )  # fmt: skip
    return [msgspec.convert(row, Place) for row in found]
