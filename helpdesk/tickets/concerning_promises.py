"""Whom it concerns that a promised time runs out, is over, or was kept after all (`promises.following` records it)."""

from typing import Any

from helpdesk.kernel import redis
from helpdesk.kernel.database import after_commit, rows
from helpdesk.tickets.noticing import notify, notify_team
from helpdesk.tickets.tables import Ticket

_LEADS = "SELECT agent FROM hd_membership WHERE team = {} AND is_lead"
_TOLD = """
SELECT n.id, n.agent, n.mailed_at IS NOT NULL OR n.pushed_at IS NOT NULL OR n.read_at IS NOT NULL AS is_known
FROM hd_event e JOIN hd_notice n ON n.event = e.id WHERE e.ticket = {} AND e.kind IN ('sla_breached', 'sla_escalated')
    AND (e.changes -> 'promised' -> 1 ->> 'clock')::bigint = {} AND (e.changes -> 'promised' -> 1 ->> 'epoch')::int = {}
ORDER BY n.id FOR UPDATE OF n
"""
_WITHDRAW = """
UPDATE hd_notice SET read_at = coalesce(read_at, {}), due_at = NULL, in_centre = false, commit_order = pg_current_xact_id()::text::bigint
WHERE id = ANY({})
"""


async def tell_of_promise(ticket: Ticket, event: dict[str, Any], promised: dict[str, Any]) -> None:
    """`promised` is what the event tells. Who is asked by the ladder hears by it, and of the breach the assignee, or the team."""
    if event["kind"] == "sla_voided":
        await _put_right(event, promised)
    elif event["kind"] == "sla_warned" and promised["telling"]:
        await _tell_whose_it_is(ticket, event, "promise_warned")
    elif event["kind"] == "sla_breached" and promised["telling"]:
        await _tell_whose_it_is(ticket, event, "promise_late" if promised["telling"] == "late" else "promise_broken")
    elif event["kind"] == "sla_escalated" and promised["telling"]:
        await _tell_of_step(ticket, event, promised)


async def _tell_of_step(ticket: Ticket, event: dict[str, Any], promised: dict[str, Any]) -> None:
    """Whom a ticket is given to hears of that."""
    kind = "promise_late" if promised["telling"] == "late" else "promise_escalated"
    match promised["do"]:
        case "notify_assignee" if promised["after"]:  # at once they hear of the breach itself
            await _tell_whose_it_is(ticket, event, kind)
        case "notify_lead":
            await notify([row["agent"] for row in await rows(_LEADS, ticket.team)], event, kind=kind)
        case "notify":
            await notify([promised["agent"]], event, kind=kind)
        case _:
            pass


async def _tell_whose_it_is(ticket: Ticket, event: dict[str, Any], kind: str) -> None:
    if ticket.assignee:
        await notify([ticket.assignee], event, kind=kind)
    else:
        await notify_team(ticket.team, event, kind=kind)


async def _put_right(event: dict[str, Any], promised: dict[str, Any]) -> None:
    """Who has heard of the breach hears that it was none; who has not hears of neither."""
    told = await rows(_TOLD, event["ticket"], promised["clock"], promised["epoch"])
    await notify([row["agent"] for row in told if row["is_known"]], event, kind="promise_kept")
    await rows(_WITHDRAW, event["at"], [row["id"] for row in told])
    if told:
        after_commit(redis.ring)
