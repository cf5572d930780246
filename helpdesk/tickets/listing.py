"""What lists of tickets show besides the tickets: which views hold something unread, related tickets."""

from typing import Any

from piccolo.querystring import QueryString

from helpdesk.kernel.database import rows
from helpdesk.people.actor import SignedIn
from helpdesk.tickets.queries import LISTED, UNREAD, all_of, in_view, visible_to
from helpdesk.tickets.tables import Ticket

_RELATED = """
SELECT id, number, subject, status, follow_up_of FROM hd_ticket WHERE (id = ANY({}) OR follow_up_of = {}) AND {} ORDER BY id LIMIT 20
"""


_LOOKED_THROUGH = 30
_HAS_UNREAD = f"""EXISTS (SELECT FROM (SELECT id FROM hd_ticket WHERE {{}} ORDER BY last_message_at DESC, id DESC LIMIT {_LOOKED_THROUGH}) AS hd_ticket
    WHERE {UNREAD})"""


async def with_unread(views: list[str], *, seen_by: SignedIn) -> set[str]:
    """Those of the views whose first page holds something that the agent has not read; one statement for all of them."""
    matching = [all_of(in_view(view, seen_by), visible_to(seen_by)).querystring for view in views]
    asked = [QueryString(_HAS_UNREAD, condition, seen_by.id) for condition in matching]
    [found] = await rows("SELECT " + ", ".join(f"{{}} AS has_{n}" for n in range(len(views))), *asked)
    return {view for n, view in enumerate(views) if found[f"has_{n}"]}


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


def of_organisation(organisation_id: int) -> Any:
    """The condition of the tickets that an organisation's people opened while they belonged to it."""
    return LISTED & (Ticket.organisation == organisation_id)
