"""Finding tickets by what was typed: the one whose number it is, then those with the newest last message first.

Words are looked for in the newest tickets first, and further back only as long as the page is not full: a common word
is found at once, and a rare one is read from its index whole. So a search costs about the same at any number of tickets.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

from piccolo.columns.combination import WhereRaw

from helpdesk.kernel.database import rows
from helpdesk.people.actor import SignedIn
from helpdesk.tickets.queries import Condition, Page, all_of, behind, cursor_of, page_of
from helpdesk.tickets.searching.meaning import Meaning
from helpdesk.tickets.searching.words import any_of, marked
from helpdesk.tickets.tables import Ticket

NEWEST = 250
"""Tickets whose words are looked at one by one, before the index is asked."""
_LEVELS = (0, 1, 2)
_UNITS = 8
"""Of each level (days in ones, eights and sixty-fours) so many are looked through at once."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NEWEST = "SELECT last_message_at FROM hd_ticket WHERE {} ORDER BY last_message_at DESC, id DESC OFFSET {} LIMIT 1"
_START = cursor_of({"last_message_at": datetime.max.replace(tzinfo=UTC), "id": 2**62})
"""Before the first row."""


async def find(
    meaning: Meaning, *, seen_by: SignedIn, cursor: str | None = None, limit: int = 30, with_details: bool = False
) -> Page:
    """One page of what the agent may see; rows are those of `page_of`."""
    found = []
    number = meaning.asked.number
    if number is not None and cursor is None:
        named = WhereRaw("hd_ticket.number = {}", number)
        found = (await page_of(named, seen_by=seen_by, limit=1, with_details=with_details)).rows
    others = WhereRaw("hd_ticket.number <> {}", number) if number is not None else None
    last = cursor or _START
    async for part in _parts(meaning, cursor):
        condition = all_of(meaning.base, meaning.narrowing, others, part)
        wanted = max(limit - len(found), 1)
        page = await page_of(condition, seen_by=seen_by, cursor=cursor, limit=wanted, with_details=with_details)
        if page.rows and len(found) == limit:
            return Page(found, last)
        found += page.rows
        if page.next:
            return Page(found, page.next)
        last = cursor_of(found[-1]) if page.rows else last
    return Page(found, None)


async def _parts(meaning: Meaning, cursor: str | None) -> AsyncIterator[Condition | None]:
    """What is looked through one after another: conditions of which each ticket meets one at most, the newest first."""
    if not meaning.words:
        yield None
        return
    if not meaning.is_listed:
        yield meaning.having(meaning.words)
        return
    found = await rows(_NEWEST, all_of(meaning.base, behind(cursor) if cursor else None).querystring, NEWEST)
    if not found:
        yield _with(meaning.words)
        return
    until = found[0]["last_message_at"]
    yield all_of(_with(meaning.words), Ticket.last_message_at >= until)
    for level in _LEVELS:
        unit = ((until - _EPOCH).days >> 3 * level) - _UNITS + 1
        marks = any_of([marked(f"={level}{unit + one}") for one in range(_UNITS)])
        since = _EPOCH + timedelta(days=unit << 3 * level)
        its_time = (Ticket.last_message_at < until) & (Ticket.last_message_at >= since)
        yield all_of(meaning.having(f"({meaning.words}) & {marks}"), its_time)
        until = since
    yield all_of(meaning.having(meaning.words), Ticket.last_message_at < until)


def _with(words: str) -> Condition:
    """The words are there; looked at ticket by ticket."""
    return WhereRaw("(SELECT words @@ {}::text::tsquery FROM hd_ticket_words WHERE ticket = hd_ticket.id)", words)
