"""A quarantined mail gets another chance: after an upgrade the parser may read what killed it before."""

import structlog

from helpdesk import actors
from helpdesk.intake.tables import Fate
from helpdesk.kernel.database import after_commit, rows, transaction
from helpdesk.people.actor import Actor

log = structlog.get_logger(__name__)


async def run_again(raw_message_id: int, *, by: Actor) -> bool:
    """Take the mail out of quarantine and have it read anew; whether it was there and its bytes are kept.

    It is then as if it had just been received, with two lives; `run_again_at` and `run_again_by` (null for a command)
    tell of the last time. Of two who ask at once one wins. The caller sees to it that `by` is an admin.
    """
    async with transaction():
        won = await rows(
            """UPDATE hd_raw_message SET fate = {}, reason = '', deaths = 0, taken_in_at = NULL, claimed_until = NULL,
                run_again_at = now(), run_again_by = {}
            WHERE id = {} AND fate = {} AND taken_in_at IS NOT NULL AND forgotten_at IS NULL RETURNING id""",
            Fate.RECEIVED, by.id if by.kind == "agent" else None, raw_message_id, Fate.QUARANTINED,
        )  # fmt: skip
        if won:
            log.info("run_again", raw_message=raw_message_id, by=by.kind, agent=by.id)
            after_commit(actors.take_in.send, raw_message_id)
    return bool(won)
