"""Tickets that have to do with one another: linked ones, and those that may be about the same thing."""

import re
from datetime import datetime
from typing import Any

from helpdesk.kernel.database import rows
from helpdesk.kernel.text import normalise, words_of
from helpdesk.people.actor import SignedIn
from helpdesk.tickets.queries import all_of, visible_to
from helpdesk.tickets.tables import UNSOLVED, Ticket

_RELATED = """
SELECT id, number, subject, status, follow_up_of, split_from, merged_into FROM hd_ticket
WHERE (id = ANY({}) OR follow_up_of = {} OR split_from = {} OR merged_into = {}) AND {} ORDER BY id LIMIT 20
"""
_PREFIX = re.compile(r"^(?:(?:re|fwd?|aw|wg|sv|پاسخ|فوروارد|ارسال مجدد)\s*(?:\[\d+\])?\s*:\s*)+")
"""What mail programs put before the subject of an answer, after normalising."""
SAME_WORDS, SAME_LETTERS = 0.5, 0.5
"""Shares of the words, or of the trigrams, of two subjects that are the same: either makes them alike."""
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
    """Those of the customer's other tickets that are open and may be about the same, going by their subjects. None for a
    ticket that is solved or put away, or where somebody wanted to see none.
    """
    is_asking = ticket.status in UNSOLVED and ticket.spam_at is None and ticket.trashed_at is None
    if not is_asking or ticket.merged_into is not None or ticket.similar_dismissed_at is not None:
        return []
    return [row for row in others if row["status"] in UNSOLVED and alike(ticket.subject, row["subject"])][:MOST]


async def dismiss_similar(ticket: Ticket, *, at: datetime) -> None:
    """Offer no similar tickets on this one any more, to anybody."""
    await rows("UPDATE hd_ticket SET similar_dismissed_at = {} WHERE id = {}", at, ticket.id)


def alike(one: str, other: str) -> bool:
    """Whether two subjects say the same, but for an order of words or an ending; never with different numbers in them.

    Trigrams are those of pg_trgm: of each word with two blanks before and one behind it.
    """
    mine, theirs = (words_of(_PREFIX.sub("", normalise(subject))) for subject in (one, other))
    numbers, other_numbers = ({word for word in words if word.isdecimal()} for words in (mine, theirs))
    if not mine or not theirs or (numbers != other_numbers and numbers and other_numbers):
        return False
    return _share(set(mine), set(theirs)) >= SAME_WORDS or _share(_trigrams(mine), _trigrams(theirs)) >= SAME_LETTERS


def _trigrams(words: list[str]) -> set[str]:
    padded = [f"  {word} " for word in words]
    return {word[at : at + 3] for word in padded for at in range(len(word) - 2)}


def _share(one: set[str], other: set[str]) -> float:
    return len(one & other) / len(one | other)
