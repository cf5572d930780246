"""Having the index learn: it reads anew what there is new evidence of, and in turn what only has grown older.

New evidence is passed on once a minute, whatever comes in between, so that thousands of solved tickets cost little.
"""

from datetime import datetime

from helpdesk.kernel.database import rows, transaction
from knowledge_base.changes import note_change
from knowledge_base.documents import MOST_QUESTIONS
from knowledge_base.evidence import KEPT, KEPT_OF_NOBODY, note_learning

SHARES = 30
"""Each day one article in so many is read anew for its age: a weight is never more than 6 % too high."""
MOST_KEPT = 2 * MOST_QUESTIONS
"""The newest of each kind, for each article and language; the words of more would never be read."""
_TOO_MANY = """
WITH more AS (SELECT id, kind FROM (
    SELECT id, kind, row_number() OVER (PARTITION BY article, language, kind ORDER BY at DESC, id DESC) AS place
    FROM kb_evidence WHERE article = ANY({}) AND struck_at IS NULL AND text <> '') AS placed WHERE place > {}),
emptied AS (UPDATE kb_evidence SET text = '' WHERE id IN (SELECT id FROM more WHERE kind = 'solved'))
DELETE FROM kb_evidence WHERE id IN (SELECT id FROM more WHERE kind <> 'solved')
"""
"""That an article solved a ticket stays known without its words, or it would be noted and counted again; so does what was
struck out."""


async def pass_on(*, at: datetime) -> int:
    """Have the index read anew what there is new evidence of, and say how many translations; harmless at any time."""
    async with transaction():
        fresh = await rows("DELETE FROM kb_learning RETURNING article, language")
        articles = sorted({row["article"] for row in fresh})
        await rows(_TOO_MANY, articles, MOST_KEPT)
        pairs = {(row["article"], row["language"]) for row in fresh}
        there = await rows("SELECT id, article, language FROM kb_translation WHERE article = ANY({})", articles)
        changed = [row["id"] for row in there if (row["article"], row["language"]) in pairs]
        await note_change(changed, at=at)
    return len(changed)


async def grow_older(*, at: datetime) -> None:
    """Once a day: forget what was kept for long enough, and have this day's share of the articles weighed anew."""
    async with transaction():
        gone = await rows(
            "DELETE FROM kb_evidence WHERE at < {} AND (at < {} OR ticket IS NULL AND customer IS NULL) RETURNING article, language",
            at - KEPT_OF_NOBODY, at - KEPT,
        )  # fmt: skip
        turn = await rows(
            "SELECT DISTINCT article, language FROM kb_evidence WHERE article % {} = {}",
            SHARES,
            at.toordinal() % SHARES,
        )
        await note_learning((row["article"], row["language"]) for row in [*gone, *turn])
