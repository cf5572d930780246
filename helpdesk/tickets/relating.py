"""Tickets that have to do with one another: linked ones, and those that may be about the same thing."""

import re
from datetime import datetime, timedelta
from typing import Any

from helpdesk.kernel.database import rows
from helpdesk.kernel.text import normalise
from helpdesk.people.actor import SignedIn
from helpdesk.tickets.queries import all_of, visible_to
from helpdesk.tickets.tables import UNSOLVED, Ticket

_RELATED = """
SELECT id, number, subject, status, follow_up_of, split_from, merged_into FROM hd_ticket
WHERE (id = ANY({}) OR follow_up_of = {} OR split_from = {} OR merged_into = {}) AND {} ORDER BY id LIMIT 20
"""
_WORD = re.compile(r"\w{3,}")
ALIKE = 0.4
"""Share of the words of two subjects that are the same."""
SOON = timedelta(hours=24)
MOST = 3


async def related_to(ticket: Ticket, *, seen_by: SignedIn) -> list[dict[str, Any]]:
    """The tickets that it came from or went into, and those that did so from or into it: as far as visible."""
    came_from = {
        ticket.follow_up_of: "follow_up_of", ticket.may_belong_to: "may_belong_to", ticket.merged_into: "merged_into",
        ticket.split_from: "split_from",
    }  # fmt: skip
    named = [one for one in came_from if one is not None]
    found = await rows(_RELATED, named, ticket.id, ticket.id, ticket.id, all_of(visible_to(seen_by)).querystring)
    return [row | {"relation": came_from.get(row["id"]) or _backwards(row, ticket.id)} for row in found]


def _backwards(row: dict[str, Any], ticket_id: int) -> str:
    if row["merged_into"] == ticket_id:
        return "merged_from"
    return "split_into" if row["split_from"] == ticket_id else "followed_up_by"


def similar_among(ticket: Ticket, others: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those of the customer's other tickets that are open and may be about the same: of alike subjects, or opened within
    a day. None for a ticket that is solved or put away, or where somebody wanted to see none.
    """
    is_asking = ticket.status in UNSOLVED and ticket.spam_at is None and ticket.trashed_at is None
    if not is_asking or ticket.merged_into is not None or ticket.similar_dismissed_at is not None:
        return []
    return [row for row in others if row["status"] in UNSOLVED and _is_similar(ticket, row)][:MOST]


async def dismiss_similar(ticket: Ticket, *, at: datetime) -> None:
    """Offer no similar tickets on this one any more, to anybody."""
    await rows("UPDATE hd_ticket SET similar_dismissed_at = {} WHERE id = {}", at, ticket.id)


def _is_similar(ticket: Ticket, other: dict[str, Any]) -> bool:
    mine, theirs = (set(_WORD.findall(normalise(subject))) for subject in (ticket.subject, other["subject"]))
    shared = len(mine & theirs) / len(mine | theirs) if mine | theirs else 1.0
    return shared >= ALIKE or abs(ticket.created_at - other["created_at"]) <= SOON
