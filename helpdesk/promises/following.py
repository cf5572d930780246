"""What follows when a timer has fired, or a breach turned out to be none: the ticket's history tells it."""

from datetime import datetime
from typing import Any

from helpdesk.kernel.database import objects, transaction
from helpdesk.people.actor import SYSTEM
from helpdesk.tickets.events import record
from helpdesk.tickets.tables import Ticket
from sla import ledger

_TICKET_OF_LINE = """
WHERE id = (SELECT c.ticket FROM sla_clock_event e JOIN sla_clock c ON c.id = e.clock WHERE e.id = {}) FOR NO KEY UPDATE
"""
EVENTS = {
    "warned": "sla_warned",
    "breached": "sla_breached",
    "escalated": "sla_escalated",
    "breach_voided": "sla_voided",
}


async def follow(line_id: int, *, at: datetime) -> None:
    """Do what follows from a line of a clock's ledger, unless it was done; safe to call any number of times.

    The ticket is held before the line is claimed, as by all that changes its clocks.
    """
    async with transaction():
        for ticket in await objects(Ticket, _TICKET_OF_LINE, line_id):
            for line in await ledger.claim(line_id):
                await _tell(ticket, line, at=at)


async def _tell(ticket: Ticket, line: dict[str, Any], *, at: datetime) -> None:
    promised = {name: line[name] for name in ("metric", "target", "threshold", "cause")} | {"due": line["due_at"]}
    at = max(at, ticket.updated_at)
    await record(ticket, EVENTS[line["kind"]], by=SYSTEM, at=at, changes={"promised": (None, promised)})
