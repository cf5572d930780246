"""Taking in a mail anyway that was blocked or dropped: from the beginning, past block lists and filters that drop."""

from helpdesk import actors
from helpdesk.intake.tables import Fate
from helpdesk.kernel.database import after_commit, rows, transaction
from helpdesk.kernel.errors import NotFound
from helpdesk.kernel.language import _
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import demand

LET_IN = (Fate.BLOCKED, Fate.DROPPED)

_LET_IN = """
UPDATE hd_raw_message SET let_in_by = {}, taken_in_at = NULL, claimed_until = NULL, fate = 'received', reason = '', deaths = 0
WHERE id = {} AND fate = ANY({}) AND forgotten_at IS NULL RETURNING id
"""


async def let_in(raw_message_id: int, *, by: SignedIn) -> None:
    """Have the mail taken in once more; raises NotFound when there is nothing (more) to let in."""
    demand(by, "let_mail_in")
    async with transaction():
        if not await rows(_LET_IN, by.id, raw_message_id, list(LET_IN)):
            raise NotFound(_("This mail was taken in already, or its content is not kept any more."))
        after_commit(actors.take_in.send, raw_message_id)
