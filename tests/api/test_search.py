"""`GET /tickets?q=` speaks the language of the console's search."""

import pytest
from httpx import AsyncClient

from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.tickets.assigning import assign
from helpdesk.tickets.editing import tag
from tests.cast import EVE
from tests.make import a_ticket


async def numbers(api: AsyncClient, **query: str) -> list[int]:
    answer = await api.get("/tickets", params=query)
    assert answer.status_code == 200, answer.text
    return [one["number"] for one in answer.json()["items"]]


async def test_words_and_operators_find_tickets_together_with_filters(api: AsyncClient, ben: SignedIn) -> None:
    first, second = await a_ticket(text="please refund"), await a_ticket(text="refund now", who=EVE)
    await assign(first, ben.id, by=ben, at=now())
    await tag(second, ["vat"], by=ben, at=now())

    assert await numbers(api, q="refund") == [second.number, first.number]
    assert await numbers(api, q="refund assignee:me") == [first.number]
    assert await numbers(api, q="refund", tag="vat") == [second.number]
    assert await numbers(api, q="از:stranger.test") == [second.number]
    assert await numbers(api, q="refund", sort="number") == [first.number, second.number]
    assert await numbers(api, q="refund", only="spam") == []
    assert await numbers(api, q="refu") == [], "words are whole ones"
    assert await numbers(api, q="") == [second.number, first.number]
    assert await numbers(api, q=str(first.number)) == [first.number]


async def test_pages_of_a_search(api: AsyncClient) -> None:
    tickets = [await a_ticket(text="refund") for _ in range(3)]
    seen: list[int] = []
    query: dict[str, str] = {"q": "refund", "limit": "1"}
    for _ in tickets:
        answer = (await api.get("/tickets", params=query)).json()
        seen += [one["number"] for one in answer["items"]]
        query["cursor"] = answer["next"] or ""

    assert seen == [ticket.number for ticket in reversed(tickets)]
    assert query["cursor"] == ""


@pytest.mark.parametrize("q", ["status:lost", "colour:red", "before:soon", "team:nowhere", "tag:none", "x" * 401])
async def test_an_error_in_the_search_is_told_at_its_field(api: AsyncClient, q: str) -> None:
    answer = await api.get("/tickets", params={"q": q})

    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert list(answer.json()["fields"]) == ["q"]
