"""Taking in a mail anyway that was blocked, dropped or quarantined: from the beginning, by a worker."""

from helpdesk import actors
from helpdesk.intake.running_again import run_again
from helpdesk.intake.tables import Fate, RawMessage
from helpdesk.kernel.database import after_commit, rows, transaction
from helpdesk.kernel.errors import NotFound
from helpdesk.kernel.language import _
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import demand

_LET_IN = """
UPDATE hd_raw_message SET let_in_by = {}, taken_in_at = NULL, claimed_until = NULL, fate = 'received', reason = '', deaths = 0
WHERE id = {} AND fate IN ('blocked', 'dropped') AND forgotten_at IS NULL RETURNING id
"""


async def take_in_again(raw_message_id: int, *, by: SignedIn) -> None:
    """Have the mail taken in, past block lists and filters that drop; raises NotFound when there is nothing (more) to do.

    What could not be read is for administrators, who can see what it is.
    """
    demand(by, "let_mail_in")
    found = await RawMessage.select(RawMessage.fate).where(RawMessage.id == raw_message_id).first()
    if found and found["fate"] == Fate.QUARANTINED:
        demand(by, "see_raw_mail")
        is_done = await run_again(raw_message_id, by=by)
    else:
        is_done = await _let_in(raw_message_id, by)
    if not is_done:
        raise NotFound(_("This mail was taken in already, or its content is not kept any more."))


async def _let_in(raw_message_id: int, by: SignedIn) -> bool:
    async with transaction():
        won = await rows(_LET_IN, by.id, raw_message_id)
        if won:
            after_commit(actors.take_in.send, raw_message_id)
    return bool(won)
