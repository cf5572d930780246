"""What becomes of articles is counted by day; searches lead to what was opened of them, and are forgotten."""

from datetime import UTC, datetime, timedelta

import pytest

from helpdesk.kernel.database import rows
from knowledge_base.usage import KEPT, Place, Use, count_use, count_uses, forget_old, note_opened, note_search

pytestmark = pytest.mark.usefixtures("database")
AT = datetime(2026, 11, 20, 23, 50, tzinfo=UTC)


async def counted() -> list[tuple[int, str, int]]:
    found = await rows("SELECT article, use, day, times FROM kb_use ORDER BY article, day")
    return [(row["article"], f"{row['use']} {row['day']}", row["times"]) for row in found]


async def test_uses_are_added_up_by_day() -> None:
    await count_use(Use.VIEWED, article=2, language="en", at=AT)
    await count_uses(Use.VIEWED, [(2, "en"), (1, "fa"), (2, "en")], at=AT)
    await count_use(Use.VIEWED, article=2, language="en", at=AT + timedelta(minutes=20))

    assert await counted() == [(1, "viewed 2026-11-20", 1), (2, "viewed 2026-11-20", 2), (2, "viewed 2026-11-21", 1)]


async def test_what_was_opened_belongs_to_its_search_once_and_for_a_day() -> None:
    search = await note_search(Place.HELP, "  كتاب\u200cها ", language="fa", found=2, at=AT)

    first = await note_opened(search, translation=7, at=AT)
    assert first and (first.words, first.language) == ("کتاب ها", "fa")
    assert await note_opened(search, translation=7, at=AT) is None
    assert await note_opened(search, translation=8, at=AT + timedelta(days=2)) is None
    for forged in ("", "1", "1-0000000000000000", search[:-1] + "é", "9" * 30 + search):
        assert await note_opened(forged, translation=8, at=AT) is None
    [row] = await rows("SELECT opened, found FROM kb_search")
    assert (row["opened"], row["found"]) == ([7], 2)


async def test_searches_are_forgotten_and_counters_stay() -> None:
    await note_search(Place.API, "refund", language="en", found=0, at=AT)
    await note_search(Place.API, "refunds", language="en", found=0, at=AT + timedelta(days=1))
    await count_use(Use.VIEWED, article=1, language="en", at=AT)

    await forget_old(at=AT + KEPT + timedelta(hours=1))
    assert [row["words"] for row in await rows("SELECT words FROM kb_search")] == ["refunds"]
    assert len(await counted()) == 1
