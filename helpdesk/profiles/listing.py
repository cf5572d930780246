"""Lists of customers and organisations for people who look: in the order of the alphabet, with what an agent may see of
their tickets; one statement a page, whose cost does not grow with the list."""

import base64
from typing import Any, Literal

import msgspec
from piccolo.querystring import QueryString

from helpdesk.customers.searching import customers_with, organisations_with
from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _
from helpdesk.people.actor import SignedIn
from helpdesk.tickets.queries import LISTED, LISTED_UNSOLVED, all_of, visible_to

Only = Literal["", "open", "blocked"]
MOST_OPEN = 100
"""Beyond this an open ticket more is not counted."""

_CUSTOMERS = """
SELECT c.id, c.name, c.sort_key, c.organisation, o.name AS organisation_name,
    (SELECT value FROM hd_identity WHERE customer = c.id ORDER BY is_primary DESC, id LIMIT 1) AS handle,
    (SELECT count(*) FROM hd_identity WHERE customer = c.id) AS handles,
    (SELECT count(*) FROM (SELECT FROM hd_ticket WHERE hd_ticket.customer = c.id AND {} LIMIT {}) AS unsolved) AS open_tickets,
    (SELECT last_message_at FROM hd_ticket WHERE hd_ticket.customer = c.id AND {}
        ORDER BY hd_ticket.last_message_at DESC, hd_ticket.id DESC LIMIT 1) AS last_message_at
FROM hd_customer c LEFT JOIN hd_organisation o ON o.id = c.organisation
WHERE c.merged_into IS NULL AND {} ORDER BY c.sort_key, c.id LIMIT {}
"""
_ORGANISATIONS = """
SELECT o.id, o.name, o.sort_key,
    ARRAY(SELECT domain FROM hd_organisation_domain WHERE organisation = o.id ORDER BY domain LIMIT 5) AS domains,
    (SELECT count(*) FROM (SELECT FROM hd_customer WHERE organisation = o.id AND merged_into IS NULL LIMIT 1000) AS people) AS people
FROM hd_organisation o WHERE o.merged_into IS NULL AND {} ORDER BY o.sort_key, o.id LIMIT {}
"""
# Rules name addresses, domains, or all below a domain: those that name an address or its domain find their customers.
# Arrays, as rules are few: a join would look through all addresses for the few whose domain is named.
_BLOCKED = """c.id = ANY(ARRAY(
    SELECT customer FROM hd_identity WHERE kind = 'email' AND value = ANY(ARRAY(
        SELECT pattern FROM hd_sender_rule WHERE NOT is_allowed AND strpos(pattern, '@') > 0))
    UNION SELECT customer FROM hd_identity WHERE kind = 'email' AND split_part(value, '@', 2) = ANY(ARRAY(
        SELECT pattern FROM hd_sender_rule WHERE NOT is_allowed AND strpos(pattern, '@') = 0)::text[])))"""


class People(msgspec.Struct, frozen=True):
    """Some rows of a list and the cursor of those that follow, if any."""

    rows: list[dict[str, Any]]
    next: str | None


async def page_of_customers(
    *, seen_by: SignedIn, q: str = "", organisation: int | None = None, only: Only = "", after: str | None = None, limit: int = 50
) -> People:  # fmt: skip
    """Customers with `handle` (where mail goes), `handles`, `organisation_name`, `open_tickets` (at most MOST_OPEN) and
    `last_message_at`, the last two of tickets that the agent may see."""
    unsolved = all_of(LISTED_UNSOLVED, visible_to(seen_by)).querystring
    listed = all_of(LISTED, visible_to(seen_by)).querystring
    where = await customers_with(q)
    if organisation is not None:
        where = QueryString("{} AND c.organisation = {}", where, organisation)
    if only == "open":
        where = QueryString("{} AND c.id IN (SELECT hd_ticket.customer FROM hd_ticket WHERE {})", where, unsolved)
    elif only == "blocked":
        where = QueryString(f"{{}} AND {_BLOCKED}", where)
    if after:
        where = QueryString("{} AND (c.sort_key, c.id) > ({}, {})", where, *_place(after))
    return _page(await rows(_CUSTOMERS, unsolved, MOST_OPEN, listed, where, limit + 1), limit)


async def page_of_organisations(*, q: str = "", after: str | None = None, limit: int = 50) -> People:
    """Organisations with their first `domains` and how many `people` they have, up to a thousand."""
    where = organisations_with(q)
    if after:
        where = QueryString("{} AND (o.sort_key, o.id) > ({}, {})", where, *_place(after))
    return _page(await rows(_ORGANISATIONS, where, limit + 1), limit)


def _page(found: list[dict[str, Any]], limit: int) -> People:
    shown = found[:limit]
    return People(shown, _cursor(shown[-1]) if len(found) > limit else None)


def _cursor(row: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(f"{row['id']}|{row['sort_key']}".encode()).decode().rstrip("=")


def _place(cursor: str) -> tuple[str, int]:
    try:
        id, _bar, key = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().partition("|")
        place = key, int(id)
    except (ValueError, UnicodeDecodeError) as error:
        raise Invalid(cursor=_("This page link is not valid. Start again from the first page.")) from error
    if "\0" in key or not 0 <= place[1] < 2**63:
        raise Invalid(cursor=_("This page link is not valid. Start again from the first page."))
    return place
