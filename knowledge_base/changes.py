"""What the index has to read anew: a row for each change of what readers see, written in the transaction of the change.

As a module it is the `documents.Source` of the index. Numbers follow the order of commits: who writes one holds a lock
until the commit, so none comes in behind one that was read already.

Whoever changes articles takes locks in one order, so that nobody waits in a circle: that of the categories, the rows of articles
by their ids, their translations, and `hold_changes` last, behind which nothing is waited for.
"""

from collections.abc import AsyncIterator, Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from helpdesk.kernel.database import lock, rows
from helpdesk.kernel.time import now
from knowledge_base.documents import Change, Document, Place
from knowledge_base.learning import Learned, questions_of
from knowledge_base.words import headings_of

BATCH = 200
KEPT = timedelta(days=30)
PUBLISHED = "t.published IS NOT NULL AND t.state <> 'archived'"
"""Of a translation `t`: readers see it."""
_DOCUMENT = f"""
SELECT t.id, t.article, t.language, a.audience, a.category, a.tags, r.title, r.html, r.text
FROM kb_translation t JOIN kb_article a ON a.id = t.article
    JOIN kb_revision r ON r.translation = t.id AND r.number = t.published
WHERE {PUBLISHED}
"""


async def hold_changes() -> None:
    """Wait for one's turn to change what readers see, the addresses of articles included; it is over with the transaction."""
    await lock("knowledge base changes")


async def note_change(translations: Iterable[int], *, at: datetime) -> None:
    """Have the index read these anew; in the transaction of the change."""
    ids = sorted(set(translations))
    if ids:
        await hold_changes()
        await rows("INSERT INTO kb_change (translation, at) SELECT unnest({}::int[]), {}", ids, at)


async def note_change_of_article(article: int, *, at: datetime) -> None:
    """Of all its translations."""
    found = await rows("SELECT id FROM kb_translation WHERE article = {}", article)
    await note_change([row["id"] for row in found], at=at)


async def newest() -> Place:
    """That of the newest change; 0 when there was none yet."""
    found = await rows("SELECT id, mark FROM kb_change ORDER BY id DESC LIMIT 1")
    return Place(found[0]["id"], str(found[0]["mark"])) if found else Place()


async def leads_on(place: Place) -> bool:
    """Whether it is one of this history, and all changes behind it can still be read."""
    if place.number:
        return bool(await rows("SELECT FROM kb_change WHERE id = {} AND mark = {}", place.number, UUID(place.mark)))
    [row] = await rows("SELECT coalesce(min(id), 1) AS oldest FROM kb_change")
    return row["oldest"] == 1


async def changes(after: int, limit: int) -> list[Change]:
    """The next ones in order, each with its document as it is now, None for what readers no longer see."""
    noted = await rows("SELECT id, translation, mark FROM kb_change WHERE id > {} ORDER BY id LIMIT {}", after, limit)
    last = {row["translation"]: Place(row["id"], str(row["mark"])) for row in noted}
    found = await rows(f"{_DOCUMENT} AND t.id = ANY({{}})", list(last))
    learned = await questions_of([row["article"] for row in found], at=now())
    known = {row["id"]: _document(row, learned) for row in found}
    in_order = sorted(last.items(), key=lambda pair: pair[1].number)
    return [Change(place, translation, known.get(translation)) for translation, place in in_order]


async def forget_old(*, at: datetime) -> None:
    """Delete what every index has read long since; one that has not is built anew. The newest stays, for its mark."""
    await rows("DELETE FROM kb_change WHERE at < {} AND id < (SELECT max(id) FROM kb_change)", at - KEPT)


async def documents() -> AsyncIterator[Document]:
    """All that readers see, by id; read in batches, so that any number can be."""
    after = 0
    while found := await rows(f"{_DOCUMENT} AND t.id > {{}} ORDER BY t.id LIMIT {{}}", after, BATCH):
        learned = await questions_of([row["article"] for row in found], at=now())
        for row in found:
            yield _document(row, learned)
        after = found[-1]["id"]


async def count() -> int:
    """How many those are."""
    [row] = await rows(f"SELECT count(*) AS count FROM kb_translation t WHERE {PUBLISHED}")
    return row["count"]


def _document(row: dict[str, Any], learned: Learned) -> Document:
    return Document(
        id=row["id"], article=row["article"], language=row["language"], audience=row["audience"], category=row["category"],
        title=row["title"], headings=headings_of(row["html"]), body=row["text"], tags=tuple(row["tags"]),
        questions=learned.get((row["article"], row["language"]), ()),
    )  # fmt: skip
