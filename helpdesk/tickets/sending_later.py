"""Replies that leave at a time of their own: the ticket moves on when they have left, not when they were written."""

from datetime import datetime
from typing import Any

from helpdesk.kernel.database import rows
from helpdesk.kernel.text import preview
from helpdesk.people.actor import SYSTEM, Actor
from helpdesk.tickets.changing import change, status_after_answer
from helpdesk.tickets.tables import Message, Status, Ticket


async def moved_on(ticket: Ticket, delivery: dict[str, Any], *, at: datetime) -> None:
    """What a reply does to its ticket, once one that was sent later has left; a second call changes nothing.

    `delivery` is its row. The message stands where it was sent, so what the customer wrote meanwhile is above it.
    """
    if not delivery["is_scheduled"]:
        return
    await rows("UPDATE hd_delivery SET is_scheduled = false WHERE id = {}", delivery["id"])
    message = await Message.objects().get(Message.id == delivery["message_id"])
    assert message is not None, "a delivery's message is never deleted"
    await Message.update({Message.created_at: at}).where(Message.id == message.id)
    is_closed = ticket.status == Status.CLOSED
    status = ticket.status if is_closed else delivery["then_status"] or status_after_answer(ticket.status)
    await change(
        ticket, "replied", by=Actor(kind="agent", id=message.agent) if message.agent else SYSTEM, at=at, message=message.id,
        always=True, status=status, first_replied_at=ticket.first_replied_at or at, last_message_at=at,
        preview=preview(message.body_text),
        solved_at=(ticket.solved_at or at) if status in (Status.SOLVED, Status.CLOSED) else None,
    )  # fmt: skip
