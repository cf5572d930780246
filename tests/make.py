"""Factories: a ticket in one line."""

from datetime import datetime, timedelta

from helpdesk.channels.tables import Channel
from helpdesk.customers.finding import find_or_create
from helpdesk.kernel.conditions import Conditions
from helpdesk.kernel.time import now
from helpdesk.people.actor import Actor
from helpdesk.tickets.messages import NewMessage
from helpdesk.tickets.opening import open_ticket
from helpdesk.tickets.tables import Ticket
from sla import policies
from sla.targets import Target
from tests.cast import DORA


async def a_ticket(
    subject: str = "Printer on fire", *, text: str = "Please help, it burns.", who: tuple[str, str] = DORA, at: datetime | None = None, team: int | None = None
) -> Ticket:  # fmt: skip
    at = at or now()
    customer = await find_or_create(*who, language="en", at=at)
    author = Actor(kind="customer", id=customer.id, name=customer.name)
    channel = await Channel.objects().first()
    ticket, _ = await open_ticket(
        subject=subject, customer=customer, channel=channel, message=NewMessage(author=author, body_text=text, created_at=at),
        by=author, at=at, team=team,
    )  # fmt: skip
    return ticket


async def a_promise(*targets: Target, conditions: Conditions | None = None, is_internal: bool = False) -> None:
    """A policy that holds for every ticket from now on, however old."""
    written = policies.Written(
        name="Promised", targets=list(targets), conditions=conditions or Conditions(), is_internal=is_internal
    )
    await policies.create(written, by=None, at=now() - timedelta(days=400), for_open=False)
