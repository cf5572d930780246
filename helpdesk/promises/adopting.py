"""Bringing to open tickets what was changed around them: by and by, each under its own lock.

A policy's version says by `applied_to` how far it is, what else was changed by a row of its own (`sla.sweeping`). Two
schedulers at it do the same twice, which changes nothing.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from time import monotonic
from typing import Any

import structlog
from piccolo.querystring import QueryString

from helpdesk import actors
from helpdesk.kernel.database import after_commit, despite_deadlocks, objects, rows, transaction
from helpdesk.kernel.outages import is_outage
from helpdesk.kernel.time import now
from helpdesk.people.actor import SYSTEM
from helpdesk.tickets import promising
from helpdesk.tickets.tables import Ticket
from sla import sweeping

BATCH = 200
AT_ONCE = 5.0  # seconds

Step = Callable[[], Awaitable[int]]

log = structlog.get_logger(__name__)

_WAITING = """
SELECT v.id, v.policy, v.applied_to, p.is_active AND p.deleted_at IS NULL AS is_used
FROM sla_policy_version v JOIN sla_policy p ON p.id = v.policy WHERE v.applied_to IS NOT NULL ORDER BY v.id
"""
_OPEN = """
SELECT id FROM hd_ticket WHERE id > {} AND status NOT IN ('solved', 'closed') AND merged_into IS NULL AND spam_at IS NULL
    AND trashed_at IS NULL AND (NOT is_automatic OR EXISTS (SELECT FROM sla_clock WHERE ticket = hd_ticket.id)) AND {} ORDER BY id LIMIT {}
"""
_WITH_CLOCKS = """
SELECT DISTINCT ticket AS id FROM sla_clock WHERE ticket > {} AND state IN ('running', 'paused')
    AND policy_version IN (SELECT id FROM sla_policy_version WHERE policy = {}) ORDER BY ticket LIMIT {}
"""
_LISTED = "id IN (SELECT one FROM sla_sweep s, unnest(s.tickets) AS one WHERE s.id = {} AND one > {})"
_AS_FAR = "UPDATE sla_policy_version SET applied_to = {} WHERE id = {} AND applied_to = {}"


async def bring_to_open_tickets(*, at: datetime | None = None) -> int:
    """Bring everything that waits for it further, until all is done or some seconds are over; how many tickets were looked at.

    `at`: of all of them; None: each at the instant at which it is reached.
    """
    count, began = 0, monotonic()
    while steps := [*await _policies(at), *await _sweeps(at)]:
        for step in steps:
            count += await step()
            if monotonic() - began >= AT_ONCE:
                return count
    return count


async def _policies(at: datetime | None) -> list[Step]:
    return [partial(_bring_policy, version, at=at) for version in await rows(_WAITING)]


async def _sweeps(at: datetime | None) -> list[Step]:
    return [partial(_bring_sweep, sweep, at=at) for sweep in await sweeping.waiting()]


async def _bring_policy(version: dict[str, Any], *, at: datetime | None) -> int:
    tickets = await _of_policy(version)
    await _bring(tickets, at=at)
    await rows(_AS_FAR, tickets[-1] if tickets else None, version["id"], version["applied_to"])
    return len(tickets)


async def _bring_sweep(sweep: dict[str, Any], *, at: datetime | None) -> int:
    tickets = await _of_sweep(sweep)
    await _bring(tickets, at=at)
    await sweeping.reach(sweep, tickets[-1] if tickets else None)
    return len(tickets)


async def _of_policy(version: dict[str, Any]) -> list[int]:
    """The next open tickets; of a policy that promises nothing any more only those that it has promised something about."""
    if version["is_used"]:
        return await _open(version["applied_to"], QueryString("true"))
    found = await rows(_WITH_CLOCKS, version["applied_to"], version["policy"], BATCH)
    return [row["id"] for row in found]


async def _of_sweep(sweep: dict[str, Any]) -> list[int]:
    narrowing = QueryString("true")
    if sweep["is_listed"]:
        narrowing = QueryString(_LISTED, sweep["id"], sweep["reached"])
    elif sweep["team"] or sweep["organisation"]:
        field = "team" if sweep["team"] else "organisation"
        narrowing = QueryString(f"{field} = {{}}", sweep[field])
    return await _open(sweep["reached"], narrowing)


async def _open(after: int, narrowing: QueryString) -> list[int]:
    return [row["id"] for row in await rows(_OPEN, after, narrowing, BATCH)]


async def _bring(tickets: Sequence[int], *, at: datetime | None) -> None:
    """One that cannot be reckoned is left out: the others have theirs all the same."""
    for ticket in tickets:
        try:
            await despite_deadlocks(partial(_follow, ticket, at=at or now()))
        except Exception as error:
            if is_outage(error):
                raise
            log.exception("clocks_not_brought", ticket=ticket)


async def _follow(ticket_id: int, *, at: datetime) -> None:
    async with transaction():
        for ticket in await objects(Ticket, "WHERE id = {} FOR NO KEY UPDATE", ticket_id):
            at = max(at, ticket.updated_at)
            for line in await promising.follow(ticket, "promised_anew", by=SYSTEM, at=at, event=None):
                after_commit(actors.follow_clock.send, line)
