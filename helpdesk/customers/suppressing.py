"""Addresses that are not written to: what we send there comes back, or their owner complained (reliability_security c.7)."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from helpdesk.customers.tables import SuppressedFor
from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import NotFound
from helpdesk.kernel.language import _
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import demand


async def suppress(address: str, *, reason: SuppressedFor, detail: str, ticket_id: int | None, at: datetime) -> bool:
    """Stop writing to the address; False when that is so already."""
    return bool(await rows(
        """INSERT INTO hd_suppression (address, reason, detail, ticket_id, at) VALUES ({}, {}, {}, {}, {})
        ON CONFLICT (address, reason) DO NOTHING RETURNING id""",
        address, reason, detail[:1000], ticket_id, at,
    ))  # fmt: skip


async def suppressed(addresses: Collection[str]) -> dict[str, str]:
    """Those of the addresses that nobody writes to, each with what the last report said."""
    if not addresses:
        return {}
    found = await rows(
        "SELECT address, detail FROM hd_suppression WHERE address = ANY({}) AND reason = 'bounces'", list(addresses)
    )
    return {row["address"]: row["detail"] for row in found}


async def list_suppressions(
    *, q: str | None = None, after_id: int = 0, below: int | None = None, newest_first: bool = False, most: int = 50
) -> list[dict[str, Any]]:
    """Suppressions with ids between the two whose address has `q` in it, the oldest first unless asked otherwise.

    Each with `id`, `address`, `reason`, `detail`, `at` and `ticket`, the number of the one that the report came to.
    """
    order = "s.id DESC" if newest_first else "s.id"
    return await rows(
        f"""SELECT s.id, s.address, s.reason, s.detail, s.at, t.number AS ticket
        FROM hd_suppression s LEFT JOIN hd_ticket t ON t.id = s.ticket_id
        WHERE s.id > {{}} AND ({{}}::bigint IS NULL OR s.id < {{}}) AND ({{}}::text IS NULL OR strpos(s.address, {{}}) > 0)
        ORDER BY {order} LIMIT {{}}""",
        after_id, below, below, q, (q or "").lower(), most,
    )  # fmt: skip


async def lift(suppression_id: int, *, by: SignedIn) -> str:
    """Write to the address again and return it; its bounces so far are forgotten. Raises NotFound, Refused."""
    demand(by, "lift_suppressions")
    found = await rows("DELETE FROM hd_suppression WHERE id = {} RETURNING address, reason", suppression_id)
    if not found:
        raise NotFound(_("There is no such suppression. Perhaps somebody has lifted it."))
    [row] = found
    if row["reason"] == SuppressedFor.BOUNCES:
        await hear_from(row["address"])
    return row["address"]


async def lift_bounces(addresses: Collection[str], *, by: SignedIn) -> None:
    """Write to the addresses again although mails came back."""
    demand(by, "reply")
    for address in addresses:
        await hear_from(address)


async def hear_from(address: str) -> None:
    """Forget the bounces of an address that works: a mail came from it, or a person says so."""
    await rows(
        """WITH lifted AS (DELETE FROM hd_suppression WHERE address = {} AND reason = 'bounces')
        DELETE FROM hd_bounce WHERE address = {}""",
        address, address,
    )  # fmt: skip
