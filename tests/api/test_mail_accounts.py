"""The servers of mailboxes by API: what the page can do, and never a secret."""

import pytest
from httpx import AsyncClient

from helpdesk.channels.email.checking import running
from helpdesk.channels.email.checking.findings import Finding, ok
from helpdesk.channels.mail_accounts import account_of
from helpdesk.channels.tables import Direction
from helpdesk.deliveries.tables import Delivery
from helpdesk.kernel.sealing import open_sealed
from tests.api.conftest import ClientOf
from tests.cast import hire
from tests.mail_servers import PASSWORD, USER, outgoing_server

SENDING = {"host": "mail.example.com", "port": 465, "username": "support", "password": "hunter2"}
RECEIVING = SENDING | {"port": 993, "afterwards": "move", "move_to": "Done"}


async def test_servers_are_set_kept_replaced_and_removed(client_of: ClientOf, api: AsyncClient) -> None:
    alma = await client_of(await hire("alma"))
    made = await alma.post(
        "/channels",
        json={"name": "Sales", "address": "sales@helpdesk.test", "receiving": RECEIVING, "sending": SENDING},
    )
    assert made.status_code == 201, made.text
    path = f"/channels/{made.json()['id']}"
    assert made.json()["sending"] == {
        "host": "mail.example.com", "port": 465, "tls": "implicit", "username": "support", "has_password": True,
        "is_connected": False, "worked_at": None, "last_error": "",
    }  # fmt: skip
    assert made.json()["receiving"]["move_to"] == "Done"
    changed = await alma.patch(path, json={"sending": SENDING | {"password": "", "port": 587, "tls": "starttls"}})
    assert changed.json()["sending"]["port"] == 587 and changed.json()["receiving"] == made.json()["receiving"]
    account = await account_of(made.json()["id"], Direction.OUT)
    assert account is not None and open_sealed(account.password) == "hunter2"
    renamed = await alma.patch(path, json={"name": "Trade"})
    assert renamed.json() == changed.json() | {"name": "Trade"}
    removed = await alma.patch(path, json={"sending": None})
    assert removed.json()["sending"] is None and removed.json()["receiving"]
    for answer in (made, changed, removed, await alma.get("/channels"), await alma.get(path)):
        assert "hunter2" not in answer.text and account.password not in answer.text
    seen = (await api.get(path)).json()
    assert (seen["receiving"], seen["name"]) == (None, "Trade")
    assert "mail.example.com" not in (await api.get("/channels")).text


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"sending": SENDING | {"host": "169.254.169.254"}}, "sending.host"),
        ({"sending": SENDING | {"tls": "ssl"}}, "sending.tls"),
        ({"sending": SENDING | {"port": 0}}, "sending.port"),
        ({"sending": SENDING | {"folder": "INBOX"}}, "sending.folder"),
        ({"receiving": RECEIVING | {"username": ""}}, "receiving.username"),
        ({"receiving": RECEIVING | {"move_to": ""}}, "receiving.move_to"),
        ({"sending": SENDING | {"password": "a\nb"}}, "sending.password"),
    ],
)
async def test_what_is_wrong_is_said_at_the_field_and_changes_nothing(
    client_of: ClientOf, body: dict, field: str
) -> None:
    alma = await client_of(await hire("alma"))
    before = (await alma.get("/channels/1")).json()
    answer = await alma.patch("/channels/1", json=body | {"name": "Other"})
    assert answer.status_code in (400, 422), answer.text
    assert field in answer.json()["fields"] or field.rpartition(".")[2] in answer.text
    assert (await alma.get("/channels/1")).json() == before


async def test_a_test_tells_findings_and_sends_a_probe_when_asked(
    client_of: ClientOf, api: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def records(domain: str, **_options: object) -> list[Finding]:
        return [ok("dns.mx", domain)]

    monkeypatch.setattr(running, "check_records", records)
    alma = await client_of(await hire("alma"))
    async with outgoing_server() as server:
        own = {"host": "127.0.0.1", "port": server.port, "tls": "none", "username": USER, "password": PASSWORD}
        await alma.patch("/channels/1", json={"sending": own})
        answer = await alma.post("/channels/1/test")
        assert answer.status_code == 200, answer.text
        assert await Delivery.count() == 0
        found = {one["check"]: one["level"] for one in answer.json()["findings"]}
        assert found == {
            "sending.reach": "ok", "sending.tls": "warning", "sending.sign_in": "ok", "sending.sender": "ok", "dns.mx": "ok",
            "receiving.plus": "unknown",
        }  # fmt: skip
        await alma.post("/channels/1/test?probe=true", headers={"idempotency-key": "once"})
        await alma.post("/channels/1/test?probe=true", headers={"idempotency-key": "once"})
        assert await Delivery.count() == 1
    assert (await alma.get("/channels/1")).json()["sending"]["worked_at"]
    assert (await api.post("/channels/1/test")).status_code == 403
    assert (await alma.post("/channels/77/test")).status_code == 404
