"""Replies: recipients from the message answered, held for undo, back as they were."""

from datetime import timedelta

import msgspec
import pytest

from helpdesk.deliveries.queueing import Letter
from helpdesk.deliveries.tables import Delivery
from helpdesk.kernel.errors import Invalid, Refused
from helpdesk.kernel.time import now
from helpdesk.tickets.beginning import follow_up
from helpdesk.tickets.replying import Draft, note, reply
from helpdesk.tickets.solving import set_status
from helpdesk.tickets.tables import Attachment, Message, Status, Ticket
from helpdesk.tickets.taking_back import take_back
from helpdesk.tickets.uploading import upload
from tests.cast import hire
from tests.make import a_ticket


async def delivery_of(message: Message) -> Delivery:
    found = await Delivery.objects().where(Delivery.message_id == message.id).first()
    assert found is not None
    return found


async def test_a_reply_is_queued_for_the_customer_and_held_for_undo(database: None) -> None:
    ben, ticket, at = await hire("ben"), await a_ticket(), now()
    delivery = await delivery_of(await reply(ticket, Draft(body_text="Pull the plug."), by=ben, at=at))
    letter = msgspec.json.decode(delivery.mail, type=Letter)
    assert delivery.to == ["dora@customer.test"]
    assert delivery.not_before == at + timedelta(seconds=13)
    assert letter.mail.from_.addr == "support@helpdesk.test"
    assert letter.mail.reply_to is not None
    assert letter.mail.reply_to.addr.startswith("support+")
    assert delivery.mail_id == letter.mail.message_id
    assert (ticket.status, ticket.first_replied_at) == (Status.OPEN, at)


async def test_undo_brings_back_text_attachments_and_the_tickets_state(database: None) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    file = await upload("plan.txt", "text/plain", b"plan", by=ben, at=now())
    message = await reply(ticket, Draft(body_text="Oops", uploads=[file.id]), by=ben, at=now(), status=Status.SOLVED)
    draft = await take_back(message, by=ben, at=now())
    assert draft is not None
    assert (draft.text, draft.uploads) == ("Oops", [file.id])
    kept = await Ticket.objects().get(Ticket.id == ticket.id)
    assert kept is not None
    assert (kept.status, kept.solved_at, kept.first_replied_at, kept.preview) == (
        "new",
        None,
        None,
        "Please help, it burns.",
    )
    assert (await delivery_of(message)).state == "cancelled"
    again = await reply(ticket, Draft(body_text=draft.text, uploads=draft.uploads), by=ben, at=now())
    assert await Attachment.count().where(Attachment.message == again.id) == 1


async def test_undo_is_too_late_once_the_worker_took_it(database: None) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    message = await reply(ticket, Draft(body_text="Gone"), by=ben, at=now())
    await Delivery.update({Delivery.state: "sending"}).where(Delivery.message_id == message.id)
    assert await take_back(message, by=ben, at=now()) is None


async def test_nobody_takes_back_what_another_wrote(database: None) -> None:
    ben, cleo, ticket = await hire("ben"), await hire("cleo"), await a_ticket()
    message = await reply(ticket, Draft(body_text="Mine"), by=ben, at=now())
    assert await take_back(message, by=cleo, at=now()) is None


async def test_an_agent_cannot_send_somebody_elses_upload(database: None) -> None:
    ben, cleo, ticket = await hire("ben"), await hire("cleo"), await a_ticket()
    file = await upload("secret.txt", "text/plain", b"secret", by=cleo, at=now())
    with pytest.raises(Invalid) as invalid:
        await reply(ticket, Draft(body_text="Look", uploads=[file.id]), by=ben, at=now())
    assert "attachments" in invalid.value.fields
    assert await Delivery.count() == 0, "nothing was queued"


async def test_light_agents_write_notes_and_no_replies(database: None) -> None:
    lia, ticket = await hire("lia"), await a_ticket()
    with pytest.raises(Refused):
        await reply(ticket, Draft(body_text="Hello"), by=lia, at=now())
    written = await note(ticket, Draft(body_text="Look at the invoice"), by=lia, at=now())
    assert (written.audience, ticket.status) == ("internal", "new")
    assert await Delivery.count() == 0


@pytest.mark.parametrize("text", ["", "  \n "])
async def test_an_empty_reply_is_refused_at_its_field(database: None, text: str) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    with pytest.raises(Invalid) as invalid:
        await reply(ticket, Draft(body_text=text), by=ben, at=now())
    assert "body_text" in invalid.value.fields


async def test_a_closed_ticket_is_answered_by_a_follow_up(database: None) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    await set_status(ticket, Status.CLOSED, by=ben, at=now())
    with pytest.raises(Invalid):
        await reply(ticket, Draft(body_text="One more thing"), by=ben, at=now())
    continued, message = await follow_up(ticket, Draft(body_text="One more thing"), by=ben, at=now())
    assert (continued.follow_up_of, continued.status) == (ticket.id, "open")
    assert (await delivery_of(message)).to == ["dora@customer.test"]
