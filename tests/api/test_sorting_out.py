"""Spam, trash, erasing, blocked senders and mail filters through the API."""

from httpx import AsyncClient

from tests.api.conftest import ClientOf
from tests.cast import hire
from tests.intake.test_taking_in import a_mail, receive
from tests.make import a_ticket

FILTER = {
    "name": "Newsletters", "conditions": [{"field": "header", "header": "List-Id", "test": "exists"}], "actions": {"tags": ["News"]},
}  # fmt: skip


async def numbers(client: AsyncClient, query: str = "") -> list[int]:
    return [one["number"] for one in (await client.get(f"/tickets{query}")).json()["items"]]


async def test_spam_and_trash_are_left_out_unless_asked_for(client_of: ClientOf, api: AsyncClient) -> None:
    for subject in ("One", "Two", "Three"):
        await a_ticket(subject)
    spam = (await api.post("/tickets/1001/spam")).json()
    assert spam["spam_at"] and not spam["trashed_at"]
    assert (await api.post("/tickets/1002/trash")).json()["trashed_at"]
    assert (await numbers(api), await numbers(api, "?only=spam"), await numbers(api, "?only=trash")) == (
        [1003],
        [1001],
        [1002],
    )
    assert (await api.delete("/tickets/1001/spam")).json()["spam_at"] is None
    alma = await client_of(await hire("alma"))
    assert (await api.delete("/tickets/1002")).status_code == 403
    assert (await alma.delete("/tickets/1001")).status_code == 422, "neither spam nor in the trash"
    assert (await alma.delete("/tickets/1002")).status_code == 204
    assert (await alma.get("/tickets/1002")).status_code == 404
    assert (await api.delete("/tickets/1003/trash")).json()["trashed_at"] is None
    assert sorted(await numbers(api)) == [1001, 1003]
    lia = await client_of(await hire("lia"))
    assert (
        (await lia.post("/tickets/1001/spam")).status_code == (await lia.post("/tickets/1001/trash")).status_code == 403
    )


async def test_senders_are_blocked_by_agents_and_managed_by_managers(client_of: ClientOf, api: AsyncClient) -> None:
    mani = await client_of(await hire("mani"))
    made = (await api.post("/sender-rules", json={"pattern": "Eve@Spam.test"})).json()
    assert (made["pattern"], made["is_allowed"], made["created_by"]) == ("eve@spam.test", False, "Ben Weber")
    allowing = {"pattern": "eve@spam.test", "is_allowed": True}
    assert (await api.post("/sender-rules", json=allowing)).status_code == 403
    turned = (await mani.post("/sender-rules", json=allowing)).json()
    assert (turned["id"], turned["is_allowed"]) == (made["id"], True)
    assert (await api.post("/sender-rules", json={"pattern": "eve@spam.test"})).status_code == 422, "it stays allowed"
    assert [one["id"] for one in (await mani.get("/sender-rules?q=spam")).json()["items"]] == [made["id"]]
    assert list((await api.post("/sender-rules", json={"pattern": "@"})).json()["fields"]) == ["pattern"]
    path = f"/sender-rules/{made['id']}"
    assert (await api.get("/sender-rules")).status_code == (await api.delete(path)).status_code == 403
    assert (await mani.delete(path)).status_code == 204
    assert (await mani.get("/sender-rules")).json() == {"items": [], "next": None}


async def test_filters_are_made_tried_ordered_and_removed(client_of: ClientOf, api: AsyncClient) -> None:
    alma = await client_of(await hire("alma"))
    await receive(a_mail(List_Id="<news.shop.test>"))
    assert (await alma.post("/mail-filters/try", json=FILTER)).json() == {"asked": 1, "matching": [1]}
    first = (await alma.post("/mail-filters", json=FILTER)).json()
    assert first["conditions"][0]["header"] == "list-id" and first["actions"]["tags"] == ["news"]
    second = (await alma.post("/mail-filters", json=FILTER | {"name": "Two", "is_active": False})).json()
    assert (await alma.post(f"/mail-filters/{second['id']}/up")).json()["position"] == 1
    changed = (
        await alma.put(f"/mail-filters/{first['id']}", json=FILTER | {"every": False, "actions": {"drop": True}})
    ).json()
    assert (changed["every"], changed["actions"]["drop"], changed["actions"]["tags"]) == (False, True, [])
    assert [one["name"] for one in (await alma.get("/mail-filters")).json()["items"]] == ["Two", "Newsletters"]
    assert (await receive(a_mail(mail_id="m2@x.test", List_Id="<news.shop.test>"))).fate == "dropped"
    assert (await alma.delete(f"/mail-filters/{first['id']}")).status_code == 204
    assert list((await alma.post("/mail-filters", json=FILTER | {"actions": {}})).json()["fields"]) == ["actions"]
    assert (await alma.put("/mail-filters/99", json=FILTER)).status_code == 404
    assert (
        (await api.get("/mail-filters")).status_code
        == (await api.post("/mail-filters", json=FILTER)).status_code
        == 403
    )
