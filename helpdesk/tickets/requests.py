"""Tickets as the customers who asked see them: their own requests and, where allowed, those of their organisation.

The one place that says what a customer may see (rulings 4). Notes, conversations with outsiders, what was taken back or
has not left yet, and what machines wrote to us are none of it.
"""

import base64
import re
from datetime import datetime
from typing import Any, Literal

import msgspec
from piccolo.querystring import QueryString

from helpdesk.channels.email.automatic import is_machine
from helpdesk.customers.visiting import Visitor
from helpdesk.kernel.database import objects, rows
from helpdesk.kernel.errors import Invalid, NotFound
from helpdesk.kernel.language import _
from helpdesk.tickets.finding_requests import NEWEST, SAID, may_say, say_all, split
from helpdesk.tickets.merging import find_survivor
from helpdesk.tickets.tables import Attachment, Ticket

Whose = Literal["own", "organisation"]
Show = Literal["open", "solved", "all"]
PAGE = 20

_GOES_ON = """(WITH RECURSIVE later AS (
    SELECT t.id, t.merged_into FROM hd_ticket t WHERE t.id = hd_ticket.merged_into
    UNION ALL SELECT t.id, t.merged_into FROM hd_ticket t JOIN later ON t.id = later.merged_into
) SELECT id FROM later WHERE merged_into IS NULL)"""
"""The end of the merges of a ticket that was merged into another."""
_STATUS = f"""CASE WHEN hd_ticket.merged_into IS NULL THEN hd_ticket.status
    ELSE (SELECT status FROM hd_ticket kept WHERE kept.id = {_GOES_ON}) END"""
_OPEN = f"({_STATUS}) IN ('new', 'open', 'pending', 'on_hold')"
_SHOWN = {"open": _OPEN, "solved": f"NOT {_OPEN}", "all": "true"}
_ROWS = f"""
SELECT hd_ticket.id, hd_ticket.number, hd_ticket.subject, {_STATUS} AS status, hd_ticket.created_at, hd_ticket.last_message_at,
    (SELECT name FROM hd_customer WHERE id = hd_ticket.customer) AS customer_name,
    hd_ticket.status <> 'closed' AND coalesce((SELECT max(m.created_at) FROM hd_message m WHERE m.ticket = hd_ticket.id AND m.author_kind <> 'customer' AND {SAID})
        > coalesce(greatest((SELECT at FROM hd_request_reading WHERE identity = {{}} AND ticket = hd_ticket.id),
            (SELECT max(created_at) FROM hd_message WHERE ticket = hd_ticket.id AND author_kind = 'customer' AND customer = {{}})),
            '-infinity'), false) AS is_unread
FROM hd_ticket WHERE {{}} ORDER BY hd_ticket.last_message_at DESC, hd_ticket.id DESC LIMIT {{}}
"""
_MESSAGES = f"""
SELECT m.id, m.author_kind, m.customer, m.body_text, m.body_html, m.quoted_text, m.language, m.created_at, m.mail->>'from' AS sender,
    coalesce(a.name, c.name, '') AS author_name, coalesce(a.id, c.id) AS author_id,
    (SELECT coalesce(json_agg(json_build_object('id', f.id, 'name', f.name, 'size', f.size, 'content_type', f.content_type,
        'content_id', f.content_id, 'is_inline', f.is_inline) ORDER BY f.id), '[]')
        FROM hd_attachment f WHERE f.message = m.id) AS attachments
FROM hd_message m LEFT JOIN hd_agent a ON a.id = m.agent LEFT JOIN hd_customer c ON c.id = m.customer
WHERE {{}} AND {SAID} AND {{}} ORDER BY m.created_at DESC, m.id DESC LIMIT {{}}
"""
_AT = "(hd_ticket.last_message_at, hd_ticket.id)"
_UNTIL = "SELECT last_message_at, id FROM hd_ticket WHERE {} ORDER BY last_message_at DESC, id DESC OFFSET {} LIMIT 1"
_CURSOR = re.compile(r"([0-9T:.+-]{19,40})\|(\d{1,18})")


class Requests(msgspec.Struct, frozen=True):
    """Some rows of a list, and the cursor of those that follow, if any."""

    rows: list[dict[str, Any]]
    next: str | None


class Said(msgspec.Struct, frozen=True):
    """Messages in reading order, and the id of the oldest when there are earlier ones."""

    messages: list[dict[str, Any]]
    earlier: int | None


async def find_request(number: int, *, seen_by: Visitor) -> Ticket:
    """The ticket, or the one that it was merged into; NotFound when there is none or it is out of the visitor's reach.

    A merge with what is out of reach leaves a door: the ticket with the status of where it goes on, and of that
    (`what_was_said`) what was said here before, and what the visitor has said since.
    """
    found = await objects(Ticket, "WHERE hd_ticket.number = {} AND {}", number, _of(seen_by))
    ticket = goes_on = found[0] if found else None
    if ticket is not None and ticket.merged_into is not None:
        goes_on = await find_survivor(ticket)
        if await objects(Ticket, "WHERE hd_ticket.id = {} AND {}", goes_on.id, _after_merge(seen_by)):
            ticket = goes_on
        else:
            ticket.status = goes_on.status
    if ticket is None or goes_on is None or not (_is_proper(ticket) and _is_proper(goes_on)):
        raise NotFound(_("There is no request with this number, or it is not yours."))
    return ticket


def may_settle(visitor: Visitor, ticket: Ticket) -> bool:
    """Whether the visitor may solve and reopen it: their own, when signed in. A link may have been passed on."""
    return visitor.is_signed_in and ticket.customer == visitor.id and ticket.merged_into is None


async def list_requests(
    visitor: Visitor, *, whose: Whose = "own", show: Show = "open", q: str = "", cursor: str = "", limit: int = PAGE
) -> Requests:
    """One page, the last spoken in first; with the words of `q` in the subject or in what was said. Raises Invalid at `cursor`."""
    if whose == "organisation":
        where = QueryString(
            "hd_ticket.organisation = {} AND hd_ticket.customer <> {}", visitor.organisation, visitor.id
        )
    else:
        where = QueryString("hd_ticket.customer = {}", visitor.id)
    where = QueryString(
        f"{{}} AND {_proper('hd_ticket')} AND {{}} AND {_SHOWN[show]}", where, _goes_on_elsewhere(visitor)
    )
    if cursor:
        where = QueryString(f"{{}} AND {_AT} < ({{}}, {{}})", where, *_read_cursor(cursor))
    found = await _find(split(q), visitor, where, limit + 1)
    shown = found[:limit]
    return Requests(shown, _cursor(shown[-1]) if len(found) > limit else None)


async def what_was_said(ticket: Ticket, *, to: Visitor, before: int = 0, only: int = 0, limit: int = 50) -> Said:
    """The newest messages, or those before another, as far as the visitor may see them; `only` one of them.

    A mail of a no-reply sender is masked unless the visitor is that sender: people have had sign-in codes of other
    services sent to a helpdesk to read them there (reliability_security A5).
    """
    where = QueryString("true")
    if before:
        where = QueryString("(m.created_at, m.id) < (SELECT created_at, id FROM hd_message WHERE id = {})", before)
    if only:
        where = QueryString("m.id = {}", only)
    found = await rows(_MESSAGES, await _said_on(ticket, to), where, limit + 1)
    shown = [_decoded(row, to) for row in reversed(found[:limit])]
    return Said(shown, shown[0]["id"] if len(found) > limit else None)


async def find_said(ticket: Ticket, message_id: int, *, to: Visitor) -> dict[str, Any]:
    """One message; NotFound when it is none that the visitor may see."""
    found = await what_was_said(ticket, to=to, only=message_id, limit=1)
    if not found.messages or found.messages[0]["is_masked"]:
        raise NotFound(_("There is nothing here."))
    return found.messages[0]


async def find_file(ticket: Ticket, attachment_id: int, *, to: Visitor) -> Attachment:
    """A file of a message that the visitor may see; raises NotFound."""
    found = await Attachment.objects().get(Attachment.id == attachment_id)
    if found is None or found.message is None:
        raise NotFound(_("There is nothing here."))
    await find_said(ticket, found.message, to=to)
    return found


async def note_reading(ticket: Ticket, *, by: Visitor, at: datetime) -> None:
    """Remember that the visitor has seen what was said so far. Like the last use of a session, it changes nothing for
    anybody else, so a page that is only looked at may do it."""
    await rows(
        """INSERT INTO hd_request_reading (identity, ticket, at) VALUES ({}, {}, {})
        ON CONFLICT (identity, ticket) DO UPDATE SET at = greatest(hd_request_reading.at, excluded.at)""",
        by.identity, ticket.id, at,
    )  # fmt: skip


async def _find(words: list[str], visitor: Visitor, where: QueryString, limit: int) -> list[dict[str, Any]]:
    """Rows with all of the words; those of the newest requests first, so that only rare words are asked of the index.

    Among the newest, parts of words are found, too, and signs alone; further back what words begin with.
    """

    async def found(*conditions: QueryString) -> list[dict[str, Any]]:
        every = where
        for one in conditions:
            every = QueryString("{} AND {}", every, one)
        return await rows(_ROWS, visitor.identity, visitor.id, every, limit)

    if not words:
        return await found()
    said, indexed = say_all(words, visitor), may_say(words)
    until = await rows(_UNTIL, where, NEWEST)
    if not until:
        return await found(said)
    place = (until[0]["last_message_at"], until[0]["id"])
    newest = await found(QueryString(f"{_AT} >= ({{}}, {{}})", *place), said)
    if len(newest) == limit or indexed is None:
        return newest
    older = await found(QueryString(f"{_AT} < ({{}}, {{}})", *place), indexed, said)
    return [*newest, *older][:limit]


def _of(visitor: Visitor) -> QueryString:
    if visitor.only_ticket is not None:
        return QueryString("hd_ticket.id = {}", visitor.only_ticket)
    return QueryString("(hd_ticket.customer = {} OR hd_ticket.organisation = {})", visitor.id, visitor.organisation)


def _after_merge(visitor: Visitor) -> QueryString:
    """A link leads on only into a ticket of the same customer: the other may hold what somebody else wrote."""
    if visitor.only_ticket is not None:
        return QueryString("hd_ticket.customer = {}", visitor.id)
    return _of(visitor)


def _goes_on_elsewhere(visitor: Visitor) -> QueryString:
    """Of those that were merged the doors are listed: what goes on within the visitor's reach is listed itself."""
    return QueryString(
        f"""(hd_ticket.merged_into IS NULL OR EXISTS (SELECT FROM hd_ticket kept WHERE kept.id = {_GOES_ON}
            AND {_proper('kept')} AND (kept.customer = {{}} OR kept.organisation = {{}}) IS NOT TRUE))""",
        visitor.id, visitor.organisation,
    )  # fmt: skip


async def _said_on(ticket: Ticket, visitor: Visitor) -> QueryString:
    """Of a door: what was said here before, and the visitor's own words where it goes on. Who came by a link, which may
    have been passed on, gets of these only what was written since, on no other request of theirs that was merged, too."""
    if ticket.merged_into is None:
        return QueryString("m.ticket = {}", ticket.id)
    own = QueryString("m.author_kind = 'customer' AND m.customer = {}", visitor.id)
    if visitor.only_ticket is not None:
        own = QueryString(
            """{} AND m.created_at >= (SELECT max(at) FROM hd_ticket_merge WHERE ticket = {} AND undone_at IS NULL)
                AND NOT EXISTS (SELECT FROM hd_ticket other JOIN hd_ticket_merge g ON g.ticket = other.id AND g.undone_at IS NULL
                    WHERE other.customer = {} AND other.id <> {} AND m.id = ANY(g.messages))""",
            own, ticket.id, visitor.id, ticket.id,
        )  # fmt: skip
    return QueryString(
        """m.ticket = {} AND ({}
            OR m.id IN (SELECT unnest(messages) FROM hd_ticket_merge WHERE ticket = {} AND undone_at IS NULL))""",
        (await find_survivor(ticket)).id, own, ticket.id,
    )  # fmt: skip


def _proper(table: str) -> str:
    return f"{table}.spam_at IS NULL AND {table}.trashed_at IS NULL AND NOT {table}.is_automatic"


def _is_proper(ticket: Ticket) -> bool:
    return not (ticket.spam_at or ticket.trashed_at or ticket.is_automatic)


def _decoded(row: dict[str, Any], visitor: Visitor) -> dict[str, Any]:
    is_masked = row["author_kind"] == "customer" and row["customer"] != visitor.id and is_machine(row["sender"] or "")
    return row | {"attachments": msgspec.json.decode(row["attachments"]), "is_masked": is_masked}


def _cursor(row: dict[str, Any]) -> str:
    text = f"{row['last_message_at'].isoformat()}|{row['id']}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[datetime, int]:
    try:
        found = _CURSOR.fullmatch(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode())
        if found is None:
            raise ValueError("no cursor of ours")
        return datetime.fromisoformat(found[1]), int(found[2])
    except (ValueError, UnicodeDecodeError) as error:
        raise Invalid(cursor=_("This page link is not valid. Start again from the first page.")) from error
