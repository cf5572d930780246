"""Where an agent goes who is done with a ticket, and toasts that outlive the ticket which they are about."""

import json
from collections.abc import Callable
from typing import Any

from httpx import Response

from helpdesk.kernel.database import rows
from helpdesk.people.actor import SignedIn
from helpdesk.tickets.tables import Message, Ticket
from tests.cast import hire
from tests.console.browsing import HTMX, Browser
from tests.make import a_ticket

Browsers = Callable[[], Browser]


async def going(browser: Browser, where: str, agent: SignedIn) -> None:
    typed = {"name": agent.name, "language": "en", "time_zone": "UTC", "theme": "system", "goes": where}
    assert (await browser.post("/console/preferences", typed)).status_code == 303


async def press(
    browser: Browser, path: str, data: dict[str, str] | None = None, *, seen_at: str, shown: int | None = None
) -> Response:
    """As a page at that address posts it; `shown` is the ticket that is open while a toast asks."""
    headers = (
        HTMX | {"referer": f"http://localhost:8000{seen_at}"} | ({"x-shown": str(shown)} if shown is not None else {})
    )
    fields = {"_csrf_token": await browser.token(), **(data or {})}
    return await browser.client.post(path, data=fields, headers=headers)


def leads(answer: Response) -> Any:
    told = answer.headers.get("hx-trigger-after-swap")
    return json.loads(told)["go-on"] if told else None


async def test_the_next_ticket_is_the_neighbour_in_the_list_that_one_came_from(browser: Browsers) -> None:
    ben = await hire("ben")
    for _ in range(6):
        await a_ticket()
    visitor = await browser().sign_in(ben)
    page, base = "/console/tickets/1004?view=open", "/console/tickets/1004"
    assert leads(await press(visitor, f"{base}/solution", seen_at=page)) is None
    await rows("UPDATE hd_ticket SET status = 'open', solved_at = NULL")
    once = await press(visitor, f"{base}/solution", {"goes": "next"}, seen_at=page)
    assert leads(once)["url"] == "/console/tickets/1003?view=open"
    await rows("UPDATE hd_ticket SET status = 'open', solved_at = NULL")
    await going(visitor, "next", ben)
    assert 'value="next" selected' in (await visitor.get("/console/preferences")).text
    ways = [
        ("solution", {}), ("status", {"status": "solved"}), ("snooze", {"reply": "1"}), ("spam", {"spam": "1"}),
        ("trash", {"trash": "1"}), ("replies", {"text": "Done.", "once": "one"}),
    ]  # fmt: skip
    for path, data in ways:
        answer = await press(visitor, f"{base}/{path}", data, seen_at=page)
        assert leads(answer) == {"url": "/console/tickets/1003?view=open", "from": 1004}, path
        await rows(
            "UPDATE hd_ticket SET status = 'open', solved_at = NULL, snoozed_until = NULL, spam_at = NULL, trashed_at = NULL, last_message_at = created_at"
        )
    assert leads(await press(visitor, f"{base}/status", {"status": "pending"}, seen_at=page)) is None
    assert leads(await press(visitor, f"{base}/notes", {"text": "Noted.", "once": "two"}, seen_at=page)) is None
    await rows("UPDATE hd_ticket SET status = 'open', priority = CASE number WHEN 1006 THEN 'high' ELSE 'normal' END")
    in_order = [
        ("view=open&sort=priority", 1006, 1005), ("view=open&sort=created", 1002, 1001), ("view=search%3Aprinter", 1005, 1004),
    ]  # fmt: skip
    for listed, number, following in in_order:
        answer = await press(
            visitor, f"/console/tickets/{number}/solution", seen_at=f"/console/tickets/{number}?{listed}"
        )
        assert leads(answer)["url"] == f"/console/tickets/{following}?{listed}"
        await rows("UPDATE hd_ticket SET status = 'open', solved_at = NULL")
    last = await press(visitor, "/console/tickets/1001/solution", seen_at="/console/tickets/1001?view=open")
    assert leads(last)["url"] == "/console?view=open"
    plain = await visitor.client.post(f"{base}/solution", data={"_csrf_token": await visitor.token()}, headers={"referer": f"http://localhost{page}"})  # fmt: skip
    assert plain.headers["location"] == "/console/tickets/1003?view=open"


async def test_the_list_comes_without_the_ticket(browser: Browsers) -> None:
    ben = await hire("ben")
    await a_ticket()
    visitor = await browser().sign_in(ben)
    await going(visitor, "list", ben)
    answer = await press(visitor, "/console/tickets/1001/solution", seen_at="/console/tickets/1001?view=open")
    assert leads(answer) == {"url": "/console?view=open", "from": 1001} and "Undo" in answer.text
    closed = (await visitor.get("/console?view=open", htmx=True)).text
    assert 'id="conversation"' in closed and "data-number" not in closed and "<html" not in closed
    wrong = {"name": "Ben", "language": "en", "time_zone": "UTC", "theme": "system", "goes": "away"}
    assert (await visitor.post("/console/preferences", wrong)).status_code == 422


async def test_undoing_from_elsewhere_leads_back_and_replaces_nothing_there(browser: Browsers) -> None:
    ben = await hire("ben")
    await a_ticket()
    await a_ticket()
    visitor = await browser().sign_in(ben)
    here, there = "/console/tickets/1001?view=open", "/console/tickets/1002?view=open"
    undo = ("/console/tickets/1001/undo", {"version": "2"})
    await press(visitor, "/console/tickets/1001/solution", seen_at=here)
    for shown in (1002, 0):
        answer = await press(visitor, *undo, seen_at=there, shown=shown)
        assert answer.headers["hx-reswap"] == "none" and "<header" not in answer.text
        assert leads(answer) == {"url": here, "from": shown}
    assert (await press(visitor, *undo, seen_at=here, shown=1001)).headers["hx-retarget"] == "#conversation-header"
    await rows("UPDATE hd_ticket SET status = 'pending' WHERE number = 1001")
    refused = await press(visitor, *undo, seen_at=there, shown=1002)
    assert refused.status_code == 422 and "toasts" in refused.text and "<header" not in refused.text
    await press(visitor, "/console/tickets/1001/replies", {"text": "Sent.", "once": "x"}, seen_at=here)
    [message] = await Message.objects().where(Message.author_kind == "agent")
    answer = await press(visitor, f"/console/messages/{message.id}/undo", seen_at=there, shown=1002)
    assert leads(answer) == {"url": here, "from": 1002} and "<form" not in answer.text
    assert "Sent." in (await visitor.get(here)).text


async def test_everything_that_can_be_undone_offers_it(browser: Browsers) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    visitor = await browser().sign_in(ben)
    base = "/console/tickets/1001"
    for path, on, off in (
        ("following", {"follow": "1"}, {}), ("muting", {"muted": "1"}, {}), ("spam", {"spam": "1"}, {}), ("trash", {"trash": "1"}, {}),
    ):  # fmt: skip
        for data in (on, off):
            answer = await visitor.post(f"{base}/{path}", data, htmx=True)
            assert ">Undo<" in answer.text and 'hx-target="body"' in answer.text, (path, data)
    before = await Ticket.objects().get(Ticket.id == ticket.id)
    assert before
    await visitor.post(f"{base}/undo", {"version": str(before.version)}, htmx=True)
    after = await Ticket.objects().get(Ticket.id == ticket.id)
    assert after and after.trashed_at
    await visitor.post(f"{base}/trash")
    await visitor.post(f"{base}/notes", {"text": "More.", "once": "n"})
    note = await Message.objects().where(Message.audience == "internal").first()
    assert note
    led = (await visitor.post(f"/console/messages/{note.id}/split", {"subject": "Else"})).headers["location"]
    page = (await visitor.get(led)).text
    assert 'action="/console/tickets/1002/undo"' in page and "Split off" in page
    back = await visitor.post("/console/tickets/1002/undo", {"version": "1"})
    door = await visitor.get(back.headers["location"])
    assert back.status_code == 303 and 'data-number="1001"' in (await visitor.get(door.headers["location"])).text
