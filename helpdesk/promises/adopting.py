"""Bringing to open tickets what was changed about a policy for them, too: by and by, each under its own lock.

A version's `applied_to` says how far it is. Two schedulers at it do the same twice, which changes nothing.
"""

from datetime import datetime
from typing import Any

import structlog

from helpdesk import actors
from helpdesk.kernel.database import after_commit, objects, rows, transaction
from helpdesk.people.actor import SYSTEM
from helpdesk.tickets import promising
from helpdesk.tickets.tables import Ticket

BATCH = 200

log = structlog.get_logger(__name__)

_WAITING = """
SELECT v.id, v.policy, v.applied_to, p.is_active AND p.deleted_at IS NULL AS is_used
FROM sla_policy_version v JOIN sla_policy p ON p.id = v.policy WHERE v.applied_to IS NOT NULL ORDER BY v.id
"""
_OPEN = """
SELECT id FROM hd_ticket WHERE id > {} AND status NOT IN ('solved', 'closed') AND merged_into IS NULL AND spam_at IS NULL
    AND trashed_at IS NULL AND NOT is_automatic ORDER BY id LIMIT {}
"""
_WITH_CLOCKS = """
SELECT DISTINCT ticket AS id FROM sla_clock WHERE ticket > {} AND state IN ('running', 'paused')
    AND policy_version IN (SELECT id FROM sla_policy_version WHERE policy = {}) ORDER BY ticket LIMIT {}
"""
_AS_FAR = "UPDATE sla_policy_version SET applied_to = {} WHERE id = {} AND applied_to = {}"


async def bring_to_open_tickets(*, at: datetime) -> int:
    """Bring every policy that waits for it a batch further; how many tickets were looked at."""
    count = 0
    for version in await rows(_WAITING):
        tickets = await _next(version)
        for ticket in tickets:
            try:
                await _adopt(ticket, version["policy"], at=at)
            except (LookupError, ValueError, ArithmeticError):  # the others have theirs all the same
                log.exception("policy_not_adopted", ticket=ticket, policy=version["policy"])
        await rows(_AS_FAR, tickets[-1] if tickets else None, version["id"], version["applied_to"])
        count += len(tickets)
    return count


async def _next(version: dict[str, Any]) -> list[int]:
    """The next open tickets; of a policy that promises nothing any more only those that it has promised something about."""
    if version["is_used"]:
        found = await rows(_OPEN, version["applied_to"], BATCH)
    else:
        found = await rows(_WITH_CLOCKS, version["applied_to"], version["policy"], BATCH)
    return [row["id"] for row in found]


async def _adopt(ticket_id: int, policy: int, *, at: datetime) -> None:
    async with transaction():
        for ticket in await objects(Ticket, "WHERE id = {} FOR NO KEY UPDATE", ticket_id):
            at = max(at, ticket.updated_at)
            for line in await promising.follow(ticket, "policy_changed", by=SYSTEM, at=at, event=None, adopts=policy):
                after_commit(actors.follow_clock.send, line)
