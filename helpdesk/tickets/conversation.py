"""Reading a ticket's conversation: messages with authors, files and deliveries, and its events."""

from datetime import datetime
from typing import Any

import msgspec
from piccolo.querystring import QueryString

from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import NotFound
from helpdesk.kernel.language import _
from helpdesk.tickets.messages import MailFacts
from helpdesk.tickets.tables import Message

_MESSAGES = """
SELECT m.id, m.audience, m.thread, m.author_kind, m.body_text, m.body_html, m.quoted_text, m.language, m.created_at, m.is_unverified, m.redacted_at,
    m.mail, coalesce(a.id, c.id) AS author_id, coalesce(a.name, c.name, '') AS author_name, d.state AS delivery_state,
    d.last_error AS delivery_error, d.not_before AS delivery_not_before, d.sent_at AS delivery_sent_at,
    d.attempts AS delivery_attempts, d.to_addresses AS delivery_to, d.cc_addresses AS delivery_cc, d.is_scheduled,
    d.unless_answered,
    (SELECT coalesce(json_agg(json_build_object('id', f.id, 'name', f.name, 'size', f.size, 'content_type', f.content_type,
        'content_id', f.content_id, 'is_inline', f.is_inline) ORDER BY f.id), '[]')
        FROM hd_attachment f WHERE f.message = m.id) AS attachments,
    (SELECT json_agg(json_build_object('said', x.said, 'agent', x.agent, 'team', x.team) ORDER BY x.id)
        FROM hd_mention x WHERE x.message = m.id) AS mentions
FROM hd_message m
LEFT JOIN hd_agent a ON a.id = m.agent
LEFT JOIN hd_customer c ON c.id = m.customer
LEFT JOIN hd_delivery d ON d.message_id = m.id
WHERE m.undone_at IS NULL AND {}
"""
_NEWEST_FIRST = "ORDER BY m.created_at DESC, m.id DESC LIMIT {}"
_OLDEST_FIRST = "ORDER BY m.created_at, m.id LIMIT {}"

_EVENTS = """
SELECT e.id, e.kind, e.actor_kind, e.actor_id, e.at, e.changes, e.message,
    CASE e.actor_kind WHEN 'agent' THEN a.name WHEN 'customer' THEN c.name ELSE '' END AS actor_name
FROM hd_event e
LEFT JOIN hd_agent a ON e.actor_kind = 'agent' AND a.id = e.actor_id
LEFT JOIN hd_customer c ON e.actor_kind = 'customer' AND c.id = e.actor_id
WHERE e.ticket = {} AND {}
"""


async def messages_of(
    ticket_id: int, *, before: tuple[datetime, int] | None = None, after_id: int = 0, limit: int = 50
) -> list[dict[str, Any]]:
    """The newest `limit` messages in reading order, with `attachments` and `mail` decoded; taken-back ones left out."""
    where = QueryString("m.ticket = {} AND m.id > {}", ticket_id, after_id)
    if before:
        where = QueryString(
            "m.ticket = {} AND m.id > {} AND (m.created_at, m.id) < ({}, {})", ticket_id, after_id, *before
        )
    return [_decoded(row) for row in reversed(await rows(_MESSAGES + _NEWEST_FIRST, where, limit))]


async def messages_from(ticket_id: int, *, after: tuple[datetime, int] | None, limit: int) -> list[dict[str, Any]]:
    """The oldest `limit` messages after (created_at, id), in reading order."""
    where = QueryString("m.ticket = {}", ticket_id)
    if after:
        where = QueryString("{} AND (m.created_at, m.id) > ({}, {})", where, *after)
    return [_decoded(row) for row in await rows(_MESSAGES + _OLDEST_FIRST, where, limit)]


async def message_of(ticket_id: int, message_id: int) -> Message:
    """The ticket's message; NotFound when it is another ticket's or was taken back."""
    mine = (Message.id == message_id) & (Message.ticket == ticket_id) & Message.undone_at.is_null()
    found = await Message.objects().where(mine).first()
    if found is None:
        raise NotFound(_("There is no such message, or you may not see it."))
    return found


async def find_message(message_id: int) -> dict[str, Any] | None:
    found = await rows(_MESSAGES + _NEWEST_FIRST, QueryString("m.id = {}", message_id), 1)
    return _decoded(found[0]) if found else None


async def messages_named(ticket_id: int, message_ids: list[int]) -> list[dict[str, Any]]:
    """Those of the messages that are the ticket's and not taken back, in reading order."""
    if not message_ids:
        return []
    found = await rows(
        _MESSAGES + _NEWEST_FIRST,
        QueryString("m.ticket = {} AND m.id = ANY({})", ticket_id, message_ids),
        len(message_ids),
    )
    return [_decoded(row) for row in reversed(found)]


async def newest_message(ticket_id: int) -> int:
    """The id of the ticket's newest message, also of a note; 0 when there is none."""
    [found] = await rows("SELECT coalesce(max(id), 0) AS id FROM hd_message WHERE ticket = {}", ticket_id)
    return found["id"]


async def newer_than(ticket_id: int, message_id: int, *, but: int | None) -> list[dict[str, Any]]:
    """What was written after the message, in reading order, without what the agent `but` wrote."""
    found = await messages_of(ticket_id, after_id=message_id, limit=10)
    return [row for row in found if not (row["author_kind"] == "agent" and row["author_id"] == but)]


async def quotable(ticket_id: int, *, most: int = 20) -> list[dict[str, Any]]:
    """The newest messages, the newest first, as they are chosen from: id, author, time, beginning and number of files."""
    return await rows(
        """SELECT m.id, m.author_kind, m.audience, m.created_at, left(m.body_text, 200) AS body_text, coalesce(a.name, c.name, '') AS name,
            (SELECT count(*) FROM hd_attachment f WHERE f.message = m.id) AS files
        FROM hd_message m LEFT JOIN hd_agent a ON a.id = m.agent LEFT JOIN hd_customer c ON c.id = m.customer
        WHERE m.ticket = {} AND m.undone_at IS NULL AND m.author_kind IN ('customer', 'agent')
        ORDER BY m.created_at DESC, m.id DESC LIMIT {}""",
        ticket_id, most,
    )  # fmt: skip


async def events_of(
    ticket_id: int, *, after_id: int = 0, since: datetime | None = None, before: datetime | None = None, limit: int = 200
) -> list[dict[str, Any]]:  # fmt: skip
    """The newest `limit` events in order; `changes` is {field: [old, new]}. `since` is included, `before` is not."""
    where = QueryString("e.id > {}", after_id)
    if since:
        where = QueryString("{} AND e.at >= {}", where, since)
    if before:
        where = QueryString("{} AND e.at < {}", where, before)
    found = await rows(_EVENTS + "ORDER BY e.id DESC LIMIT {}", ticket_id, where, limit)
    return [row | {"changes": msgspec.json.decode(row["changes"])} for row in reversed(found)]


async def events_from(ticket_id: int, *, after_id: int, limit: int) -> list[dict[str, Any]]:
    """The oldest `limit` events after `after_id`, in order."""
    found = await rows(_EVENTS + "ORDER BY e.id LIMIT {}", ticket_id, QueryString("e.id > {}", after_id), limit)
    return [row | {"changes": msgspec.json.decode(row["changes"])} for row in found]


async def event_that_wrote(ticket_id: int, message_id: int) -> int:
    """The id of the event that came with the message; 0 when there is none.

    Events of a ticket are written under its lock, so their ids follow the order of commits; those of messages need not.
    """
    [found] = await rows("SELECT min(id) AS id FROM hd_event WHERE ticket = {} AND message = {}", ticket_id, message_id)
    return found["id"] or 0


def _decoded(row: dict[str, Any]) -> dict[str, Any]:
    return row | {
        "attachments": msgspec.json.decode(row["attachments"]),
        "mentions": msgspec.json.decode(row["mentions"]) if row["mentions"] else [],
        "mail": msgspec.json.decode(row["mail"], type=MailFacts) if row["mail"] else None,
    }
