"""Two at the same ticket: what is decided is decided on the row as it is, never on one read before."""

import asyncio
from datetime import timedelta

import pytest

from helpdesk.customers.tables import Customer
from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.time import now
from helpdesk.people.actor import Actor
from helpdesk.tickets.assigning import assign
from helpdesk.tickets.joining import join
from helpdesk.tickets.messages import NewMessage
from helpdesk.tickets.queries import find_ticket
from helpdesk.tickets.replying import Draft, note, reply
from helpdesk.tickets.solving import close_what_is_long_solved, reopen, set_status, solve
from helpdesk.tickets.tables import Message, Status, Ticket
from helpdesk.tickets.taking_back import take_back
from tests.cast import hire
from tests.make import a_ticket


async def as_it_is(ticket: Ticket) -> Ticket:
    kept = await Ticket.objects().get(Ticket.id == ticket.id)
    assert kept is not None
    return kept


async def from_the_customer(ticket: Ticket, text: str = "Still broken") -> NewMessage:
    customer = await Customer.objects().get(Customer.id == ticket.customer)
    assert customer is not None
    return NewMessage(
        author=Actor(kind="customer", id=customer.id, name=customer.name), body_text=text, created_at=now()
    )


async def test_closing_and_a_customers_answer_at_once_never_hide_the_answer(database: None) -> None:
    ben = await hire("ben")
    for _ in range(5):
        ticket = await a_ticket()
        await solve(ticket, by=ben, at=now())
        await rows("UPDATE hd_ticket SET solved_at = now() - interval '9 days' WHERE id = {}", ticket.id)
        await asyncio.gather(join(ticket, await from_the_customer(ticket)), close_what_is_long_solved(at=now()))
        kept = await as_it_is(ticket)
        events = await rows("SELECT kind FROM hd_event WHERE ticket = {} ORDER BY id", ticket.id)
        if kept.status == Status.CLOSED:
            assert [row["kind"] for row in events][-2:] == ["closed", "customer_replied"], "closed before it was joined"
        else:
            assert (kept.status, kept.solved_at) == (Status.OPEN, None)


async def test_a_stale_page_does_not_open_what_was_solved_or_closed_meanwhile(database: None) -> None:
    ben, cleo, ticket = await hire("ben"), await hire("cleo"), await a_ticket()
    stale = await find_ticket(ticket.number, seen_by=ben)
    await solve(ticket, by=cleo, at=now())
    await assign(stale, ben.id, by=ben, at=now())
    assert (await as_it_is(ticket)).status == Status.SOLVED
    seen_solved = await find_ticket(ticket.number, seen_by=ben)
    await set_status(ticket, Status.CLOSED, by=cleo, at=now())
    with pytest.raises(Invalid):
        await reopen(seen_solved, by=ben, at=now())
    with pytest.raises(Invalid):
        await reply(seen_solved, Draft(body_text="Hello?"), by=ben, at=now())
    assert (await as_it_is(ticket)).status == Status.CLOSED


async def test_four_notes_at_once_are_four_notes(database: None) -> None:
    ben, ticket = await hire("ben"), await a_ticket()

    async def one(text: str) -> None:
        await note(await find_ticket(ticket.number, seen_by=ben), Draft(body_text=text), by=ben, at=now())

    await asyncio.gather(*(one(f"note {n}") for n in range(4)))
    assert await Message.count().where(Message.ticket == ticket.id, Message.audience == "internal") == 4


async def test_undoing_the_first_of_two_replies_keeps_the_second_as_the_first_answer(database: None) -> None:
    ben, ticket, at = await hire("ben"), await a_ticket(), now()
    first = await reply(ticket, Draft(body_text="One"), by=ben, at=at)
    await reply(ticket, Draft(body_text="Two"), by=ben, at=at + timedelta(seconds=1))
    await take_back(first, by=ben, at=at + timedelta(seconds=2))
    kept = await as_it_is(ticket)
    assert (kept.first_replied_at, kept.preview) == (at + timedelta(seconds=1), "Two")


async def test_undoing_a_reply_leaves_a_ticket_solved_meanwhile_solved(database: None) -> None:
    ben, cleo, ticket = await hire("ben"), await hire("cleo"), await a_ticket()
    message = await reply(ticket, Draft(body_text="One"), by=ben, at=now())
    await solve(ticket, by=cleo, at=now())
    await take_back(message, by=ben, at=now())
    kept = await as_it_is(ticket)
    assert kept.status == Status.SOLVED
    assert kept.solved_at is not None, "or it would never be closed"
