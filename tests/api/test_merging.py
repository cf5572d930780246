"""Merging, splitting and snoozing through the API."""

from httpx import AsyncClient

from helpdesk.tickets.tables import Message
from tests.api.conftest import ClientOf
from tests.cast import hire, make_team
from tests.make import a_ticket


async def test_tickets_are_merged_and_apart_again(client_of: ClientOf, api: AsyncClient) -> None:
    for subject in ("One", "Two"):
        await a_ticket(subject)
    survivor = (await api.post("/tickets/1002/merge", json={"into": 1001})).json()
    assert survivor["number"] == 1001
    assert (await api.post("/tickets/1002/merge", json={"into": 1001})).json()["version"] == survivor["version"]
    assert (await api.get("/tickets/1002")).json()["merged_into"] == 1001
    assert len((await api.get("/tickets/1001/messages")).json()["items"]) == 2
    late = await api.post("/tickets/1002/messages", json={"audience": "internal", "body_text": "Too late"})
    assert late.status_code == 422 and "#1001" in late.text
    assert (await api.patch("/tickets/1002", json={"priority": "high"})).status_code == 422
    for into in (1002, 999):
        assert list((await api.post("/tickets/1001/merge", json={"into": into})).json()["fields"]) == ["into"]
    assert (await api.delete("/tickets/1002/merge")).json()["merged_into"] is None
    assert len((await api.get("/tickets/1002/messages")).json()["items"]) == 1
    lia = await client_of(await hire("lia"))
    for method, path, body in (
        ("POST", "/tickets/1002/merge", {"into": 1001}), ("DELETE", "/tickets/1002/merge", None),
        ("POST", "/tickets/1002/split", {"message": 2, "subject": "x"}), ("POST", "/tickets/1002/snooze", {}),
        ("DELETE", "/tickets/1002/snooze", None),
    ):  # fmt: skip
        assert (await lia.request(method, path, json=body)).status_code == 403


async def test_a_ticket_out_of_sight_is_no_ticket_to_merge_into(client_of: ClientOf, api: AsyncClient) -> None:
    secret = await make_team("Legal", is_private=True)
    await a_ticket("Hidden", team=secret.id)
    await a_ticket("Seen")
    answer = await api.post("/tickets/1002/merge", json={"into": 1001})
    assert answer.status_code == 422 and "no ticket with this number" in answer.text


async def test_a_message_becomes_a_ticket(api: AsyncClient) -> None:
    await a_ticket()
    await api.post("/tickets/1001/messages", json={"audience": "internal", "body_text": "Something else"})
    second = await Message.objects().order_by(Message.id, ascending=False).first()
    assert second is not None
    made = await api.post("/tickets/1001/split", json={"message": second.id, "subject": "Else"})
    assert made.status_code == 201 and made.json()["number"] == 1002
    left = await api.post("/tickets/1001/split", json={"message": 1, "subject": "All"})
    assert left.status_code == 422 and list(left.json()["fields"]) == ["message"]
    assert (await api.post("/tickets/1001/split", json={"message": second.id, "subject": "x"})).status_code == 404


async def test_a_ticket_is_put_aside_and_taken_up_again(api: AsyncClient) -> None:
    await a_ticket()
    snoozed = (await api.post("/tickets/1001/snooze", json={"until": "2030-01-01T09:00:00+03:30"})).json()
    assert snoozed["snoozed_until"] == "2030-01-01T05:30:00Z"
    assert (await api.post("/tickets/1001/snooze", json={})).json()["snoozed_until"].startswith("9999-12-31")
    assert (await api.delete("/tickets/1001/snooze")).json()["snoozed_until"] is None
    for body in ({"until": "2020-01-01T00:00:00Z"}, {"until": "2030-01-01T09:00:00"}, {"until": "soon"}):
        assert (await api.post("/tickets/1001/snooze", json=body)).status_code == 422
