"""Links in our mails that open one request in the portal without signing in, for 90 days.

A link names the mail that carried it, signed, so nothing is stored and rotating the secret ends them all. It opens that
mail's ticket alone, and only while the one address that the mail went to takes part in it: of a mail to several nobody
can tell who follows the link, and being copied makes nobody a reader of the history (reliability_security A3, A6).
"""

from datetime import datetime, timedelta

import msgspec

from helpdesk.customers.visiting import Visitor, visitor_at
from helpdesk.deliveries.links import read_link
from helpdesk.deliveries.tables import Delivery
from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import NotFound
from helpdesk.tickets.requests import find_request
from helpdesk.tickets.tables import Ticket

LIVES = timedelta(days=90)


async def follow_link(token: str, *, at: datetime) -> tuple[Ticket, Visitor] | None:
    """The ticket that the link opens, where that went on after a merge, and as whom; None when the link is not ours, too
    old, or proves nobody, or when its ticket is out of reach."""
    delivery_id = read_link(token)
    delivery = await Delivery.objects().get(Delivery.id == delivery_id) if delivery_id else None
    if delivery is None or delivery.ticket_id is None or at - delivery.queued_at > LIVES:
        return None
    recipients = [*delivery.to, *delivery.cc, *delivery.bcc]
    visitor = await visitor_at(recipients[0], only_ticket=delivery.ticket_id) if len(recipients) == 1 else None
    ticket = await Ticket.objects().get(Ticket.id == delivery.ticket_id)
    if visitor is None or ticket is None or not await _takes_part(visitor, ticket):
        return None
    try:
        goes_on = await find_request(ticket.number, seen_by=visitor)
    except NotFound:
        return None
    return goes_on, msgspec.structs.replace(visitor, only_ticket=goes_on.id)


async def _takes_part(visitor: Visitor, ticket: Ticket) -> bool:
    """Whether it is their ticket, or they have written on it."""
    if ticket.customer == visitor.id:
        return True
    return bool(await rows(
        """SELECT FROM hd_message WHERE ticket = {} AND author_kind = 'customer' AND customer = {} AND audience = 'public'
            AND undone_at IS NULL AND thread IS NULL AND NOT is_unverified LIMIT 1""",
        ticket.id, visitor.id,
    ))  # fmt: skip
