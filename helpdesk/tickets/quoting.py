"""What was written before, below an answer: the last message, all of them, or none, as the mailbox is set."""

from typing import Any

import msgspec
from piccolo.querystring import QueryString

from helpdesk.channels.email.composing import Quoted
from helpdesk.channels.email.sanitising import present
from helpdesk.channels.tables import Channel
from helpdesk.kernel.database import rows
from helpdesk.kernel.language import _, moment, reader, speaking
from helpdesk.kernel.settings import settings
from helpdesk.tickets.answering import Answered
from helpdesk.tickets.standing import HAS_LEFT
from helpdesk.tickets.tables import Ticket

MOST = 20
_LONGEST = 100_000
"""Characters that are quoted altogether."""


async def quoted_below(ticket: Ticket, to: Answered, channel: Channel | None, *, but: int = 0) -> tuple[Quoted, ...]:
    """The newest first, in the ticket's language; `but` is the message that is being sent."""
    match channel.quotes if channel else "last":
        case "none":
            return ()
        case "all":
            return await quoted(
                ticket, QueryString(f"m.audience = 'public' AND m.id <> {{}} AND {HAS_LEFT}", but), with_address=False
            )
    if not to.message_id:
        return ()
    return await quoted(ticket, QueryString("m.id = {}", to.message_id), with_address=False)


async def quoted(ticket: Ticket, which: QueryString, *, with_address: bool) -> tuple[Quoted, ...]:
    """Messages of the ticket, the newest first; `with_address` for readers who do not know who wrote: they also get the HTML
    as it was, its images under new Content-IDs (`forwarded_cid`).
    """
    found = await rows(
        """SELECT m.body_text, CASE WHEN {} THEN m.body_html END AS body_html, m.created_at, m.mail->>'from' AS address, coalesce(a.name, c.name, '') AS name,
            CASE WHEN NOT {} THEN (SELECT time_zone FROM hd_customer WHERE id = {}) END AS time_zone,
            (SELECT json_object_agg(f.content_id, f.id) FROM hd_attachment f
                WHERE f.message = m.id AND f.content_id IS NOT NULL) AS images
        FROM hd_message m
        LEFT JOIN hd_agent a ON a.id = m.agent LEFT JOIN hd_customer c ON c.id = m.customer
        WHERE m.ticket = {} AND m.undone_at IS NULL AND {} ORDER BY m.created_at DESC, m.id DESC LIMIT {}""",
        with_address, with_address, ticket.customer, ticket.id, which, MOST,
    )  # fmt: skip
    quotes: list[Quoted] = []
    left = _LONGEST
    for row in found:
        if left <= 0:
            break
        quotes.append(_quote(row, ticket.language, with_address, left))
        left -= len(row["body_text"])
    return tuple(quotes)


def _quote(row: dict[str, Any], language: str, with_address: bool, most: int) -> Quoted:
    who = row["name"] or row["address"] or ""
    if with_address and row["address"] and row["address"] != who:
        who = f"{who} <{row['address']}>"
    with speaking(language, row["time_zone"] or _our_zone()):
        attribution = _("On %(when)s, %(who)s wrote:") % {"when": moment(row["created_at"]), "who": who}
    return Quoted(attribution, row["body_text"][:most], _html_of(row))


def _our_zone() -> str:
    """The installation's time zone; where none was set, that of who writes."""
    ours = settings().time_zone
    return ours if ours != "UTC" else reader().time_zone


def _html_of(row: dict[str, Any]) -> str | None:
    """Without images of other servers: nobody is told by us that somebody reads it."""
    if not row["body_html"] or len(row["body_html"]) > _LONGEST:
        return None
    files = msgspec.json.decode(row["images"] or "null", type=dict[str, int] | None) or {}
    return present(
        row["body_html"], image_url=lambda cid: f"cid:{forwarded_cid(files[cid])}" if cid in files else None, allow_remote=False
    )  # fmt: skip


def forwarded_cid(attachment_id: int) -> str:
    """The Content-ID of a file's copy in a forward: those of several mails may be the same."""
    return f"{attachment_id}.forwarded@{settings().mail_domain}"
