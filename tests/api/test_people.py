"""/agents, /teams and /tokens: who may do what to whom."""

from httpx import AsyncClient

from helpdesk.deliveries.tables import Delivery
from helpdesk.kernel.database import rows
from helpdesk.people.actor import SignedIn
from helpdesk.people.tables import Agent
from tests.api.conftest import ClientOf
from tests.cast import again, hire, make_team

KEY = {"idempotency-key": "once"}


async def test_everybody_reads_who_works_here_and_nobody_reads_secrets(
    client_of: ClientOf, api: AsyncClient, ben: SignedIn
) -> None:
    alma = await hire("alma")
    team = await make_team("First line", ben, alma)
    found = (await (await client_of(await hire("lia"))).get("/agents")).json()
    assert found["items"][0] == {
        "id": ben.id, "name": "Ben Weber", "email": "ben@helpdesk.test", "role": "agent", "teams": [team.id], "is_active": True,
        "capacity": None, "availability": "available", "is_available": False, "out_until": None, "replacement": None,
    }  # fmt: skip
    assert set(found["items"][1]) == set(found["items"][0])
    me = (await api.get("/agents/me")).json()
    assert (me["id"], me["language"], me["teams"]) == (ben.id, "en", [team.id])
    assert (await api.get("/agents/77")).status_code == 404
    first = (await api.get("/agents?limit=2")).json()
    rest = (await api.get(f"/agents?limit=2&cursor={first['next']}")).json()
    assert len({one["id"] for one in first["items"] + rest["items"]}) == 3 and rest["next"] is None


async def test_admins_invite_and_change_agents(client_of: ClientOf, api: AsyncClient) -> None:
    alma = await client_of(await hire("alma"))
    new = {"email": "Nia@helpdesk.test", "name": "Nia", "role": "manager"}
    assert (await api.post("/agents", json=new)).status_code == 403
    invited = await alma.post("/agents", json=new)
    assert (invited.status_code, invited.json()["email"], invited.json()["role"]) == (
        201,
        "nia@helpdesk.test",
        "manager",
    )
    assert "welcome" not in invited.text
    assert await Delivery.count() == 1
    assert (await alma.post("/agents", json=new)).json()["fields"].keys() == {"email"}
    path = f"/agents/{invited.json()['id']}"
    assert (await api.patch(path, json={"role": "admin"})).status_code == 403
    assert (await alma.patch(path, json={"is_active": False, "name": "Nia N."})).json()["is_active"] is False
    me = (await alma.get("/agents/me")).json()["id"]
    assert (await alma.patch(f"/agents/{me}", json={"role": "agent"})).json()["fields"].keys() == {"role"}
    assert (await alma.patch("/agents/77", json={})).status_code == 404


async def test_managers_make_and_change_teams(client_of: ClientOf, api: AsyncClient, ben: SignedIn) -> None:
    mani, cleo = await client_of(await hire("mani")), await hire("cleo")
    assert (await api.post("/teams", json={"name": "Second line"})).status_code == 403
    made = await mani.post("/teams", json={"name": "Second line", "members": [ben.id], "leads": [cleo.id]})
    assert made.status_code == 201, made.text
    team = made.json()
    assert (team["members"], team["leads"], team["is_private"]) == ([ben.id, cleo.id], [cleo.id], False)
    path = f"/teams/{team['id']}"
    changed = (await mani.patch(path, json={"is_private": True})).json()
    assert (changed["name"], changed["members"], changed["leads"], changed["is_private"]) == (
        "Second line",
        [ben.id, cleo.id],
        [cleo.id],
        True,
    )
    assert (await mani.patch(path, json={"members": [ben.id]})).json()["leads"] == []
    assert (await mani.post("/teams", json={"name": "Second line"})).json()["fields"].keys() == {"name"}
    assert (await mani.patch(path, json={"members": [77]})).json()["fields"].keys() == {"members"}
    assert (await api.patch(path, json={})).status_code == 403
    assert [one["id"] for one in (await api.get("/teams")).json()["items"]] == [team["id"]]
    assert (await mani.patch("/teams/77", json={})).status_code == 404
    assert (await again(ben)).team_ids == {team["id"]}


async def test_a_token_is_said_once_and_works_until_it_is_revoked(client_of: ClientOf, api: AsyncClient) -> None:
    made = await api.post("/tokens", json={"name": "shop"}, headers=KEY)
    token = made.json()["token"]
    assert made.status_code == 201 and token.startswith("hd_")
    repeated = await api.post("/tokens", json={"name": "shop"}, headers=KEY)
    assert (repeated.status_code, repeated.json()) == (201, {"name": "shop", "token": None})
    assert token not in str(await rows("SELECT * FROM hd_idempotent_answer"))
    mine = (await api.get("/tokens")).json()["items"]
    assert [one["name"] for one in mine] == ["test", "shop"] and token not in str(mine)
    bearer = {"authorization": f"Bearer {token}"}
    assert (await api.get("/agents/me", headers=bearer)).json()["name"] == "Ben Weber"
    cleo = await client_of(await hire("cleo"))
    assert (await cleo.delete(f"/tokens/{mine[1]['id']}")).status_code == 404
    assert (await api.delete(f"/tokens/{mine[1]['id']}")).status_code == 204
    assert (await api.get("/agents/me", headers=bearer)).status_code == 401
    assert (await (await client_of(await hire("lia"))).post("/tokens", json={"name": "x"})).status_code == 403


async def test_a_token_ends_with_its_agents_service(api: AsyncClient, ben: SignedIn) -> None:
    await Agent.update({Agent.deactivated_at: Agent.created_at}).where(Agent.id == ben.id)
    assert (await api.get("/agents/me")).status_code == 401


async def test_capacities_and_availability_are_said_by_those_who_may(
    client_of: ClientOf, api: AsyncClient, ben: SignedIn
) -> None:
    mani, cleo = await client_of(await hire("mani")), await hire("cleo")
    path = f"/agents/{ben.id}"
    assert (await api.patch(path, json={"capacity": 3})).status_code == 403, "not one's own"
    assert (await mani.patch(path, json={"capacity": 3})).json()["capacity"] == 3
    assert (await mani.patch(path, json={"capacity": None})).json()["capacity"] is None
    out = {"availability": "out", "out_until": "2999-01-01T00:00:00Z", "replacement": cleo.id}
    said = (await api.patch(path, json=out)).json()
    assert {name: said[name] for name in out} == out | {"out_until": said["out_until"]}
    assert said["is_available"] is False
    assert (await api.patch(path, json={"replacement": ben.id})).json()["fields"].keys() == {"replacement"}
    assert (await api.patch(path, json={"availability": "available"})).json()["replacement"] is None
    assert (await api.patch(f"/agents/{cleo.id}", json={"availability": "out"})).status_code == 403
    assert (await mani.patch(f"/agents/{cleo.id}", json={"availability": "out"})).json()["availability"] == "out"


async def test_a_team_says_how_its_tickets_find_an_agent(client_of: ClientOf, ben: SignedIn) -> None:
    mani, cleo = await client_of(await hire("mani")), await hire("cleo")
    asked = {"name": "Billing", "members": [ben.id, cleo.id], "assignment": "least_loaded", "capacities": [{"agent": ben.id, "capacity": 4}]}  # fmt: skip
    team = (await mani.post("/teams", json=asked)).json()
    assert {name: team[name] for name in asked} == asked
    await rows("UPDATE hd_membership SET turn = 7 WHERE agent = {}", ben.id)
    changed = (await mani.patch(f"/teams/{team['id']}", json={"assignment": "round_robin", "leads": [cleo.id]})).json()
    assert (changed["assignment"], changed["capacities"], changed["leads"]) == (
        "round_robin",
        asked["capacities"],
        [cleo.id],
    )
    [kept] = await rows("SELECT turn FROM hd_membership WHERE agent = {}", ben.id)
    assert kept["turn"] == 7, "who stays keeps their turn"
    wrong = await mani.patch(f"/teams/{team['id']}", json={"capacities": [{"agent": ben.id, "capacity": 0}]})
    assert wrong.status_code == 422
