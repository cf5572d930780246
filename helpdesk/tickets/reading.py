"""How far an agent has read a ticket: what came later is unread to them.

Messages of a ticket are written under its lock, so their ids follow the order of commits and one id says it all.
What came before an upgrade to a version that notes reading is read by everybody (`hd_installation.read_before`).
"""

from datetime import datetime
from typing import Any

from helpdesk.kernel.database import rows
from helpdesk.people.actor import SignedIn
from helpdesk.tickets.followers import FOLLOWERS
from helpdesk.tickets.mentioning import mark_seen
from helpdesk.tickets.tables import Ticket
from sla.standing import nearest_of

_READ = """
INSERT INTO hd_reading AS known (agent, ticket, message, at)
SELECT {}, {}, max(id), {} FROM hd_message WHERE ticket = {} AND id <= {} HAVING max(id) IS NOT NULL
ON CONFLICT (agent, ticket) DO UPDATE SET message = excluded.message, at = excluded.at WHERE known.message < excluded.message
"""
_UNREAD = """
INSERT INTO hd_reading (agent, ticket, message, at)
SELECT {}, {}, max(id) - 1, {} FROM hd_message WHERE ticket = {} AND author_kind = 'customer' HAVING max(id) IS NOT NULL
ON CONFLICT (agent, ticket) DO UPDATE SET message = excluded.message, at = excluded.at
"""


async def mark_read(ticket: Ticket, *, by: SignedIn, upto: int, at: datetime) -> None:
    """The agent has read the message `upto` and those before it; an earlier one than before changes nothing."""
    await rows(_READ, by.id, ticket.id, at, ticket.id, upto)
    await mark_seen(ticket, by=by, upto=upto, at=at)


async def mark_unread(ticket: Ticket, *, by: SignedIn, at: datetime) -> None:
    """The customer's newest message counts as unread again, for this agent."""
    await rows(_UNREAD, by.id, ticket.id, at, ticket.id)


async def place_in(ticket: Ticket, agent: SignedIn) -> dict[str, Any]:
    """Where the agent stopped reading, and whether they have unread notices of the ticket; its `newest` message, who follows,
    and what is promised first (`promise`, sla.standing.Nearest as JSON).

    `read_up_to` is the id of the newest message that they have read, or one just before the first unread; None when they
    never read the ticket. `newest` counts notes, and is 0 when there is none.
    """
    [found] = await rows(
        f"""SELECT coalesce((SELECT message FROM hd_reading WHERE agent = {{}} AND ticket = {{}}),
                (SELECT nullif(read_before, 0) FROM hd_installation)) AS read_up_to,
            EXISTS (SELECT FROM hd_notice WHERE agent = {{}} AND ticket = {{}} AND read_at IS NULL) AS has_notices,
            (SELECT coalesce(max(id), 0) FROM hd_message WHERE ticket = {{}}) AS newest, ARRAY({FOLLOWERS}) AS followers,
            {nearest_of("{}")} AS promise""",
        agent.id, ticket.id, agent.id, ticket.id, ticket.id, ticket.id, ticket.id,
    )  # fmt: skip
    return found
