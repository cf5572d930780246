"""From what a visitor sent by a web form to a ticket, in one transaction: once it is answered, it is there."""

import hashlib
from datetime import datetime

import msgspec

from helpdesk.channels.tables import Channel
from helpdesk.channels.web_form.defining import FormDefinition
from helpdesk.channels.web_form.reading import Post
from helpdesk.customers.finding import find_by_email, find_or_create
from helpdesk.customers.tables import Customer
from helpdesk.intake.accepting import find_mailbox
from helpdesk.intake.acknowledging import acknowledge_post
from helpdesk.intake.senders import is_blocked
from helpdesk.kernel.database import lock, transaction
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _
from helpdesk.people.actor import Actor
from helpdesk.tickets.events import record
from helpdesk.tickets.messages import MailFacts, NewAttachment, NewMessage
from helpdesk.tickets.opening import open_ticket
from helpdesk.tickets.tables import Attachment, Message, Ticket
from knowledge_base.offering import note_sent


async def take_post(form: FormDefinition, post: Post, *, uploads: list[Attachment], page: str, at: datetime) -> Message:
    """Open a ticket with the post, unless this very one did, and acknowledge it; when this returns, it survives any crash.

    The address was typed and proves nothing: the message is unverified, joins no other ticket and leaves the name of a
    customer as it is. A blocked sender's post goes to Spam, unanswered: the visitor is told as everybody is. The files are copies of the `uploads` of the `page`, which may send them again with another text.
    What the `page` had offered before stands in the ticket's history. Raises Invalid when the address is one of ours.
    """
    if await find_mailbox(post.email):
        raise Invalid(email=_("This is one of our own addresses. Give yours, so that we can answer you."))
    once = _once_of(page, post, uploads)
    async with transaction():
        await lock("once", once)
        if before := await Message.objects().get(Message.once == once):
            return before
        channel = await Channel.objects().get(Channel.id == form.channel)
        assert channel is not None, "channels are never deleted"
        customer = await find_by_email(post.email)
        customer = customer or await find_or_create(post.email, post.name, language=post.language, at=at)
        is_spam = await is_blocked(post.email)
        author = Actor(kind="customer", id=customer.id, name=customer.name)
        ticket, message = await open_ticket(
            subject=post.subject, customer=customer, channel=channel, by=author, at=at, priority=form.priority, tags=form.tags,
            is_spam=is_spam,
            message=NewMessage(
                author=author, body_text=_body(post, customer), language=post.language, created_at=at, is_unverified=True,
                mail=MailFacts(from_=post.email), attachments=[_copy(one) for one in uploads], once=once,
            ),
        )  # fmt: skip
        await _note_offered(ticket, page, by=author, at=at)
        if not is_spam:
            await acknowledge_post(ticket, channel=channel, sender=post.email, at=at)
    return message


async def find_taken(once: str) -> Ticket | None:
    """The ticket that the post opened."""
    message = await Message.objects().get(Message.once == once)
    return await Ticket.objects().get(Ticket.id == message.ticket) if message else None


async def _note_offered(ticket: Ticket, page: str, *, by: Actor, at: datetime) -> None:
    """So that nobody recommends what the customer has read."""
    if offered := await note_sent(page, ticket=ticket.id):
        told = [msgspec.structs.asdict(one) for one in offered]
        await record(ticket, "articles_offered", by=by, at=at, changes={"articles": (None, told)})


def _once_of(page: str, post: Post, uploads: list[Attachment]) -> str:
    """What makes a post one of its kind: the page that it came from and everything in it.

    A double click and a lost answer send the same and make one ticket; a page that is gone back to and changed another.
    Without scripts the files come anew, so their content counts.
    """
    files = sorted((one.name, one.blob) for one in uploads)
    return "form:" + hashlib.sha256(msgspec.json.encode([page, post, files])).hexdigest()


def _copy(upload: Attachment) -> NewAttachment:
    return NewAttachment(name=upload.name, content_type=upload.content_type, size=upload.size, blob=upload.blob)


def _body(post: Post, customer: Customer) -> str:
    """What was sent; a name other than the customer's is kept beside the rest, not as theirs."""
    if not post.name or post.name == customer.name:
        return post.body
    return msgspec.structs.replace(post, answers=[(_("Name"), post.name), *post.answers]).body
