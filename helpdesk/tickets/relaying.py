"""Writing down what a customer said elsewhere: on the phone, in a shop's form, to another program."""

from datetime import datetime

from helpdesk.channels.email.sanitising import SANITISER_VERSION
from helpdesk.customers.tables import Customer
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _
from helpdesk.kernel.text import language_of
from helpdesk.people.actor import Actor, SignedIn
from helpdesk.people.permissions import demand
from helpdesk.tickets.changing import held
from helpdesk.tickets.joining import join
from helpdesk.tickets.messages import NewMessage
from helpdesk.tickets.replying import Draft
from helpdesk.tickets.tables import Message, Status, Ticket


async def relay(ticket: Ticket, draft: Draft, *, by: SignedIn, at: datetime) -> Message:
    """Add the customer's words in the customer's name; they open the ticket again as a mail would.

    Raises Refused for light agents, Invalid when the ticket is closed: the words then begin a follow-up.
    """
    demand(by, "reply")
    customer = await Customer.objects().get(Customer.id == ticket.customer)
    assert customer is not None, "a customer with tickets is never deleted"
    message = NewMessage(
        author=Actor(kind="customer", id=customer.id, name=customer.name), body_text=draft.body_text, body_html=draft.body_html,
        sanitiser_version=SANITISER_VERSION if draft.body_html else 0, language=language_of(draft.body_text, ticket.language),
        created_at=at, uploads=draft.uploads, uploaded_by=by.id,
    )  # fmt: skip
    async with held(ticket):
        if ticket.status == Status.CLOSED:
            raise Invalid(as_customer=_("This ticket is closed. Open a follow-up instead."))
        return await join(ticket, message, relayed_by=by)
