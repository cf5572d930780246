"""/forms: web forms by the API, and as channels."""

from httpx import AsyncClient

from tests.api.conftest import ClientOf
from tests.cast import hire

NEW = {
    "slug": "contact",
    "name": "Contact",
    "texts": {"en": {"title": "Write to us"}},
    "tags": ["Web"],
    "accent": "#c2410c",
}


async def test_admins_add_and_change_forms(client_of: ClientOf, api: AsyncClient) -> None:
    alma = await client_of(await hire("alma"))
    assert (await api.post("/forms", json=NEW)).status_code == 403
    made = await alma.post("/forms", json=NEW)
    assert made.status_code == 201, made.text
    form = made.json()
    assert (form["tags"], form["language"], form["url"].rpartition("/forms/")[2]) == (["web"], "en", "contact")
    path = f"/forms/{form['id']}"
    assert (await alma.patch(path, json={"is_active": False})).json() == form | {"is_active": False}
    asked = {"kind": "select", "labels": {"en": "Size"}, "options": {"en": ["S", "L"]}, "is_required": True}
    assert (await alma.patch(path, json={"fields": [asked], "takes_files": False})).json()["fields"] == [asked]
    assert (await api.get(path)).json()["takes_files"] is False
    assert [one["slug"] for one in (await api.get("/forms")).json()["items"]] == ["contact"]
    for body, field in [
        ({"slug": "-"}, "slug"), ({"team": 77}, "team"), ({"mailbox": form["channel"]}, "mailbox"), ({"texts": {}}, "texts"),
        ({"origins": ["nowhere"]}, "origins"), ({"texts": {"en": {"title": "x", "more": "y"}}}, "texts[...].more"), ({"language": "fa"}, "language"),
    ]:  # fmt: skip
        assert list((await alma.patch(path, json=body)).json()["fields"]) == [field], body
    assert (await api.patch(path, json={})).status_code == 403
    assert (await api.get("/forms/77")).status_code == (await alma.patch("/forms/77", json={})).status_code == 404


async def test_a_form_is_a_channel_without_an_address(client_of: ClientOf, api: AsyncClient) -> None:
    alma = await client_of(await hire("alma"))
    form = (await alma.post("/forms", json=NEW)).json()
    channel = (await api.get(f"/channels/{form['channel']}")).json()
    assert (channel["kind"], channel["address"], channel["name"]) == ("web_form", None, "Contact")
    assert (await alma.patch(f"/channels/{form['channel']}", json={"name": "x"})).status_code == 404
