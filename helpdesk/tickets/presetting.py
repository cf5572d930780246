"""What a rule says of a ticket that has just been opened; people and teams that are gone meanwhile are passed over."""

from datetime import datetime

from helpdesk.kernel.errors import Invalid
from helpdesk.people.actor import Actor
from helpdesk.people.tables import Team
from helpdesk.tickets.assigning import assign, move_to_team
from helpdesk.tickets.changing import change
from helpdesk.tickets.tables import Ticket

RULE = Actor(kind="rule")


async def preset(
    ticket: Ticket, *, team: int | None, assignee: int | None, priority: str | None, tags: list[str], at: datetime
) -> None:
    """Set what is given; in the transaction that opened the ticket."""
    if team is not None and await Team.exists().where(Team.id == team):
        await move_to_team(ticket, team, by=RULE, at=at)
    if priority is not None:
        await change(ticket, "prioritised", by=RULE, at=at, priority=priority)
    if tags:
        await change(ticket, "tagged", by=RULE, at=at, tags=sorted({*ticket.tags, *tags}))
    if assignee is not None:
        try:
            await assign(ticket, assignee, by=RULE, at=at)
        except Invalid:
            return  # they left, or cannot answer any more: it waits for somebody else
