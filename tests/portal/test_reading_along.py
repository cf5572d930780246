"""What readers search for, open and read is counted: machines, agents at work and pages fetched ahead are not."""

import re
from collections.abc import Callable
from contextlib import suppress
from unittest.mock import AsyncMock

import pytest
from httpx import AsyncClient

from helpdesk.intake import limits
from helpdesk.kernel.database import rows
from knowledge_base import feedback
from tests.articles import an_article, indexed
from tests.make import a_ticket
from tests.portal.guests import Guest

BROWSER = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
ROBOT = {"user-agent": "Mozilla/5.0 (compatible; Findbot/2.1; +http://find.test/bot.html)"}
ARTICLE = "/help/en/articles/send-an-order-back"


async def views() -> int:
    [row] = await rows("SELECT coalesce(sum(times), 0)::integer AS times FROM kb_use WHERE use = 'viewed'")
    return row["times"]


async def searches() -> list[tuple[str, int, int]]:
    found = await rows("SELECT words, found, cardinality(opened) AS opened FROM kb_search ORDER BY id")
    return [(row["words"], row["found"], row["opened"]) for row in found]


def first_result(page: str) -> str:
    [link, *_rest] = re.findall(r'href="(/help/en/articles/[^"]+)"', page)
    return link


async def test_a_view_is_a_reader_at_the_article(visitor: AsyncClient) -> None:
    await an_article()
    for _ in range(2):
        assert (await visitor.get(ARTICLE, headers=BROWSER)).status_code == 200
    await visitor.get(ARTICLE, headers=ROBOT)
    await visitor.get(ARTICLE, headers={"user-agent": ""})
    await visitor.get(ARTICLE, headers=BROWSER | {"sec-purpose": "prefetch;prerender"})
    await visitor.get(f"{ARTICLE}?said=helped", headers=BROWSER)
    assert await views() == 2


async def test_a_search_is_kept_once_and_leads_to_what_was_opened(visitor: AsyncClient) -> None:
    await an_article()
    await indexed()
    page = await visitor.get("/help/en/search?q=Order  back", headers=BROWSER)
    link = first_result(page.text)
    for _ in range(2):
        opened = await visitor.get(link, headers=BROWSER)
        assert (opened.status_code, opened.headers["location"]) == (302, ARTICLE)
    await visitor.get("/help/en/search?q=penguins", headers=BROWSER)
    await visitor.get("/help/en/search?q=order", headers=ROBOT)
    assert await searches() == [("order back", 1, 1), ("penguins", 0, 0)]
    assert await views() == 0, "the article's own page counts"


async def test_typing_ahead_is_kept_once_something_is_chosen(visitor: AsyncClient) -> None:
    await an_article()
    await indexed()
    for typed in ("o", "or", "ord", "orde"):
        listed = await visitor.get(f"/help/en/search/typing?q={typed}", headers=BROWSER)
    assert await searches() == []
    await visitor.get(first_result(listed.text), headers=BROWSER)
    assert await searches() == [("orde", 1, 1)]


async def test_a_vote_after_a_search_teaches_what_the_search_meant(guest: Callable[[], Guest]) -> None:
    await an_article()
    await indexed()
    reader, stranger = guest(), guest()
    await a_ticket()
    await reader.sign_in()
    reader.client.headers.update(BROWSER)
    page = await reader.page("/help/en/search?q=Order  back")
    await reader.page(first_result(page.text))
    for said, kinds in (("yes", ["clicked", "helpful"]), ("no", ["clicked", "unhelpful"])):
        await reader.post(f"{ARTICLE}/vote", {"helpful": said}, on=ARTICLE)
        found = await rows("SELECT kind, text, customer FROM kb_evidence ORDER BY kind")
        assert [row["kind"] for row in found] == kinds and {row["text"] for row in found} == {"order back"}
        assert {row["customer"] for row in found} == {None}, "a search is nobody's"
    await stranger.post(f"{ARTICLE}/vote", {"helpful": "yes"}, on=ARTICLE)
    assert len(await rows("SELECT FROM kb_evidence")) == 2, "a vote without words says nothing of what was asked"


async def test_one_network_teaches_a_few_things_a_day_and_each_with_its_vote(
    guest: Callable[[], Guest], monkeypatch: pytest.MonkeyPatch
) -> None:
    await an_article()
    await indexed()
    monkeypatch.setattr(limits, "LESSONS_PER_NETWORK", 1)
    for words in ("order", "order back"):
        reader = guest()
        reader.client.headers.update(BROWSER)
        await reader.page(first_result((await reader.page(f"/help/en/search?q={words}")).text))
        await reader.post(f"{ARTICLE}/vote", {"helpful": "yes"}, on=ARTICLE)
    assert await rows("SELECT text FROM kb_evidence WHERE kind = 'helpful'") == [{"text": "order"}]
    assert await rows("SELECT count(*) AS votes FROM kb_vote WHERE is_counted") == [{"votes": 2}]

    monkeypatch.undo()
    monkeypatch.setattr(feedback, "vote", AsyncMock(side_effect=OSError("killed")))
    with suppress(OSError):
        await reader.post(f"{ARTICLE}/vote", {"helpful": "no"}, on=ARTICLE)
    assert await rows("SELECT FROM kb_evidence WHERE kind = 'unhelpful'") == []
