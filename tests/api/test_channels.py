"""/channels, /mail-log, /tags, /uploads and /attachments."""

import asyncio

from httpx import AsyncClient

from helpdesk.channels.tables import Channel
from helpdesk.intake.accepting import accept
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.tickets.editing import edit
from helpdesk.tickets.tables import Attachment
from tests.api.conftest import ClientOf
from tests.cast import again, hire, make_team
from tests.make import a_ticket


async def test_admins_add_and_change_mailboxes_and_the_last_one_stays_in_use(
    client_of: ClientOf, api: AsyncClient
) -> None:
    alma = await client_of(await hire("alma"))
    new = {"name": "Sales", "address": "Sales@helpdesk.test", "acknowledges": False}
    assert (await api.post("/channels", json=new)).status_code == 403
    made = await alma.post("/channels", json=new)
    assert made.status_code == 201, made.text
    sales = made.json()
    assert (sales["address"], sales["acknowledges"], sales["is_plus_addressed"], sales["is_active"]) == (
        "sales@helpdesk.test",
        False,
        True,
        True,
    )
    path = f"/channels/{sales['id']}"
    assert (await alma.patch(path, json={"signature": "Yours, Sales"})).json() == sales | {"signature": "Yours, Sales"}
    assert (await alma.patch(path, json={"is_active": False})).json()["is_active"] is False
    assert (await alma.patch("/channels/1", json={"is_active": False})).status_code == 422
    for body, field in [
        ({"address": "a+b@x.test"}, "address"),
        ({"team": 77}, "team"),
        ({"address": "support@helpdesk.test"}, "address"),
        ({"kind": "x"}, "kind"),
    ]:
        assert list((await alma.patch(path, json=body)).json()["fields"]) == [field], body
    assert (await api.patch(path, json={})).status_code == 403
    assert [one["id"] for one in (await api.get("/channels")).json()["items"]] == [1, sales["id"]]
    assert (await api.get("/channels/77")).status_code == (await alma.patch("/channels/77", json={})).status_code == 404
    closed = await api.post(
        "/tickets", json={"subject": "x", "body_text": "x", "customer": {"email": "d@c.test"}, "channel": sales["id"]}
    )
    assert list(closed.json()["fields"]) == ["channel"]


async def test_two_who_change_a_mailbox_at_once_do_not_undo_each_other(client_of: ClientOf) -> None:
    alma = await client_of(await hire("alma"))
    changes = {"name": "Sales", "signature": "Yours, Sales", "language": "fa", "acknowledges": False}
    answers = await asyncio.gather(*(alma.patch("/channels/1", json={name: value}) for name, value in changes.items()))
    assert [answer.status_code for answer in answers] == [200] * len(changes)
    kept = (await alma.get("/channels/1")).json()
    assert {name: kept[name] for name in changes} == changes


async def test_the_mail_log_tells_the_fate_of_each_mail_to_admins(client_of: ClientOf, api: AsyncClient) -> None:
    channel = await Channel.objects().first()
    assert channel is not None
    ids = [
        await accept(
            b"Subject: x\r\n\r\nx",
            channel=channel,
            envelope_from="d@c.test",
            envelope_to=["support@helpdesk.test"],
            source="smtp",
        )
        for _ in range(3)
    ]
    alma = await client_of(await hire("alma"))
    one = (await alma.get(f"/mail-log/{ids[1]}")).json()
    assert one | {"received_at": ""} == {
        "id": ids[1], "received_at": "", "channel": "support@helpdesk.test", "envelope_from": "d@c.test",
        "envelope_to": ["support@helpdesk.test"], "message_id": None, "fate": "received", "reason": "", "ticket": None, "message": None,
        "sender": "", "subject": "", "size": 15, "source": "smtp",
    }  # fmt: skip
    first = (await alma.get("/mail-log?limit=2")).json()
    rest = (await alma.get(f"/mail-log?limit=2&cursor={first['next']}&fate=received&since=2020-01-01T00:00:00Z")).json()
    assert [mail["id"] for mail in first["items"] + rest["items"]] == ids
    assert (await alma.get("/mail-log?fate=quarantined")).json() == {"items": [], "next": None}
    assert list((await alma.get("/mail-log?since=2020-01-01T00:00:00")).json()["fields"]) == ["since"]
    assert (await alma.get("/mail-log/9999")).status_code == 404
    for narrow, found in (
        ("sender=d@c.test", 3),
        ("sender=c.test&mailbox=support@helpdesk.test", 3),
        ("q=eve", 0),
        ("recipient=c.test", 0),
    ):
        assert len((await alma.get(f"/mail-log?{narrow}")).json()["items"]) == found, narrow
    assert (await alma.get("/mail-log/turned-away?fate=refused")).json() == {"items": []}
    assert (await alma.post(f"/mail-log/{ids[0]}/take-in")).status_code == 404, "there is nothing to let in"
    assert (await api.get("/mail-log")).status_code == (await api.get(f"/mail-log/{ids[0]}")).status_code == 403


async def test_tags_are_counted_on_tickets_in_reach(client_of: ClientOf, api: AsyncClient, ben: SignedIn) -> None:
    cleo = await hire("cleo")
    secret = await make_team("Staff matters", cleo, is_private=True)
    for tags, team in [(["fire", "printer"], None), (["fire"], None), (["lawsuit"], secret.id)]:
        ticket = await a_ticket(team=team)
        await edit(ticket, {"tags": tags}, by=ben, at=now())
    assert (await api.get("/tags")).json() == {
        "items": [{"name": "fire", "tickets": 2}, {"name": "printer", "tickets": 1}],
        "next": None,
    }
    first = (await api.get("/tags?limit=1")).json()
    assert (await api.get(f"/tags?limit=1&cursor={first['next']}")).json()["items"] == [
        {"name": "printer", "tickets": 1}
    ]
    theirs = await client_of(await again(cleo))
    assert "lawsuit" in (await theirs.get("/tags")).text
    assert (await api.get("/tags?cursor=bm8")).status_code == 422


async def test_an_upload_goes_into_a_message_and_is_read_by_who_sees_the_ticket(
    client_of: ClientOf, api: AsyncClient
) -> None:
    cleo = await hire("cleo")
    secret = await make_team("Staff matters", cleo, is_private=True)
    theirs = await client_of(await again(cleo))
    await a_ticket(team=secret.id)
    made = await theirs.post(
        "/uploads",
        files={"file": ("../نامه<b>.html", b"<script>alert(1)</script>", "text/html")},
        headers={"idempotency-key": "u1"},
    )
    assert made.status_code == 201, made.text
    upload = made.json()
    assert set(upload) == {"id", "name", "size", "content_type", "url", "content_id"} and "/" not in upload["name"]
    again_made = await theirs.post(
        "/uploads",
        files={"file": ("../نامه<b>.html", b"<script>alert(1)</script>", "text/html")},
        headers={"idempotency-key": "u1"},
    )
    assert again_made.json() == upload and await Attachment.count() == 1
    path = upload["url"].removeprefix("/api/v1")
    assert (await api.get(path)).status_code == 404
    assert (
        await api.post(
            "/tickets",
            json={"subject": "x", "body_text": "x", "customer": {"email": "d@c.test"}, "attachments": [upload["id"]]},
        )
    ).status_code == 422
    note = await theirs.post(
        "/tickets/1001/messages", json={"audience": "internal", "body_text": "", "attachments": [upload["id"]]}
    )
    assert note.json()["attachments"] == [{name: value for name, value in upload.items() if name != "content_id"}]
    content = await theirs.get(path)
    assert (content.status_code, content.content) == (200, b"<script>alert(1)</script>")
    assert content.headers["content-type"] == "application/octet-stream"
    assert content.headers["content-disposition"].startswith("attachment; ")
    assert (
        content.headers["x-content-type-options"] == "nosniff"
        and "sandbox" in content.headers["content-security-policy"]
    )
    assert (await api.get(path)).status_code == 404


async def test_a_wrong_upload_is_told_so(api: AsyncClient) -> None:
    assert list((await api.post("/uploads", files={"file": ("a.txt", b"", "text/plain")})).json()["fields"]) == ["file"]
    assert list((await api.post("/uploads", files={"other": ("a.txt", b"x", "text/plain")})).json()["fields"]) == [
        "file"
    ]
    assert list((await api.post("/uploads", files={"file": (None, b"just text")})).json()["fields"]) == ["file"]
    assert (await api.post("/uploads", data={"file": "just text"})).status_code == 400
    large = await api.post(
        "/uploads", files={"file": ("a.bin", b"x" * (25 * 1024 * 1024 + 1), "application/octet-stream")}
    )
    assert (large.status_code, list(large.json()["fields"])) == (422, ["file"])
    huge = await api.post("/uploads", files={"file": ("a.bin", b"x" * (26 * 1024 * 1024), "application/octet-stream")})
    assert (huge.status_code, huge.headers["content-type"]) == (413, "application/problem+json")
    assert (await api.post("/customers", content=b"x" * (3 * 1024 * 1024))).status_code == 413


async def test_an_image_stands_in_the_text_by_its_content_id(client_of: ClientOf) -> None:
    ben, ticket = await client_of(await hire("ben")), await a_ticket()
    picture = {"file": ("screen.png", b"\x89PNG", "image/png")}
    made = (await ben.post("/uploads", files=picture, data={"inline": "true"})).json()
    assert made["content_id"].startswith(f"{made['id']}.")
    html = f'<p>Look here:</p><p><img src="cid:{made["content_id"]}" alt="screen"></p>'
    said = await ben.post(f"/tickets/{ticket.number}/messages", json={"audience": "internal", "body_html": html})
    assert said.status_code == 201 and f"cid:{made['content_id']}" in said.json()["body_html"]
    assert [one["id"] for one in said.json()["attachments"]] == [made["id"]]
    plain = (await ben.post("/uploads", files=picture)).json()
    assert plain["content_id"] is None
    refused = await ben.post("/uploads", files={"file": ("a.pdf", b"%PDF", "application/pdf")}, data={"inline": "true"})
    assert refused.status_code == 422 and list(refused.json()["fields"]) == ["inline"]
