"""A mail of notices is asked about once more when it is about to leave: it may have waited for its server for hours.

Since then the note that it tells of may have been taken back, the agent may have read of it, have left, or see the ticket
no more. Then it is called off, and what it told of besides is due again.
"""

from typing import Any

from helpdesk.kernel.database import rows, transaction
from helpdesk.people.signing_in import as_agent
from helpdesk.tickets.notice_mails import TELL_ANEW
from helpdesk.tickets.notice_words import OF_NOTICES, TOLD, Row
from helpdesk.tickets.telling import STANDING, still_wanted

_LEAVING = """
SELECT mail -> 'mail' ->> 'text' = '' AS is_wordless, is_ambiguous OR state = 'sending' AS may_have_left FROM hd_delivery
WHERE id = {} AND kind = 'notice' AND (state = 'queued' OR state = 'sending' AND sending_until < now())
"""
_TOLD_BY = f"SELECT {TOLD}, {STANDING}, n.agent, n.read_at {OF_NOTICES} WHERE n.delivery = {{}} ORDER BY n.id"
_CALL_OFF = """
UPDATE hd_delivery SET state = 'cancelled', sending_until = NULL, mail = jsonb_set(mail, ARRAY['mail', 'text'], '""') WHERE id = {}
"""


async def call_off_stale(delivery_id: int) -> None:
    """Call the delivery off if it is a mail of notices that must not leave any more; other deliveries are left alone.

    One without words told of what was redacted while it was being sent. What may have left is not told anew.
    """
    if not await rows(_LEAVING, delivery_id):
        return
    async with transaction():
        for leaving in await rows(_LEAVING + "FOR UPDATE", delivery_id):
            told = await rows(_TOLD_BY, delivery_id)
            if leaving["is_wordless"] or (told and not await _all_wanted(told)):
                await rows(_CALL_OFF, delivery_id)
                await rows(TELL_ANEW, [] if leaving["may_have_left"] else [delivery_id])


async def _all_wanted(told: list[Row]) -> bool:
    """Whether each of the notices is unread, and its agent is to hear of it by mail still. What is taken back counts as read."""
    agent = await as_agent(told[0]["agent"])
    if agent is None or any(row["read_at"] for row in told):
        return False
    wanted: list[dict[str, Any]] = await still_wanted(told, agent)
    return len(wanted) == len(told) and all(row["ways"].by_mail for row in wanted)
