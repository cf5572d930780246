"""Erasing tickets for good: what was thrown away or is spam for long enough, and what an administrator chooses.

All goes in one transaction: messages, events, deliveries, the content of the mails that made it. What stays is a line that
says so, and the mails' rows in the log. Files are removed by the sweep of orphans, as nothing refers to them any more.
"""

from datetime import datetime, timedelta
from typing import Any

import structlog

from helpdesk.articles import gaps
from helpdesk.kernel.database import rows, transaction
from helpdesk.people.actor import SignedIn
from helpdesk.people.auditing import About, record
from helpdesk.people.permissions import demand
from helpdesk.people.proving import demand_proof
from helpdesk.tickets.notice_mails import call_off
from helpdesk.tickets.tables import Ticket
from knowledge_base import evidence

log = structlog.get_logger(__name__)

_DUE = """
SELECT id FROM hd_ticket WHERE trashed_at < {} AND merged_into IS NULL
UNION ALL SELECT id FROM hd_ticket
    WHERE spam_at < {} AND last_message_at < {} AND trashed_at IS NULL AND merged_into IS NULL LIMIT {}
"""
_FAMILY = """
WITH RECURSIVE family AS (
    SELECT id FROM hd_ticket WHERE id = {} UNION SELECT t.id FROM hd_ticket t JOIN family f ON t.merged_into = f.id)
SELECT id, number, created_at, spam_at, trashed_at, last_message_at FROM hd_ticket
WHERE id IN (SELECT id FROM family) ORDER BY id = {} DESC, id FOR UPDATE
"""
_FORGET = """
UPDATE hd_raw_message r SET content = '', subject = '', words = '', forgotten_at = coalesce(forgotten_at, {}), erased_ticket = t.number
FROM hd_ticket t WHERE t.id = r.ticket AND t.id = ANY({})
"""
_REMEMBER = """
INSERT INTO hd_erased_ticket (number, reason, opened_at, erased_at, erased_by)
SELECT number, {}, created_at, {}, {} FROM hd_ticket WHERE id = ANY({}) ORDER BY id
"""


async def erase_what_is_due(*, at: datetime, most: int = 200) -> int:
    """Erase what has been in the trash, or spam without a new message, for as many days as the installation says."""
    [installation] = await rows("SELECT trash_kept_days AS days FROM hd_installation")
    if not installation["days"]:
        return 0
    before = at - timedelta(days=installation["days"])
    due = await rows(_DUE, before, before, before, most)
    return sum([await _erase(row["id"], by=None, at=at, before=before) for row in due])


async def erase(ticket: Ticket, *, by: SignedIn, at: datetime) -> bool:
    """Erase a ticket that is in the trash or spam now; False when it is neither, or a mail of it is just leaving."""
    demand(by, "erase")
    await demand_proof(by, at=at)
    async with transaction():
        is_erased = await _erase(ticket.id, by=by.id, at=at, before=at)
        if is_erased:
            await record("ticket_erased", by=by, at=at, about=About("ticket", ticket.number))
    return is_erased


async def list_erased(*, most: int = 100) -> list[dict[str, Any]]:
    """What was erased, the last first."""
    return await rows(
        """SELECT e.number, e.reason, e.opened_at, e.erased_at, a.name AS erased_by FROM hd_erased_ticket e
        LEFT JOIN hd_agent a ON a.id = e.erased_by ORDER BY e.erased_at DESC, e.id DESC LIMIT {}""",
        most,
    )


async def _erase(ticket_id: int, *, by: int | None, at: datetime, before: datetime) -> bool:
    """The ticket with those merged into it, unless somebody has restored it or written to it meanwhile."""
    async with transaction():
        family = await rows(_FAMILY, ticket_id, ticket_id)
        reason = _reason(family[0], before) if family else None
        ids = [one["id"] for one in family]
        leaving = await rows("SELECT FROM hd_delivery WHERE ticket_id = ANY({}) AND state = 'sending' LIMIT 1", ids)
        if reason is None or leaving:
            return False
        await remove(ids, reason=reason, by=by, at=at)
    log.info("ticket_erased", numbers=[one["number"] for one in family], reason=reason, by=by)
    return True


async def remove(ids: list[int], *, reason: str, by: int | None, at: datetime) -> None:
    """Delete the tickets with all that is theirs, and write down that they were; in the caller's transaction."""
    await rows(_FORGET, at, ids)
    await call_off(ids)
    await evidence.forget(tickets=ids)
    await gaps.forget(ids)
    await rows(_REMEMBER, reason, at, by, ids)
    for statement in (
        "DELETE FROM hd_delivery WHERE ticket_id = ANY({})", "DELETE FROM hd_event WHERE ticket = ANY({})",
        "DELETE FROM hd_message WHERE ticket = ANY({})", "DELETE FROM hd_ticket WHERE id = ANY({})",
    ):  # fmt: skip
        await rows(statement, ids)


def _reason(ticket: dict[str, Any], before: datetime) -> str | None:
    """Why it may go: it was thrown away, or has been spam and silent, since before that time."""
    if ticket["trashed_at"] is not None:
        return "trash" if ticket["trashed_at"] <= before else None
    is_due = ticket["spam_at"] is not None and max(ticket["spam_at"], ticket["last_message_at"]) <= before
    return "spam" if is_due else None
