"""Agents who want to hear of a ticket that is not theirs. Who follows a ticket sees it, whatever its team (rulings 4)."""

from helpdesk.kernel.database import rows
from helpdesk.people.actor import SignedIn
from helpdesk.tickets.tables import Ticket
from sla.standing import nearest_of

FOLLOWERS = """SELECT f.agent FROM hd_follower f JOIN hd_agent a ON a.id = f.agent
    WHERE f.ticket = {} AND a.deactivated_at IS NULL"""


async def follow(ticket: Ticket, *, by: SignedIn) -> None:
    """Follow a ticket that was found through the agent before; a second call changes nothing."""
    await rows("INSERT INTO hd_follower (ticket, agent) VALUES ({}, {}) ON CONFLICT DO NOTHING", ticket.id, by.id)


async def unfollow(ticket: Ticket, *, by: SignedIn) -> None:
    """Hear no more of it; one who saw the ticket only by following it sees it no more."""
    await rows("DELETE FROM hd_follower WHERE ticket = {} AND agent = {}", ticket.id, by.id)


async def followers_and_promise(ticket_id: int) -> tuple[list[int], str | None]:
    """The same, and what is promised first (sla.standing.Nearest as JSON), for the ticket's header in one statement."""
    sql = f"SELECT ARRAY({FOLLOWERS}) AS followers, {nearest_of('{}')} AS promise"
    [found] = await rows(sql, ticket_id, ticket_id)
    return found["followers"], found["promise"]


async def followers_of(ticket_id: int) -> set[int]:
    """The agents who follow the ticket and are still here."""
    return {row["agent"] for row in await rows(FOLLOWERS, ticket_id)}
