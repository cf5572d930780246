"""What lists of tickets show besides the tickets: counts of views, related tickets."""

from typing import Any

from helpdesk.kernel.database import rows
from helpdesk.people.actor import SignedIn
from helpdesk.tickets.queries import LISTED, all_of, counting, in_view, visible_to
from helpdesk.tickets.tables import Ticket

_RELATED = """
SELECT id, number, subject, status, follow_up_of FROM hd_ticket WHERE (id = ANY({}) OR follow_up_of = {}) AND {} ORDER BY id LIMIT 20
"""


async def counts_of(views: list[str], *, seen_by: SignedIn, most: int) -> dict[str, int]:
    """How many tickets each view holds, but no further than `most`; one statement for all of them."""
    queries = [counting(in_view(view, seen_by), seen_by=seen_by, most=most) for view in views]
    [found] = await rows("SELECT " + ", ".join(f"{{}} AS count_{n}" for n in range(len(views))), *queries)
    return {view: found[f"count_{n}"] for n, view in enumerate(views)}


async def related_to(ticket: Ticket, *, seen_by: SignedIn) -> list[dict[str, Any]]:
    """The tickets that it follows up, was merged into or may belong to, and those that follow it up: as far as visible."""
    named = [one for one in (ticket.follow_up_of, ticket.may_belong_to, ticket.merged_into) if one is not None]
    found = await rows(_RELATED, named, ticket.id, all_of(visible_to(seen_by)).querystring)
    relations = {
        ticket.follow_up_of: "follow_up_of",
        ticket.may_belong_to: "may_belong_to",
        ticket.merged_into: "merged_into",
    }
    return [row | {"relation": relations.get(row["id"], "followed_up_by")} for row in found]


def of_customer(customer_id: int) -> Any:
    """The condition of a customer's tickets."""
    return LISTED & (Ticket.customer == customer_id)
