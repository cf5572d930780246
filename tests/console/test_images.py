"""Images from elsewhere load for the senders that an agent named, for that agent alone."""

from collections.abc import Callable

from helpdesk.channels.email.sanitising import sanitise
from helpdesk.customers.finding import find_or_create
from helpdesk.kernel.time import now
from helpdesk.people.actor import Actor
from helpdesk.tickets.messages import MailFacts, NewMessage
from helpdesk.tickets.opening import open_ticket
from tests.cast import DORA, hire
from tests.console.browsing import Browser

Browsers = Callable[[], Browser]
SENDER = DORA[0]


async def _newsletter(*, is_unverified: bool = False) -> int:
    customer = await find_or_create(*DORA, language="en", at=now())
    author = Actor(kind="customer", id=customer.id, name=customer.name)
    message = NewMessage(
        author=author, body_text="News", body_html=sanitise('<p><b>News</b><img src="https://images.test/a.png"></p>').html, created_at=now(),
        is_unverified=is_unverified,
        mail=MailFacts(message_id="n@images.test", in_reply_to=[], references=[], from_=SENDER, reply_to=[], to=[], cc=[], is_auto_reply=False, is_bounce=False),
    )  # fmt: skip
    ticket, _written = await open_ticket(
        subject="News", customer=customer, channel=None, message=message, by=author, at=now()
    )
    return ticket.number


async def test_leave_for_a_sender_holds_for_all_mails_of_theirs_and_for_this_agent_alone(browser: Browsers) -> None:
    ben, cleo = await hire("ben"), await hire("cleo")
    first, second = await _newsletter(), await _newsletter()
    visitor = await browser().sign_in(ben)
    page = await visitor.get(f"/console/tickets/{first}")
    assert "Always of this sender" in page.text and "?images=1" not in page.text.split("mail-frame")[1][:80]

    item = await visitor.post("/console/messages/1/images", htmx=True)
    assert "/console/messages/1/frame?images=1" in item.text and "are not loaded" not in item.text
    other = await visitor.get(f"/console/tickets/{second}")
    assert "/console/messages/2/frame?images=1" in other.text
    colleague = await browser().sign_in(cleo)
    assert "/console/messages/2/frame?images=1" not in (await colleague.get(f"/console/tickets/{second}")).text


async def test_leave_is_taken_back_at_a_message_and_in_the_preferences(browser: Browsers) -> None:
    ben, number = await hire("ben"), await _newsletter()
    visitor = await browser().sign_in(ben)
    await visitor.post("/console/messages/1/images")
    item = await visitor.post("/console/messages/1/images/hidden", htmx=True)
    assert "are not loaded" in item.text
    await visitor.post("/console/messages/1/images")
    assert SENDER in (await visitor.get("/console/preferences")).text
    await visitor.post("/console/preferences/images", {"sender": SENDER})
    assert SENDER not in (await visitor.get("/console/preferences")).text
    assert "are not loaded" in (await visitor.get(f"/console/tickets/{number}")).text


async def test_a_mail_that_may_be_forged_profits_from_nobodys_leave(browser: Browsers) -> None:
    ben, genuine, forged = await hire("ben"), await _newsletter(), await _newsletter(is_unverified=True)
    visitor = await browser().sign_in(ben)
    assert (await visitor.post("/console/messages/2/images")).status_code == 404
    await visitor.post("/console/messages/1/images")
    assert "?images=1" in (await visitor.get(f"/console/tickets/{genuine}")).text
    assert "/console/messages/2/frame?images=1" not in (await visitor.get(f"/console/tickets/{forged}")).text


async def test_the_oldest_leave_is_forgotten_when_there_are_very_many(browser: Browsers) -> None:
    from helpdesk.people.showing_images import MOST, show_images_from
    from helpdesk.people.tables import Agent

    ben = await hire("ben")
    await Agent.update({Agent.images_from: [f"s{n}@images.test" for n in range(MOST)]}).where(Agent.id == ben.id)
    await show_images_from("s5@images.test", agent_id=ben.id or 0)
    await show_images_from("new@images.test", agent_id=ben.id or 0)
    kept = await Agent.select(Agent.images_from).where(Agent.id == ben.id).first()
    assert kept is not None
    assert len(kept["images_from"]) == MOST and kept["images_from"][-2:] == ["s5@images.test", "new@images.test"]
    assert "s0@images.test" not in kept["images_from"]
