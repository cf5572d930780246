"""`Idempotency-Key`: done once, answered alike, safe when calls come at once or a process dies between."""

import asyncio

import httpx
import pytest
from httpx import AsyncClient

from helpdesk.api import idempotency
from helpdesk.kernel.database import rows
from helpdesk.tickets.tables import Message, Ticket
from tests.api.conftest import ClientOf
from tests.api.test_tickets import NEW
from tests.cast import hire

KEY = {"idempotency-key": "7a3f-1"}


async def test_a_repeated_call_is_done_once_and_answered_alike(api: AsyncClient) -> None:
    first = await api.post("/tickets", json=NEW, headers=KEY)
    second = await api.post("/tickets", json=NEW, headers=KEY)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert "idempotent-replayed" not in first.headers and second.headers["idempotent-replayed"] == "true"
    assert second.headers["content-type"] == first.headers["content-type"]
    assert await Ticket.count() == 1


async def test_the_same_key_with_another_request_is_refused(api: AsyncClient, client_of: ClientOf) -> None:
    await api.post("/tickets", json=NEW, headers=KEY)
    for path, body in [("/tickets", NEW | {"subject": "Other"}), ("/tickets/1001/messages", NEW)]:
        answer = await api.post(path, json=body, headers=KEY)
        assert (answer.status_code, list(answer.json()["fields"])) == (422, ["Idempotency-Key"])
    cleo = await client_of(await hire("cleo"))
    assert (await cleo.post("/tickets", json=NEW, headers=KEY)).json()["number"] == 1002
    for bad in ("", "x" * 201, "é"):
        answer = await api.post("/tickets", json=NEW, headers={b"idempotency-key": bad.encode()})
        assert answer.status_code == 422


async def test_a_refused_call_keeps_nothing_so_that_the_key_serves_again(api: AsyncClient) -> None:
    assert (await api.post("/tickets", json=NEW | {"team": 77}, headers=KEY)).status_code == 422
    assert (await api.post("/tickets", json=NEW, headers=KEY)).status_code == 201


async def test_ten_calls_at_once_open_one_ticket(api: AsyncClient) -> None:
    async def insist() -> httpx.Response:
        while (answer := await api.post("/tickets", json=NEW, headers=KEY)).status_code == 409:
            assert answer.headers["retry-after"] == "1"
            await asyncio.sleep(0.02)
        return answer

    answers = await asyncio.gather(*(insist() for _ in range(10)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert (await Ticket.count(), await Message.count()) == (1, 1)


async def test_work_and_answer_commit_together(api: AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    async def dies(*_args: object) -> None:
        raise RuntimeError("the process dies here")

    with monkeypatch.context() as patched:
        patched.setattr(idempotency, "_keep", dies)
        assert (await api.post("/tickets", json=NEW, headers=KEY)).status_code == 500
    assert await Ticket.count() == 0
    assert (await api.post("/tickets", json=NEW, headers=KEY)).status_code == 201
    assert await Ticket.count() == 1


async def test_a_key_is_free_again_after_a_day(api: AsyncClient) -> None:
    await api.post("/tickets", json=NEW, headers=KEY)
    await rows("UPDATE hd_idempotent_answer SET created_at = now() - interval '25 hours'")
    again = await api.post("/tickets", json=NEW | {"subject": "Other"}, headers=KEY)
    assert (again.status_code, await Ticket.count()) == (201, 2)


async def test_a_test_of_a_mailbox_runs_each_time_and_holds_no_transaction(client_of: ClientOf) -> None:
    alma = await client_of(await hire("alma"))
    [mailbox] = (await alma.get("/channels")).json()["items"]
    for _ in range(2):
        answer = await alma.post(f"/channels/{mailbox['id']}/test", headers={"Idempotency-Key": "again"})
        assert answer.status_code == 200 and "idempotent-replayed" not in answer.headers
    assert await rows("SELECT FROM hd_idempotent_answer WHERE key = 'again'") == []
