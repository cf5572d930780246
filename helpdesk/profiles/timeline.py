"""What happened to a customer: changes of the profile, and the tickets that they opened, as far as an agent may see them."""

from datetime import datetime
from typing import Any

import msgspec
from piccolo.querystring import QueryString

from helpdesk.kernel.database import rows
from helpdesk.people.actor import SignedIn
from helpdesk.tickets.queries import LISTED, all_of, visible_to

Place = tuple[datetime, int]

_STORY = """
SELECT * FROM (
    (SELECT e.at, e.id, e.kind, e.changes::text AS changes, e.actor_kind, a.name AS actor_name, NULL::bigint AS number, NULL::text AS subject
        FROM hd_customer_event e LEFT JOIN hd_agent a ON e.actor_kind = 'agent' AND a.id = e.actor_id
        WHERE e.customer = {} AND {} ORDER BY e.at DESC, e.id DESC LIMIT {})
    UNION ALL
    (SELECT hd_ticket.created_at, hd_ticket.id, 'ticket', '', 'customer', NULL, hd_ticket.number, hd_ticket.subject
        FROM hd_ticket WHERE hd_ticket.customer = {} AND {} AND {} ORDER BY hd_ticket.created_at DESC, hd_ticket.id DESC LIMIT {})
) AS story ORDER BY at DESC, id DESC LIMIT {}
"""


async def story_of(
    customer_id: int, *, seen_by: SignedIn, before: Place | None = None, most: int = 20
) -> list[dict[str, Any]]:
    """The latest first: `kind`, `at`, `id`, `changes` {field: [old, new]}, `actor_name`; of a ticket `number`, `subject`."""
    events = QueryString("(e.at, e.id) < ({}, {})", *before) if before else QueryString("true")
    opened = QueryString("(hd_ticket.created_at, hd_ticket.id) < ({}, {})", *before) if before else QueryString("true")
    visible = all_of(LISTED, visible_to(seen_by)).querystring
    found = await rows(_STORY, customer_id, events, most, customer_id, visible, opened, most, most)
    return [row | {"changes": msgspec.json.decode(row["changes"] or "{}")} for row in found]
