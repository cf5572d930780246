"""A form makes one message, however often it is sent; something else in it is never taken for a repetition."""

import asyncio
import re
from collections.abc import Callable
from typing import Any

from helpdesk.deliveries.tables import Delivery
from helpdesk.kernel.time import now
from helpdesk.people.actor import SYSTEM
from helpdesk.tickets.solving import set_status
from helpdesk.tickets.tables import Message, Ticket
from tests.cast import hire
from tests.console.browsing import Browser
from tests.make import a_ticket

Browsers = Callable[[], Browser]
NEW = {"email": "eve@stranger.test", "subject": "Parcel", "text": "Where?", "priority": "low", "team": ""}


async def _once(visitor: Browser, path: str) -> str:
    found = re.search(r'name="once" value="([^"]{20,})"', (await visitor.get(path)).text)
    assert found
    return found[1]


async def test_send_again_after_a_lost_answer_sends_nothing_twice(browser: Browsers) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    visitor, path = await browser().sign_in(ben), f"/console/tickets/{ticket.number}"
    typed = {"text": "Use water.", "once": await _once(visitor, path)}
    first = await visitor.post(f"{path}/replies", typed, htmx=True)
    again = await visitor.post(f"{path}/replies", typed, htmx=True)
    assert first.status_code == again.status_code == 200 and "toast undo" in again.text
    assert re.search(r"<textarea[^>]*></textarea>", again.text) and typed["once"] not in again.text
    assert (await visitor.post(f"{path}/replies", typed)).status_code == 303
    assert (await Delivery.count(), await Message.count()) == (1, 2)


async def test_a_double_click_without_scripts_is_one_message(browser: Browsers) -> None:
    """The second request comes while the first is under way, and brings the file anew."""
    ben, ticket = await hire("ben"), await a_ticket()
    visitor, path = await browser().sign_in(ben), f"/console/tickets/{ticket.number}"
    await visitor.get(path)
    for kind in ("replies", "notes"):
        typed: dict[str, Any] = {"text": "Once", "once": await _once(visitor, path)}
        answers = await asyncio.gather(*(
            visitor.post(f"{path}/{kind}", typed, files=[("files", ("a.txt", b"one", "text/plain"))]) for _ in range(3)
        ))  # fmt: skip
        assert [answer.status_code for answer in answers] == [303] * 3, kind
    assert (await Delivery.count(), await Message.count()) == (1, 3)


async def test_a_follow_up_and_a_new_ticket_are_opened_once(browser: Browsers) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    await set_status(ticket, "closed", by=SYSTEM, at=now())
    visitor, path = await browser().sign_in(ben), f"/console/tickets/{ticket.number}"
    typed = {"text": "And now?", "once": await _once(visitor, path)}
    places = {(await visitor.post(f"{path}/follow-ups", typed)).headers["location"] for _ in range(2)}
    assert len(places) == 1
    for kind in ("call", "mail"):
        typed = NEW | {"kind": kind, "once": await _once(visitor, "/console/tickets/new")}
        places |= {(await visitor.post("/console/tickets/new", typed)).headers["location"] for _ in range(2)}
    assert len(places) == 3 and await Ticket.count() == 4 and await Delivery.count() == 2


async def test_a_form_that_comes_back_with_other_words_or_files_is_kept_and_asked_about(browser: Browsers) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    visitor, path = await browser().sign_in(ben), f"/console/tickets/{ticket.number}"
    typed = {"text": "Use water.", "once": await _once(visitor, path)}
    await visitor.post(f"{path}/replies", typed)
    other = await visitor.post(f"{path}/replies", typed | {"text": "Use sand!"}, htmx=True)
    assert other.status_code == 422 and "Use sand!</textarea>" in other.text and "was sent before" in other.text
    assert typed["once"] not in other.text, "pressing Send again sends it"
    filed = await visitor.post(f"{path}/replies", typed, files=[("files", ("a.txt", b"one", "text/plain"))])
    assert filed.status_code == 422 and "a.txt" in filed.text
    assert (await visitor.post(f"{path}/notes", typed)).status_code == 422
    assert await Message.count() == 2


async def test_what_was_taken_back_may_be_sent_by_its_old_form(browser: Browsers) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    visitor, path = await browser().sign_in(ben), f"/console/tickets/{ticket.number}"
    typed = {"text": "Use water.", "once": await _once(visitor, path)}
    await visitor.post(f"{path}/replies", typed)
    await visitor.post("/console/messages/2/undo")
    assert (await visitor.post(f"{path}/replies", typed)).status_code == 303
    assert await Delivery.count().where(Delivery.state == "queued") == 1


async def test_a_form_of_one_agent_says_nothing_to_another(browser: Browsers) -> None:
    ben, cleo, ticket = await hire("ben"), await hire("cleo"), await a_ticket()
    typed = {"text": "Hello", "once": "a-value-that-both-have-found"}
    for agent in (ben, cleo):
        answer = await (await browser().sign_in(agent)).post(f"/console/tickets/{ticket.number}/notes", typed)
        assert answer.status_code == 303
    assert await Message.count() == 3
