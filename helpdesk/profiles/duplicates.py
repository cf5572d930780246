"""Who may be the same person: the same name, and a sign that it is no accident; unless somebody knows better."""

from datetime import datetime
from typing import Any

from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import NotFound
from helpdesk.kernel.language import _
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import demand

MOST = 5
COMMON_LOCAL_PARTS = [
    "admin", "billing", "contact", "hello", "help", "hr", "info", "mail", "me", "noreply", "no-reply", "office", "sales", "service",
    "support", "team", "webmaster",
]  # fmt: skip
"""What many addresses begin with, so that it says nothing about who owns them."""

_SUSPECTS = """
WITH self AS (SELECT id, name, sort_key, organisation FROM hd_customer WHERE id = {}),
local_parts AS (SELECT split_part(i.value, '@', 1) AS part FROM hd_identity i JOIN self ON i.customer = self.id
    WHERE i.kind = 'email' AND split_part(i.value, '@', 1) <> ALL({}) AND length(split_part(i.value, '@', 1)) > 3),
same_name AS (SELECT c.id FROM hd_customer c JOIN self ON c.sort_key = self.sort_key AND self.name <> ''
    AND c.merged_into IS NULL AND c.id <> self.id LIMIT 50),
same_part AS (SELECT i.customer AS id FROM hd_identity i JOIN local_parts l ON split_part(i.value, '@', 1) = l.part
    WHERE i.kind = 'email' LIMIT 50)
SELECT c.id, c.name, o.name AS organisation,
    (SELECT value FROM hd_identity WHERE customer = c.id ORDER BY is_primary DESC, id LIMIT 1) AS handle,
    c.id IN (SELECT id FROM same_name) AS has_same_name, c.id IN (SELECT id FROM same_part) AS has_same_address,
    c.organisation IS NOT NULL AND c.organisation = self.organisation AS has_same_organisation
FROM hd_customer c CROSS JOIN self LEFT JOIN hd_organisation o ON o.id = c.organisation
WHERE c.id IN (SELECT id FROM same_name UNION SELECT id FROM same_part) AND c.id <> self.id AND c.merged_into IS NULL
    AND NOT EXISTS (SELECT FROM hd_not_the_same n WHERE n.one = least(c.id, self.id) AND n.other = greatest(c.id, self.id))
ORDER BY (c.id IN (SELECT id FROM same_name))::int + (c.id IN (SELECT id FROM same_part))::int
    + coalesce(c.organisation = self.organisation, false)::int DESC, c.id LIMIT {}
"""


async def suspects_of(customer_id: int) -> list[dict[str, Any]]:
    """Customers who may be the same person, the likeliest first: `id`, `name`, `handle`, `organisation`, and the signs
    `has_same_name`, `has_same_address` (the part before the @) and `has_same_organisation`."""
    return await rows(_SUSPECTS, customer_id, COMMON_LOCAL_PARTS, MOST)


async def dismiss(customer_id: int, other: int, *, by: SignedIn, at: datetime) -> None:
    """Say that the two are not the same person, so that neither is suspected on the other's page again.

    They can still be searched for and merged. Raises Refused, and NotFound when there are no such two.
    """
    demand(by, "merge_customers")
    found = await rows("SELECT id FROM hd_customer WHERE id = ANY({}) ORDER BY id", [customer_id, other])
    if len(found) < 2:
        raise NotFound(_("One of the two does not exist any more."))
    await rows(
        "INSERT INTO hd_not_the_same (one, other, agent, at) VALUES ({}, {}, {}, {}) ON CONFLICT DO NOTHING",
        found[0]["id"], found[1]["id"], by.id, at,
    )  # fmt: skip
