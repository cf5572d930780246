"""Taking a ticket over from a colleague who is writing on it, or has it: with a word to the team why."""

from datetime import datetime

from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import demand
from helpdesk.people.tables import Agent
from helpdesk.tickets.changing import change, held, status_after_answer
from helpdesk.tickets.mentioning import mention
from helpdesk.tickets.messages import write
from helpdesk.tickets.replying import Draft, check, new_message
from helpdesk.tickets.tables import Message, Ticket


async def take_over(ticket: Ticket, why: Draft, *, by: SignedIn, at: datetime, writer: int | None) -> Message:
    """Make `by` responsible and write the note; who had the ticket and who was writing are told, and keep their drafts.

    Raises Invalid for a note that says nothing, Refused for light agents.
    """
    demand(by, "assign")
    check(why)
    async with held(ticket):
        message = await write(ticket, new_message(why, by, at, "internal"))
        is_told = writer not in (None, by.id) and await Agent.exists().where(Agent.id == writer)
        told = {"writer": (writer, None)} if is_told else {}
        await change(
            ticket, "taken_over", by=by, at=at, message=message.id, always=True, told=told, assignee=by.id,
            status=status_after_answer(ticket.status),
        )  # fmt: skip
        await mention(ticket, message, by=by, at=at)
    return message
