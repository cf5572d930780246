"""/mail-log: what became of each mail that was received, and of those that were not."""

from typing import Annotated, Literal

import msgspec
from litestar import get, post
from litestar.params import FromQuery, QueryParameter

from helpdesk.api.problems import problems
from helpdesk.api.requests import Caller, Cursor, Limit, Moment, PathId, Time, Word, id_from_cursor, moment_of, page
from helpdesk.intake.fates import fates
from helpdesk.intake.searching import Asked, search_turned_away
from helpdesk.intake.tables import Fate
from helpdesk.intake.taking_in_again import take_in_again
from helpdesk.kernel.errors import NotFound
from helpdesk.kernel.language import _
from helpdesk.people.permissions import demand


class ReceivedMail(msgspec.Struct, frozen=True, kw_only=True):
    """`channel` is the mailbox's address, `ticket` a number, `message` an id; `message_id` is without angle brackets.

    `sender` is the address of From, `size` in bytes, `source` smtp, lmtp, pipe or imap.
    """

    id: int
    received_at: Moment
    channel: str
    envelope_from: str
    envelope_to: list[str]
    sender: str
    subject: str
    message_id: str | None
    size: int
    source: str
    fate: Fate
    reason: str
    ticket: int | None
    message: int | None


class MailLogPage(msgspec.Struct, frozen=True):
    items: list[ReceivedMail]
    next: str | None


class TurnedAwayMail(msgspec.Struct, frozen=True, kw_only=True):
    """Mails that were seen and not stored: alike `times` within an hour, at `last_at` for the last time; `size` is its bytes."""

    id: int
    last_at: Moment
    fate: Literal["refused", "skipped"]
    source: str
    peer: str
    envelope_from: str
    envelope_to: str
    reason: str
    size: int | None
    times: int


class TurnedAwayPage(msgspec.Struct, frozen=True):
    items: list[TurnedAwayMail]


Sender = Annotated[Word, QueryParameter(description="An address or a domain, by envelope or From.")]
Recipient = Annotated[Word, QueryParameter(description="An address or a domain of the envelope.")]
Text = Annotated[Word, QueryParameter(description="Words of the subject, addresses, a Message-ID.")]
Mailbox = Annotated[Word, QueryParameter(description="A mailbox's address.")]


@get("/mail-log", tags=["channels"], responses=problems(403))
async def get_mail_log(
    agent: Caller,
    fate: FromQuery[Fate | None] = None,
    sender: Sender = None,
    recipient: Recipient = None,
    mailbox: Mailbox = None,
    q: Text = None,
    since: Time = None,
    until: Time = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> MailLogPage:
    """Received mails, the oldest first; for managers and administrators."""
    demand(agent, "see_mail_log")
    asked = Asked(
        text=q or "", sender=sender or "", recipient=recipient or "", mailbox=mailbox or "", fate=fate or "",
        since=moment_of(since, "since"), until=moment_of(until, "until"),
    )  # fmt: skip
    found = await fates(asked, above=id_from_cursor(cursor), most=limit + 1)
    shown, following = page(found, limit, lambda row: row["id"])
    return MailLogPage(msgspec.convert(shown, list[ReceivedMail]), following)


@get("/mail-log/turned-away", tags=["channels"], responses=problems(403))
async def get_turned_away(
    agent: Caller,
    fate: FromQuery[Literal["refused", "skipped"] | None] = None,
    sender: Sender = None,
    recipient: Recipient = None,
    since: Time = None,
    until: Time = None,
    limit: Limit = 50,
) -> TurnedAwayPage:
    """Mails that were refused, or left in their mailbox, the newest first; ask for more with an earlier `until`."""
    demand(agent, "see_mail_log")
    asked = Asked(
        fate=fate or "", sender=sender or "", recipient=recipient or "", since=moment_of(since, "since"),
        until=moment_of(until, "until"),
    )  # fmt: skip
    found = [row | {"last_at": row["received_at"]} for row in await search_turned_away(asked, most=limit)]
    return TurnedAwayPage(msgspec.convert(found, list[TurnedAwayMail]))


@get("/mail-log/{mail_id:int}", tags=["channels"], responses=problems(403, 404))
async def get_received_mail(mail_id: PathId, agent: Caller) -> ReceivedMail:
    """One mail by the ID that the answer `queued as ID` named."""
    demand(agent, "see_mail_log")
    found = await fates(Asked(id=mail_id))
    if not found:
        raise NotFound(_("No mail with this ID was received."))
    return msgspec.convert(found[0], ReceivedMail)


@post("/mail-log/{mail_id:int}/take-in", tags=["channels"], status_code=202, responses=problems(403, 404))
async def take_mail_in(mail_id: PathId, agent: Caller) -> ReceivedMail:
    """Take in a mail anyway that was blocked or dropped, or run a quarantined one again (administrators); a worker does it."""
    await take_in_again(mail_id, by=agent)
    return await get_received_mail.fn(mail_id, agent)
