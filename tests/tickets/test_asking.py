"""Asking somebody outside: the customer sees none of it, and the answers come back beside the conversation."""

import msgspec
import pytest

from helpdesk.channels.email.composing import compose
from helpdesk.customers.finding import find_by_email
from helpdesk.deliveries.queueing import Letter
from helpdesk.deliveries.tables import Delivery
from helpdesk.following_up import follow
from helpdesk.intake.tables import Fate, RawMessage
from helpdesk.kernel.errors import Invalid, NotFound, Refused
from helpdesk.kernel.time import now
from helpdesk.people.actor import SYSTEM, SignedIn
from helpdesk.tickets.answering import answered
from helpdesk.tickets.asking import ask, find_thread
from helpdesk.tickets.drafting import drafts_of, fields_of
from helpdesk.tickets.recipients import read_recipients
from helpdesk.tickets.replying import Draft, reply
from helpdesk.tickets.solving import set_status
from helpdesk.tickets.tables import Attachment, Event, Message, Notice, Status, Ticket
from helpdesk.tickets.taking_back import take_back
from helpdesk.tickets.uploading import upload
from tests.cast import hire
from tests.intake.test_taking_in import a_mail, receive
from tests.make import a_ticket

VENDOR = "vendor@supplier.test"


async def asked(by: SignedIn, ticket: Ticket, text: str = "Can you repair this?", *, quoting: list[int] | None = None, uploads: list[int] | None = None) -> Message:  # fmt: skip
    draft = Draft(body_text=text, recipients=await read_recipients(VENDOR), uploads=uploads or [])
    return await ask(ticket, draft, by=by, at=now(), quoting=quoting or [])


async def mail_of(message: Message) -> tuple[Delivery, str]:
    delivery = await Delivery.objects().where(Delivery.message_id == message.id).first()
    assert delivery
    return delivery, delivery.mail


async def answer_to(
    delivery: Delivery, *, sender: str = VENDOR, text: str = "Yes, on Monday.", mail_id: str = "v1@x.test"
) -> RawMessage:
    letter = msgspec.json.decode(delivery.mail, type=Letter)
    assert letter.mail.reply_to
    to = letter.mail.reply_to.addr
    return await receive(a_mail(text, sender=sender, to=to, mail_id=mail_id), sender=sender, to=to)


async def test_chosen_messages_and_their_files_go_along_and_nothing_is_public(database: None) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    first = await Message.objects().first()
    assert first
    file = await upload("photo.jpg", "image/jpeg", b"jpg", by=ben, at=now())
    await Attachment.update({Attachment.message: first.id, Attachment.uploaded_by: None}).where(
        Attachment.id == file.id
    )
    message = await asked(ben, ticket, quoting=[first.id])
    delivery, _mail = await mail_of(message)
    letter = msgspec.json.decode(delivery.mail, type=Letter)
    raw = compose(letter.mail).decode()
    assert (
        "it burns" in raw and "Fwd: Printer on fire" in raw and [one.name for one in letter.enclosures] == ["photo.jpg"]
    )
    kept = await Message.objects().get(Message.id == message.id)
    assert kept and kept.audience == "internal" and kept.thread == message.id
    after = await Ticket.objects().get(Ticket.id == ticket.id)
    assert after and (after.status, after.first_replied_at, after.preview) == ("new", None, "Please help, it burns.")
    assert VENDOR not in (await answered(ticket)).addresses


async def test_the_answer_comes_back_internal_in_its_thread_and_wakes_a_ticket_on_hold(database: None) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    message = await asked(ben, ticket)
    await set_status(ticket, Status.ON_HOLD, by=ben, at=now())
    delivery, _mail = await mail_of(message)
    taken = await answer_to(delivery)
    assert (taken.fate, taken.ticket) == (Fate.REPLY, ticket.id)
    answer = await Message.objects().get(Message.id == taken.message)
    assert answer and (answer.audience, answer.thread) == ("internal", message.id)
    after = await Ticket.objects().get(Ticket.id == ticket.id)
    assert after and (after.status, after.preview) == ("open", "Please help, it burns.")
    assert (await answered(ticket)).addresses == ["dora@customer.test"]
    event = await Event.objects().where(Event.kind == "outsider_answered").first()
    assert event
    await follow(event.id)
    assert [one.agent for one in await Notice.objects()] == [ben.id]
    thread = await find_thread(ticket, message.id)
    assert thread.recipients == [VENDOR] and thread.mail.message_id == "v1@x.test"


async def test_the_next_question_answers_their_mail(database: None) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    message = await asked(ben, ticket)
    await answer_to((await mail_of(message))[0])
    draft = Draft(body_text="How much?", recipients=await read_recipients(VENDOR))
    second = await ask(ticket, draft, by=ben, at=now(), quoting=[], thread_id=message.id)
    letter = msgspec.json.decode((await mail_of(second))[1], type=Letter)
    assert (letter.mail.in_reply_to, letter.mail.subject) == ("v1@x.test", "Re: Printer on fire")
    with pytest.raises(NotFound):
        await ask(await a_ticket("Other"), draft, by=ben, at=now(), quoting=[], thread_id=message.id)


async def test_whom_nobody_asked_does_not_join_and_a_closed_ticket_takes_the_answer(database: None) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    delivery, _mail = await mail_of(await asked(ben, ticket))
    stranger = await answer_to(delivery, sender="eve@stranger.test", mail_id="e1@x.test")
    assert stranger.ticket != ticket.id
    await set_status(ticket, Status.CLOSED, by=SYSTEM, at=now())
    taken = await answer_to(delivery)
    assert taken.ticket == ticket.id and await Ticket.count().where(Ticket.follow_up_of == ticket.id) == 0
    vendor = await find_by_email(VENDOR)
    assert (
        vendor and await Delivery.count().where(Delivery.is_automatic.eq(True)) <= 1
    )  # that of the stranger's own ticket


async def test_taken_back_it_is_a_draft_with_all_that_was_chosen(database: None) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    first = await Message.objects().first()
    assert first
    copied = await upload("theirs.txt", "text/plain", b"1", by=ben, at=now())
    await Attachment.update({Attachment.message: first.id, Attachment.uploaded_by: None}).where(
        Attachment.id == copied.id
    )
    own = await upload("own.txt", "text/plain", b"2", by=ben, at=now())
    message = await asked(ben, ticket, quoting=[first.id], uploads=[own.id])
    assert await take_back(message, by=ben, at=now())
    draft = (await drafts_of(ben, ticket.id))["forward"]
    assert (draft.text, draft.uploads) == ("Can you repair this?", [own.id])
    assert fields_of(draft) == {"to": VENDOR, "quoting": str(first.id)}
    assert await Attachment.count() == 2


async def test_the_customer_is_nobody_outside_and_light_agents_ask_nobody(database: None) -> None:
    ben, lia, ticket = await hire("ben"), await hire("lia"), await a_ticket()
    draft = Draft(body_text="Hello", recipients=await read_recipients(VENDOR, "dora@customer.test"))
    with pytest.raises(Invalid):
        await ask(ticket, draft, by=ben, at=now(), quoting=[])
    with pytest.raises(Invalid):
        await ask(ticket, Draft(body_text="Hello"), by=ben, at=now(), quoting=[])
    with pytest.raises(Refused):
        await asked(lia, ticket)
    assert await Message.count() == 1
    await reply(ticket, Draft(body_text="Hello"), by=ben, at=now())
