"""A reply goes to those whom the page has shown, or the agent is asked first."""

import re
from collections.abc import Callable

import pytest

from helpdesk.customers.finding import find_or_create
from helpdesk.deliveries.tables import Delivery
from helpdesk.kernel.errors import Conflict
from helpdesk.kernel.time import now
from helpdesk.people.actor import SYSTEM, Actor
from helpdesk.tickets.joining import join
from helpdesk.tickets.messages import MailFacts, NewMessage
from helpdesk.tickets.replying import Draft, reply
from helpdesk.tickets.solving import set_status
from helpdesk.tickets.tables import Message, Ticket
from tests.cast import EVE, hire
from tests.console.browsing import Browser
from tests.make import a_ticket

Browsers = Callable[[], Browser]


async def writes(ticket: Ticket, who: tuple[str, str], *, cc: tuple[str, ...] = ()) -> Message:
    """A later mail of somebody on the ticket."""
    customer = await find_or_create(*who, language="en", at=now())
    facts = MailFacts(from_=who[0], to=["support@helpdesk.test"], cc=list(cc))
    author = Actor(kind="customer", id=customer.id, name=customer.name)
    return await join(ticket, NewMessage(author=author, body_text="One more thing", created_at=now(), mail=facts))


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return found[1]


async def test_a_reply_whose_recipients_changed_is_shown_before_it_is_sent(browser: Browsers) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    visitor, path = await browser().sign_in(ben), f"/console/tickets/{ticket.number}"
    kept = (await visitor.post("/console/uploads", files={"file": ("plan.pdf", b"%PDF", "application/pdf")})).json()
    page = (await visitor.get(path)).text
    await writes(ticket, EVE)
    typed = {"text": "For Dora only", "answering": hidden(page, "answering"), "attachment_ids": str(kept["id"])}
    for htmx in (True, False):
        answer = await visitor.post(f"{path}/replies", typed, htmx=htmx)
        assert answer.status_code == 409 and "For Dora only</textarea>" in answer.text and "plan.pdf" in answer.text
        assert "Nothing was sent: a newer message has changed who gets the reply." in answer.text
        assert '<bdi class="ltr">eve@stranger.test</bdi>' in answer.text
    assert await Delivery.count() == 0
    again = typed | {"answering": hidden(answer.text, "answering"), "once": hidden(answer.text, "once")}
    assert (await visitor.post(f"{path}/replies", again, htmx=True)).status_code == 200
    delivery = await Delivery.objects().first()
    assert delivery and delivery.to == ["eve@stranger.test"]


async def test_a_newer_message_with_the_same_recipients_stops_nothing(browser: Browsers) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    visitor, path = await browser().sign_in(ben), f"/console/tickets/{ticket.number}"
    page = (await visitor.get(path)).text
    await writes(ticket, ("dora@customer.test", "Dora Dogan"))
    typed = {"text": "Use water", "answering": hidden(page, "answering")}
    assert (await visitor.post(f"{path}/replies", typed)).status_code == 303


async def test_somebody_new_in_cc_is_a_conflict_and_no_claim_is_none(database: None) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    first = await Message.objects().first()
    assert first
    await writes(ticket, ("dora@customer.test", "Dora Dogan"), cc=EVE[:1])
    for shown in (first.id, 0):
        with pytest.raises(Conflict) as conflict:
            await reply(ticket, Draft(body_text="Hello"), by=ben, at=now(), answering=shown)
        now_to, before = conflict.value.fields["recipients"]
        assert (now_to, before) == ("dora@customer.test, eve@stranger.test", "dora@customer.test")
    await reply(ticket, Draft(body_text="Hello"), by=ben, at=now())


async def test_a_follow_up_shows_the_customer_to_whom_it_goes(browser: Browsers) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    await writes(ticket, EVE)
    await set_status(ticket, "closed", by=SYSTEM, at=now())
    visitor, path = await browser().sign_in(ben), f"/console/tickets/{ticket.number}"
    assert '<bdi class="ltr">dora@customer.test</bdi>' in (await visitor.get(path)).text
    await visitor.post(f"{path}/follow-ups", {"text": "And now?"})
    delivery = await Delivery.objects().first()
    assert delivery and delivery.to == ["dora@customer.test"] and delivery.cc == []
