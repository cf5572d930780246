"""Files of messages, reached only through a ticket that the person may see."""

from collections.abc import Iterable

from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import NotFound
from helpdesk.kernel.language import _
from helpdesk.people.actor import SignedIn
from helpdesk.tickets.queries import visible_to
from helpdesk.tickets.tables import Attachment, Message, Ticket


async def find_attachment(attachment_id: int, *, seen_by: SignedIn) -> Attachment:
    """The file, or NotFound; one that is not sent yet is its owner's alone."""
    found = await Attachment.objects().get(Attachment.id == attachment_id)
    if found and found.message is None and found.uploaded_by == seen_by.id:
        return found
    if found and found.message is not None and await find_ticket_of(found.message, seen_by=seen_by):
        return found
    raise NotFound(_("There is no such file, or you may not see it."))


async def find_ticket_of(message_id: int, *, seen_by: SignedIn) -> Ticket:
    """The ticket of a message that was not taken back; NotFound when the agent may not see it."""
    of_message = Message.select(Message.ticket).where(Message.id == message_id, Message.undone_at.is_null())
    query = Ticket.objects().where(Ticket.id.is_in(of_message))
    predicate = visible_to(seen_by)
    found = await (query.where(predicate) if predicate is not None else query).first()
    if found is None:
        raise NotFound(_("There is no such message, or you may not see it."))
    return found


async def unsent_uploads(ids: list[int], *, of: SignedIn) -> list[Attachment]:
    """Those of the uploads that are the agent's and not sent yet."""
    if not ids:
        return []
    mine = Attachment.id.is_in(ids) & (Attachment.uploaded_by == of.id) & Attachment.message.is_null()
    return await Attachment.objects().where(mine).order_by(Attachment.id)


async def uploads_shown(cids: Iterable[str], *, of: SignedIn) -> list[int]:
    """The agent's uploads that a text shows by these Content-IDs, sent or not."""
    ids = [int(number) for cid in cids if (number := cid.partition(".")[0]).isascii() and number.isdigit() and len(number) < 19]  # fmt: skip
    if not ids:
        return []
    found = await rows(
        "SELECT id FROM hd_attachment WHERE id = ANY({}) AND uploaded_by = {} AND content_id = ANY({}) ORDER BY id",
        ids, of.id, list(cids),
    )  # fmt: skip
    return [row["id"] for row in found]
