"""What follows from an event or from the end of a delivery: by name and in order (habit 8).

The event is claimed and everything that follows from it is written in one transaction, so it happens once.
"""

import asyncio
from collections.abc import Sequence

import structlog

from helpdesk import actors
from helpdesk.articles import solving
from helpdesk.customers.tables import SuppressedFor
from helpdesk.deliveries.bouncing import count_refusals
from helpdesk.deliveries.probing import conclude
from helpdesk.intake.reporting import tell_suppressed
from helpdesk.kernel.database import despite_deadlocks, objects, rows, transaction
from helpdesk.kernel.outages import is_outage
from helpdesk.kernel.time import now
from helpdesk.people.actor import SYSTEM
from helpdesk.promises import following
from helpdesk.routing.following import route
from helpdesk.tickets.changing import change, locked_with
from helpdesk.tickets.concerning import tell_people
from helpdesk.tickets.sending_later import moved_on
from helpdesk.tickets.tables import Ticket

log = structlog.get_logger(__name__)

_CLAIM = "UPDATE hd_event SET followed_at = now() WHERE id = ANY({}) AND followed_at IS NULL RETURNING *"
_TICKET_OF_EVENT = "WHERE id = (SELECT ticket FROM hd_event WHERE id = {}) FOR KEY SHARE"


async def follow(event_id: int) -> None:
    """Do what follows from the event, unless it was done; safe to call any number of times.

    The ticket is kept from being erased before the event is claimed: erasing takes them in that order, too.
    """
    async with transaction():
        for ticket in await objects(Ticket, _TICKET_OF_EVENT, event_id):
            await _follow({event_id: ticket})


async def follow_clocks(lines: Sequence[int]) -> None:
    """Do what follows from lines of clocks' ledgers, unless it was done, and from what histories tell of them, all in one
    transaction. When that fails each is followed by itself: none holds up the others."""
    try:
        await despite_deadlocks(lambda: _follow_clocks(lines))
    except Exception as error:
        if len(lines) == 1 or is_outage(error):
            raise
        log.warning("followed_one_by_one", lines=len(lines), error=repr(error))
        for line in lines:
            await asyncio.to_thread(actors.follow_clock.send, line)


async def _follow_clocks(lines: Sequence[int]) -> None:
    async with transaction():
        await _follow(await following.follow(lines, at=now()))


async def _follow(tickets: dict[int, Ticket]) -> None:
    """What follows from events, by their ids, in the caller's transaction."""
    for event in sorted(await rows(_CLAIM, list(tickets)), key=lambda event: event["id"]):
        await tell_people(tickets[event["id"]], event)
        await route(tickets[event["id"]], event, at=now())
        await solving.learn(tickets[event["id"]], event, at=now())


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
