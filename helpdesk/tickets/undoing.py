"""Taking back a change of one's own, as long as nobody has changed the same thing since."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import msgspec

from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import Invalid, NotFound
from helpdesk.kernel.language import _
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import demand
from helpdesk.people.tables import Agent, Team
from helpdesk.tickets.changing import change, held
from helpdesk.tickets.marking_spam import mark_spam, unmark_spam
from helpdesk.tickets.merging import find_survivor, unmerge
from helpdesk.tickets.muting import mute, unmute
from helpdesk.tickets.queries import find_ticket
from helpdesk.tickets.splitting import rejoin
from helpdesk.tickets.tables import Status, Ticket
from helpdesk.tickets.trashing import restore, trash

_TYPES: dict[str, Any] = {
    "subject": str, "status": str, "priority": str, "team": int | None, "assignee": int | None, "tags": list[str],
    "snoozed_until": datetime | None,
}  # fmt: skip
_OPPOSITES: dict[str, tuple[str, Callable[..., Awaitable[bool]]]] = {
    "marked_spam": ("unmarked_spam", unmark_spam), "unmarked_spam": ("marked_spam", mark_spam),
    "trashed": ("restored", restore), "restored": ("trashed", trash), "muted": ("unmuted", unmute), "unmuted": ("muted", mute),
}  # fmt: skip
"""Kinds of events that put a mark on or take it off: what says the opposite, and does it."""

_CHANGED = """
SELECT kind, changes FROM hd_event WHERE ticket = {} AND version = {} AND actor_kind = 'agent' AND actor_id = {}
    AND (message IS NULL OR kind = 'split_off')
"""
_LATEST = "SELECT kind, version FROM hd_event WHERE ticket = {} AND kind = ANY({}) ORDER BY version DESC LIMIT 1"


async def undo(ticket: Ticket, version: int, *, by: SignedIn, at: datetime) -> bool:
    """Take back what `by` changed with this version of the ticket: fields, snooze, spam, trash, muting, a merge, a split.

    Raises NotFound when it is no change of theirs that can be taken back, Invalid when one of its fields is not as they
    left it: what others did meanwhile stays. A second call changes nothing.
    """
    demand(by, "change")
    found = await rows(_CHANGED, ticket.id, version, by.id)
    kind = found[0]["kind"] if found else ""
    if kind == "merged_into":
        await find_ticket((await find_survivor(ticket)).number, seen_by=by)
        return await unmerge(ticket, by=by, at=at)
    if kind == "split_off":
        return await rejoin(ticket, by=by, at=at)
    if kind in _OPPOSITES:
        return await _turn_back(ticket, version, kind, by=by, at=at)
    return await _set_back(ticket, found[0]["changes"] if found else "", by=by, at=at)


async def _turn_back(ticket: Ticket, version: int, kind: str, *, by: SignedIn, at: datetime) -> bool:
    opposite, do = _OPPOSITES[kind]
    async with held(ticket):
        [latest] = await rows(_LATEST, ticket.id, [kind, opposite])
        if latest["kind"] == opposite:
            return False
        if latest["version"] != version:
            raise _too_late()
        return await do(ticket, by=by, at=at)


async def _set_back(ticket: Ticket, changes: str, *, by: SignedIn, at: datetime) -> bool:
    before, after = _values(changes)
    async with held(ticket):
        now_ = {name: getattr(ticket, name) for name in before}
        if now_ == before:
            return False
        if now_ != after or not await _is_still_there(before):
            raise _too_late()
        return await change(ticket, "reverted", by=by, at=at, **before, **_times(ticket, before, at))


def _too_late() -> Invalid:
    return Invalid(undo=_("This was changed meanwhile, so it cannot be undone. The ticket stays as it is now."))


def _values(encoded: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The values of the change's fields, before and after; raises NotFound for a change of anything else."""
    changes: dict[str, list[Any]] = msgspec.json.decode(encoded) if encoded else {}
    changes.pop("why", None)
    if not changes or not set(changes) <= set(_TYPES):
        raise NotFound(_("There is nothing to undo."))
    sides = [{name: msgspec.convert(pair[side], _TYPES[name]) for name, pair in changes.items()} for side in (0, 1)]
    return sides[0], sides[1]


async def _is_still_there(before: dict[str, Any]) -> bool:
    """Whether the team and the agent can have the ticket back."""
    team, agent = before.get("team"), before.get("assignee")
    return (team is None or await Team.exists().where(Team.id == team)) and (
        agent is None or await Agent.exists().where(Agent.id == agent, Agent.deactivated_at.is_null())
    )


def _times(ticket: Ticket, before: dict[str, Any], at: datetime) -> dict[str, Any]:
    """What goes with a status."""
    if "status" not in before:
        return {}
    is_solved = before["status"] == Status.SOLVED
    return {"solved_at": (ticket.solved_at or at) if is_solved else None, "closed_at": None}
