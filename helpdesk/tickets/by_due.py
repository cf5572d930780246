"""Lists in the order of what is due next: first the tickets with a promise that runs, the nearest first, then the others.

The promised ones are read from the index of what is due, each at its own nearest promise; the others follow as lists
usually have them. A keyset in both parts, so every page costs the same.
"""

from typing import Any

from piccolo.columns.combination import WhereRaw

from helpdesk.kernel.database import rows
from helpdesk.people.actor import SignedIn
from helpdesk.tickets.queries import Condition, Page, all_of, cursor_of, page_of, place_of, selecting, visible_to
from sla.tables import ClockRow

_RUNS = "{0}.state = 'running' AND {0}.target IS NOT NULL AND {0}.due_at IS NOT NULL"
_NEARER = f"""EXISTS (SELECT FROM sla_clock other WHERE other.ticket = due.ticket AND {_RUNS.format("other")}
    AND (other.due_at, other.id) < (due.due_at, due.id))"""
_FROM = (
    f"FROM sla_clock AS due JOIN hd_ticket ON hd_ticket.id = due.ticket WHERE {_RUNS.format('due')} AND NOT {_NEARER}"
)
_WITHOUT = WhereRaw(f"NOT EXISTS (SELECT FROM sla_clock due WHERE due.ticket = hd_ticket.id AND {_RUNS.format('due')})")
_THEN = "then."
"""Before the cursor of a page of the others."""


async def page_by_due(
    condition: Condition | None, *, seen_by: SignedIn, cursor: str | None = None, limit: int = 30, with_details: bool = False
) -> Page:  # fmt: skip
    """One page of the tickets that match and may be seen; rows are those of `page_of`. Raises Invalid at `cursor`."""
    found: list[dict[str, Any]] = []
    behind = None
    if cursor and cursor.startswith(_THEN):
        behind = cursor.removeprefix(_THEN) or None
    else:
        found = await _promised(condition, seen_by, cursor, limit + 1, with_details=with_details)
        if len(found) > limit:
            return Page(found[:limit], _cursor(found[limit - 1]))
    wanted = limit - len(found)
    others = await page_of(
        all_of(condition, _WITHOUT), seen_by=seen_by, cursor=behind, limit=wanted or 1, with_details=with_details
    )
    if not wanted:
        return Page(found, _THEN if others.rows else None)
    return Page([*found, *others.rows], _THEN + others.next if others.next else None)


async def cursor_at(ticket_id: int) -> str:
    """The cursor of what comes behind the ticket."""
    found = await rows(
        f"""SELECT t.id, t.last_message_at, due.due_at AS next_due_at, due.id AS next_due_id
        FROM hd_ticket t LEFT JOIN sla_clock due ON due.ticket = t.id AND {_RUNS.format("due")}
        WHERE t.id = {{}} ORDER BY due.due_at, due.id LIMIT 1""",
        ticket_id,
    )
    return _cursor(found[0]) if found[0]["next_due_id"] else _THEN + cursor_of(found[0])


async def _promised(
    condition: Condition | None, seen_by: SignedIn, cursor: str | None, limit: int, *, with_details: bool
) -> list[dict[str, Any]]:
    columns, values = selecting(seen_by, with_details=with_details)
    place = WhereRaw("(due.due_at, due.id) > ({}, {})", *place_of(cursor, ClockRow.due_at)) if cursor else None
    return await rows(
        f"{columns}, due.due_at AS next_due_at, due.id AS next_due_id {_FROM} AND {{}} ORDER BY due.due_at, due.id LIMIT {limit:d}",
        *values, all_of(condition, place, visible_to(seen_by)).querystring,
    )  # fmt: skip


def _cursor(row: dict[str, Any]) -> str:
    return cursor_of({"due_at": row["next_due_at"], "id": row["next_due_id"]}, ClockRow.due_at)
