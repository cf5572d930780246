"""Telling agents what concerns them, in the console."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from helpdesk.kernel import redis
from helpdesk.kernel.database import after_commit, rows
from helpdesk.people.actor import SignedIn
from helpdesk.tickets.queries import only_visible


async def notify(agent_ids: Iterable[int], event: dict[str, Any]) -> None:
    """Give each agent a notice of the event; a second call changes nothing."""
    for agent_id in sorted(agent_ids):
        await rows(
            """INSERT INTO hd_notice (agent, ticket, event, kind, at) VALUES ({}, {}, {}, {}, {})
            ON CONFLICT (agent, event) DO NOTHING""",
            agent_id, event["ticket"], event["id"], event["kind"], event["at"],
        )  # fmt: skip
    after_commit(redis.ring)


async def unread_notices(agent: SignedIn, *, limit: int = 30) -> list[dict[str, Any]]:
    """The agent's unread notices, newest first, with the ticket's number and subject; of tickets that they may see now."""
    found = await rows(
        """SELECT n.id, n.kind, n.at, t.number, t.subject FROM hd_notice n JOIN hd_ticket t ON t.id = n.ticket
        WHERE n.agent = {} AND n.read_at IS NULL ORDER BY n.id DESC LIMIT {}""",
        agent.id, limit,
    )  # fmt: skip
    visible = await only_visible(sorted({row["number"] for row in found}), seen_by=agent) if found else set()
    return [row for row in found if row["number"] in visible]


async def read_notices(agent_id: int, *, at: datetime, ticket_id: int | None = None) -> None:
    """Mark the agent's notices as read, all or those of one ticket."""
    if ticket_id is None:
        await rows("UPDATE hd_notice SET read_at = {} WHERE agent = {} AND read_at IS NULL", at, agent_id)
    else:
        await rows(
            "UPDATE hd_notice SET read_at = {} WHERE agent = {} AND ticket = {} AND read_at IS NULL",
            at,
            agent_id,
            ticket_id,
        )
