"""Notes about customers: agents tell each other, customers never see them."""

from datetime import datetime
from typing import Any

from helpdesk.customers.finding import demand_standing
from helpdesk.kernel.database import rows, transaction
from helpdesk.kernel.errors import Invalid, NotFound, Refused
from helpdesk.kernel.language import _
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import demand, may

LONGEST = 10_000

_LIST = """
SELECT n.id, n.body, n.at, n.agent, a.name AS author FROM hd_customer_note n LEFT JOIN hd_agent a ON a.id = n.agent
"""


async def add_note(customer_id: int, body: str, *, by: SignedIn, at: datetime) -> int:
    """Write a note about the customer and return its id; raises Invalid at `body`, NotFound."""
    demand(by, "note")
    body = body.strip()
    if not body:
        raise Invalid(body=_("Write something first."))
    if len(body) > LONGEST:
        raise Invalid(body=_("This is too long."))
    async with transaction():
        await demand_standing(customer_id)
        [row] = await rows(
            "INSERT INTO hd_customer_note (customer, agent, body, at) VALUES ({}, {}, {}, {}) RETURNING id",
            customer_id, by.id, body, at,
        )  # fmt: skip
    return row["id"]


async def remove_note(customer_id: int, note_id: int, *, by: SignedIn) -> None:
    """Take a note back: its author may, and an administrator. Raises NotFound, Refused."""
    found = await rows("SELECT agent FROM hd_customer_note WHERE id = {} AND customer = {}", note_id, customer_id)
    if not found:
        raise NotFound(_("There is no such note."))
    if found[0]["agent"] != by.id and not may(by, "erase"):
        raise Refused(_("Only its author and administrators take a note back."))
    await rows("DELETE FROM hd_customer_note WHERE id = {}", note_id)


async def list_notes(customer_id: int, *, below: int | None = None, most: int = 50) -> list[dict[str, Any]]:
    """Notes with `id`, `body`, `at`, `agent` and `author` (null when the agent is gone), the newest first."""
    return await rows(
        _LIST + "WHERE n.customer = {} AND ({}::bigint IS NULL OR n.id < {}) ORDER BY n.id DESC LIMIT {}",
        customer_id, below, below, most,
    )  # fmt: skip
