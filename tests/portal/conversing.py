"""What is said in a request, for the tests of the portal."""

from datetime import timedelta

from helpdesk.customers.tables import Customer
from helpdesk.kernel import blobs
from helpdesk.kernel.time import now
from helpdesk.people.actor import Actor, SignedIn
from helpdesk.tickets.joining import join
from helpdesk.tickets.messages import MailFacts, NewAttachment, NewMessage
from helpdesk.tickets.posting import Leaving
from helpdesk.tickets.replying import Draft, reply
from helpdesk.tickets.tables import Attachment, Message, Ticket
from tests.cast import DORA

CARL = ("carl@copied.test", "Carl Copied")


async def answer_from_us(ticket: Ticket, text: str, *, by: SignedIn, hold: timedelta = timedelta(0)) -> Message:
    return await reply(ticket, Draft(body_text=text), by=by, at=now(), leaving=Leaving(hold=hold))


async def with_a_file(ticket: Ticket) -> dict[str, int]:
    """A message with HTML and a file; what stands for them in paths."""
    customer = await Customer.objects().get(Customer.id == ticket.customer)
    assert customer
    blob = await blobs.keep(b"secret")
    message = await join(ticket, NewMessage(
        author=Actor(kind="customer", id=customer.id, name=customer.name), body_text="Secret words", body_html="<p><b>Secret</b> words <img src='blocked:https://track.test/x.png'></p>",
        created_at=now(), mail=MailFacts(from_=DORA[0], cc=[CARL[0]]),
        attachments=[NewAttachment(name="secret.txt", content_type="text/plain", size=6, blob=blob)],
    ))  # fmt: skip
    file = await Attachment.objects().get(Attachment.message == message.id)
    assert file
    return {"n": ticket.number, "message": message.id, "file": file.id}
