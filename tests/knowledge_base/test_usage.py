"""What becomes of articles is counted by day; searches lead to what was opened of them, and are forgotten."""

from datetime import UTC, datetime, timedelta

import pytest

from helpdesk.kernel.database import rows
from knowledge_base import usage
from knowledge_base.feedback import vote
from knowledge_base.figures import used_one
from knowledge_base.usage import KEPT, Place, Use, count_use, count_uses, follow, forget_old, note_search, trail, typed
from tests.articles import an_article

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


async def opened() -> list[tuple[str, list[int]]]:
    return [(row["words"], row["opened"]) for row in await rows("SELECT words, opened FROM kb_search ORDER BY id")]


async def test_what_was_opened_belongs_to_its_search_once_and_for_a_day() -> None:
    article = await an_article()
    other = await an_article("Another one")
    search = await note_search(Place.HELP, "  كتاب\u200cها ", language="fa", found=2, at=AT)
    carried = trail(search, 7)

    for _ in range(2):
        await follow(carried, article=article, language="en", translation=7, at=AT)
    await follow(carried, article=other, language="en", translation=8, at=AT)
    await follow(trail(search, 8), article=other, language="en", translation=8, at=AT + timedelta(days=2))
    for forged in ("", ".", "x.y", carried[:-1], carried + "é", carried.partition(".")[0]):
        await follow(forged, article=other, language="en", translation=8, at=AT)
    assert await opened() == [("کتاب ها", [7])]
    assert [(row["article"], row["text"]) for row in await rows("SELECT * FROM kb_evidence")] == [(article, "کتاب ها")]


async def test_a_search_on_the_way_is_kept_once_when_something_is_opened_within_a_day() -> None:
    article = await an_article()
    search = await typed(Place.HELP, "Retu", language="en", found=2, at=AT)
    late = await typed(Place.HELP, "Refu", language="en", found=1, at=AT - usage.OPENED_WITHIN * 2)
    assert await opened() == []
    for one in (search, search, late):
        followed = await follow(trail(one, 7), article=article, language="en", translation=7, at=AT)
        assert followed == (one is search)
    await follow(trail(search, 8), article=article, language="en", translation=8, at=AT + timedelta(hours=1))
    assert await opened() == [("retu", [7, 8])]
    assert [times for _article, _use, times in await counted()] == [1, 1]


async def test_a_trail_of_another_shape_leads_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    carried = trail(await typed(Place.HELP, "Retu", language="en", found=1, at=AT), 7)
    assert usage.search_of(carried, 7, at=AT)
    monkeypatch.setattr(usage, "Search", usage.Use)
    assert usage.search_of(carried, 7, at=AT) is None


async def test_searches_are_forgotten_and_counters_stay() -> None:
    await note_search(Place.API, "refund", language="en", found=0, at=AT)
    await note_search(Place.API, "refunds", language="en", found=0, at=AT + timedelta(days=1))
    await count_use(Use.VIEWED, article=1, language="en", at=AT)

    await forget_old(at=AT + KEPT + timedelta(hours=1))
    assert [row["words"] for row in await rows("SELECT words FROM kb_search")] == ["refunds"]
    assert len(await counted()) == 1


async def test_what_became_of_an_article_is_told_by_period() -> None:
    article = await an_article()
    for days, use in ((0, Use.LINKED), (10, Use.INSERTED), (60, Use.VIEWED), (100, Use.VIEWED)):
        await count_use(use, article=article, language="en", at=AT - timedelta(days=days))
    await count_use(Use.VIEWED, article=article, language="fa", at=AT)
    [row] = await rows("SELECT id FROM kb_translation")
    await vote(row["id"], is_helpful=True, voter="x", network="192.0.2.7", revision=1, customer=None, at=AT)

    used = await used_one(article, "en", row["id"], days=(28, 90), at=AT)
    assert used == {"viewed": [0, 1], "sent": [2, 2], "helpful": [1, 1]}
