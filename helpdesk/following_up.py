"""What follows from an event or from the end of a delivery: by name and in order (habit 8).

The event is claimed and everything that follows from it is written in one transaction, so it happens once.
"""

from typing import Any

import msgspec

from helpdesk.customers.tables import SuppressedFor
from helpdesk.deliveries.bouncing import count_refusals
from helpdesk.deliveries.probing import conclude
from helpdesk.intake.reporting import tell_suppressed
from helpdesk.kernel.database import objects, rows, transaction
from helpdesk.kernel.time import now
from helpdesk.people.actor import SYSTEM
from helpdesk.routing.following import route
from helpdesk.tickets.changing import change, locked_with
from helpdesk.tickets.followers import followers_of
from helpdesk.tickets.noticing import notify
from helpdesk.tickets.sending_later import moved_on
from helpdesk.tickets.tables import Ticket

_TICKET_OF_EVENT = "WHERE id = (SELECT ticket FROM hd_event WHERE id = {}) FOR KEY SHARE"
_WHO_ASKED = """SELECT first.agent FROM hd_message answer JOIN hd_message first ON first.id = answer.thread WHERE answer.id = {}"""


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
            await _tell_people(found[0], event)
            await route(found[0], event, at=now())


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


async def _tell_people(ticket: Ticket, event: dict[str, Any]) -> None:
    """Notices for those concerned, never for the one who did it."""
    concerned: set[int] = set()
    match event["kind"]:
        case "assigned":
            concerned = {msgspec.json.decode(event["changes"]).get("assignee", [None, None])[1]} - {None}
        case "mentioned":
            concerned = set(msgspec.json.decode(event["changes"])["mentioned"][1])
        case "taken_over":
            changes = msgspec.json.decode(event["changes"])
            concerned = {changes.get("assignee", [None])[0], changes.get("writer", [None])[0]}
        case "customer_replied" if ticket.spam_at is None and ticket.muted_at is None:
            concerned = ({ticket.assignee} | await followers_of(ticket.id)) - {None}
        case "woken" if event["actor_kind"] == "system":
            concerned = {ticket.assignee} if ticket.assignee else await _who_snoozed(ticket)
        case "muted":
            concerned = {
                row["id"]
                for row in await rows("SELECT id FROM hd_agent WHERE role = 'admin' AND deactivated_at IS NULL")
            }
        case "gave_way":
            concerned = {
                row["agent"] for row in await rows("SELECT agent FROM hd_message WHERE id = {}", event["message"])
            }
        case "outsider_answered":
            concerned = {ticket.assignee} | {row["agent"] for row in await rows(_WHO_ASKED, event["message"])}
        case "delivery_failed" if ticket.muted_at is None:
            written = await rows("SELECT agent FROM hd_message WHERE id = {}", event["message"])
            concerned = {row["agent"] for row in written} | {ticket.assignee}
        case _:
            return
    if event["actor_kind"] == "agent":
        concerned -= {event["actor_id"]}
    await notify(concerned - {None}, event)


async def _who_snoozed(ticket: Ticket) -> set[int]:
    """The agent who put the ticket aside last."""
    found = await rows(
        """SELECT actor_id FROM hd_event WHERE ticket = {} AND kind = 'snoozed' AND actor_kind = 'agent'
        ORDER BY id DESC LIMIT 1""",
        ticket.id,
    )
    return {row["actor_id"] for row in found}
