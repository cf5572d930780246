"""Canned texts and mentions through the API."""

from httpx import AsyncClient

from helpdesk.kernel.database import rows
from tests.api.conftest import ClientOf
from tests.cast import again, hire, make_team
from tests.make import a_ticket

NEW = {"name": "Hours", "shortcut": "hours", "personal": True, "versions": {"en": {"body_text": "Dear {{customer.name}}"}}}  # fmt: skip


async def test_texts_are_made_listed_changed_used_and_deleted(api: AsyncClient, client_of: ClientOf) -> None:
    html = '<p>Hello <b onclick="x">{{customer.name}}</b></p><script>x</script>'
    made = await api.post("/canned-texts", json=NEW | {"versions": {"en": {"body_html": html}}})
    assert made.status_code == 201, made.text
    text = made.json()
    assert text["versions"] == {"en": {"body_text": "Hello {{customer.name}}", "body_html": "<p>Hello <b>{{customer.name}}</b></p>"}}  # fmt: skip
    await a_ticket(who=("x@customer.test", "<i>Dora</i>"))
    used = await api.post(f"/canned-texts/{text['id']}/use", json={"ticket": 1001})
    assert used.json()["body_html"] == "<p>Hello <b>&lt;i&gt;Dora&lt;/i&gt;</b></p>" and used.json()["missing"] == []
    for name in ("Apples", "Bread", "Cake"):
        await api.post("/canned-texts", json=NEW | {"name": name, "shortcut": ""})
    first = (await api.get("/canned-texts", params={"limit": 3})).json()
    rest = (await api.get("/canned-texts", params={"limit": 3, "cursor": first["next"]})).json()
    assert [one["name"] for one in (*first["items"], *rest["items"])] == ["Apples", "Bread", "Cake", "Hours"]
    assert [one["name"] for one in (await api.get("/canned-texts", params={"q": "hou"})).json()["items"]] == ["Hours"]
    patched = await api.patch(f"/canned-texts/{text['id']}", json={"name": "Opening hours"})
    assert patched.json()["name"] == "Opening hours" and patched.json()["versions"] == text["versions"]
    assert (await api.delete(f"/canned-texts/{text['id']}")).status_code == 204
    assert (await api.get(f"/canned-texts/{text['id']}")).json()["is_active"] is False
    assert (await api.patch(f"/canned-texts/{text['id']}", json={"is_active": True})).json()["is_active"] is True
    assert (await api.post("/canned-texts", json=NEW | {"personal": False})).status_code == 403
    cleo = await client_of(await hire("cleo"))
    assert (await cleo.get(f"/canned-texts/{text['id']}")).status_code == 404
    wrong = await api.post(
        "/canned-texts", json=NEW | {"versions": {"en": {"body_text": "{{nobody}}"}}, "shortcut": "x"}
    )
    assert wrong.status_code == 422 and "text_en" in wrong.json()["fields"]


async def test_a_note_of_a_client_tells_whom_it_names_and_an_answer_keeps_no_placeholder(
    api: AsyncClient, client_of: ClientOf
) -> None:
    cleo = await hire("cleo")
    await make_team("Sales", cleo)
    await a_ticket()
    note = await api.post(
        "/tickets/1001/messages", json={"audience": "internal", "body_text": "@Cleo Dubois and @sales!"}
    )
    assert note.json()["mentions"] == [
        {"name": "Cleo Dubois", "agent": cleo.id, "team": None}, {"name": "sales", "agent": cleo.id, "team": 1},
    ]  # fmt: skip
    assert await rows("SELECT FROM hd_follower WHERE agent = {}", cleo.id)
    letter = {"audience": "public", "body_text": "Dear {{customer.name}}, @Cleo Dubois"}
    refused = await api.post("/tickets/1001/messages", json=letter)
    assert refused.status_code == 422 and "customer.name" in refused.json()["fields"]["body_text"]
    sent = await api.post("/tickets/1001/messages", json=letter | {"keep_placeholders": True})
    assert sent.status_code == 201 and sent.json()["mentions"] == []
    assert (await (await client_of(await again(cleo))).get("/tickets/1001/messages")).status_code == 200
