"""Noting down what concerns an agent, and what they have seen of it. Who hears by which ways: `notice_choices`; telling them: `telling`."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from piccolo.querystring import QueryString

from helpdesk import actors
from helpdesk.kernel import redis
from helpdesk.kernel.database import after_commit, rows, transaction
from helpdesk.tickets.notice_kinds import GATHERED_FOR, KINDS, TOPICS

MAIL_AFTER = timedelta(minutes=2)
"""What was read by then is not mailed, and what comes together is one mail."""
KEPT = timedelta(days=90)
"""After they were read."""
MOST_KEPT = 2_000
"""Of an agent, read or not: who comes back after a year does not go through more."""

_NOTIFY = """
INSERT INTO hd_notice (agent, ticket, event, kind, at, in_centre, in_browser, by_mail, due_at)
SELECT a.id, {}, {}, {}, {}, way.in_centre, way.in_browser, way.by_mail,
    CASE WHEN way.in_browser THEN now() + {} WHEN way.by_mail THEN now() + {} END
FROM hd_agent a LEFT JOIN hd_notice_choice chosen ON chosen.agent = a.id AND chosen.topic = {}
CROSS JOIN LATERAL (SELECT coalesce(chosen.in_centre, {}) AS in_centre, coalesce(chosen.in_browser, {}) AS in_browser,
    coalesce(chosen.by_mail, {}) AS by_mail) AS way
WHERE {} AND a.id <> {} AND a.deactivated_at IS NULL AND (way.in_centre OR way.in_browser OR way.by_mail)
ORDER BY a.id ON CONFLICT (agent, event) DO NOTHING RETURNING id, in_browser
"""


async def notify(agents: Iterable[int | None], event: dict[str, Any], *, kind: str = "") -> None:
    """Give each of the agents a notice of the event, by the ways that they chose; never of what they did themselves.

    `kind` is one of KINDS, the event's own when it is empty. An agent has one notice of an event: the first kind counts,
    and a second call changes nothing.
    """
    ids = sorted({agent for agent in agents if agent is not None})
    if ids:
        await _notify(QueryString("a.id = ANY({})", ids), event, kind or event["kind"])


async def notify_team(team_id: int | None, event: dict[str, Any], *, kind: str) -> None:
    """The same for the members of a team."""
    if team_id is not None:
        await _notify(QueryString("a.id IN (SELECT agent FROM hd_membership WHERE team = {})", team_id), event, kind)


async def _notify(who: QueryString, event: dict[str, Any], kind: str) -> None:
    topic = KINDS[kind].topic
    ways = TOPICS[topic].ways
    doer = event["actor_id"] if event["actor_kind"] == "agent" else 0
    made = await rows(
        _NOTIFY, event["ticket"], event["id"], kind, event["at"], *_delays(kind), topic, ways.in_centre, ways.in_browser,
        ways.by_mail, who, doer,
    )  # fmt: skip
    for row in made:
        if row["in_browser"] and not KINDS[kind].is_gathered:
            after_commit(actors.tell.send, row["id"])
    if made:
        after_commit(redis.ring)


def _delays(kind: str) -> tuple[timedelta, timedelta]:
    """Before it is told in a browser, and by mail."""
    return (GATHERED_FOR, GATHERED_FOR) if KINDS[kind].is_gathered else (timedelta(), MAIL_AFTER)


async def read_notices(
    agent_id: int, *, at: datetime, ticket_id: int | None = None, upto: int | None = None
) -> None:  # fmt: skip
    """Mark the agent's notices as read: all, those of one ticket, or those up to one; what is read is told no further."""
    of_ticket = QueryString("true") if ticket_id is None else QueryString("ticket = {}", ticket_id)
    until = QueryString("true") if upto is None else QueryString("id <= {}", upto)
    async with transaction():
        read = await rows(
            """UPDATE hd_notice SET read_at = {}, due_at = NULL, commit_order = pg_current_xact_id()::text::bigint
            WHERE id IN (SELECT id FROM hd_notice WHERE agent = {} AND read_at IS NULL AND {} AND {} ORDER BY id FOR UPDATE)
            RETURNING id""",
            at, agent_id, of_ticket, until,
        )  # fmt: skip
        if read:
            after_commit(redis.ring)


async def forget_old_notices(*, at: datetime) -> None:
    """Delete what was read long ago, and of each agent what lies behind very many: the ticket's own history tells it.

    What is still to be told stays until it was.
    """
    await rows("DELETE FROM hd_notice WHERE read_at < {}", at - KEPT)
    await rows(
        """DELETE FROM hd_notice n USING hd_agent a, LATERAL (
            SELECT id FROM hd_notice WHERE agent = a.id ORDER BY id DESC OFFSET {} LIMIT 1) AS last
        WHERE n.agent = a.id AND n.id <= last.id AND n.due_at IS NULL""",
        MOST_KEPT,
    )
