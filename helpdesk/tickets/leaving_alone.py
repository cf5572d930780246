"""Whether a machine of ours may write to somebody (rulings 9; reliability_security c.2): asked before any mail that nobody wrote."""

from datetime import datetime, timedelta

import structlog

from helpdesk.channels.email.threading import base_mailbox
from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import TooMany
from helpdesk.people.throttling import count_try
from helpdesk.tickets.tables import Ticket

HOURLY, DAILY = 1, 5
ON_ONE_TICKET = 3
"""In an hour."""
HOURLY_OVER_ALL = 2_000
"""More in an hour is a flood: somebody uses our name to write to others."""

log = structlog.get_logger(__name__)


async def may_write_to(address: str, *, ticket: Ticket, at: datetime) -> bool:
    """Whether a mail about the ticket may leave by itself; counted as if it did, in the transaction that queues it.

    Never to a mailbox of our own, to an address that is suppressed, whatever for, or about a muted ticket. What the mail
    that would be answered says of itself is for the caller to ask.
    """
    if ticket.muted_at is not None:
        return False
    [row] = await rows(
        """SELECT EXISTS (SELECT FROM hd_channel WHERE address = {}) OR EXISTS (SELECT FROM hd_suppression WHERE address = {})
            OR (SELECT count(*) FROM hd_delivery WHERE ticket_id = {} AND is_automatic AND queued_at > {}) >= {} AS is_out""",
        base_mailbox(address), address, ticket.id, at - timedelta(hours=1), ON_ONE_TICKET,
    )  # fmt: skip
    return not (row["is_out"] or await _had_enough(address, at))


async def _had_enough(address: str, at: datetime) -> bool:
    """Whether the mailbox (whatever its plus part) had its automatic mail, or the installation sent very much of it.

    Counting holds the counters until the commit, so two requests at once cannot both pass.
    """
    mailbox = base_mailbox(address)
    try:
        await count_try(f"automatic:hour:{mailbox}", at_most=HOURLY, within=timedelta(hours=1), at=at)
        await count_try(f"automatic:day:{mailbox}", at_most=DAILY, within=timedelta(days=1), at=at)
    except TooMany:
        return True
    try:
        await count_try("automatic:all", at_most=HOURLY_OVER_ALL, within=timedelta(hours=1), at=at)
    except TooMany:
        log.error("automatic_mail_flood", hourly=HOURLY_OVER_ALL)
        return True
    return False
