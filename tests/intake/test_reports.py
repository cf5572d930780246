"""Reports on our own mails: all recipients, late ones, complaints; and addresses that keep bouncing."""

import json

import msgspec
import pytest

from helpdesk.channels.email.addresses import Address
from helpdesk.channels.email.composing import OutgoingMail
from helpdesk.channels.tables import Channel
from helpdesk.customers.suppressing import hear_from, suppressed
from helpdesk.deliveries.queueing import Letter, queue
from helpdesk.deliveries.tables import Delivery, DeliveryKind
from helpdesk.following_up import settle
from helpdesk.intake.tables import Fate
from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.signing_in import as_agent
from helpdesk.people.tables import Agent
from helpdesk.tickets.answering import answered
from helpdesk.tickets.leaving_alone import may_write_to
from helpdesk.tickets.replying import Draft, reply
from helpdesk.tickets.tables import Event, Message, Ticket
from tests.cast import hire
from tests.intake.test_taking_in import SUPPORT, a_mail, acknowledgements, only_ticket, receive

DORA, BOSS = "dora@customer.test", "boss@customer.test"


def a_report(delivery: Delivery, *groups: str, number: int = 1) -> bytes:
    """A delivery status notification with a group of fields for each recipient."""
    said = "\r\n\r\n".join(["Reporting-MTA: dns; mx.customer.test", *(one.replace("\n", "\r\n") for one in groups)])
    return (
        "From: Mail Delivery System <mailer-daemon@mx.customer.test>\r\n"
        f"To: {SUPPORT}\r\nSubject: Delivery report\r\nMessage-ID: <dsn{number}-{delivery.id}@mx.customer.test>\r\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        "--b\r\nContent-Type: text/plain\r\n\r\nAbout your mail.\r\n"
        f"--b\r\nContent-Type: message/delivery-status\r\n\r\n{said}\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <{delivery.mail_id}>\r\n\r\n--b--\r\n"
    ).encode()


def failed(address: str, status: str = "5.1.1", action: str = "failed") -> str:
    return f"Final-Recipient: rfc822; {address}\nAction: {action}\nStatus: {status}"


def a_complaint(delivery: Delivery, *, kind: str = "abuse", about: str = "") -> bytes:
    return (
        "From: feedback@provider.test\r\n"
        f"To: {SUPPORT}\r\nSubject: complaint about message\r\nMessage-ID: <arf-{delivery.id}@provider.test>\r\n"
        "Content-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n"
        "--b\r\nContent-Type: text/plain\r\n\r\nSomebody complained.\r\n"
        f"--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: {kind}\r\nVersion: 1\r\n{about}\r\n"
        f"--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: {SUPPORT}\r\nMessage-ID: <{delivery.mail_id}>\r\n\r\nHello\r\n--b--\r\n"
    ).encode()


async def a_sent_answer(ticket: Ticket | None = None, *, copies: bool = False) -> tuple[Ticket, Delivery]:
    """An answer of Ben's that has left, the first on the ticket or another one."""
    if ticket is None:
        await receive(a_mail(Cc=BOSS) if copies else a_mail())
        ticket = await only_ticket()
    message = await reply(ticket, Draft(body_text="Pull the plug."), by=await _ben(), at=now())
    delivery = await Delivery.objects().where(Delivery.message_id == message.id).first()
    assert delivery is not None
    await Delivery.update({Delivery.state: "sent", Delivery.left_to: []}, force=True).where(Delivery.id == delivery.id)
    return ticket, await fresh(delivery)


async def _ben() -> SignedIn:
    """Ben, hired when he is first needed."""
    found = await Agent.objects().where(Agent.email == "ben@helpdesk.test").first()
    ben = await as_agent(found.id) if found else await hire("ben")
    assert ben is not None
    return ben


async def fresh(delivery: Delivery) -> Delivery:
    found = await Delivery.objects().get(Delivery.id == delivery.id)
    assert found is not None
    return found


async def kinds_of(ticket: Ticket) -> list[str]:
    return [row["kind"] for row in await Event.select(Event.kind).where(Event.ticket == ticket.id).order_by(Event.id)]


async def test_of_several_recipients_only_those_that_failed_are_left(database: None) -> None:
    _ticket, delivery = await a_sent_answer(copies=True)
    assert (delivery.to, delivery.cc) == ([DORA], [BOSS])
    await receive(a_report(delivery, failed(DORA, "2.0.0", "delivered"), failed(BOSS)), sender="")
    one = await fresh(delivery)
    assert (one.state, one.left_to) == ("bounced", [BOSS])
    await receive(a_report(delivery, failed(DORA, "5.2.2"), number=2), sender="")
    both = await fresh(delivery)
    assert sorted(both.left_to) == [BOSS, DORA]


async def test_a_report_in_the_words_of_the_final_address_is_of_the_one_that_we_wrote_to(database: None) -> None:
    _ticket, delivery = await a_sent_answer(copies=True)
    said = f"Original-Recipient: rfc822;{DORA}\n" + failed("dora@elsewhere.test")
    await receive(a_report(delivery, said), sender="")
    assert (await fresh(delivery)).left_to == [DORA]


@pytest.mark.parametrize("action", ["delayed", "relayed", "expanded", "delivered"])
async def test_late_and_passed_on_is_a_note_and_no_failure(database: None, action: str) -> None:
    ticket, delivery = await a_sent_answer()
    raw = await receive(a_report(delivery, failed(DORA, "4.4.1", action)), sender="")
    assert (raw.fate, raw.ticket, (await fresh(delivery)).state) == (Fate.BOUNCE, ticket.id, "sent")
    assert "reported" in await kinds_of(ticket)
    assert not await rows("SELECT FROM hd_bounce")


async def test_the_same_report_twice_tells_once(database: None) -> None:
    ticket, delivery = await a_sent_answer()
    await receive(a_report(delivery, failed(DORA)), sender="")
    await rows("UPDATE hd_delivery SET settled_at = now()")
    await receive(a_report(delivery, failed(DORA), number=2), sender="")
    assert (await fresh(delivery)).settled_at is not None
    assert len(await rows("SELECT FROM hd_bounce")) == 1
    assert await suppressed([DORA]) == {}
    assert (await only_ticket()).id == ticket.id


async def bounce_twice(*statuses: str) -> Ticket:
    ticket = None
    for status in statuses:
        ticket, delivery = await a_sent_answer(ticket)
        await receive(a_report(delivery, failed(DORA, status)), sender="")
    assert ticket is not None
    return ticket


async def test_an_address_that_two_mails_came_back_from_is_not_written_to(database: None) -> None:
    ticket = await bounce_twice("5.1.1", "5.1.1")
    assert await suppressed([DORA, BOSS]) == {DORA: "5.1.1"}
    assert "suppressed" in await kinds_of(ticket)
    with pytest.raises(Invalid) as refused:
        await reply(ticket, Draft(body_text="Hello?"), by=await _ben(), at=now())
    assert list(refused.value.fields) == ["recipients"]
    assert DORA in refused.value.fields["recipients"]


async def test_what_may_pass_is_counted_only(database: None) -> None:
    await bounce_twice("4.2.2", "5.1.1", "4.4.7")
    assert await suppressed([DORA]) == {}
    assert len(await rows("SELECT FROM hd_bounce")) == 3


async def test_bounces_longer_apart_than_a_week_are_two_accidents(database: None) -> None:
    ticket, delivery = await a_sent_answer()
    await receive(a_report(delivery, failed(DORA)), sender="")
    await rows("UPDATE hd_bounce SET at = at - interval '7 days 1 minute'")
    _ticket, second = await a_sent_answer(ticket)
    await receive(a_report(second, failed(DORA)), sender="")
    assert await suppressed([DORA]) == {}


async def test_a_mail_from_the_address_lifts_it_and_counting_begins_anew(database: None) -> None:
    ticket = await bounce_twice("5.1.1", "5.1.1")
    await receive(a_mail("I am here.", mail_id="m2@customer.test"))
    assert await suppressed([DORA]) == {}
    _ticket, delivery = await a_sent_answer(ticket)
    await receive(a_report(delivery, failed(DORA)), sender="")
    assert await suppressed([DORA]) == {}


async def test_a_copy_is_left_out_where_mails_come_back_and_the_customer_still_gets_the_answer(database: None) -> None:
    await receive(a_mail(Cc=BOSS))
    ticket = await only_ticket()
    for _ in range(2):
        _ticket, delivery = await a_sent_answer(ticket)
        await rows("UPDATE hd_delivery SET state = 'sent', cc_addresses = {} WHERE id = {}", [BOSS], delivery.id)
        await receive(a_report(delivery, failed(BOSS)), sender="")
    to = await answered(ticket)
    assert (to.addresses, to.suppressed) == ([DORA], {BOSS: "5.1.1"})


@pytest.mark.parametrize("about", ["", f"Original-Rcpt-To: {DORA}"])
async def test_a_complaint_is_told_on_the_ticket_and_ends_automatic_mail_only(database: None, about: str) -> None:
    ticket, delivery = await a_sent_answer()
    raw = await receive(a_complaint(delivery, about=about), sender="feedback@provider.test")
    assert (raw.fate, raw.ticket) == (Fate.BOUNCE, ticket.id)
    assert (await kinds_of(ticket))[-2:] == ["complained", "suppressed"]
    await rows("DELETE FROM hd_throttle")
    before = len(await acknowledgements())
    await receive(a_mail("Something else", mail_id="m9@customer.test"))
    assert len(await acknowledgements()) == before, "no machine writes there, though the mail shows that it works"
    await reply(ticket, Draft(body_text="A person writes."), by=await _ben(), at=now())


async def test_a_complaint_told_by_amazon_suppresses_whom_it_names(database: None) -> None:
    """By its notices, which repeat our headers, and by its reports, whose copy has a Message-ID of its own."""
    ticket, delivery = await a_sent_answer(copies=True)
    told = {
        "notificationType": "Complaint", "complaint": {"complainedRecipients": [{"emailAddress": BOSS}]},
        "mail": {"messageId": "0100-ses", "headers": [{"name": "Message-ID", "value": f"<{delivery.mail_id}>"}]},
    }  # fmt: skip
    notice = f"From: no-reply@sns.amazonaws.com\r\nTo: {SUPPORT}\r\nMessage-ID: <n@sns>\r\n\r\n{json.dumps(told)}\r\n"
    assert (await receive(notice.encode(), sender="bounces@amazonses.com")).fate == Fate.BOUNCE
    assert (await kinds_of(ticket))[-2:] == ["complained", "suppressed"]
    letter = msgspec.json.decode(delivery.mail, type=Letter)
    assert letter.mail.reply_to
    rewritten = a_complaint(delivery, about=f"Original-Rcpt-To: {DORA}").replace(
        f"Message-ID: <{delivery.mail_id}>".encode(), f"Message-ID: <0100@amazonses.com>\r\nReply-To: {letter.mail.reply_to.addr}".encode()
    )  # fmt: skip
    await receive(rewritten, sender="complaints@email-abuse.amazonses.test")
    assert {row["address"] for row in await rows("SELECT address FROM hd_suppression")} == {BOSS, DORA}


async def test_a_complaint_of_one_of_several_nobody_knows_who_suppresses_nobody(database: None) -> None:
    ticket, delivery = await a_sent_answer(copies=True)
    await receive(a_complaint(delivery), sender="feedback@provider.test")
    assert (await kinds_of(ticket))[-1] == "complained"
    assert not await rows("SELECT FROM hd_suppression")


async def test_it_was_no_spam_is_no_complaint(database: None) -> None:
    _ticket, delivery = await a_sent_answer()
    await receive(a_complaint(delivery, kind="not-spam"), sender="feedback@provider.test")
    assert not await rows("SELECT FROM hd_suppression")


async def test_a_complaint_that_names_no_mail_of_ours_is_an_automatic_mail(database: None) -> None:
    _ticket, delivery = await a_sent_answer()
    delivery.mail_id = "forged@helpdesk.test"
    raw = await receive(a_complaint(delivery), sender="feedback@provider.test")
    assert raw.fate == Fate.AUTOMATIC
    assert not await rows("SELECT FROM hd_suppression")


async def test_free_text_that_lists_several_names_each(database: None) -> None:
    _ticket, delivery = await a_sent_answer(copies=True)
    text = (
        f"Hi. This is the mail system.\r\n\r\n<{DORA}>:\r\n550 5.1.1 no such user\r\n\r\n<{BOSS}>:\r\n552 5.2.2 mailbox full\r\n\r\n"
        f"--- Below this line is a copy of the message.\r\n\r\nMessage-ID: <{delivery.mail_id}>\r\n"
    )
    raw = (
        f"From: MAILER-DAEMON@mx.customer.test\r\nTo: {SUPPORT}\r\nSubject: failure notice\r\n"
        f"Message-ID: <q1@mx.customer.test>\r\n\r\n{text}"
    ).encode()
    await receive(raw, sender="")
    found = await rows("SELECT address, status FROM hd_bounce ORDER BY address")
    assert found == [{"address": BOSS, "status": "5.2.2"}, {"address": DORA, "status": "5.1.1"}]


async def test_an_automatic_mail_about_a_ticket_that_had_three_does_not_leave(database: None) -> None:
    await receive(a_mail())
    ticket, channel = await only_ticket(), await Channel.objects().first()
    at = now()
    assert await may_write_to("other@customer.test", ticket=ticket, at=at)
    for number in range(2):
        mail = OutgoingMail(
            from_=Address("", ""), to=(Address("", f"x{number}@customer.test"),), subject="x", date=at, message_id="",
            text="x", automatic="auto-replied",
        )  # fmt: skip
        await queue(Letter(mail), kind=DeliveryKind.SYSTEM, channel=channel, not_before=at, at=at, ticket_id=ticket.id)
    assert not await may_write_to("third@customer.test", ticket=ticket, at=at)


async def test_bounces_are_forgotten_by_hand(database: None) -> None:
    await bounce_twice("5.1.1", "5.1.1")
    await hear_from(DORA)
    assert await suppressed([DORA]) == {}
    assert not await rows("SELECT FROM hd_bounce")
    assert await Message.count().where(Message.author_kind == "system") == 2


async def refuse(delivery: Delivery, said: str) -> None:
    """The server refuses the delivery while it is handed over."""
    await rows(
        "UPDATE hd_delivery SET state = 'failed', left_to = to_addresses, last_error = {}, settled_at = NULL WHERE id = {}",
        said, delivery.id,
    )  # fmt: skip
    await settle(delivery.id)


@pytest.mark.parametrize(
    ("said", "is_suppressed"),
    [
        ("550 5.1.1 <dora@customer.test>: no such user", True),
        ("554 5.7.1 relay access denied", False),
        ("550 go away", False),
    ],
)
async def test_no_such_mailbox_said_at_once_counts_and_other_refusals_do_not(
    database: None, said: str, is_suppressed: bool
) -> None:
    ticket = None
    for _ in range(2):
        ticket, delivery = await a_sent_answer(ticket)
        await refuse(delivery, said)
    assert ticket is not None
    assert (DORA in await suppressed([DORA]), "suppressed" in await kinds_of(ticket)) == (is_suppressed, is_suppressed)
