"""What an agent forwards is its sender's request; what only claims to come from an agent is not."""

import msgspec
import pytest

from helpdesk.customers.finding import find_by_email
from helpdesk.intake import joining, taking_in
from helpdesk.intake.tables import Fate
from helpdesk.kernel.settings import settings
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.tables import Agent
from helpdesk.tickets.answering import answered
from helpdesk.tickets.tables import Event, Message, Ticket
from tests.cast import hire
from tests.intake.test_taking_in import a_mail, acknowledgements, only_ticket, receive

BEN, DORA = "ben@helpdesk.test", "dora@customer.test"
TEXT = """Please see to this, she is a good customer.

---------- Forwarded message ---------
From: Dora Dogan <{author}>
Date: Sat, 21 Nov 2026 at 09:00
Subject: Printer on fire
To: Ben Weber <ben@helpdesk.test>

Dear Ben,
it burns."""


@pytest.fixture
def trusted_mx(monkeypatch: pytest.MonkeyPatch) -> None:
    told = msgspec.structs.replace(settings(), trusted_mx="mx.helpdesk.test")
    monkeypatch.setattr(joining, "settings", lambda: told)
    monkeypatch.setattr(taking_in, "settings", lambda: told)


async def forward(*, result: str = "pass", author: str = DORA, sender: str = f"Ben Weber <{BEN}>") -> Ticket:
    raw = a_mail(
        TEXT.format(author=author).replace("\n", "\r\n"), sender=sender, mail_id="f1@helpdesk.test", Subject="Fwd: Printer on fire",
        Authentication_Results=f"mx.helpdesk.test; dmarc={result} header.from=helpdesk.test",
    )  # fmt: skip
    taken = await receive(raw, sender=BEN)
    assert taken.fate == Fate.TICKET
    return await only_ticket()


@pytest.fixture
async def ben(database: None) -> SignedIn:
    return await hire("ben")


async def test_the_original_sender_is_the_customer_and_the_agents_words_are_a_note(
    ben: SignedIn, trusted_mx: None
) -> None:
    ticket = await forward()
    dora = await find_by_email(DORA)
    assert dora is not None
    assert (ticket.customer, ticket.subject, dora.name) == (dora.id, "Printer on fire", "Dora Dogan")
    first, note = await Message.objects().where(Message.ticket == ticket.id).order_by(Message.id)
    assert (first.author_kind, first.customer, first.body_text) == ("customer", dora.id, "Dear Ben,\nit burns.")
    assert (note.author_kind, note.agent, note.audience) == ("agent", ben.id, "internal")
    assert note.body_text == "Please see to this, she is a good customer."
    [event] = await Event.objects().where(Event.kind == "forwarded")
    assert (event.actor_kind, event.actor_id) == ("agent", ben.id)
    to = await answered(ticket)
    assert to.addresses == [DORA]
    assert await acknowledgements() == [], "she did not write to us"


@pytest.mark.parametrize("result", ["none", "fail"])
async def test_without_proof_the_agent_is_the_customer_and_the_mail_is_marked(
    ben: SignedIn, trusted_mx: None, result: str
) -> None:
    ticket = await forward(result=result)
    [message] = await Message.objects()
    sender = await find_by_email(BEN)
    assert sender is not None
    assert (ticket.customer, message.is_unverified, message.author_kind) == (sender.id, True, "customer")
    assert await Event.count().where(Event.kind == "forwarded") == 0


async def test_where_no_mail_server_is_trusted_it_is_marked_and_nothing_is_done_in_the_agents_name(
    ben: SignedIn,
) -> None:
    ticket = await forward()
    dora = await find_by_email(DORA)
    assert dora is not None
    assert (ticket.customer, ticket.subject) == (dora.id, "Printer on fire")
    first, note = await Message.objects().where(Message.ticket == ticket.id).order_by(Message.id)
    assert (first.customer, first.is_unverified) == (dora.id, True)
    assert (note.author_kind, note.audience, note.is_unverified) == ("system", "internal", True)
    assert await Event.count().where(Event.actor_kind == "agent") == 0
    assert (await answered(ticket)).addresses == [DORA]
    assert await acknowledgements() == []


@pytest.mark.parametrize("who", ["a customer", "a light agent", "an agent who left"])
async def test_others_forward_in_their_own_name(database: None, trusted_mx: None, who: str) -> None:
    sender = {"a customer": "eve@helpdesk.test", "a light agent": "lia@helpdesk.test", "an agent who left": BEN}[who]
    if who != "a customer":
        agent = await hire(sender.partition("@")[0])
        if who == "an agent who left":
            await Agent.update({Agent.deactivated_at: now()}).where(Agent.id == agent.id)
    ticket = await forward(sender=sender)
    customer = await find_by_email(sender)
    assert customer is not None
    assert ticket.customer == customer.id


async def test_a_forward_of_our_own_mail_has_no_customer_but_the_agent(ben: SignedIn, trusted_mx: None) -> None:
    ticket = await forward(author="support@helpdesk.test")
    sender = await find_by_email(BEN)
    assert sender is not None
    assert ticket.customer == sender.id
