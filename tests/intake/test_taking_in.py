"""From a raw mail to a message: once, on the right ticket, answered by us only when that is safe."""

import asyncio
from typing import Any

import pytest

from helpdesk.channels.tables import Channel
from helpdesk.customers.tables import Customer
from helpdesk.deliveries.tables import Delivery, DeliveryKind
from helpdesk.intake import taking_in
from helpdesk.intake.accepting import accept
from helpdesk.intake.tables import Fate, RawMessage
from helpdesk.intake.taking_in import take_in
from helpdesk.kernel.time import now
from helpdesk.tickets.replying import Draft, reply
from helpdesk.tickets.solving import set_status
from helpdesk.tickets.tables import Message, Ticket
from tests.cast import hire

SUPPORT = "support@helpdesk.test"


def a_mail(
    text: str = "It does not work.",
    *,
    sender: str = "Dora Dogan <dora@customer.test>",
    mail_id: str = "m1@customer.test",
    **headers: str,
) -> bytes:
    lines = {
        "From": sender,
        "To": SUPPORT,
        "Subject": "Printer on fire",
        "Message-ID": f"<{mail_id}>",
        "Date": "Sat, 21 Nov 2026 10:00:00 +0000",
    }
    lines |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"{head}Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n".encode()


async def receive(
    raw: bytes, *, sender: str = "dora@customer.test", to: str = SUPPORT, then: bool = True
) -> RawMessage:
    channel = await Channel.objects().first()
    assert channel is not None
    number = await accept(raw, channel=channel, envelope_from=sender, envelope_to=[to], source="smtp")
    if then:
        await take_in(number)
    return await fate_of(number)


async def fate_of(number: int) -> RawMessage:
    found = await RawMessage.objects().get(RawMessage.id == number)
    assert found is not None
    return found


async def only_ticket() -> Ticket:
    [ticket] = await Ticket.objects()
    return ticket


async def acknowledgements() -> list[dict[str, Any]]:
    return await Delivery.select().where(Delivery.kind == DeliveryKind.ACKNOWLEDGEMENT)


async def answered_ticket() -> tuple[Ticket, Delivery]:
    """A ticket of Dora's that Ben has answered by mail."""
    await receive(a_mail())
    ticket = await only_ticket()
    message = await reply(ticket, Draft(body_text="Pull the plug."), by=await hire("ben"), at=now())
    delivery = await Delivery.objects().where(Delivery.message_id == message.id).first()
    assert delivery is not None
    return ticket, delivery


async def test_a_mail_becomes_a_ticket_with_its_customer(database: None) -> None:
    raw = await receive(a_mail())
    ticket = await only_ticket()
    assert (raw.fate, raw.ticket) == (Fate.TICKET, ticket.id)
    assert (ticket.number, ticket.subject, ticket.status, ticket.version) == (1001, "Printer on fire", "new", 1)
    [message] = await Message.objects()
    assert message.body_text == "It does not work."
    customer = await Customer.objects().get(Customer.id == ticket.customer)
    assert customer is not None
    assert customer.name == "Dora Dogan"


async def test_taking_in_twice_at_once_makes_one_message(database: None) -> None:
    raw = await receive(a_mail(), then=False)
    await asyncio.gather(*(take_in(raw.id) for _ in range(5)))
    assert await Message.count() == 1
    assert await Ticket.count() == 1


async def test_the_same_mail_five_times_in_parallel_is_one_message_and_four_duplicates(database: None) -> None:
    raws = [await receive(a_mail(), then=False) for _ in range(5)]
    await asyncio.gather(*(take_in(raw.id) for raw in raws))
    fates = sorted([(await fate_of(raw.id)).fate for raw in raws])
    assert fates == ["duplicate"] * 4 + ["ticket"]
    assert await Message.count() == 1


async def test_the_same_message_id_with_another_text_is_not_dropped(database: None) -> None:
    await receive(a_mail("first"))
    raw = await receive(a_mail("second"))
    assert raw.fate == Fate.TICKET
    assert await Message.count() == 2


async def test_an_acknowledgement_leaves_once_an_hour_without_a_word_of_the_sender(database: None) -> None:
    await receive(a_mail("Buy cheap pills", Subject="Win a prize"))
    await receive(a_mail("again", mail_id="m2@customer.test"))
    [sent] = await acknowledgements()
    assert sent["envelope_from"] == ""
    assert "auto-replied" in sent["mail"]
    assert "pills" not in sent["mail"]
    assert "prize" not in sent["mail"]


@pytest.mark.parametrize(
    ("headers", "envelope_from"),
    [
        ({"Auto_Submitted": "auto-replied"}, "dora@customer.test"),
        ({"Precedence": "bulk"}, "dora@customer.test"),
        ({"List_Id": "<news.customer.test>"}, "dora@customer.test"),
        ({"X_Auto_Response_Suppress": "All"}, "dora@customer.test"),
        ({"To": "somebody-else@customer.test"}, "dora@customer.test"),
        ({}, ""),
        ({"From": SUPPORT}, SUPPORT),
    ],
)
async def test_mail_that_must_not_be_answered_by_a_machine_is_not(
    database: None, headers: dict[str, str], envelope_from: str
) -> None:
    raw = await receive(a_mail(**headers), sender=envelope_from)
    assert raw.message is not None, "it is still a message"
    assert await acknowledgements() == []


async def test_an_automatic_mail_that_matches_nothing_opens_an_automatic_ticket(database: None) -> None:
    raw = await receive(a_mail(Auto_Submitted="auto-generated"))
    assert raw.fate == Fate.AUTOMATIC
    assert (await only_ticket()).is_automatic


@pytest.mark.parametrize("how", ["address", "in-reply-to", "references"])
async def test_the_recipients_answer_joins_and_reopens(database: None, how: str) -> None:
    ticket, delivery = await answered_ticket()
    await set_status(ticket, "solved", by=await hire("cleo"), at=now())
    headers = {
        "address": {},
        "in-reply-to": {"In_Reply_To": f"<{delivery.mail_id}>"},
        "references": {"References": f"<x@y> <{delivery.mail_id}>"},
    }[how]
    to = reply_address_of(delivery) if how == "address" else SUPPORT
    raw = await receive(a_mail("It still burns.", mail_id="m2@customer.test", **headers), to=to)
    kept = await only_ticket()
    assert (raw.fate, kept.status, kept.solved_at) == (Fate.REPLY, "open", None)


def reply_address_of(delivery: Delivery) -> str:
    import msgspec

    return msgspec.json.decode(delivery.mail)["mail"]["reply_to"]["addr"]


async def test_a_stranger_with_a_valid_token_does_not_join_but_agents_see_the_link(database: None) -> None:
    ticket, delivery = await answered_ticket()
    raw = await receive(
        a_mail("Tell me all.", sender="eve@stranger.test", mail_id="e1@stranger.test", In_Reply_To=f"<{delivery.mail_id}>"),
        sender="eve@stranger.test", to=reply_address_of(delivery),
    )  # fmt: skip
    assert raw.fate == Fate.TICKET
    opened = await Ticket.objects().get(Ticket.id == raw.ticket)
    assert opened is not None
    assert (opened.id != ticket.id, opened.may_belong_to) == (True, ticket.id)


async def test_a_strangers_subject_tag_and_a_customers_message_id_do_not_join(database: None) -> None:
    ticket, _delivery = await answered_ticket()
    raw = await receive(
        a_mail("Me too", sender="eve@stranger.test", mail_id="e1@s.test", Subject=f"Re: [#{ticket.number}] Printer on fire", References="<m1@customer.test>"),
        sender="eve@stranger.test",
    )  # fmt: skip
    assert raw.ticket != ticket.id
    assert await Ticket.count() == 2


async def test_an_automatic_answer_joins_but_does_not_reopen(database: None) -> None:
    ticket, delivery = await answered_ticket()
    await set_status(ticket, "pending", by=await hire("cleo"), at=now())
    raw = await receive(
        a_mail(
            "I am on holiday",
            mail_id="m3@customer.test",
            Auto_Submitted="auto-replied",
            In_Reply_To=f"<{delivery.mail_id}>",
        )
    )
    assert raw.fate == Fate.REPLY
    assert (await only_ticket()).status == "pending"


async def test_an_answer_to_a_closed_ticket_opens_a_linked_follow_up(database: None) -> None:
    ticket, delivery = await answered_ticket()
    await set_status(ticket, "closed", by=await hire("cleo"), at=now())
    raw = await receive(a_mail("One more thing", mail_id="m4@customer.test", In_Reply_To=f"<{delivery.mail_id}>"))
    follow_up = await Ticket.objects().get(Ticket.id == raw.ticket)
    assert follow_up is not None
    assert follow_up.follow_up_of == ticket.id


async def test_hostile_bytes_become_a_message_too(database: None) -> None:
    raw = await receive(b"\x00\xff\xfe garbage without headers \r\n\r\n\x80\x81", sender="")
    assert raw.fate in (Fate.TICKET, Fate.AUTOMATIC)
    assert raw.message is not None


async def test_a_mail_that_failed_may_be_tried_at_once(database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = await receive(a_mail(), then=False)

    async def fail(*_: object) -> None:
        raise ConnectionError("the database went away")

    with monkeypatch.context() as broken:
        broken.setattr(taking_in, "_take", fail)
        with pytest.raises(ConnectionError):
            await take_in(raw.id)
    await take_in(raw.id)
    assert (await fate_of(raw.id)).fate == Fate.TICKET
