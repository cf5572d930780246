"""The door: who calls, how often, and what an error looks like."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient
from litestar import Litestar
from piccolo.engine.postgres import PostgresEngine

from helpdesk.api import entering
from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import TooMany
from helpdesk.kernel.time import now
from helpdesk.people import rationing
from helpdesk.people.actor import SignedIn
from helpdesk.people.sessions import open_session
from helpdesk.web.visits import session_cookie
from tests.api.conftest import client
from tests.make import a_ticket


async def test_only_a_token_opens_the_door(app: Litestar, api: AsyncClient, ben: SignedIn) -> None:
    assert ben.id is not None
    session = await open_session(ben.id, address="", user_agent="", at=now())
    async with client(app) as stranger:
        for headers in (
            {},
            {"authorization": "Bearer wrong"},
            {"authorization": "Basic x"},
            {"cookie": f"{session_cookie()}={session}"},
        ):
            for answer in (
                await stranger.get("/tickets", headers=headers),
                await stranger.post("/tickets", content=b"{", headers=headers),
            ):
                assert answer.status_code == 401
                assert answer.headers["www-authenticate"] == "Bearer"
                assert answer.headers["content-type"] == "application/problem+json"
    await rows("UPDATE hd_api_token SET revoked_at = now()")
    assert (await api.get("/tickets")).status_code == 401


async def test_a_problem_says_what_where_and_which_request(api: AsyncClient) -> None:
    answer = await api.get("/tickets/77")
    assert answer.json() == {
        "type": "about:blank", "title": "There is no ticket with this number, or you may not see it.", "status": 404,
        "instance": "/api/v1/tickets/77", "request_id": answer.headers["x-request-id"],
    }  # fmt: skip
    assert (await api.get("/nothing")).headers["content-type"] == "application/problem+json"
    wrong_method = await api.delete("/tickets")
    assert (wrong_method.status_code, wrong_method.headers["content-type"]) == (405, "application/problem+json")
    assert "GET" in wrong_method.headers["allow"]


async def test_too_many_calls_are_told_when_to_come_back(api: AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entering, "CALLS", 40)
    answers = await asyncio.gather(*(api.get("/tickets") for _ in range(50)))
    assert sorted(answer.status_code for answer in answers) == [200] * 40 + [429] * 10
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert refused.headers["content-type"] == "application/problem+json"


async def test_the_limit_holds_over_processes_and_a_new_window_begins_anew(database: None) -> None:
    rationing.forget_all()
    at, minute = now(), timedelta(minutes=1)
    passed, waits = 0, set[int]()
    for call in range(200):
        if call % 7 == 0:
            rationing.forget_all()  # as if another process had answered
        try:
            await rationing.spend("k", at_most=100, within=minute, at=at)
            passed += 1
        except TooMany as refused:
            waits.add(refused.retry_after)
    assert waits == {60}
    assert 0 < passed <= 100
    await rationing.spend("k", at_most=100, within=minute, at=at + minute)


async def test_calls_cost_one_write_in_thirty(api: AsyncClient) -> None:
    for _ in range(rationing.SHARE):
        await api.get("/tickets")
    [row] = await rows("SELECT tries FROM hd_throttle WHERE key LIKE 'api:%'")
    assert row["tries"] == rationing.SHARE


async def test_a_list_takes_the_same_number_of_queries_however_long(
    api: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    run = PostgresEngine._run_in_pool

    async def counted(self: PostgresEngine, query: str, *args: Any) -> Any:
        asked.append(query)
        return await run(self, query, *args)

    monkeypatch.setattr(PostgresEngine, "_run_in_pool", counted)
    await a_ticket()
    await api.get("/tickets")  # draws a share of calls
    taken: list[int] = []
    for _ in range(2):
        for path in ("/tickets", "/tickets/1001/messages", "/tickets/1001/events"):
            asked.clear()
            assert (await api.get(path)).status_code == 200
            taken.append(len(asked))
        for n in range(5):
            await a_ticket(who=(f"c{n}@customer.test", "C"))
            await api.post("/tickets/1001/messages", json={"audience": "public", "body_text": "x"})
    assert taken == [3, 3, 3, 3, 3, 3]
