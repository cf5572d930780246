"""The conversation through the API: answers, notes, the customer's words, answers taken back or sent again."""

from datetime import timedelta

from httpx import AsyncClient

from helpdesk.deliveries.tables import Delivery
from helpdesk.kernel.database import rows
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.tickets.solving import set_status
from helpdesk.tickets.tables import Message, Ticket
from tests.api.conftest import ClientOf
from tests.cast import hire
from tests.make import a_ticket

REPLY = {"audience": "public", "body_text": "Use water."}


async def test_an_answer_leaves_at_once_unless_asked_to_wait(api: AsyncClient, ben: SignedIn) -> None:
    await a_ticket()
    answer = await api.post("/tickets/1001/messages", json=REPLY | {"status": "pending"})
    assert answer.status_code == 201, answer.text
    message = answer.json()
    assert message["author"] == {"kind": "agent", "id": ben.id, "name": "Ben Weber"}
    assert message["delivery"] == {"state": "queued", "error": None}
    assert message["mail"]["to"] == ["dora@customer.test"] and message["mail"]["message_id"]
    assert set(message) == {
        "id", "audience", "author", "body_text", "body_html", "quoted_text", "attachments", "created_at", "delivery", "mail", "mentions"
    }  # fmt: skip
    await api.post("/tickets/1001/messages", json=REPLY | {"hold_seconds": 600})
    first, second = await Delivery.objects().order_by(Delivery.id)
    assert (first.not_before - first.queued_at).total_seconds() == 0
    assert (second.not_before - second.queued_at).total_seconds() == 600
    assert (await api.get("/tickets/1001")).json()["status"] == "pending"
    assert (await api.get(f"/tickets/1001/messages/{message['id']}")).json() == message


async def test_a_held_answer_can_be_taken_back_once(api: AsyncClient, client_of: ClientOf) -> None:
    await a_ticket()
    cleo = await client_of(await hire("cleo"))
    sent = (await api.post("/tickets/1001/messages", json=REPLY | {"hold_seconds": 60})).json()
    path = f"/tickets/1001/messages/{sent['id']}/delivery"
    assert (await cleo.delete(path)).status_code == 403
    back = await api.delete(path)
    assert (back.status_code, back.json()) == (200, {"body_text": "Use water.", "body_html": None, "attachments": []})
    assert (await api.delete(path)).status_code == 404
    assert len((await api.get("/tickets/1001/messages")).json()["items"]) == 1
    late = (await api.post("/tickets/1001/messages", json=REPLY)).json()
    await rows("UPDATE hd_delivery SET state = 'sent' WHERE message_id = {}", late["id"])
    too_late = await api.delete(f"/tickets/1001/messages/{late['id']}/delivery")
    assert (too_late.status_code, too_late.json()["fields"]) == (
        409,
        {"delivery": {"theirs": "sent", "yours": "cancelled"}},
    )


async def test_a_failed_answer_is_sent_again(api: AsyncClient) -> None:
    await a_ticket()
    sent = (await api.post("/tickets/1001/messages", json=REPLY)).json()
    path = f"/tickets/1001/messages/{sent['id']}/delivery"
    assert (await api.post(path)).status_code == 409
    await rows("UPDATE hd_delivery SET state = 'failed', last_error = 'no such user' WHERE message_id = {}", sent["id"])
    [_first, failed] = (await api.get("/tickets/1001/messages")).json()["items"]
    assert failed["delivery"] == {"state": "failed", "error": "no such user"}
    again = await api.post(path)
    assert (again.status_code, again.json()["delivery"]["state"]) == (200, "queued")


async def test_the_customers_words_open_the_ticket_again_and_the_history_names_who_wrote_them_down(
    api: AsyncClient, ben: SignedIn
) -> None:
    ticket = await a_ticket()
    await set_status(ticket, "solved", by=ben, at=now())
    said = await api.post(
        "/tickets/1001/messages", json={"audience": "public", "as_customer": True, "body_text": "It burns again."}
    )
    assert (said.status_code, said.json()["author"]["kind"], said.json()["delivery"]) == (201, "customer", None)
    assert (await api.get("/tickets/1001")).json()["status"] == "open"
    assert (await api.get("/tickets/1001/events")).json()["items"][-1]["actor"]["name"] == "Ben Weber"
    internal = await api.post(
        "/tickets/1001/messages", json={"audience": "internal", "as_customer": True, "body_text": "x"}
    )
    assert internal.json()["fields"].keys() == {"audience"}


async def test_a_closed_ticket_takes_no_answer_but_a_follow_up(api: AsyncClient, ben: SignedIn) -> None:
    ticket = await a_ticket()
    early = await api.post("/tickets/1001/follow-up", json={"body_text": "Once more"})
    assert early.status_code == 422
    await set_status(ticket, "closed", by=ben, at=now())
    assert (await api.post("/tickets/1001/messages", json=REPLY)).status_code == 422
    assert (await api.post("/tickets/1001/messages", json=REPLY | {"as_customer": True})).status_code == 422
    ours = await api.post("/tickets/1001/follow-up", json={"body_text": "How is it now?"})
    theirs = await api.post("/tickets/1001/follow-up", json={"body_text": "It burns again.", "as_customer": True})
    assert (ours.status_code, theirs.status_code) == (201, 201), theirs.text
    assert (ours.json()["status"], theirs.json()["status"]) == ("open", "new")
    assert await Ticket.count().where(Ticket.follow_up_of == ticket.id) == 2
    assert await Delivery.count() == 1


async def test_messages_come_in_reading_order_page_by_page(api: AsyncClient) -> None:
    await a_ticket()
    for n in range(6):
        await api.post("/tickets/1001/messages", json={"audience": "internal", "body_text": f"note {n}"})
    first = (await api.get("/tickets/1001/messages?limit=4")).json()
    rest = (await api.get("/tickets/1001/messages", params={"limit": 4, "cursor": first["next"]})).json()
    texts = [message["body_text"] for message in first["items"] + rest["items"]]
    assert texts == ["Please help, it burns.", *(f"note {n}" for n in range(6))]
    assert rest["next"] is None
    assert (await api.get("/tickets/1001/messages?cursor=bm8")).status_code == 422


async def test_what_does_not_fit_together_is_refused_whole(api: AsyncClient) -> None:
    await a_ticket()
    for body in [
        {"body_text": "x"}, {"audience": "everybody", "body_text": "x"}, {"audience": "public"}, {"audience": "public", "body_html": "<p> </p>"},
        REPLY | {"hold_seconds": 3601}, REPLY | {"hold_seconds": -1}, REPLY | {"status": "closed"}, REPLY | {"attachments": [9]},
        REPLY | {"hold_seconds": "5"},
    ]:  # fmt: skip
        answer = await api.post("/tickets/1001/messages", json=body)
        assert answer.status_code == 422, (body, answer.text)
    assert (await Message.count(), await Delivery.count()) == (1, 0)


async def test_an_answer_goes_to_whom_the_client_names(api: AsyncClient) -> None:
    await a_ticket()
    chosen = {"to": ["Boss <boss@customer.test>"], "cc": ["dora@customer.test"], "bcc": ["eve@stranger.test"]}
    message = (await api.post("/tickets/1001/messages", json=REPLY | chosen)).json()
    assert (message["mail"]["to"], message["mail"]["cc"]) == (["boss@customer.test"], ["dora@customer.test"])
    delivery = await Delivery.objects().first()
    assert delivery and delivery.bcc == ["eve@stranger.test"]
    for wrong in ({"to": ["nobody"]}, {"cc": ["boss@customer.test"]}, {"to": []}, {"to": ["support@helpdesk.test"]}):
        refused = await api.post("/tickets/1001/messages", json=REPLY | wrong)
        assert refused.status_code == 422 and set(refused.json()["fields"]) == {"to"}, refused.text
    note = await api.post("/tickets/1001/messages", json=REPLY | chosen | {"audience": "internal"})
    assert note.status_code == 422 and await Delivery.count() == 1


async def test_an_answer_waits_for_its_time_and_gives_way_to_the_customer(api: AsyncClient) -> None:
    await a_ticket()
    at = (now() + timedelta(days=1)).isoformat()
    asked = REPLY | {"send_at": at, "unless_answered": True, "status": "solved"}
    message = (await api.post("/tickets/1001/messages", json=asked)).json()
    assert message["delivery"]["state"] == "queued" and (await api.get("/tickets/1001")).json()["status"] == "new"
    words = {"audience": "public", "as_customer": True, "body_text": "It works now."}
    assert (await api.post("/tickets/1001/messages", json=words)).status_code == 201
    assert (await api.get(f"/tickets/1001/messages/{message['id']}")).status_code == 404
    past = await api.post("/tickets/1001/messages", json=REPLY | {"send_at": "2020-01-01T00:00:00Z"})
    assert past.status_code == 422 and set(past.json()["fields"]) == {"send_at"}


async def test_a_client_that_has_not_seen_the_newest_message_is_told(api: AsyncClient, client_of: ClientOf) -> None:
    await a_ticket()
    cleo = await client_of(await hire("cleo"))
    newest = (await cleo.post("/tickets/1001/messages", json=REPLY | {"audience": "internal"})).json()["id"]
    answer = await api.post("/tickets/1001/messages", json=REPLY | {"seen": 1})
    assert (answer.status_code, answer.json()["fields"]["seen"]) == (409, {"theirs": newest, "yours": 1})
    assert (await api.post("/tickets/1001/messages", json=REPLY | {"seen": newest})).status_code == 201
