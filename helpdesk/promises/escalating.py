"""Climbing the ladder of a target whose time is over: by the verbs of tickets, as the helpdesk itself."""

from datetime import datetime

from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import Invalid
from helpdesk.people.actor import SYSTEM
from helpdesk.tickets.assigning import assign, move_to_team
from helpdesk.tickets.editing import prioritise
from helpdesk.tickets.tables import Priority, Ticket
from sla.targets import Step

_HIGHER = {Priority.LOW: Priority.NORMAL, Priority.NORMAL: Priority.HIGH, Priority.HIGH: Priority.URGENT}
_IS_HERE = "SELECT FROM hd_agent WHERE id = {} AND deactivated_at IS NULL"
_HAS_LEAD = """
SELECT FROM hd_membership m JOIN hd_agent a ON a.id = m.agent WHERE m.team = {} AND m.is_lead AND a.deactivated_at IS NULL LIMIT 1
"""


async def take(ticket: Ticket, step: Step, *, at: datetime) -> str:
    """Take the step with the ticket, which the caller holds: nothing, or why not: `gone` (whom or what it names), `nobody`
    (to be told), `done` (it was so already)."""
    try:
        match step.do:
            case "assign" if step.agent is not None:
                return "" if await assign(ticket, step.agent, by=SYSTEM, at=at) else "done"
            case "move" if step.team is not None:
                return "" if await move_to_team(ticket, step.team, by=SYSTEM, at=at) else "done"
            case "raise_priority":
                higher = _HIGHER.get(Priority(ticket.priority))
                return "" if higher and await prioritise(ticket, higher, by=SYSTEM, at=at) else "done"
            case "notify_lead":
                return "" if await rows(_HAS_LEAD, ticket.team) else "nobody"
            case "notify_assignee":
                return "" if ticket.assignee or ticket.team else "nobody"
            case _:
                return "" if step.agent and await rows(_IS_HERE, step.agent) else "gone"
    except Invalid:
        return "gone"
