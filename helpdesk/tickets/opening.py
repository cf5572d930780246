"""Opening a ticket with its first message."""

from datetime import datetime

from helpdesk.channels.tables import Channel
from helpdesk.customers.tables import Customer
from helpdesk.kernel.database import rows, transaction
from helpdesk.kernel.text import preview
from helpdesk.people.actor import Actor
from helpdesk.tickets.events import record
from helpdesk.tickets.messages import NewMessage, write
from helpdesk.tickets.tables import Message, Priority, Status, Ticket


async def open_ticket(
    *, subject: str, customer: Customer, channel: Channel | None, message: NewMessage, by: Actor, at: datetime,
    team: int | None = None, priority: str = Priority.NORMAL, tags: list[str] | None = None, is_automatic: bool = False,
    follow_up_of: Ticket | None = None, may_belong_to: int | None = None, is_spam: bool = False,
) -> tuple[Ticket, Message]:  # fmt: skip
    """Open a ticket; it starts `new`, in the channel's team unless another is given."""
    async with transaction():
        number, customer_id = await _number_for(customer.id)
        ticket = Ticket(
            number=number, subject=subject[:1000], status=Status.NEW, priority=priority, customer=customer_id,
            organisation=customer.organisation, channel=channel.id if channel else None,
            team=team or (channel.team if channel else None), tags=tags or [], language=message.language, created_at=at,
            updated_at=at, last_message_at=message.created_at, preview=preview(message.body_text), is_automatic=is_automatic,
            follow_up_of=follow_up_of.id if follow_up_of else None, may_belong_to=may_belong_to,
            spam_at=at if is_spam else None,
        )  # fmt: skip
        await Ticket.insert(ticket)
        written = await write(ticket, message)
        await record(ticket, "opened", by=by, at=at, message=written.id)
    return ticket, written


async def _number_for(customer_id: int) -> tuple[int, int]:
    """The next number, and who asks: whom the customer was merged into, perhaps since they were found.

    Nobody merges them until the transaction ends.
    """
    held = "SELECT nextval('hd_ticket_number') AS number, merged_into FROM hd_customer WHERE id = {} FOR KEY SHARE"
    [found] = await rows(held, customer_id)
    while found["merged_into"]:
        customer_id = found["merged_into"]
        [next_one] = await rows("SELECT merged_into FROM hd_customer WHERE id = {} FOR KEY SHARE", customer_id)
        found |= next_one
    return found["number"], customer_id
