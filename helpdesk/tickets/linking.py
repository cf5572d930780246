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
    if visitor is None or ticket is None:
        return None
    if own := await _merged_in(ticket, visitor, delivery.message_id):
        visitor, ticket = msgspec.structs.replace(visitor, only_ticket=own.id), own
    elif not await _takes_part(visitor, ticket):
        return None
    try:
        goes_on = await find_request(ticket.number, seen_by=visitor)
    except NotFound:
        return None
    return goes_on, msgspec.structs.replace(visitor, only_ticket=goes_on.id)


async def _merged_in(ticket: Ticket, visitor: Visitor, message_id: int | None) -> Ticket | None:
    """The visitor's own ticket that was merged into this one of somebody else, which the mail belonged to if possible: a
    merge takes the mails along, and shows nobody what others wrote (docs/decisions/0018)."""
    if ticket.customer == visitor.id:
        return None
    found = await rows(
        """WITH RECURSIVE merged AS (
            SELECT id, customer FROM hd_ticket WHERE merged_into = {}
            UNION ALL SELECT t.id, t.customer FROM hd_ticket t JOIN merged ON t.merged_into = merged.id
        ) SELECT id FROM merged WHERE customer = {} ORDER BY EXISTS (SELECT FROM hd_ticket_merge g
            WHERE g.ticket = merged.id AND g.undone_at IS NULL AND {} = ANY(g.messages)) DESC, id DESC LIMIT 1""",
        ticket.id, visitor.id, message_id or 0,
    )  # fmt: skip
    return await Ticket.objects().get(Ticket.id == found[0]["id"]) if found else None


async def _takes_part(visitor: Visitor, ticket: Ticket) -> bool:
    """Whether it is their ticket, or they have written on it: not on one that was merged into it."""
    if ticket.customer == visitor.id:
        return True
    return bool(await rows(
        """SELECT FROM hd_message WHERE ticket = {} AND author_kind = 'customer' AND customer = {} AND audience = 'public'
            AND undone_at IS NULL AND thread IS NULL AND NOT is_unverified AND NOT EXISTS (SELECT FROM hd_ticket_merge g
                WHERE g.survivor = {} AND g.undone_at IS NULL AND hd_message.id = ANY(g.messages)) LIMIT 1""",
        ticket.id, visitor.id, ticket.id,
    ))  # fmt: skip
