"""The verbs of a ticket, and the events they leave."""

from helpdesk.kernel.time import now
from helpdesk.tickets.assigning import assign
from helpdesk.tickets.solving import solve
from helpdesk.tickets.tables import Event, Status
from tests.cast import hire
from tests.make import a_ticket


async def test_solving_twice_is_one_event(database: None) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    for _ in range(2):
        await solve(ticket, by=ben, at=now())
    assert ticket.status == Status.SOLVED
    assert await Event.count().where(Event.ticket == ticket.id, Event.kind == "solved") == 1


async def test_assignment_opens_a_new_ticket(database: None) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    await assign(ticket, ben.id, by=ben, at=now())
    assert (ticket.status, ticket.assignee, ticket.version) == (Status.OPEN, ben.id, 2)
