"""Erasing a customer for good, with all tickets and everybody who was merged into them; in one transaction.

What stays: the lines of the mail log and of erased tickets, suppressed addresses (nobody writes there again by accident),
and what they wrote on tickets of others, without their name.
"""

from datetime import datetime

import msgspec
import structlog

from helpdesk.customers.holding import hold_unless_merged
from helpdesk.customers.tables import MergedKind
from helpdesk.intake.erasing import remove
from helpdesk.kernel.database import rows, transaction
from helpdesk.kernel.errors import Invalid, NotFound
from helpdesk.kernel.language import _
from helpdesk.people.actor import SignedIn
from helpdesk.people.auditing import About, record
from helpdesk.people.permissions import demand
from helpdesk.people.proving import demand_proof
from knowledge_base import evidence, feedback

log = structlog.get_logger(__name__)

_PEOPLE = """
WITH RECURSIVE people AS (
    SELECT id FROM hd_customer WHERE id = {} UNION SELECT c.id FROM hd_customer c JOIN people p ON c.merged_into = p.id)
SELECT id FROM people ORDER BY id
"""
_TICKETS = """
WITH RECURSIVE family AS (SELECT id FROM hd_ticket WHERE customer = ANY({})
    UNION SELECT t.id FROM hd_ticket t JOIN family f ON t.merged_into = f.id)
SELECT id FROM hd_ticket WHERE id IN (SELECT id FROM family) ORDER BY id
"""
_COUNTS = """
SELECT (SELECT count(*) FROM hd_message WHERE ticket = ANY({})) AS messages,
    (SELECT count(*) FROM hd_attachment f JOIN hd_message m ON f.message = m.id WHERE m.ticket = ANY({})) AS files,
    (SELECT count(*) FROM hd_identity WHERE customer = ANY({})) AS handles,
    (SELECT count(*) FROM hd_customer_note WHERE customer = ANY({})) AS notes,
    (SELECT count(*) FROM hd_message WHERE customer = ANY({}) AND ticket <> ALL({})) AS elsewhere
"""


class Going(msgspec.Struct, frozen=True, kw_only=True):
    """How much goes with a customer; `elsewhere` are their messages on tickets of others, which stay."""

    people: int
    tickets: int
    messages: int
    files: int
    handles: int
    notes: int
    elsewhere: int


async def what_goes(customer_id: int, *, by: SignedIn) -> Going:
    """What erasing would take; raises NotFound, Refused."""
    demand(by, "erase")
    people, tickets = await _all_of(customer_id)
    [counts] = await rows(_COUNTS, tickets, tickets, people, people, people, tickets)
    return Going(people=len(people), tickets=len(tickets), **counts)


async def erase_customer(customer_id: int, *, by: SignedIn, at: datetime) -> None:
    """Erase them; raises NotFound, Refused, ProofNeeded, and Invalid while a mail to them is just leaving."""
    demand(by, "erase")
    await demand_proof(by, at=at)
    async with transaction():
        await hold_unless_merged(MergedKind.CUSTOMER, customer_id)
        people, _tickets = await _all_of(customer_id)
        await rows("SELECT FROM hd_customer WHERE id = ANY({}) ORDER BY id FOR UPDATE", people)
        tickets = [row["id"] for row in await rows(_TICKETS + " FOR UPDATE", people)]
        if await rows("SELECT FROM hd_delivery WHERE ticket_id = ANY({}) AND state = 'sending' LIMIT 1", tickets):
            raise Invalid(customer=_("A mail to this customer is just leaving. Try again in a minute."))
        await remove(tickets, reason="customer", by=by.id, at=at)
        await rows(
            "DELETE FROM hd_merge WHERE kind = 'customer' AND (survivor = ANY({}) OR loser = ANY({}))", people, people
        )
        await rows(
            """DELETE FROM hd_delivery WHERE ticket_id IS NULL AND kind = 'system' AND state <> 'sending' AND to_addresses && ARRAY(
                SELECT value FROM hd_identity WHERE kind = 'email' AND customer = ANY({}))""",
            people,
        )  # fmt: skip
        await feedback.forget(people)
        await evidence.forget(customers=people)
        await rows("DELETE FROM hd_customer WHERE id = ANY({})", people)
        gone = {"customers": (people, None), "tickets": (len(tickets), None)}
        await record("customer_erased", by=by, at=at, about=About("customer", customer_id), changes=gone)
    log.info("customer_erased", customers=people, tickets=len(tickets), by=by.id)


async def _all_of(customer_id: int) -> tuple[list[int], list[int]]:
    """Ids of the customer and those merged into them, and of all their tickets with those merged into these."""
    people = [row["id"] for row in await rows(_PEOPLE, customer_id)]
    if not people:
        raise NotFound(_("There is no such customer."))
    return people, [row["id"] for row in await rows(_TICKETS, people)]
