"""Taking an answer back before it leaves, by its author or because the customer wrote first; and sending one again.

A note leaves nowhere: who wrote it may take it back for some minutes, to correct it or to drop it.
"""

from datetime import datetime, timedelta
from typing import Any

import msgspec

from helpdesk.deliveries import undoing
from helpdesk.kernel.database import rows, transaction
from helpdesk.people.actor import SYSTEM, Actor, SignedIn
from helpdesk.people.permissions import demand
from helpdesk.tickets.changing import change, locked_with
from helpdesk.tickets.drafting import Typed, draft_kind_of, give_back, is_note
from helpdesk.tickets.mentioning import unmention
from helpdesk.tickets.messages import mail_facts
from helpdesk.tickets.standing import standing_of
from helpdesk.tickets.tables import Attachment, Event, Message, Status, Ticket

NOTE_STANDS_AFTER = timedelta(minutes=10)


async def take_back(message: Message, *, by: SignedIn, at: datetime) -> Typed | None:
    """Undo a mail of one's own that has not left, or a new note: it is a draft again, and the ticket is as it was before.

    None when it was too late, or when somebody else wrote it. What others changed in between stays; a ticket that
    began with this message goes to the trash.
    """
    async with transaction():
        ticket = await locked_with(message.id)
        if message.agent != by.id:
            return None
        if is_note(message):
            fresh = await Message.objects().get(Message.id == message.id)
            if fresh is None or fresh.undone_at or at - fresh.created_at > NOTE_STANDS_AFTER:
                return None
            await unmention(message.id, at=at)
            return await _become_draft(ticket, message.id, "note_undone", by=by, at=at)
        if not await undoing.cancel(message.id):
            return None
        return await _become_draft(ticket, message.id, "undone", by=by, at=at)


async def give_way(ticket: Ticket, *, at: datetime) -> None:
    """The customer wrote: what was to be sent unless they did is a draft again, and its author is told (`following_up`).

    In the caller's transaction, which holds the ticket.
    """
    for message_id in await undoing.cancel_unless_answered(ticket.id):
        await _become_draft(ticket, message_id, "gave_way", by=SYSTEM, at=at)


async def try_again(message: Message, *, by: SignedIn, at: datetime) -> bool:
    """Send a reply once more after it failed."""
    demand(by, "reply")
    async with transaction():
        ticket = await locked_with(message.id)
        won = await undoing.send_again(message.id)
        if won:
            await change(ticket, "sent_again", by=by, at=at, message=message.id, always=True)
    return won


async def send_now(message: Message, *, by: SignedIn) -> bool:
    """Let a reply that was to leave later leave at once."""
    demand(by, "reply")
    return await undoing.hurry_scheduled(message.id)


async def _become_draft(ticket: Ticket, message_id: int, kind: str, *, by: Actor, at: datetime) -> Typed:
    message = await Message.objects().get(Message.id == message_id)
    assert message is not None, "a message is never deleted while its delivery waits"
    said = (Event.message == message.id) & (Event.kind == "replied") & (Event.ticket == ticket.id)
    event = await Event.objects().where(said).first()  # none on a ticket that it came to by a merge
    before, after = msgspec.json.decode(event.changes).get("status", (None, None)) if event else (None, None)
    typed = await _as_typed(message)
    await Message.update({Message.undone_at: at, Message.once: None}).where(Message.id == message.id)
    is_empty = not await rows("SELECT FROM hd_message WHERE ticket = {} AND undone_at IS NULL LIMIT 1", ticket.id)
    back: dict[str, Any] = {"status": before} if before and ticket.status == after else {}
    if back and before not in (Status.SOLVED, Status.CLOSED):
        back["solved_at"] = None
    await change(
        ticket, kind, by=by, at=at, message=message.id, always=True, trashed_at=at if is_empty else ticket.trashed_at,
        **await standing_of(ticket), **back,
    )  # fmt: skip
    if message.agent is not None:
        await give_back(typed, kind=draft_kind_of(message), ticket_id=ticket.id, agent_id=message.agent, at=at)
    return typed


async def _as_typed(message: Message) -> Typed:
    """What the form held that made the message; its files are uploads again, those of messages it quotes are not."""
    await rows("DELETE FROM hd_attachment WHERE message = {} AND uploaded_by IS NULL", message.id)
    uploads = (
        await Attachment.update({Attachment.message: None}, force=True)
        .where(Attachment.message == message.id)
        .returning(Attachment.id)
    )
    return Typed(
        text=message.body_text, html=message.body_html, uploads=[row["id"] for row in uploads], fields=_fields(message)
    )


def _fields(message: Message) -> dict[str, str]:
    """A copy that nobody gets is said, too: the server may find somebody for it."""
    facts = mail_facts(message)
    if facts is None:
        return {}
    to, cc, bcc = (", ".join(one) for one in (facts.to, facts.cc, facts.bcc))
    if message.thread is None:
        return {"to": to, "cc": cc, "bcc": bcc}
    thread = str(message.thread) if message.thread != message.id else ""
    fields = {"to": to, "cc": cc, "bcc": bcc, "quoting": " ".join(map(str, facts.quoting)), "thread": thread}
    return {name: value for name, value in fields.items() if value}
