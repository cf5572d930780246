"""/suppressions, and muted tickets."""

from httpx import AsyncClient

from helpdesk.customers.suppressing import suppress
from helpdesk.customers.tables import SuppressedFor
from helpdesk.kernel.time import now
from helpdesk.tickets.tables import Ticket
from tests.api.conftest import ClientOf
from tests.cast import hire, make_team
from tests.make import a_ticket


async def test_suppressed_addresses_are_listed_searched_and_lifted(client_of: ClientOf, api: AsyncClient) -> None:
    ticket = await a_ticket()
    for number in range(3):
        await suppress(
            f"x{number}@customer.test", reason=SuppressedFor.BOUNCES, detail="5.1.1", ticket_id=ticket.id, at=now()
        )
    first = (await api.get("/suppressions?limit=2")).json()
    rest = (await api.get(f"/suppressions?limit=2&cursor={first['next']}")).json()
    assert [one["address"] for one in first["items"] + rest["items"]] == [f"x{n}@customer.test" for n in range(3)]
    [one] = (await api.get("/suppressions?q=x1@")).json()["items"]
    assert one | {"at": ""} == {
        "id": 2, "address": "x1@customer.test", "reason": "bounces", "detail": "5.1.1", "at": "", "ticket": ticket.number,
    }  # fmt: skip
    assert (await api.delete("/suppressions/2")).status_code == 204
    assert (await api.delete("/suppressions/2")).status_code == 404
    await Ticket.update({Ticket.team: (await make_team("Complaints", is_private=True)).id}).where(
        Ticket.id == ticket.id
    )
    assert {one["ticket"] for one in (await api.get("/suppressions")).json()["items"]} == {None}, "out of reach"
    lia = await client_of(await hire("lia"))
    assert (await lia.get("/suppressions")).status_code == (await lia.delete("/suppressions/1")).status_code == 403


async def test_an_answer_to_a_suppressed_address_is_refused_at_its_recipients(api: AsyncClient) -> None:
    ticket = await a_ticket()
    await suppress("dora@customer.test", reason=SuppressedFor.BOUNCES, detail="5.1.1", ticket_id=ticket.id, at=now())
    refused = await api.post(f"/tickets/{ticket.number}/messages", json={"audience": "public", "body_text": "Hello?"})
    assert (refused.status_code, list(refused.json()["fields"])) == (422, ["recipients"])
    noted = await api.post(
        f"/tickets/{ticket.number}/messages", json={"audience": "internal", "body_text": "Call her."}
    )
    assert noted.status_code == 201


async def test_a_ticket_is_muted_and_unmuted(api: AsyncClient) -> None:
    ticket = await a_ticket()
    path = f"/tickets/{ticket.number}"
    assert (await api.get(path)).json()["muted_at"] is None
    muted = await api.post(f"{path}/mute")
    assert muted.status_code == 200 and muted.json()["muted_at"]
    assert (await api.post(f"{path}/mute")).json()["version"] == muted.json()["version"]
    assert (await api.delete(f"{path}/mute")).json()["muted_at"] is None
