"""Lists of customers and organisations, oldest first; every page costs the same number of queries."""

from typing import Any

import msgspec
from piccolo.querystring import QueryString

from helpdesk.kernel.database import rows
from helpdesk.kernel.text import normalise, sort_key

_CUSTOMERS = """
SELECT c.id, c.name, c.organisation, c.language, c.time_zone, c.notes, c.created_at,
    (SELECT coalesce(json_agg(json_build_object('id', i.id, 'kind', i.kind, 'value', i.value, 'verified_at', i.verified_at)
        ORDER BY i.id), '[]') FROM hd_identity i WHERE i.customer = c.id) AS identities
FROM hd_customer c WHERE {} ORDER BY c.id LIMIT {}
"""

_ORGANISATIONS = """
SELECT o.id, o.name, o.notes, o.created_at,
    ARRAY(SELECT d.domain FROM hd_organisation_domain d WHERE d.organisation = o.id ORDER BY d.domain) AS domains
FROM hd_organisation o WHERE {} ORDER BY o.id LIMIT {}
"""


async def first_emails(customer_ids: list[int]) -> dict[int, str]:
    """The first known address of each of the customers that has one."""
    found = await rows(
        """SELECT DISTINCT ON (customer) customer, value FROM hd_identity
        WHERE kind = 'email' AND customer = ANY({}) ORDER BY customer, id""",
        customer_ids,
    )
    return {row["customer"]: row["value"] for row in found}


async def list_customers(
    *, email: str | None = None, q: str | None = None, organisation: int | None = None, only: int | None = None,
    after_id: int = 0, limit: int = 50,
) -> list[dict[str, Any]]:  # fmt: skip
    """Customers with `identities` [{id, kind, value, verified_at}]; `q` is a part of a name, or the beginning of an address."""
    where = QueryString("c.id > {}", after_id)
    if only is not None:
        where = QueryString("{} AND c.id = {}", where, only)
    if email is not None:
        where = QueryString(
            "{} AND c.id = (SELECT customer FROM hd_identity WHERE kind = 'email' AND value = {})", where, email.strip().lower()
        )  # fmt: skip
    if organisation is not None:
        where = QueryString("{} AND c.organisation = {}", where, organisation)
    if q is not None:
        where = QueryString(
            "{} AND (c.sort_key LIKE {} OR c.id IN (SELECT customer FROM hd_identity WHERE value LIKE {}))",
            where, f"%{_literal(sort_key(q))}%", f"{_literal(normalise(q))}%",
        )  # fmt: skip
    found = await rows(_CUSTOMERS, where, limit)
    return [row | {"identities": msgspec.json.decode(row["identities"])} for row in found]


async def list_organisations(
    *, q: str | None = None, domain: str | None = None, only: int | None = None, after_id: int = 0, limit: int = 50
) -> list[dict[str, Any]]:
    """Organisations with their mail `domains`; `q` is a part of the name."""
    where = QueryString("o.id > {}", after_id)
    if only is not None:
        where = QueryString("{} AND o.id = {}", where, only)
    if q is not None:
        where = QueryString("{} AND o.sort_key LIKE {}", where, f"%{_literal(sort_key(q))}%")
    if domain is not None:
        where = QueryString(
            "{} AND o.id = (SELECT organisation FROM hd_organisation_domain WHERE domain = {})", where, domain.strip().lower()
        )  # fmt: skip
    return await rows(_ORGANISATIONS, where, limit)


def _literal(text: str) -> str:
    """The text without a meaning of its own in LIKE."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
