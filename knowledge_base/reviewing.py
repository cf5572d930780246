"""Articles whose day to look at them again has come, and who was told of it."""

from collections.abc import Iterable
from datetime import date, datetime

import msgspec

from helpdesk.kernel.database import rows

_DUE = """
SELECT who.agent, a.id AS article, a.review_on, (array_agg(t.title ORDER BY t.id))[1] AS title, (array_agg(t.language ORDER BY t.id))[1] AS language
FROM kb_article a JOIN kb_translation t ON t.article = a.id CROSS JOIN LATERAL (VALUES (t.published_by), (t.changed_by)) AS who (agent)
WHERE a.review_on <= {} AND t.state <> 'archived' AND who.agent IS NOT NULL
    AND NOT EXISTS (SELECT FROM kb_reminder r WHERE r.article = a.id AND r.agent = who.agent AND r.review_on = a.review_on)
GROUP BY who.agent, a.id ORDER BY who.agent, a.id LIMIT {}
"""


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """An article that `agent` wrote or published last; its title in the first of its languages."""

    agent: int
    article: int
    review_on: date
    title: str
    language: str


async def untold_reviews(*, by: date, most: int) -> list[Due]:
    """Those whose day has come by then, of which their writers and publishers were not told; an agent's stand together."""
    return [msgspec.convert(row, Due) for row in await rows(_DUE, by, most)]


async def note_told(some: Iterable[Due], *, at: datetime) -> list[Due]:
    """Those of which nobody else told meanwhile; in the transaction that tells."""
    told = list(some)
    noted = await rows(
        """INSERT INTO kb_reminder (article, agent, review_on, at)
        SELECT article, agent, review_on, {} FROM unnest({}::int[], {}::int[], {}::date[]) AS told (article, agent, review_on)
            WHERE EXISTS (SELECT FROM kb_article WHERE id = told.article)
        ON CONFLICT (article, agent, review_on) DO NOTHING RETURNING article, agent""",
        at, [one.article for one in told], [one.agent for one in told], [one.review_on for one in told],
    )  # fmt: skip
    new = {(row["article"], row["agent"]) for row in noted}
    return [one for one in told if (one.article, one.agent) in new]
