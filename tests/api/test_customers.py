"""/customers and /organisations."""

import json

import pytest
from httpx import AsyncClient

from helpdesk.customers.editing import normal_value
from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import Invalid
from helpdesk.profiles import merging_many
from tests.api.conftest import ClientOf
from tests.cast import hire
from tests.make import a_ticket


async def test_a_customer_is_made_found_and_corrected(api: AsyncClient) -> None:
    organisation = (
        await api.post("/organisations", json={"name": "Acme", "domains": ["acme.test", "@ACME.example."]})
    ).json()
    assert organisation["domains"] == ["acme.example", "acme.test"]
    made = await api.post(
        "/customers", json={"name": "Dora Dogan", "email": "Dora@Acme.test", "phone": "۰۰۹۸ ۹۱۲ ۳۴۵-۶۷۸۹"}
    )
    assert made.status_code == 201, made.text
    dora = made.json()
    assert (dora["email"], dora["organisation"], [one["value"] for one in dora["identities"]]) == (
        "dora@acme.test", organisation["id"], ["dora@acme.test", "+989123456789"],
    )  # fmt: skip
    path = f"/customers/{dora['id']}"
    for query in (
        "email=dora@acme.test",
        "q=dogan",
        "q=%2B98912",
        "q=dora@",
        f"organisation={organisation['id']}",
        "email=DORA@acme.test",
    ):
        assert [one["id"] for one in (await api.get(f"/customers?{query}")).json()["items"]] == [dora["id"]], query
    for query in ("email=dora", "q=eve", "q=%25", "organisation=77"):
        assert (await api.get(f"/customers?{query}")).json()["items"] == [], query
    changed = (
        await api.patch(
            path, json={"name": "Dora D.", "organisation": None, "language": "fa", "time_zone": "Asia/Tehran"}
        )
    ).json()
    assert (changed["name"], changed["organisation"], changed["language"], changed["notes"]) == (
        "Dora D.",
        None,
        "fa",
        "",
    )
    for body, field in [
        ({"language": "xx"}, "language"), ({"time_zone": "Mars/One"}, "time_zone"), ({"organisation": 77}, "organisation"),
        ({"email": "x@y.z"}, "email"), ({"name": None}, "name"),
    ]:  # fmt: skip
        answer = await api.patch(path, json=body)
        assert (answer.status_code, list(answer.json()["fields"])) == (422, [field]), body
    assert (await api.get(path)).json() == changed
    assert (
        (await api.get("/customers/77")).status_code == (await api.patch("/customers/77", json={})).status_code == 404
    )


async def test_an_identity_belongs_to_one_customer_and_the_last_one_stays(api: AsyncClient) -> None:
    dora = (await api.post("/customers", json={"email": "dora@customer.test"})).json()
    eve = (await api.post("/customers", json={"email": "eve@stranger.test"})).json()
    taken = await api.post("/customers", json={"name": "Twin", "email": "dora@customer.test"})
    assert (taken.status_code, list(taken.json()["fields"])) == (422, ["email"])
    path = f"/customers/{dora['id']}/identities"
    stolen = await api.post(path, json={"kind": "email", "value": "EVE@stranger.test"})
    assert (stolen.status_code, list(stolen.json()["fields"])) == (422, ["value"])
    twice = [await api.post(path, json={"kind": "email", "value": "d@home.test"}) for _ in range(2)]
    assert [len(one.json()["identities"]) for one in twice] == [2, 2]
    first, second = (one["id"] for one in twice[0].json()["identities"])
    assert (await api.delete(f"/customers/{eve['id']}/identities/{first}")).status_code == 404
    assert (await api.delete(f"{path}/{first}")).status_code == 204
    last = await api.delete(f"{path}/{second}")
    assert (last.status_code, list(last.json()["fields"])) == (422, ["identity"])
    assert (await api.post("/customers", json={"name": "Nobody"})).json()["fields"].keys() == {"identities"}
    assert len((await api.get("/customers")).json()["items"]) == 2


@pytest.mark.parametrize(
    ("typed", "number"), [("+98 (912) 345-6789", "+989123456789"), ("0049 30 123456", "+4930123456")]
)
def test_numbers_are_kept_in_one_form(typed: str, number: str) -> None:
    assert normal_value("phone", typed) == number


@pytest.mark.parametrize("typed", ["09123456789", "+98", "call me", "+0123456789", "", "+9812345678901234567"])
def test_a_number_without_country_is_refused(typed: str) -> None:
    with pytest.raises(Invalid):
        normal_value("phone", typed)


async def test_a_domain_belongs_to_one_organisation_and_gathers_its_people(api: AsyncClient) -> None:
    dora = (await api.post("/customers", json={"email": "dora@acme.test"})).json()
    acme = (await api.post("/organisations", json={"name": "Acme"})).json()
    path = f"/organisations/{acme['id']}"
    assert (await api.patch(path, json={"domains": ["acme.test"]})).json()["domains"] == ["acme.test"]
    assert (await api.get(f"/customers/{dora['id']}")).json()["organisation"] == acme["id"]
    rival = await api.post("/organisations", json={"name": "Rival", "domains": ["acme.test"]})
    assert (rival.status_code, list(rival.json()["fields"])) == (422, ["domains"])
    assert [one["name"] for one in (await api.get("/organisations")).json()["items"]] == ["Acme"]
    assert (await api.patch(path, json={"domains": ["not a domain"]})).status_code == 422
    assert (await api.get("/organisations?domain=Acme.test")).json()["items"][0]["id"] == acme["id"]
    assert (await api.get("/organisations?q=acm")).json()["items"][0]["id"] == acme["id"]
    assert (await api.patch(path, json={"domains": []})).json()["domains"] == []
    assert (
        (await api.get("/organisations/77")).status_code
        == (await api.patch("/organisations/77", json={})).status_code
        == 404
    )


async def test_light_agents_only_read(client_of: ClientOf) -> None:
    await a_ticket()
    lia = await client_of(await hire("lia"))
    assert len((await lia.get("/customers")).json()["items"]) == 1
    refused = [
        await lia.post("/customers", json={"email": "x@y.test"}), await lia.patch("/customers/1", json={"name": "X"}),
        await lia.post("/customers/1/identities", json={"kind": "email", "value": "x@y.test"}), await lia.delete("/customers/1/identities/1"),
        await lia.post("/organisations", json={"name": "X"}), await lia.patch("/organisations/1", json={"name": "X"}),
    ]  # fmt: skip
    assert [answer.status_code for answer in refused] == [403] * 6


async def test_pages_of_customers_are_complete(api: AsyncClient) -> None:
    for n in range(7):
        await api.post("/customers", json={"email": f"c{n}@customer.test"})
    seen: list[int] = []
    cursor = ""
    while cursor is not None:
        answer = (await api.get(f"/customers?limit=3{cursor and '&cursor=' + cursor}")).json()
        seen += [one["id"] for one in answer["items"]]
        cursor = answer["next"]
    assert seen == sorted(set(seen)) and len(seen) == 7


async def test_two_customers_become_one_and_two_again(api: AsyncClient) -> None:
    dora = (await api.post("/customers", json={"name": "Dora", "email": "dora@customer.test"})).json()
    home = (await api.post("/customers", json={"name": "Dora D.", "email": "dora@home.test", "language": "fa"})).json()
    ticket = await a_ticket(who=("dora@home.test", ""))
    merged = await api.post(f"/customers/{dora['id']}/merge", json={"other": home["id"], "keep": {"name": "theirs"}})
    assert merged.status_code == 201, merged.text
    assert (merged.json()["name"], merged.json()["language"], merged.json()["email"]) == (
        "Dora D.",
        "fa",
        "dora@customer.test",
    )
    assert (await api.get(f"/tickets/{ticket.number}")).json()["customer"]["id"] == dora["id"]
    assert [one["id"] for one in (await api.get("/customers")).json()["items"]] == [dora["id"]]
    lost = (await api.get(f"/customers/{home['id']}")).json()
    assert (lost["merged_into"], lost["identities"]) == (dora["id"], [])
    assert (await api.patch(f"/customers/{home['id']}", json={"name": "X"})).status_code == 422
    [merge] = (await api.get(f"/customers/{dora['id']}/merges")).json()["items"]
    assert (merge["loser"], merge["merged_by"]) == (home["id"], "Ben Weber")
    assert (await api.delete(f"/customers/{home['id']}/merges/{merge['id']}")).status_code == 404
    assert (await api.delete(f"/customers/{dora['id']}/merges/{merge['id']}")).status_code == 204
    assert (await api.get(f"/customers/{home['id']}")).json() == home
    assert (await api.get(f"/customers/{dora['id']}")).json()["name"] == "Dora"
    assert (await api.post(f"/customers/{dora['id']}/merge", json={"other": dora["id"]})).status_code == 422
    assert (await api.post(f"/customers/{dora['id']}/merge", json={"other": 77})).status_code == 404


async def test_a_merge_of_very_many_tickets_goes_on_behind_its_answer(
    api: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merging_many, "MANY", 0)
    for kind, new in (
        ("customers", {"email": "{}@home.test"}),
        ("organisations", {"name": "{}", "domains": ["{}.test"]}),
    ):
        one, other = [
            (await api.post(f"/{kind}", json=json.loads(json.dumps(new).replace("{}", name)))).json()["id"]
            for name in ("dora", "home")
        ]
        await a_ticket(who=("home@home.test", "") if kind == "customers" else ("eve@home.test", ""))
        merged = await api.post(f"/{kind}/{one}/merge", json={"other": other})
        assert merged.status_code == 202 and merged.json()["id"] == one, merged.text
        assert (await api.get(f"/{kind}/{one}/merges")).json()["asked"] == {"tickets": 1, "trouble": ""}
        assert await _work_off() == 1
        merges = (await api.get(f"/{kind}/{one}/merges")).json()
        assert [merge["loser"] for merge in merges["items"]] == [other] and merges["asked"] is None
        parted = await api.delete(f"/{kind}/{one}/merges/{merges['items'][0]['id']}")
        assert parted.status_code == 202 and parted.json()["asked"]["tickets"] == 1
        assert await _work_off() == 1
        assert (await api.get(f"/{kind}/{other}")).json()["merged_into"] is None


async def _work_off() -> int:
    asked = await rows("SELECT id FROM hd_merge_asked")
    for one in asked:
        await merging_many.work_off(one["id"])
    return len(asked)


async def test_notes_and_what_agents_know_of_identities(api: AsyncClient) -> None:
    dora = (await api.post("/customers", json={"email": "dora@customer.test", "phone": "+98 912 345 6789"})).json()
    path = f"/customers/{dora['id']}"
    second = (await api.post(f"{path}/identities", json={"kind": "email", "value": "d@home.test"})).json()
    new = next(one["id"] for one in second["identities"] if one["value"] == "d@home.test")
    known = (await api.patch(f"{path}/identities/{new}", json={"is_primary": True, "verified": True})).json()
    assert known["email"] == "d@home.test" and known["identities"][0]["verified_at"]
    assert (await api.patch(f"{path}/identities/{new}", json={"is_primary": False})).status_code == 422
    notes = [(await api.post(f"{path}/notes", json={"body": f"Note {n}"})).json() for n in range(3)]
    page = (await api.get(f"{path}/notes?limit=2")).json()
    assert [one["body"] for one in page["items"]] == ["Note 2", "Note 1"]
    rest = (await api.get(f"{path}/notes?cursor={page['next']}")).json()
    assert [one["body"] for one in rest["items"]] == ["Note 0"] and rest["next"] is None
    assert (await api.delete(f"{path}/notes/{notes[0]['id']}")).status_code == 204
    assert (await api.delete(f"{path}/notes/{notes[0]['id']}")).status_code == 404


async def test_organisations_merge_and_go_when_empty(api: AsyncClient) -> None:
    acme, rival = [
        (
            await api.post("/organisations", json={"name": name, "domains": [f"{name}.test"], "shares_requests": True})
        ).json()
        for name in ("acme", "rival")
    ]
    eve = (await api.post("/customers", json={"email": "eve@rival.test"})).json()
    merged = await api.post(f"/organisations/{acme['id']}/merge", json={"other": rival["id"]})
    assert merged.json()["domains"] == ["acme.test", "rival.test"]
    assert (await api.get(f"/customers/{eve['id']}")).json()["organisation"] == acme["id"]
    assert (await api.delete(f"/organisations/{acme['id']}")).status_code == 422
    [merge] = (await api.get(f"/organisations/{acme['id']}/merges")).json()["items"]
    assert (await api.delete(f"/organisations/{acme['id']}/merges/{merge['id']}")).status_code == 204
    assert (await api.get(f"/organisations/{rival['id']}")).json() == rival
    assert (await api.delete(f"/organisations/{acme['id']}")).status_code == 204
