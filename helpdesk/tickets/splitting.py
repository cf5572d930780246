"""A message that speaks of something else becomes a ticket of its own, with those after it if wanted."""

from datetime import datetime
from typing import Any

from helpdesk.customers.tables import Customer
from helpdesk.kernel.database import rows, transaction
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import demand
from helpdesk.tickets.changing import change, held, locked, refresh
from helpdesk.tickets.conversation import message_of
from helpdesk.tickets.events import record
from helpdesk.tickets.merging import merge_into
from helpdesk.tickets.standing import standing_of
from helpdesk.tickets.tables import Message, Status, Ticket

_AND_FOLLOWING = """
SELECT id, customer, (author_kind = 'agent' AND audience = 'public') AS is_answer FROM hd_message
WHERE ticket = {} AND undone_at IS NULL AND (created_at, id) >= ({}, {}) ORDER BY created_at, id
"""

_TOUCHED = "SELECT FROM hd_event WHERE ticket = {} AND version > 1 AND actor_kind <> 'system' LIMIT 1"


async def split(
    ticket: Ticket, message_id: int, *, subject: str, with_following: bool, by: SignedIn, at: datetime
) -> Ticket:
    """Move the message, and with `with_following` all after it, to a new ticket; the two are linked.

    Its customer is who wrote the first of them. Deliveries and received mails go with their messages, so answers join
    the new ticket. Raises Refused, NotFound, Invalid when nothing would stay behind.
    """
    demand(by, "change")
    subject = " ".join(subject.split())[:1000]
    if not subject:
        raise Invalid(subject=_("A ticket needs a subject."))
    async with held(ticket):
        first = await message_of(ticket.id, message_id)
        going = await rows(_AND_FOLLOWING, ticket.id, first.created_at, first.id)
        going = going if with_following else going[:1]
        ids = [row["id"] for row in going]
        [left] = await rows(
            "SELECT count(*) AS count FROM hd_message WHERE ticket = {} AND undone_at IS NULL AND id <> ALL({})",
            ticket.id,
            ids,
        )
        if not left["count"]:
            raise Invalid(message=_("Nothing would stay behind. Change the subject instead."))
        made = await _open_beside(ticket, going, subject=subject, at=at)
        await _move(ids, ticket.id, made.id)
        await Ticket.update({**await standing_of(made)}).where(Ticket.id == made.id)
        await record(made, "split_off", by=by, at=at, changes={"split": (ticket.number, None)}, message=ids[0])
        told = {"split": (None, made.number)}
        await change(ticket, "split", by=by, at=at, always=True, told=told, **await standing_of(ticket))
    return made


async def rejoin(made: Ticket, *, by: SignedIn, at: datetime) -> bool:
    """Put what was split off back to where it was: the new ticket is merged into the old one. False when it is already.

    Raises Invalid when somebody has written on the new ticket or changed it since.
    """
    assert made.split_from is not None, "only what was split off is put back"
    async with transaction():
        source = await locked(made.split_from)
        refresh(made, await locked(made.id))
        if made.merged_into is not None:
            return False
        if await rows(_TOUCHED, made.id):
            raise Invalid(undo=_("This was changed meanwhile, so it cannot be undone. The ticket stays as it is now."))
        await merge_into(made, source, by=by, at=at, reopens=False)
    return True


async def _open_beside(ticket: Ticket, going: list[dict[str, Any]], *, subject: str, at: datetime) -> Ticket:
    """A ticket like this one, that nobody has taken yet."""
    customer = await Customer.objects().get(
        Customer.id == next((row["customer"] for row in going if row["customer"]), ticket.customer)
    )
    assert customer is not None, "a customer with messages is never deleted"
    [following] = await rows("SELECT nextval('hd_ticket_number') AS number")
    made = Ticket(
        number=following["number"], subject=subject, status=Status.OPEN if any(row["is_answer"] for row in going) else Status.NEW,
        priority=ticket.priority, channel=ticket.channel, team=ticket.team, customer=customer.id, organisation=customer.organisation,
        language=ticket.language, created_at=at, updated_at=at, last_message_at=at, split_from=ticket.id,
    )  # fmt: skip
    await Ticket.insert(made)
    return made


async def _move(ids: list[int], source: int, to: int) -> None:
    await rows("UPDATE hd_message SET ticket = {} WHERE id = ANY({})", to, ids)
    await rows("UPDATE hd_delivery SET ticket_id = {} WHERE message_id = ANY({})", to, ids)
    # The log of received mails lies in a layer above; its rows follow their messages by name alone.
    await rows("UPDATE hd_raw_message SET ticket = {} WHERE message = ANY({}) AND ticket = {}", to, ids, source)


async def following(ticket: Ticket, message_id: int) -> tuple[Message, int]:
    """The message, and how many come after it."""
    message = await message_of(ticket.id, message_id)
    return message, len(await rows(_AND_FOLLOWING, ticket.id, message.created_at, message.id)) - 1
