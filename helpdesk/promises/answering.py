"""Telling customers until when they have an answer: the due time of the very clock that is measured, if that is wanted.

Nothing is told of a clock that rests, is late, or is not promised to customers; a time that has passed is never told.
"""

from datetime import datetime

from helpdesk.kernel.database import rows, transaction
from helpdesk.kernel.language import _, due_words, moment, speaking
from helpdesk.kernel.settings import settings
from helpdesk.people.actor import SignedIn
from helpdesk.people.auditing import About, differences, record
from helpdesk.people.permissions import demand
from helpdesk.promises.policies import VERB
from helpdesk.tickets.tables import Ticket
from sla import hours

_ANSWER = """
SELECT c.due_at, c.calendar_version, (SELECT time_zone FROM hd_customer WHERE id = {}) AS time_zone
FROM sla_settings s JOIN sla_clock c ON c.ticket = {} JOIN sla_policy_version v ON v.id = c.policy_version JOIN sla_policy p ON p.id = v.policy
WHERE s.promises_to_customers AND NOT p.is_internal AND c.metric IN ('first_reply', 'next_reply')
    AND c.state = 'running' AND c.target IS NOT NULL AND c.breached_at IS NULL AND c.due_at > {}
ORDER BY c.due_at LIMIT 1
"""


async def answer_by(ticket: Ticket, language: str, *, at: datetime, is_mail: bool = False) -> str:
    """Until when the customer has an answer, in the language, where they are; "" when nothing is promised to them.

    A mail, which may be read later, names the day in full.
    """
    found = await rows(_ANSWER, ticket.customer, ticket.id, at)
    if not found:
        return ""
    calendar = (await hours.hours(found[0]["calendar_version"])).rules
    zone = found[0]["time_zone"] or (settings().time_zone if calendar.is_always else calendar.zone)
    return in_words(found[0]["due_at"], language, zone, at=at, is_mail=is_mail)


def in_words(due_at: datetime, language: str, zone: str, *, at: datetime, is_mail: bool) -> str:
    with speaking(language, zone):
        return moment(due_at, "full") if is_mail else due_words(due_at, at)


def sentence(when: str) -> str:
    return _("You will have an answer by %(when)s.") % {"when": when}


async def promises_to_customers() -> bool:
    return (await rows("SELECT promises_to_customers FROM sla_settings"))[0]["promises_to_customers"]


async def tell_customers(is_told: bool, *, by: SignedIn) -> None:
    """Switch it on or off for all channels."""
    demand(by, VERB)
    async with transaction():
        before = await promises_to_customers()
        if before != is_told:
            await rows("UPDATE sla_settings SET promises_to_customers = {}", is_told)
            changes = differences({"promises_to_customers": before}, {"promises_to_customers": is_told})
            await record("promises_changed", by=by, about=About("settings", None, ""), changes=changes)
