"""The circuit breaker: a ticket that mails flood hears no machine of ours any more (reliability_security c.2).

A muted ticket keeps every mail that comes, and people write to it as ever; but nothing leaves by itself, and nobody
is told of what comes in.
"""

from datetime import datetime, timedelta

from helpdesk.kernel.database import rows
from helpdesk.people.actor import SYSTEM, SignedIn
from helpdesk.people.permissions import demand
from helpdesk.tickets.changing import change, held
from helpdesk.tickets.tables import Ticket

MOST_MAILS, MAILS_WITHIN = 20, timedelta(minutes=10)
"""Of one sender on one ticket."""
MOST_TURNS, TURNS_WITHIN = 6, timedelta(minutes=5)
"""How often sender and helpdesk answer each other in turn."""

_TRAFFIC = """
WITH traffic AS (
    SELECT created_at AS at, true AS is_theirs FROM hd_message
    WHERE ticket = {} AND author_kind = 'customer' AND customer = {} AND created_at > {} AND undone_at IS NULL
    UNION ALL
    SELECT queued_at, false FROM hd_delivery WHERE ticket_id = {} AND queued_at > {} AND state <> 'cancelled'
), since AS (
    SELECT * FROM traffic
    WHERE at > coalesce((SELECT max(at) FROM hd_event WHERE ticket = {} AND kind = 'unmuted'), '-infinity')
)
SELECT (SELECT count(*) FROM since WHERE is_theirs) AS mails,
    (SELECT count(*) FROM (SELECT is_theirs <> lag(is_theirs) OVER (ORDER BY at) AS is_turn FROM since WHERE at > {}) AS pairs
        WHERE is_turn) AS turns
"""


async def mute_if_flooded(ticket: Ticket, customer_id: int, *, at: datetime) -> bool:
    """Mute the ticket when this sender's mails come too fast; in the transaction that wrote the last of them."""
    if ticket.muted_at is not None:
        return False
    since = at - MAILS_WITHIN
    [found] = await rows(
        _TRAFFIC, ticket.id, customer_id, since, ticket.id, since, ticket.id, at - TURNS_WITHIN
    )  # fmt: skip
    if found["mails"] <= MOST_MAILS and found["turns"] <= MOST_TURNS:
        return False
    return await change(ticket, "muted", by=SYSTEM, at=at, muted_at=at)


async def mute(ticket: Ticket, *, by: SignedIn, at: datetime) -> bool:
    """Mute it by hand; a second call changes nothing."""
    demand(by, "change")
    async with held(ticket):
        return await change(ticket, "muted", by=by, at=at, muted_at=ticket.muted_at or at)


async def unmute(ticket: Ticket, *, by: SignedIn, at: datetime) -> bool:
    """Let machines speak again; what came before does not count any more."""
    demand(by, "change")
    return await change(ticket, "unmuted", by=by, at=at, muted_at=None)
