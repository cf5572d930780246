"""What lists of tickets show besides the tickets: counts of views, who waits for an answer, related tickets."""

from typing import Any

from helpdesk.kernel.database import rows
from helpdesk.people.actor import SignedIn
from helpdesk.tickets.queries import LISTED, counting, in_view, visible_to
from helpdesk.tickets.tables import Ticket

_DETAILS = """
SELECT t.id, coalesce(m.author_kind = 'customer', false) AS awaits_answer, i.value AS email
FROM hd_ticket t
LEFT JOIN LATERAL (SELECT author_kind FROM hd_message WHERE ticket = t.id AND audience = 'public' AND undone_at IS NULL
    ORDER BY created_at DESC, id DESC LIMIT 1) m ON true
LEFT JOIN LATERAL (SELECT value FROM hd_identity WHERE customer = t.customer ORDER BY id LIMIT 1) i ON true
WHERE t.id = ANY({})
"""


async def counts_of(views: list[str], *, seen_by: SignedIn, most: int) -> dict[str, int]:
    """How many tickets each view holds, but no further than `most`; one statement for all of them."""
    queries = [counting(in_view(view, seen_by), seen_by=seen_by, most=most) for view in views]
    [found] = await rows("SELECT " + ", ".join(f"{{}} AS count_{n}" for n in range(len(views))), *queries)
    return {view: found[f"count_{n}"] for n, view in enumerate(views)}


async def details_of(listed: list[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    """For each listed ticket's id: `awaits_answer` (the customer spoke last) and the customer's first `email` or number."""
    if not listed:
        return {}
    return {row["id"]: row for row in await rows(_DETAILS, [row["id"] for row in listed])}


async def related_to(ticket: Ticket, *, seen_by: SignedIn) -> list[dict[str, Any]]:
    """The tickets that it follows up, was merged into or may belong to, and those that follow it up: as far as visible."""
    named = [one for one in (ticket.follow_up_of, ticket.may_belong_to, ticket.merged_into) if one is not None]
    related = Ticket.follow_up_of == ticket.id
    query = Ticket.select(Ticket.id, Ticket.number, Ticket.subject, Ticket.status, Ticket.follow_up_of).where(
        Ticket.id.is_in(named) | related if named else related
    )
    predicate = visible_to(seen_by)
    found = await (query.where(predicate) if predicate is not None else query).order_by(Ticket.id).limit(20)
    relations = {
        ticket.follow_up_of: "follow_up_of",
        ticket.may_belong_to: "may_belong_to",
        ticket.merged_into: "merged_into",
    }
    return [row | {"relation": relations.get(row["id"], "followed_up_by")} for row in found]


def of_customer(customer_id: int) -> Any:
    """The condition of a customer's tickets."""
    return LISTED & (Ticket.customer == customer_id)
