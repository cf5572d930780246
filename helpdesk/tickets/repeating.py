"""A form that is sent twice makes one message: a lost answer and Send again, a double click, a page gone back to."""

from helpdesk.kernel.database import lock, rows
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _
from helpdesk.tickets.replying import Draft
from helpdesk.tickets.tables import Message


async def sent_before(draft: Draft, *, audience: str = "public") -> Message | None:
    """The message that the draft's form has made already; to be asked in the transaction that writes it otherwise.

    Of two at once the later waits for the first. Raises Invalid when the form comes back with something else in it:
    neither is that a repetition, nor may it be lost.
    """
    if draft.once is None:
        return None
    await lock("once", draft.once)
    message = await Message.objects().get(Message.once == draft.once)
    if message is not None and not (message.audience == audience and await _says_the_same(message, draft)):
        raise Invalid(body_text=_("This form was sent before, with something else in it. Look at what was sent, then send this if it is still needed."))  # fmt: skip
    return message


async def _says_the_same(message: Message, draft: Draft) -> bool:
    """Whether text and files are those of the message; without scripts the files come anew, so their content counts."""
    sent = await rows("SELECT name, blob FROM hd_attachment WHERE message = {} ORDER BY name, blob", message.id)
    now = await rows("SELECT name, blob FROM hd_attachment WHERE id = ANY({}) ORDER BY name, blob", draft.uploads)
    return message.body_text.strip() == draft.body_text.strip() and sent == now
