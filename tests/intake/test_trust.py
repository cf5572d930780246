"""What a mail claims is believed only from whom it may come."""

import msgspec
import pytest

from helpdesk.deliveries.queueing import Letter
from helpdesk.deliveries.tables import Delivery, DeliveryKind
from helpdesk.intake import joining, taking_in
from helpdesk.intake.tables import Fate
from helpdesk.kernel.settings import settings
from helpdesk.kernel.time import now
from helpdesk.tickets.answering import answered
from helpdesk.tickets.queries import find_ticket
from helpdesk.tickets.replying import Draft, reply
from helpdesk.tickets.tables import Message, Ticket
from tests.cast import hire
from tests.intake.test_taking_in import (
    SUPPORT,
    a_mail,
    acknowledgements,
    answered_ticket,
    only_ticket,
    receive,
    reply_address_of,
)

REPORT = """\
From: Mail Delivery System <mailer-daemon@mx.customer.test>\r
To: {to}\r
Subject: Undelivered Mail Returned to Sender\r
Message-ID: <dsn1@mx.customer.test>\r
Content-Type: multipart/report; report-type=delivery-status; boundary=b\r
\r
--b\r
Content-Type: text/plain\r
\r
It could not be delivered.\r
--b\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; mx.customer.test\r
\r
Final-Recipient: rfc822; dora@customer.test\r
Action: failed\r
Status: 5.1.1\r
--b\r
Content-Type: message/rfc822\r
\r
From: {support}\r
To: dora@customer.test\r
Message-ID: <{mail_id}>\r
Subject: Re: Printer on fire\r
\r
Pull the plug.\r
--b--\r
"""


def a_report(delivery: Delivery, *, to: str = SUPPORT) -> bytes:
    return REPORT.format(to=to, support=SUPPORT, mail_id=delivery.mail_id).encode()


async def state_of(delivery: Delivery) -> str:
    found = await Delivery.objects().get(Delivery.id == delivery.id)
    assert found is not None
    return found.state


async def sent(delivery: Delivery) -> Delivery:
    await Delivery.update({Delivery.state: "sent"}).where(Delivery.id == delivery.id)
    return delivery


@pytest.mark.parametrize("how", ["to its bounce address", "with our Message-ID and no sender"])
async def test_a_bounce_of_our_mail_marks_it_and_neither_opens_nor_reopens(database: None, how: str) -> None:
    ticket, delivery = await answered_ticket()
    await sent(delivery)
    to = delivery.envelope_from if how == "to its bounce address" else SUPPORT
    raw = await receive(a_report(delivery, to=to), sender="", to=to)
    assert (raw.fate, raw.ticket, await state_of(delivery)) == (Fate.BOUNCE, ticket.id, "bounced")
    written = await Message.objects().get(Message.id == raw.message)
    assert written is not None
    assert (written.author_kind, written.audience) == ("system", "internal")
    assert (await only_ticket()).status == "open"


async def test_a_strangers_report_with_our_message_id_is_not_believed(database: None) -> None:
    ticket, delivery = await answered_ticket()
    await sent(delivery)
    raw = await receive(a_report(delivery), sender="eve@stranger.test")
    assert raw.ticket != ticket.id
    assert await state_of(delivery) == "sent"


async def test_a_customers_answer_that_quotes_a_bounce_is_their_answer(database: None) -> None:
    ticket, delivery = await answered_ticket()
    await sent(delivery)
    raw = await receive(
        a_mail("It came back!", mail_id="m2@customer.test", Subject="Re: Undelivered Mail Returned to Sender", In_Reply_To=f"<{delivery.mail_id}>")
    )  # fmt: skip
    assert (raw.fate, raw.ticket, await state_of(delivery)) == (Fate.REPLY, ticket.id, "sent")


async def test_an_unverified_mail_cannot_lead_the_conversation_elsewhere(database: None) -> None:
    ticket, delivery = await answered_ticket()
    await receive(
        a_mail("Send it there", mail_id="m2@x.test", In_Reply_To=f"<{delivery.mail_id}>", Reply_To="eve@stranger.test", Cc="mallory@stranger.test"),
        to=reply_address_of(delivery),
    )  # fmt: skip
    to = await answered(ticket)
    assert [one.addr for one in (*to.to, *to.cc)] == ["dora@customer.test"]


async def test_those_copied_in_the_first_mail_are_copied_in_the_answer(database: None) -> None:
    await receive(a_mail(Cc="boss@customer.test, support@helpdesk.test"))
    to = await answered(await only_ticket())
    assert ([one.addr for one in to.to], [one.addr for one in to.cc]) == (
        ["dora@customer.test"],
        ["boss@customer.test"],
    )


async def test_those_copied_in_the_first_mail_stay_when_something_unverified_is_added(database: None) -> None:
    await receive(a_mail(Cc="boss@customer.test"))
    acknowledgement = await Delivery.objects().where(Delivery.kind == DeliveryKind.ACKNOWLEDGEMENT).first()
    assert acknowledgement is not None
    await receive(
        a_mail("One more thing.", mail_id="m2@x.test", In_Reply_To=f"<{acknowledgement.mail_id}>", Cc="boss@customer.test, eve@stranger.test"),
        to=reply_address_of(acknowledgement),
    )  # fmt: skip
    to = await answered(await only_ticket())
    assert [one.addr for one in (*to.to, *to.cc)] == ["dora@customer.test", "boss@customer.test"]


async def test_when_a_copied_colleague_answers_the_customer_stays_in_the_conversation(database: None) -> None:
    await receive(a_mail(Cc="boss@customer.test"))
    ticket, ben = await only_ticket(), await hire("ben")
    message = await reply(ticket, Draft(body_text="Pull the plug."), by=ben, at=now())
    delivery = await Delivery.objects().where(Delivery.message_id == message.id).first()
    assert delivery is not None
    boss = a_mail(
        "I decide.",
        sender="The Boss <boss@customer.test>",
        mail_id="b1@customer.test",
        In_Reply_To=f"<{delivery.mail_id}>",
    )
    await receive(boss, sender="boss@customer.test")
    answer = await reply(await find_ticket(ticket.number, seen_by=ben), Draft(body_text="Yes."), by=ben, at=now())
    second = await Delivery.objects().where(Delivery.message_id == answer.id).first()
    assert second is not None
    letter = msgspec.json.decode(second.mail, type=Letter)
    assert [(one.name, one.addr) for one in letter.mail.to] == [("The Boss", "boss@customer.test")]
    assert second.cc == ["dora@customer.test"]


async def test_acknowledgements_count_a_mailbox_whatever_its_plus_part(database: None) -> None:
    for n in range(6):
        address = f"victim+{n}@customer.test"
        await receive(a_mail(f"text {n}", sender=address, mail_id=f"v{n}@customer.test"), sender=address)
    assert len(await acknowledgements()) == 1


@pytest.fixture
def trusted_mx(monkeypatch: pytest.MonkeyPatch) -> None:
    told = msgspec.structs.replace(settings(), trusted_mx="mx.helpdesk.test")
    monkeypatch.setattr(joining, "settings", lambda: told)
    monkeypatch.setattr(taking_in, "settings", lambda: told)


async def test_a_forged_sender_gets_no_acknowledgement(database: None, trusted_mx: None) -> None:
    await receive(a_mail(Authentication_Results="mx.helpdesk.test; dmarc=fail header.from=customer.test"))
    assert await acknowledgements() == []


@pytest.mark.parametrize(
    ("verdict", "joins"),
    [("dmarc=pass header.from=customer.test", True), ("dmarc=fail header.from=customer.test", False), ("none", False)],
)
async def test_with_a_trusted_mx_only_an_authenticated_sender_joins(
    database: None, trusted_mx: None, verdict: str, joins: bool
) -> None:
    ticket, delivery = await answered_ticket()
    raw = await receive(
        a_mail(
            "Me again",
            mail_id="m2@customer.test",
            In_Reply_To=f"<{delivery.mail_id}>",
            Authentication_Results=f"mx.helpdesk.test; {verdict}",
        )
    )
    assert (raw.ticket == ticket.id) is joins
    opened = await Ticket.objects().get(Ticket.id == raw.ticket)
    assert opened is not None
    assert opened.may_belong_to == (None if joins else ticket.id)


POISON = {
    "a Message-ID of 950 letters": {"mail_id": "漢" * 950 + "@x"},
    "a NUL in a Message-ID": {"mail_id": "a\x00b@x"},
    "a NUL in a reference": {"In_Reply_To": "<a\x00b@x>"},
    "an endless content type": {"Content_Type": "text/" + "x" * 400},
    "an endless subject": {"Subject": "s" * 5000},
}


@pytest.mark.parametrize("what", POISON)
async def test_odd_fields_make_a_message_all_the_same(database: None, what: str) -> None:
    raw = await receive(a_mail(**POISON[what]))
    assert raw.fate == Fate.TICKET
    assert raw.message is not None
