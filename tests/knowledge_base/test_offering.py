"""What a form offers counts once a page; what was said to answer, and was sent after all, does not count."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from helpdesk.kernel.database import rows
from knowledge_base.offering import note_answered, note_offered, note_opened, note_sent, settle, was_asked
from tests.articles import an_article

pytestmark = pytest.mark.usefixtures("database")
AT = datetime(2026, 11, 20, 12, tzinfo=UTC)


async def two() -> tuple[int, int]:
    """Translations of two articles."""
    for title in ("Send an order back", "Change the address"):
        await an_article(title)
    first, second = await rows("SELECT id FROM kb_translation ORDER BY id")
    return first["id"], second["id"]


async def counted() -> dict[str, int]:
    found = await rows("SELECT use, sum(times)::integer AS times FROM kb_use GROUP BY use")
    return {row["use"]: row["times"] for row in found if row["times"]}


async def learnt() -> list[tuple[str, str]]:
    return [(row["kind"], row["text"]) for row in await rows("SELECT kind, text FROM kb_evidence")]


async def offer(page: str, *translations: int, is_asked: bool = False) -> None:
    await note_offered(page, translations, channel=1, language="en", is_asked=is_asked, at=AT)


async def answer(page: str, translation: int, at: datetime = AT) -> None:
    await note_answered(page, translation, text="my parcel", customer=None, at=at)


async def test_each_step_counts_once_for_a_page_however_often_and_at_once_it_comes() -> None:
    first, second = await two()
    await asyncio.gather(*(offer("a", first) for _ in range(3)), offer("b", first))
    await offer("a", second, first, is_asked=True)
    await asyncio.gather(*(note_opened("a", second, at=AT) for _ in range(3)))
    await asyncio.gather(*(answer("a", second) for _ in range(3)))

    assert await counted() == {"offered": 3, "opened": 1, "deflected": 1}
    assert await learnt() == [("helpful", "my parcel")]
    assert (await was_asked("a"), await was_asked("b")) == (True, False)


async def test_nothing_counts_that_was_not_offered_there() -> None:
    first, second = await two()
    await offer("a", first)
    await note_opened("a", second, at=AT)
    await answer("a", second)
    await answer("c", first)
    assert await counted() == {"offered": 1} and await learnt() == []


async def test_who_sends_it_after_all_was_not_helped() -> None:
    first, second = await two()
    await offer("a", first, second)
    await note_opened("a", second, at=AT)
    await answer("a", second)

    before = await note_sent("a", ticket=7)
    assert [(one.title, one.is_opened) for one in before] == [
        ("Send an order back", False),
        ("Change the address", True),
    ]
    assert await note_sent("a", ticket=8) == [] and await note_sent("c", ticket=9) == []
    await answer("a", second)
    assert await counted() == {"offered": 2, "opened": 1} and await learnt() == []


async def test_reading_and_sending_nothing_for_a_day_is_counted_apart_and_once() -> None:
    first, second = await two()
    for page in ("read", "sent", "said", "unread"):
        await offer(page, first, second)
    for page in ("read", "sent", "said"):
        await note_opened(page, first, at=AT)
        await note_opened(page, second, at=AT)
    await note_sent("sent", ticket=1)
    await answer("said", first)

    await settle(at=AT + timedelta(hours=23))
    assert "probably" not in await counted()
    for _ in range(2):
        await settle(at=AT + timedelta(hours=25))
    await answer("read", first, at=AT + timedelta(hours=26))
    assert await counted() == {"offered": 8, "opened": 6, "deflected": 1, "probably": 1}
    [row] = await rows("SELECT article FROM kb_use WHERE use = 'probably'")
    assert [row] == await rows("SELECT article FROM kb_translation WHERE id = {}", second), "the last one that was read"

    for page in ("read", "said"):
        await note_sent(page, ticket=2)
    assert await counted() == {"offered": 8, "opened": 6} and await learnt() == [], "sent after all, late"
