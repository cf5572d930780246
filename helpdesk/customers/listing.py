"""Lists of customers and organisations, oldest first; every page costs the same number of queries."""

from typing import Any

import msgspec
from piccolo.querystring import QueryString

from helpdesk.customers.searching import customers_with, organisations_with
from helpdesk.kernel.database import rows

_CUSTOMERS = """
SELECT c.id, c.name, c.organisation, c.language, c.time_zone, c.sees_colleagues, c.notes, c.created_at, c.merged_into,
    (SELECT coalesce(json_agg(json_build_object('id', i.id, 'kind', i.kind, 'value', i.value, 'verified_at', i.verified_at,
        'is_primary', i.is_primary) ORDER BY i.is_primary DESC, i.id), '[]') FROM hd_identity i WHERE i.customer = c.id) AS identities
FROM hd_customer c WHERE {} ORDER BY c.id LIMIT {}
"""

_ORGANISATIONS = """
SELECT o.id, o.name, o.notes, o.language, o.shares_requests, o.created_at, o.merged_into,
    ARRAY(SELECT d.domain FROM hd_organisation_domain d WHERE d.organisation = o.id ORDER BY d.domain) AS domains
FROM hd_organisation o WHERE {} ORDER BY o.id LIMIT {}
"""


async def first_emails(customer_ids: list[int]) -> dict[int, str]:
    """The address that mail goes to, of each of the customers that has one."""
    found = await rows(
        """SELECT DISTINCT ON (customer) customer, value FROM hd_identity
        WHERE kind = 'email' AND customer = ANY({}) ORDER BY customer, is_primary DESC, id""",
        customer_ids,
    )
    return {row["customer"]: row["value"] for row in found}


async def list_customers(
    *, email: str | None = None, q: str | None = None, organisation: int | None = None, only: int | None = None,
    after_id: int = 0, limit: int = 50,
) -> list[dict[str, Any]]:  # fmt: skip
    """Customers with `identities` [{id, kind, value, verified_at, is_primary}]; `q` are words of names, addresses, numbers.

    Those who were merged into others are only found by id.
    """
    where = QueryString("c.id > {} AND c.merged_into IS NULL", after_id)
    if only is not None:
        where = QueryString("c.id = {}", only)
    if email is not None:
        where = QueryString(
            "{} AND c.id = (SELECT customer FROM hd_identity WHERE kind = 'email' AND value = {})", where, email.strip().lower()
        )  # fmt: skip
    if organisation is not None:
        where = QueryString("{} AND c.organisation = {}", where, organisation)
    if q is not None:
        where = QueryString("{} AND {}", where, await customers_with(q))
    found = await rows(_CUSTOMERS, where, limit)
    return [row | {"identities": msgspec.json.decode(row["identities"])} for row in found]


async def list_organisations(
    *, q: str | None = None, domain: str | None = None, only: int | None = None, after_id: int = 0, limit: int = 50
) -> list[dict[str, Any]]:
    """Organisations with their mail `domains`; `q` are words of the name, or how a domain begins.

    Those that were merged into others are only found by id.
    """
    where = QueryString("o.id > {} AND o.merged_into IS NULL", after_id)
    if only is not None:
        where = QueryString("o.id = {}", only)
    if q is not None:
        where = QueryString("{} AND {}", where, organisations_with(q))
    if domain is not None:
        where = QueryString(
            "{} AND o.id = (SELECT organisation FROM hd_organisation_domain WHERE domain = {})", where, domain.strip().lower()
        )  # fmt: skip
    return await rows(_ORGANISATIONS, where, limit)
