"""What an event on a ticket means for who answers it."""

from datetime import datetime
from typing import Any

import msgspec

from helpdesk import actors
from helpdesk.kernel.database import after_commit, rows
from helpdesk.people.actor import SYSTEM
from helpdesk.people.standing import ABLE, AVAILABLE, STATE
from helpdesk.people.tables import Availability
from helpdesk.routing.loads import members_of, teams_in_need
from helpdesk.tickets.assigning import assign
from helpdesk.tickets.changing import held
from helpdesk.tickets.tables import Status, Ticket

_COUNTS = {"team", "assignee", "status", "snoozed_until"}
_KINDS = {
    "opened", "split_off", "marked_spam", "unmarked_spam", "trashed", "restored", "merged_into", "unmerged_from",
}  # fmt: skip
"""Fields and kinds of events by which tickets begin to wait, or leave an agent's hands."""
_WAKING = {"customer_replied", "woken"}

_ASSIGNEE = f"""
SELECT gone.state, (SELECT a.id FROM hd_agent a WHERE a.id = gone.replacement AND gone.state = 'out' AND {ABLE} AND {AVAILABLE}) AS stand_in
FROM (SELECT {STATE} AS state, a.replacement FROM hd_agent a WHERE a.id = {{}}) AS gone
"""


async def route(ticket: Ticket, event: dict[str, Any], *, at: datetime) -> None:
    """Do what follows from the event, in its transaction: pass the ticket on when its agent is absent, nudge teams in need."""
    changes = msgspec.json.decode(event["changes"])
    if event["kind"] not in _KINDS and not _COUNTS & changes.keys() and event["kind"] not in _WAKING:
        return
    await _pass_on(ticket, event["kind"], changes, at=at)
    agents = sorted({ticket.assignee, *changes.get("assignee", ())} - {None})
    for team in await teams_in_need(ticket.team, of_agents=agents):
        after_commit(actors.distribute.send, team)


async def _pass_on(ticket: Ticket, kind: str, changes: dict[str, Any], *, at: datetime) -> None:
    """A ticket that wakes up while its agent is out goes to who stands in for them, or back to the team.

    One that had been solved does so when they are only away, too: nobody is in the middle of it. When nobody is there
    at all it stays where it is.
    """
    was_solved = changes.get("status", [""])[0] == Status.SOLVED
    if not (kind in _WAKING or was_solved) or ticket.assignee is None:
        return
    async with held(ticket):
        if ticket.assignee is None or ticket.status not in (Status.NEW, Status.OPEN):
            return
        [found] = await rows(_ASSIGNEE, ticket.assignee)
        if found["state"] == Availability.AVAILABLE or (found["state"] == Availability.AWAY and not was_solved):
            return
        why = {"by": "absence", "absent": [ticket.assignee]}
        if found["stand_in"]:
            await assign(ticket, found["stand_in"], by=SYSTEM, at=at, why=why)
        elif await _others_are_free(ticket):
            await assign(ticket, None, by=SYSTEM, at=at, why=why)


async def _others_are_free(ticket: Ticket) -> bool:
    if ticket.team is None:
        return False
    [team] = await rows("SELECT assignment <> 'manual' AS gives_out FROM hd_team WHERE id = {}", ticket.team)
    return team["gives_out"] and any(one.is_free for one in await members_of(ticket.team) if one.id != ticket.assignee)
