"""Machines that answer each other stop: what we do not answer, and tickets that mails flood (reliability_security c.2)."""

import pytest

from helpdesk.deliveries.tables import Delivery
from helpdesk.following_up import follow
from helpdesk.kernel.database import rows
from helpdesk.kernel.time import now
from helpdesk.tickets.answering import answered
from helpdesk.tickets.assigning import assign
from helpdesk.tickets.muting import MOST_MAILS, MOST_TURNS, mute, unmute
from helpdesk.tickets.replying import Draft, reply
from helpdesk.tickets.tables import Event, Message, Ticket
from tests.cast import hire
from tests.intake.test_taking_in import a_mail, acknowledgements, answered_ticket, only_ticket, receive
from tests.noticed import kinds_of_notices


async def flood(delivery: Delivery, times: int, *, begin: int = 0) -> None:
    for number in range(begin, begin + times):
        await receive(
            a_mail(f"Again {number}", mail_id=f"f{number}@customer.test", In_Reply_To=f"<{delivery.mail_id}>")
        )


async def follow_all() -> None:
    for event in await Event.select(Event.id).where(Event.followed_at.is_null()).order_by(Event.id):
        await follow(event["id"])


async def test_a_flood_of_one_sender_mutes_the_ticket_tells_admins_once_and_loses_no_mail(database: None) -> None:
    ticket, delivery = await answered_ticket()
    alma, cleo = await hire("alma"), await hire("cleo")
    await assign(ticket, cleo.id, by=alma, at=now())
    await flood(delivery, MOST_MAILS - 1)
    await follow_all()
    assert (await only_ticket()).muted_at is None, "with the first mail, these are as many as may be"
    before = len(await kinds_of_notices(cleo))
    await flood(delivery, 4, begin=MOST_MAILS - 1)
    await follow_all()
    muted = await only_ticket()
    assert muted.muted_at is not None
    assert await Message.count().where(Message.ticket == ticket.id, Message.author_kind == "customer") == MOST_MAILS + 4
    assert await kinds_of_notices(alma) == ["muted"]
    assert len(await kinds_of_notices(cleo)) == before, "nobody is told of each mail of a flood"


async def test_unmuted_it_counts_anew(database: None) -> None:
    ticket, delivery = await answered_ticket()
    alma = await hire("alma")
    await flood(delivery, MOST_MAILS + 1)
    assert await unmute(await only_ticket(), by=alma, at=now())
    await flood(delivery, 3, begin=MOST_MAILS + 1)
    assert (await only_ticket()).muted_at is None
    await flood(delivery, MOST_MAILS, begin=MOST_MAILS + 4)
    assert (await only_ticket()).muted_at is not None
    assert ticket.muted_at is None


async def test_machines_that_answer_in_turn_are_cut_short(database: None) -> None:
    ticket, delivery = await answered_ticket()
    ben = await hire("cleo")
    for turn in range(MOST_TURNS):
        await flood(delivery, 1, begin=turn)
        await reply(ticket, Draft(body_text=f"Answer {turn}"), by=ben, at=now())
    assert (await only_ticket()).muted_at is not None


async def test_an_evening_of_mails_is_no_flood(database: None) -> None:
    _ticket, delivery = await answered_ticket()
    await flood(delivery, 15)
    await rows("UPDATE hd_message SET created_at = created_at - interval '11 minutes'")
    await flood(delivery, 15, begin=15)
    assert (await only_ticket()).muted_at is None


async def test_muting_by_hand_is_one_event(database: None) -> None:
    ticket, _delivery = await answered_ticket()
    cleo = await hire("cleo")
    assert await mute(ticket, by=cleo, at=now())
    assert not await mute(ticket, by=cleo, at=now())
    assert await Event.count().where(Event.kind == "muted") == 1


async def test_a_vacation_note_does_not_become_what_is_answered(database: None) -> None:
    await receive(a_mail(Cc="boss@customer.test"))
    ticket = await only_ticket()
    message = await reply(ticket, Draft(body_text="Pull the plug."), by=await hire("ben"), at=now())
    delivery = await Delivery.objects().where(Delivery.message_id == message.id).first()
    assert delivery is not None
    before = len(await acknowledgements())
    await receive(
        a_mail("I am away", sender="boss@customer.test", mail_id="v1@customer.test", Auto_Submitted="auto-replied", In_Reply_To=f"<{delivery.mail_id}>"),
        sender="",
    )  # fmt: skip
    to = await answered(ticket)
    assert ([one.addr for one in to.to], [one.addr for one in to.cc]) == (
        ["dora@customer.test"],
        ["boss@customer.test"],
    )
    assert len(await acknowledgements()) == before


async def test_mails_that_keep_answering_a_closed_ticket_make_one_follow_up(database: None) -> None:
    ticket, delivery = await answered_ticket()
    await rows("UPDATE hd_ticket SET status = 'closed', closed_at = now() WHERE id = {}", ticket.id)
    await flood(delivery, 3)
    [follow_up] = await Ticket.objects().where(Ticket.follow_up_of == ticket.id)
    assert await Message.count().where(Message.ticket == follow_up.id) == 3


UNANSWERED = {
    "an automatic answer": {"Auto_Submitted": "auto-replied"},
    "a generated mail": {"Auto_Submitted": "auto-generated (nightly)"},
    "a list": {"List_Id": "<news.customer.test>"},
    "a newsletter": {"List_Unsubscribe": "<mailto:leave@customer.test>"},
    "bulk": {"Precedence": "bulk"},
    "junk": {"Precedence": "junk"},
    "another helpdesk": {"X_Helpdesk_Instance": "c0ffee"},
    "a daemon": {"From": "MAILER-DAEMON@customer.test"},
    "a postmaster": {"From": "postmaster@customer.test"},
    "one that takes no answers": {"From": "no-reply@customer.test"},
    "who asks for silence": {"X_Auto_Response_Suppress": "OOF"},
    "a mailing that names us nowhere": {"To": "all@customer.test"},
    "ourselves": {"From": "support@helpdesk.test"},
    "ourselves with a plus": {"From": "support+x@helpdesk.test"},
}


@pytest.mark.parametrize("what", UNANSWERED)
async def test_no_machine_of_ours_answers(database: None, what: str) -> None:
    headers = dict(UNANSWERED[what])
    raw = await receive(a_mail(sender=headers.pop("From", "dora@customer.test"), **headers))
    assert raw.message is not None, "it is kept all the same"
    assert await acknowledgements() == []


async def test_auto_submitted_no_is_a_persons(database: None) -> None:
    await receive(a_mail(Auto_Submitted="no"))
    assert len(await acknowledgements()) == 1
