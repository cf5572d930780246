"""/sla-policies: as the pages do it."""

from typing import Any

from httpx import AsyncClient

from tests.api.conftest import ClientOf
from tests.cast import hire
from tests.make import a_ticket

TARGET = {"metric": "first_reply", "seconds": 14_400, "warnings": [{"percent": 75}], "steps": [{"do": "notify_lead"}]}
NEW: dict[str, Any] = {
    "name": "Urgent", "targets": [TARGET],
    "conditions": {"all": [{"field": "priority", "op": "at_least", "value": "high"}, {"any": [{"field": "tags", "op": "has_any", "value": ["VIP"]}, {"field": "team", "op": "is_empty"}]}]},
}  # fmt: skip


async def test_policies_are_made_changed_ordered_tried_and_deleted(client_of: ClientOf) -> None:
    api = await client_of(await hire("mani"))
    made = await api.post("/sla-policies", json=NEW)
    assert made.status_code == 201, made.text
    first = made.json()
    tagged = first["conditions"]["all"][1]["any"][0]
    assert (first["version"], first["position"], tagged["value"]) == (1, 1, ["vip"])
    assert first["targets"][0] | TARGET | {"warnings": 0, "steps": 0} == first["targets"][0] | {
        "warnings": 0,
        "steps": 0,
    }
    second = (await api.post("/sla-policies", json={"name": "All", "targets": [TARGET]})).json()
    patched = await api.patch(
        f"/sla-policies/{first['id']}", json={"targets": [TARGET | {"seconds": 60}], "is_active": True}
    )
    assert (patched.json()["version"], patched.json()["targets"][0]["seconds"], patched.json()["name"]) == (
        2,
        60,
        "Urgent",
    )
    ticket = await a_ticket()
    tried = (await api.get(f"/tickets/{ticket.number}/sla-policies")).json()["items"]
    assert [(one["name"], one["matches"], one["chosen"]) for one in tried] == [
        ("Urgent", False, False),
        ("All", True, True),
    ]
    assert tried[0]["reasons"][0] == {
        "condition": "Priority is at least High",
        "holds": False,
        "seen": "Priority: Normal",
    }
    ordered = await api.put("/sla-policies/order", json={"ids": [second["id"], first["id"]]})
    assert [one["name"] for one in ordered.json()["items"]] == ["All", "Urgent"]
    assert (await api.put("/sla-policies/order", json={"ids": [second["id"]]})).status_code == 422
    assert (await api.delete(f"/sla-policies/{second['id']}")).status_code == 204
    assert (await api.delete(f"/sla-policies/{second['id']}")).status_code == 204
    assert (await api.get(f"/sla-policies/{second['id']}")).status_code == 404
    assert [one["name"] for one in (await api.get("/sla-policies")).json()["items"]] == ["Urgent"]


async def test_what_cannot_be_promised_is_refused_at_its_field(api: AsyncClient, client_of: ClientOf) -> None:
    manager = await client_of(await hire("mani"))
    deep: dict[str, Any] = {"field": "team", "op": "is_empty"}
    for _level in range(300):
        deep = {"all": [deep]}
    for more, field in (
        ({"conditions": {"all": [{"field": "team", "op": "is", "value": 7}]}}, "conditions"),
        ({"conditions": deep}, "conditions"),
        ({"targets": [TARGET | {"calendar": 7}]}, "targets"),
        ({"targets": [TARGET, TARGET]}, "targets"),
        ({"targets": [TARGET | {"steps": [{"do": "move"}]}]}, "targets"),
        ({"name": " "}, "name"),
    ):  # fmt: skip
        refused = await manager.post("/sla-policies", json=NEW | more)
        assert (refused.status_code, list(refused.json()["fields"])) == (422, [field])
    assert (await manager.post("/sla-policies", json=NEW | {"targets": [TARGET | {"seconds": 90}]})).status_code == 422
    assert (await api.get("/sla-policies")).status_code == 403
    assert (await api.post("/sla-policies", json=NEW)).status_code == 403
