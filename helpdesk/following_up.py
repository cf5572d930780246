"""What follows from an event or from the end of a delivery: by name and in order (habit 8).

The event is claimed and everything that follows from it is written in one transaction, so it happens once.
"""

from helpdesk.customers.tables import SuppressedFor
from helpdesk.deliveries.bouncing import count_refusals
from helpdesk.deliveries.probing import conclude
from helpdesk.intake.reporting import tell_suppressed
from helpdesk.kernel.database import objects, rows, transaction
from helpdesk.kernel.time import now
from helpdesk.people.actor import SYSTEM
from helpdesk.promises import following
from helpdesk.routing.following import route
from helpdesk.tickets.changing import change, locked_with
from helpdesk.tickets.concerning import tell_people
from helpdesk.tickets.sending_later import moved_on
from helpdesk.tickets.tables import Ticket

_TICKET_OF_EVENT = "WHERE id = (SELECT ticket FROM hd_event WHERE id = {}) FOR KEY SHARE"


async def follow(event_id: int) -> None:
    """Do what follows from the event, unless it was done; safe to call any number of times.

    The ticket is kept from being erased before the event is claimed: erasing takes them in that order, too.
    """
    async with transaction():
        found = await objects(Ticket, _TICKET_OF_EVENT, event_id)
        claimed = await rows(
            "UPDATE hd_event SET followed_at = now() WHERE id = {} AND followed_at IS NULL RETURNING *", event_id
        )
        for event in claimed:
            await tell_people(found[0], event)
            await route(found[0], event, at=now())


async def follow_clock(line_id: int) -> None:
    """Do what follows from a line of a clock's ledger, unless it was done."""
    await following.follow(line_id, at=now())


async def settle(delivery_id: int) -> None:
    """Tell the ticket how a delivery ended, once. The ticket is held before the delivery, as by all that changes both."""
    async with transaction():
        ticket = await _ticket_of(delivery_id)
        claimed = await rows(
            """UPDATE hd_delivery SET settled_at = now() WHERE id = {} AND settled_at IS NULL
            AND state IN ('sent', 'failed', 'bounced') RETURNING *""",
            delivery_id,
        )
        for delivery in claimed:
            await conclude(delivery)
            if ticket is not None:
                if delivery["state"] == "sent":
                    await moved_on(ticket, delivery, at=now())
                kind = {"sent": "delivered", "failed": "delivery_failed", "bounced": "delivery_failed"}[
                    delivery["state"]
                ]
                await change(ticket, kind, by=SYSTEM, at=now(), message=delivery["message_id"], always=True)
                refused = await count_refusals(delivery, at=now()) if delivery["state"] == "failed" else []
                for address in refused:
                    await tell_suppressed(ticket, address, SuppressedFor.BOUNCES, now())


async def _ticket_of(delivery_id: int) -> Ticket | None:
    """The ticket of the message that the delivery carries, held; None when it carries none."""
    found = await rows("SELECT message_id FROM hd_delivery WHERE id = {} AND message_id IS NOT NULL", delivery_id)
    return await locked_with(found[0]["message_id"]) if found else None
