"""/tickets: opening, reading, changing and listing through the API."""

from httpx import AsyncClient

from helpdesk.customers.finding import find_by_email
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.tickets.editing import edit
from helpdesk.tickets.solving import set_status
from helpdesk.tickets.tables import Event, Message, Ticket
from tests.api.conftest import ClientOf
from tests.cast import again, hire, make_team
from tests.make import a_ticket

NEW = {
    "subject": "Printer on fire",
    "body_text": "It burns.",
    "customer": {"email": "Dora@Customer.test", "name": "Dora Dogan"},
}


async def test_a_ticket_is_opened_with_the_customers_message(api: AsyncClient, ben: SignedIn) -> None:
    answer = await api.post("/tickets", json=NEW | {"tags": ["Fire Alarm"], "priority": "urgent", "assignee": ben.id})
    assert answer.status_code == 201, answer.text
    customer = await find_by_email("dora@customer.test")
    assert customer is not None
    ticket = answer.json()
    assert ticket["created_at"].endswith("Z")
    assert {name: ticket[name] for name in ("number", "subject", "status", "priority", "assignee", "team", "tags", "customer", "fields", "merged_into")} == {
        "number": 1001, "subject": "Printer on fire", "status": "open", "priority": "urgent", "assignee": ben.id, "team": None,
        "tags": ["fire-alarm"], "customer": {"id": customer.id, "name": "Dora Dogan", "email": "dora@customer.test"}, "fields": {}, "merged_into": None,
    }  # fmt: skip
    assert set(ticket) == {
        "number", "version", "subject", "status", "priority", "channel", "team", "assignee", "customer", "organisation", "tags",
        "fields", "created_at", "updated_at", "first_replied_at", "solved_at", "snoozed_until", "merged_into",
        "muted_at", "spam_at", "trashed_at",
    }  # fmt: skip
    [message] = (await api.get("/tickets/1001/messages")).json()["items"]
    assert (message["body_text"], message["audience"], message["author"]["kind"]) == ("It burns.", "public", "customer")
    assert answer.headers["etag"] == f'"{ticket["version"]}"'
    assert (await api.get("/tickets/1001")).json() == ticket


async def test_html_is_made_safe_and_its_text_derived(api: AsyncClient) -> None:
    html = '<p>Hello <b>you</b></p><script>alert(1)</script><img src="http://tracker.test/a.png"><a href="javascript:x">x</a>'
    answer = await api.post("/tickets", json={**{k: v for k, v in NEW.items() if k != "body_text"}, "body_html": html})
    assert answer.status_code == 201, answer.text
    [message] = (await api.get("/tickets/1001/messages")).json()["items"]
    assert "script" not in message["body_html"] and 'src="http' not in message["body_html"]
    assert message["body_text"].startswith("Hello you")


async def test_wrong_input_names_the_field_at_fault_and_changes_nothing(api: AsyncClient) -> None:
    wrong: list[tuple[dict, str]] = [
        ({"subject": "x" * 1001}, "subject"),
        ({"subject": 7}, "subject"),
        ({"subject": "a\0b"}, "subject"),
        ({"customer": {"name": "Dora"}}, "customer.email"),
        ({"customer": {"email": "nobody"}}, "customer.email"),
        ({"colour": "red"}, "colour"),
        ({"priority": "huge"}, "priority"),
        ({"team": 77}, "team"),
        ({"team": "1"}, "team"),
        ({"channel": 77}, "channel"),
        ({"assignee": 77}, "assignee"),
        ({"tags": ["x" * 51]}, "tags[0]"),
        ({"body_text": " "}, "body_text"),
        ({"attachments": [5]}, "attachments"),
        ({"fields": {"size": 3}}, "fields.size"),
    ]
    for change, field in wrong:
        answer = await api.post("/tickets", json=NEW | change)
        assert answer.status_code == 422, (change, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
        assert list(answer.json()["fields"]) == [field], (change, answer.json())
    broken = await api.post("/tickets", content=b"{")
    assert (broken.status_code, broken.headers["content-type"]) == (400, "application/problem+json")
    missing = await api.post("/tickets", content=b"")
    assert missing.status_code in (400, 422)
    assert await Ticket.count() == await Message.count() == await Event.count() == 0
    assert await find_by_email("dora@customer.test") is None


async def test_a_conflict_tells_both_values_of_each_field(api: AsyncClient, ben: SignedIn) -> None:
    ticket = await a_ticket()
    await edit(ticket, {"priority": "urgent", "subject": "Theirs"}, by=ben, at=now())
    late = await api.patch(
        "/tickets/1001", json={"priority": "low", "subject": "Mine", "tags": ["new"]}, headers={"if-match": '"1"'}
    )
    assert late.status_code == 409
    assert late.json()["fields"] == {
        "priority": {"theirs": "urgent", "yours": "low"}, "subject": {"theirs": "Theirs", "yours": "Mine"},
    }  # fmt: skip
    other = await api.patch("/tickets/1001", json={"tags": ["new"]}, headers={"if-match": "1"})
    assert (other.status_code, other.json()["tags"], other.json()["priority"]) == (200, ["new"], "urgent")
    fresh = await api.patch("/tickets/1001", json={"priority": "low"}, headers={"if-match": other.headers["etag"]})
    assert (fresh.status_code, fresh.json()["priority"]) == (200, "low")
    bold = await api.patch("/tickets/1001", json={"priority": "high"})
    assert bold.status_code == 200
    nonsense = await api.patch("/tickets/1001", json={"priority": "low"}, headers={"if-match": "yesterday"})
    assert nonsense.status_code == 422 and "If-Match" in nonsense.json()["fields"]


async def test_a_patch_sets_only_what_is_sent_and_can_clear(api: AsyncClient, ben: SignedIn) -> None:
    team = await make_team("First line", ben)
    await a_ticket()
    changed = (await api.patch("/tickets/1001", json={"team": team.id, "assignee": ben.id, "status": "pending"})).json()
    assert (changed["team"], changed["assignee"], changed["status"]) == (team.id, ben.id, "pending")
    cleared = (await api.patch("/tickets/1001", json={"team": None, "assignee": None})).json()
    assert (cleared["team"], cleared["assignee"], cleared["status"]) == (None, None, "pending")
    assert (await api.patch("/tickets/1001", json={"number": 5})).json()["fields"].keys() == {"number"}
    assert (await api.patch("/tickets/1001", json={"status": "new"})).json()["fields"].keys() == {"status"}


async def test_who_may_not_see_a_ticket_finds_nothing(client_of: ClientOf, api: AsyncClient) -> None:
    cleo = await hire("cleo")
    secret = await make_team("Staff matters", cleo, is_private=True)
    await a_ticket(team=secret.id)
    for method, path in [
        ("GET", "/tickets/1001"), ("PATCH", "/tickets/1001"), ("GET", "/tickets/1001/messages"), ("GET", "/tickets/1001/events"),
        ("POST", "/tickets/1001/messages"), ("GET", "/tickets/1001/messages/1"), ("DELETE", "/tickets/1001/messages/1/delivery"),
        ("POST", "/tickets/1001/messages/1/delivery"), ("POST", "/tickets/1001/follow-up"),
    ]:  # fmt: skip
        body = {
            "PATCH": {},
            "POST": {"audience": "internal", "body_text": "x"} if path.endswith("messages") else {"body_text": "x"},
        }
        answer = await api.request(method, path, json=body.get(method))
        assert answer.status_code == 404, (method, path, answer.text)
    assert (await api.get("/tickets")).json() == {"items": [], "next": None}
    theirs = await client_of(await again(cleo))
    assert [one["number"] for one in (await theirs.get("/tickets")).json()["items"]] == [1001]


async def test_light_agents_read_and_write_notes_only(client_of: ClientOf) -> None:
    await a_ticket()
    lia = await client_of(await hire("lia"))
    note = await lia.post("/tickets/1001/messages", json={"audience": "internal", "body_text": "Seen it."})
    assert note.status_code == 201
    refused = [
        await lia.post("/tickets", json=NEW),
        await lia.patch("/tickets/1001", json={"priority": "low"}),
        await lia.post("/tickets/1001/messages", json={"audience": "public", "body_text": "Hello"}),
        await lia.post(
            "/tickets/1001/messages", json={"audience": "public", "as_customer": True, "body_text": "Hello"}
        ),
        await lia.post("/tickets/1001/messages", json={"audience": "internal", "body_text": "x", "status": "solved"}),
    ]
    assert [answer.status_code for answer in refused] == [403] * 5
    assert await Message.count() == 2


async def test_filters_narrow_the_list(api: AsyncClient, ben: SignedIn) -> None:
    team = await make_team("First line", ben)
    one, two, three = (
        await a_ticket("One"),
        await a_ticket("Two", who=("eve@stranger.test", "Eve")),
        await a_ticket("Three"),
    )
    await edit(one, {"assignee": ben.id, "tags": ["a", "b"], "priority": "high"}, by=ben, at=now())
    await edit(two, {"team": team.id, "tags": ["b"]}, by=ben, at=now())
    await set_status(three, "solved", by=ben, at=now())
    asked = {
        "": {1001, 1002, 1003}, "assignee=me": {1001}, f"assignee={ben.id}": {1001}, "assignee=none": {1002, 1003},
        f"team={team.id}": {1002}, "team=none": {1001, 1003}, "tag=b": {1001, 1002}, "tag=a&tag=b": {1001}, "tag=A": {1001},
        "customer=EVE@stranger.test": {1002}, f"customer={two.customer}": {1002}, "customer=nobody@x.test": set(),
        "status=solved": {1003}, "status=new&status=solved": {1002, 1003}, "priority=high": {1001}, "channel=1": {1001, 1002, 1003},
        "channel=2": set(), "updated_since=2100-01-01T00:00:00Z": set(), "updated_since=2020-01-01T00:00:00Z&team=none": {1001, 1003},
    }  # fmt: skip
    for query, numbers in asked.items():
        answer = await api.get(f"/tickets?{query}")
        assert answer.status_code == 200, (query, answer.text)
        assert {ticket["number"] for ticket in answer.json()["items"]} == numbers, query
    for query, field in {
        "statuss=open": "statuss", "status=lost": "status", "assignee=ben": "assignee", "team=-1": "team", "customer=99999999999999999999": "customer",
        "limit=201": "limit", "limit=0": "limit", "sort=subject": "sort", "cursor=%21": "cursor", "updated_since=soon": "updated_since", "tag=%00": "tag",
        "channel=null": "channel", "updated_since=2026-01-01T00:00:00": "updated_since", "updated_since=5": "updated_since",
    }.items():  # fmt: skip
        answer = await api.get(f"/tickets?{query}")
        assert answer.status_code == 422, (query, answer.text)
        assert [name.split(".")[0].split("[")[0] for name in answer.json()["fields"]] == [field], (query, answer.json())


async def test_pages_are_complete_while_tickets_change(api: AsyncClient, ben: SignedIn) -> None:
    for n in range(25):
        await a_ticket(f"Number {n}")
    for sort in ("number", "-number", "created_at", "-created_at", "updated_at"):
        seen: list[int] = []
        cursor = None
        while True:
            answer = await api.get(
                "/tickets", params={"sort": sort, "limit": 4} | ({"cursor": cursor} if cursor else {})
            )
            assert answer.status_code == 200, answer.text
            seen += [ticket["number"] for ticket in answer.json()["items"]]
            cursor = answer.json()["next"]
            if cursor is None:
                break
            if len(seen) < 13:  # what has been seen and what has not both change
                for ticket in await Ticket.objects().where(Ticket.number.is_in([seen[0], 1001 + len(seen)])):
                    await edit(ticket, {"subject": f"{ticket.subject} changed {sort}"}, by=ben, at=now())
        assert set(seen) == set(range(1001, 1026)), sort
        assert sort == "updated_at" or len(seen) == 25
    other = (await api.get("/tickets?sort=number&limit=4")).json()["next"]
    assert (await api.get(f"/tickets?sort=-updated_at&cursor={other}")).status_code == 422


async def test_events_come_in_order_page_by_page(api: AsyncClient, ben: SignedIn) -> None:
    ticket = await a_ticket()
    for priority in ("low", "high", "urgent"):
        await edit(ticket, {"priority": priority}, by=ben, at=now())
    first = (await api.get("/tickets/1001/events?limit=3")).json()
    rest = (await api.get(f"/tickets/1001/events?limit=3&cursor={first['next']}")).json()
    assert [event["kind"] for event in first["items"] + rest["items"]] == [
        "opened",
        "prioritised",
        "prioritised",
        "prioritised",
    ]
    assert first["items"][1]["changes"] == {"priority": ["normal", "low"]}
    assert first["items"][1]["actor"] == {"kind": "agent", "id": ben.id, "name": "Ben Weber"}
    assert rest["next"] is None
