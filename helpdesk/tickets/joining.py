"""A customer's further message on a ticket."""

from helpdesk.kernel.text import preview
from helpdesk.people.actor import SYSTEM, Actor
from helpdesk.tickets.changing import change, held, status_after_customer
from helpdesk.tickets.messages import NewMessage, write
from helpdesk.tickets.tables import Message, Status, Ticket
from helpdesk.tickets.taking_back import give_way
from helpdesk.tickets.trashing import restore


async def join(
    ticket: Ticket, new: NewMessage, *, is_automatic: bool = False, relayed_by: Actor | None = None
) -> Message:
    """Add the message; a person's opens the ticket again, a machine's leaves its status alone (rulings 3).

    A ticket in the trash comes out of it, lest the message be erased unread; spam stays spam.

    `relayed_by` is who wrote it down for the customer.
    """
    async with held(ticket):
        message = await write(ticket, new)
        if not is_automatic:
            await give_way(ticket, at=new.created_at)
        if ticket.trashed_at is not None:
            await restore(ticket, by=SYSTEM, at=new.created_at)
        status = ticket.status if is_automatic else status_after_customer(ticket.status)
        await change(
            ticket, "customer_replied", by=relayed_by or new.author, at=new.created_at, message=message.id, always=True, status=status,
            solved_at=ticket.solved_at if status == Status.SOLVED else None,
            snoozed_until=ticket.snoozed_until if is_automatic else None,
            last_message_at=max(ticket.last_message_at, new.created_at), preview=preview(new.body_text),
        )  # fmt: skip
    return message
