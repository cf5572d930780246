"""Writing to a customer again about a ticket that is closed."""

from datetime import datetime, timedelta

from helpdesk.customers.tables import Customer
from helpdesk.deliveries import undoing
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _
from helpdesk.people.actor import SignedIn
from helpdesk.tickets.replying import Draft, channel_of, send_first
from helpdesk.tickets.tables import Message, Status, Ticket


async def follow_up(
    ticket: Ticket, draft: Draft, *, by: SignedIn, at: datetime, hold: timedelta = undoing.HELD
) -> tuple[Ticket, Message]:
    """A new ticket for the same customer, linked to the closed one, begun with this mail and without the old copies.

    Raises Refused for light agents, Invalid when the ticket is not closed, the draft empty or there is nobody to write to.
    """
    if ticket.status != Status.CLOSED:
        raise Invalid(body_text=_("This ticket is not closed. Reply to it instead."))
    customer = await Customer.objects().get(Customer.id == ticket.customer)
    assert customer is not None, "a customer with tickets is never deleted"
    return await send_first(
        customer, subject=ticket.subject, draft=draft, by=by, at=at, hold=hold, channel=await channel_of(ticket),
        team=ticket.team, priority=ticket.priority, follow_up_of=ticket,
    )  # fmt: skip
