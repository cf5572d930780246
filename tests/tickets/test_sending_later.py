"""Replies that leave later: the ticket moves on when they have left, and a customer who writes first stops them."""

from datetime import timedelta

import pytest

from helpdesk.customers.finding import find_by_email
from helpdesk.deliveries.tables import Delivery, DeliveryState
from helpdesk.following_up import follow, settle
from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.time import now
from helpdesk.people.actor import SYSTEM, Actor, SignedIn
from helpdesk.tickets.drafting import drafts_of, fields_of
from helpdesk.tickets.joining import join
from helpdesk.tickets.merging import merge_into
from helpdesk.tickets.messages import NewMessage
from helpdesk.tickets.posting import Leaving
from helpdesk.tickets.recipients import read_recipients
from helpdesk.tickets.replying import Draft, reply
from helpdesk.tickets.solving import set_status
from helpdesk.tickets.tables import Event, Message, Notice, Status, Ticket
from helpdesk.tickets.taking_back import take_back
from helpdesk.tickets.transcribing import conversation_of
from tests.cast import hire
from tests.make import a_ticket


async def waiting(by: SignedIn, ticket: Ticket, *, unless_answered: bool = False, status: str | None = None) -> Message:
    leaving = Leaving(later=now() + timedelta(days=1), unless_answered=unless_answered)
    draft = Draft(
        body_text="Are you there?", recipients=await read_recipients("dora@customer.test", "eve@stranger.test")
    )
    return await reply(ticket, draft, by=by, at=now(), leaving=leaving, status=status)


async def dora_writes(ticket: Ticket, *, is_automatic: bool = False) -> None:
    dora = await find_by_email("dora@customer.test")
    assert dora
    author = Actor(kind="customer", id=dora.id, name=dora.name)
    new = NewMessage(author=author, body_text="I am here.", created_at=now())
    await join(ticket, new, is_automatic=is_automatic)


async def state() -> str:
    delivery = await Delivery.objects().first()
    assert delivery
    return delivery.state


async def fresh(ticket: Ticket) -> Ticket:
    found = await Ticket.objects().get(Ticket.id == ticket.id)
    assert found
    return found


async def test_the_ticket_moves_on_when_the_reply_has_left_and_only_once(database: None) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    message = await waiting(ben, ticket, status=Status.SOLVED)
    before = await fresh(ticket)
    assert (before.status, before.first_replied_at, before.preview) == ("new", None, "Please help, it burns.")
    await rows("UPDATE hd_delivery SET state = 'sent', sent_at = now()")
    for _ in range(2):
        await settle(1)
        await rows("UPDATE hd_delivery SET settled_at = NULL")
    after = await fresh(ticket)
    assert after.status == "solved" and after.first_replied_at and after.solved_at and after.preview == "Are you there?"
    assert await Event.count().where(Event.kind == "replied", Event.message == message.id) == 1
    moved = await Message.objects().get(Message.id == message.id)
    assert moved and moved.created_at == after.first_replied_at


async def test_a_ticket_that_was_closed_meanwhile_stays_closed(database: None) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    await waiting(ben, ticket, status=Status.PENDING)
    await set_status(ticket, Status.CLOSED, by=SYSTEM, at=now())
    await rows("UPDATE hd_delivery SET state = 'sent', sent_at = now()")
    await settle(1)
    assert (await fresh(ticket)).status == "closed"


async def test_who_writes_first_stops_it_and_it_is_a_draft_again_with_a_notice(database: None) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    message = await waiting(ben, ticket, unless_answered=True)
    await dora_writes(ticket)
    assert await state() == DeliveryState.CANCELLED
    draft = (await drafts_of(ben, ticket.id))["reply"]
    assert draft.text == "Are you there?"
    assert fields_of(draft) == {"to": "dora@customer.test", "cc": "eve@stranger.test", "bcc": ""}
    event = await Event.objects().where(Event.kind == "gave_way").first()
    assert event and event.message == message.id
    for _ in range(2):
        await follow(event.id)
    assert [(one.agent, one.kind) for one in await Notice.objects()] == [(ben.id, "gave_way")]


async def test_a_machines_answer_a_plain_one_and_one_on_its_way_stop_nothing(database: None) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    await waiting(ben, ticket, unless_answered=True)
    await dora_writes(ticket, is_automatic=True)
    assert await state() == DeliveryState.QUEUED
    await rows("UPDATE hd_delivery SET state = 'sending'")
    await dora_writes(ticket)
    assert await state() == DeliveryState.SENDING
    await rows("UPDATE hd_delivery SET state = 'queued', unless_answered = false")
    await dora_writes(ticket)
    assert await state() == DeliveryState.QUEUED


async def test_taking_one_back_changes_no_state_and_another_waiting_one_is_no_first_reply(database: None) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    first, _second = await waiting(ben, ticket), await waiting(ben, ticket)
    typed = await take_back(first, by=ben, at=now())
    assert typed and typed.fields["cc"] == "eve@stranger.test"
    after = await fresh(ticket)
    assert (after.status, after.first_replied_at, after.preview) == ("new", None, "Please help, it burns.")


@pytest.mark.parametrize("ahead", [timedelta(minutes=-1), timedelta(days=400)])
async def test_a_time_that_will_not_do_is_refused(database: None, ahead: timedelta) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    with pytest.raises(Invalid) as invalid:
        await reply(ticket, Draft(body_text="x"), by=ben, at=now(), leaving=Leaving(later=now() + ahead))
    assert list(invalid.value.fields) == ["later"] and await Message.count() == 1


async def test_what_waits_counts_as_said_nowhere(database: None) -> None:
    """Not after a merge, and not below another answer."""
    ben, ticket = await hire("ben"), await a_ticket()
    await waiting(ben, ticket)
    await rows("UPDATE hd_channel SET quotes = 'all'")
    await merge_into(await a_ticket("The same"), ticket, by=ben, at=now())
    merged = await fresh(ticket)
    assert merged.first_replied_at is None and merged.preview == "Please help, it burns."
    assert [one["body_text"] for one in await conversation_of(merged)] == ["Please help, it burns."] * 2
    await reply(ticket, Draft(body_text="At once"), by=ben, at=now())
    [sent] = await rows("SELECT mail::text AS mail FROM hd_delivery WHERE NOT is_scheduled AND kind = 'reply'")
    assert "Please help, it burns." in sent["mail"] and "Are you there?" not in sent["mail"]


async def test_taking_the_only_answer_back_leaves_a_ticket_that_began_with_a_note(database: None) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    await rows(
        "UPDATE hd_message SET audience = 'internal', author_kind = 'agent', agent = {}, customer = NULL", ben.id
    )
    message = await reply(ticket, Draft(body_text="Hello"), by=ben, at=now())
    assert await take_back(message, by=ben, at=now())
    assert (await fresh(ticket)).trashed_at is None
