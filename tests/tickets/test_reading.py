"""How far an agent has read a ticket."""

from datetime import timedelta

from helpdesk.db.migrations.helpdesk_0066_leftovers import READ
from helpdesk.kernel.database import rows
from helpdesk.kernel.time import now
from helpdesk.people.actor import Actor, SignedIn
from helpdesk.tickets.joining import join
from helpdesk.tickets.messages import NewMessage
from helpdesk.tickets.queries import in_view, page_of
from helpdesk.tickets.reading import mark_read, mark_unread, place_in
from helpdesk.tickets.replying import Draft, note
from helpdesk.tickets.tables import Message, Ticket
from tests.cast import hire
from tests.make import a_ticket


async def another(ticket: Ticket) -> int:
    """The id of a further message of the customer."""
    customer = Actor(kind="customer", id=ticket.customer, name="Dora Dogan")
    return (await join(ticket, NewMessage(author=customer, body_text="And now?", created_at=now()))).id


async def is_unread(agent: SignedIn, ticket: Ticket) -> bool:
    page = await page_of(in_view("open", agent), seen_by=agent, with_details=True)
    return {row["number"]: row["is_unread"] for row in page.rows}[ticket.number]


async def test_reading_is_each_agents_own(database: None) -> None:
    ben, cleo, ticket = await hire("ben"), await hire("cleo"), await a_ticket()
    assert (await place_in(ticket, ben))["read_up_to"] is None and await is_unread(ben, ticket)
    await mark_read(ticket, by=ben, upto=1, at=now())
    assert (await place_in(ticket, ben))["read_up_to"] == 1 and not await is_unread(ben, ticket)
    assert (await place_in(ticket, cleo))["read_up_to"] is None and await is_unread(cleo, ticket)


async def test_a_further_message_of_the_customer_is_unread_and_a_note_is_not(database: None) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    await mark_read(ticket, by=ben, upto=1, at=now())
    await note(ticket, Draft(body_text="Look at this"), by=ben, at=now())
    assert not await is_unread(ben, ticket)
    await another(ticket)
    assert await is_unread(ben, ticket)


async def test_an_older_page_unreads_nothing(database: None) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    newest = await another(ticket)
    await mark_read(ticket, by=ben, upto=newest, at=now())
    await mark_read(ticket, by=ben, upto=1, at=now() + timedelta(seconds=1))
    assert (await place_in(ticket, ben))["read_up_to"] == newest


async def test_nobody_reads_ahead(database: None) -> None:
    """A number beyond the newest message counts as the newest: what is not written yet stays unread."""
    ben, ticket, elsewhere = await hire("ben"), await a_ticket(), await a_ticket("Another")
    await mark_read(ticket, by=ben, upto=2**62, at=now())
    assert (await place_in(ticket, ben))["read_up_to"] == 1
    await another(ticket)
    assert await is_unread(ben, ticket) and await is_unread(ben, elsewhere)


async def test_marked_as_unread_begins_at_the_customers_newest_message(database: None) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    newest = await another(ticket)
    await note(ticket, Draft(body_text="Look at this"), by=ben, at=now())
    await mark_read(ticket, by=ben, upto=newest + 1, at=now())
    await mark_unread(ticket, by=ben, at=now())
    assert await is_unread(ben, ticket)
    read = (await place_in(ticket, ben))["read_up_to"]
    assert read is not None and await Message.count().where(Message.ticket == ticket.id, Message.id > read) == 2


async def test_what_came_before_an_upgrade_counts_as_read(database: None) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    try:
        await rows(READ)
        assert not await is_unread(ben, ticket) and (await place_in(ticket, ben))["read_up_to"] == 1
        later = await a_ticket("Later")
        assert await is_unread(ben, later)
        await another(ticket)
        assert await is_unread(ben, ticket)
        await mark_read(later, by=ben, upto=2, at=now())
        await rows(READ)  # where reading is noted already, nothing is taken for read
        assert await is_unread(ben, ticket)
        await mark_unread(ticket, by=ben, at=now())
        assert await is_unread(ben, ticket)
    finally:
        await rows("UPDATE hd_installation SET read_before = DEFAULT")
