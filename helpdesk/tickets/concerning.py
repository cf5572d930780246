"""Whom an event on a ticket concerns: they get a notice, by the ways that they chose."""

from typing import Any

import msgspec

from helpdesk.kernel.database import rows
from helpdesk.people.tables import Role
from helpdesk.tickets.concerning_promises import tell_of_promise
from helpdesk.tickets.followers import followers_of
from helpdesk.tickets.noticing import notify, notify_team
from helpdesk.tickets.tables import Ticket

_WHO_ASKED = """SELECT first.agent FROM hd_message answer JOIN hd_message first ON first.id = answer.thread WHERE answer.id = {}"""


async def tell_people(ticket: Ticket, event: dict[str, Any]) -> None:
    """Note the event down for those concerned, never for the one who did it; in the caller's transaction."""
    changes = msgspec.json.decode(event["changes"])
    was, now_is = changes.get("assignee", (None, None))
    is_quiet = ticket.spam_at is not None or ticket.muted_at is not None
    match event["kind"]:
        case "assigned" | "unassigned" if _is_absence(changes):
            await notify([now_is], event, kind="handed_over")
            await notify([was], event, kind="passed_on")
        case "assigned":
            await notify([now_is], event)
        case "mentioned" if await _stands(event["message"]):
            await notify(changes["mentioned"][1], event)
        case "taken_over":
            await notify([was, changes.get("writer", [None])[0]], event)
        case "customer_replied" if not is_quiet:
            await _tell_of_reply(ticket, event)
        case "outsider_answered" if not is_quiet:
            await notify([ticket.assignee, *await _agents(_WHO_ASKED, event["message"])], event)
        case "opened" | "split_off" if not is_quiet and not ticket.is_automatic and ticket.assignee is None:
            await notify_team(ticket.team, event, kind="opened")
        case "moved" if not is_quiet and ticket.assignee is None:
            await notify_team(ticket.team, event, kind="moved")
        case "woken" if event["actor_kind"] == "system":
            await notify([ticket.assignee] if ticket.assignee else await _who_snoozed(ticket), event)
        case "sla_warned" | "sla_breached" | "sla_escalated" | "sla_voided":
            await tell_of_promise(ticket, event, changes["promised"][1])
        case "muted":
            await notify(await _agents("SELECT id AS agent FROM hd_agent WHERE role = {}", Role.ADMIN), event)
        case "gave_way":
            await notify(await _author_of(event), event)
        case "delivery_failed" if ticket.muted_at is None:
            await notify([ticket.assignee, *await _author_of(event)], event)
        case _:
            pass


async def _tell_of_reply(ticket: Ticket, event: dict[str, Any]) -> None:
    """Whose ticket it is, who follows it, or the team when it is nobody's."""
    await notify([ticket.assignee], event)
    await notify(await followers_of(ticket.id), event, kind="followed_reply")
    if ticket.assignee is None and not ticket.is_automatic:
        await notify_team(ticket.team, event, kind="team_reply")


def _is_absence(changes: dict[str, Any]) -> bool:
    """Whether the helpdesk passed the ticket on, as its agent is away (`routing.following`)."""
    return (changes.get("why", (None, None))[1] or {}).get("by") == "absence"


async def _stands(message_id: int) -> bool:
    """Whether it was not taken back; until the notices are written it can't be."""
    return bool(await rows("SELECT FROM hd_message WHERE id = {} AND undone_at IS NULL FOR SHARE", message_id))


async def _author_of(event: dict[str, Any]) -> list[int | None]:
    return await _agents("SELECT agent FROM hd_message WHERE id = {}", event["message"])


async def _who_snoozed(ticket: Ticket) -> list[int | None]:
    """The agent who put the ticket aside last."""
    return await _agents(
        """SELECT actor_id AS agent FROM hd_event WHERE ticket = {} AND kind = 'snoozed' AND actor_kind = 'agent'
        ORDER BY id DESC LIMIT 1""",
        ticket.id,
    )


async def _agents(sql: str, *values: object) -> list[int | None]:
    return [row["agent"] for row in await rows(sql, *values)]
