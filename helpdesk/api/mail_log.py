"""/mail-log: what became of each received mail."""

import msgspec
from litestar import get
from litestar.params import FromQuery

from helpdesk.api.problems import problems
from helpdesk.api.requests import Caller, Cursor, Limit, Moment, PathId, Time, id_from_cursor, moment_of, page
from helpdesk.intake.fates import fates
from helpdesk.intake.tables import Fate
from helpdesk.kernel.errors import NotFound
from helpdesk.kernel.language import _
from helpdesk.people.permissions import demand


class ReceivedMail(msgspec.Struct, frozen=True, kw_only=True):
    """`channel` is the mailbox's address, `ticket` a number, `message` an id; `message_id` is without angle brackets."""

    id: int
    received_at: Moment
    channel: str
    envelope_from: str
    envelope_to: list[str]
    message_id: str | None
    fate: Fate
    reason: str
    ticket: int | None
    message: int | None


class MailLogPage(msgspec.Struct, frozen=True):
    items: list[ReceivedMail]
    next: str | None


@get("/mail-log", tags=["channels"], responses=problems(403))
async def get_mail_log(
    agent: Caller,
    fate: FromQuery[Fate | None] = None,
    since: Time = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> MailLogPage:
    """Received mails, the oldest first; for administrators."""
    demand(agent, "see_mail_log")
    found = await fates(after=moment_of(since, "since"), fate=fate, above=id_from_cursor(cursor), most=limit + 1)
    shown, following = page(found, limit, lambda row: row["id"])
    return MailLogPage(msgspec.convert(shown, list[ReceivedMail]), following)


@get("/mail-log/{mail_id:int}", tags=["channels"], responses=problems(403, 404))
async def get_received_mail(mail_id: PathId, agent: Caller) -> ReceivedMail:
    """One mail by the ID that the answer `queued as ID` named."""
    demand(agent, "see_mail_log")
    found = await fates(above=mail_id - 1, most=1)
    if not found or found[0]["id"] != mail_id:
        raise NotFound(_("No mail with this ID was received."))
    return msgspec.convert(found[0], ReceivedMail)
