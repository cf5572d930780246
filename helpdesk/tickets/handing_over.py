"""Many tickets that get another customer or organisation at once: each with its event, in one statement for all.

The events are followed up when the scheduler finds them: thousands of nudges would say no more than one bell. Their
clocks follow in a sweep.
"""

from datetime import datetime
from typing import Literal

import msgspec
from piccolo.querystring import QueryString

from helpdesk.kernel import redis
from helpdesk.kernel.database import after_commit, rows
from helpdesk.people.actor import Actor
from helpdesk.tickets.events import Changes
from sla.sweeping import sweep_tickets

Field = Literal["customer", "organisation"]
WORDS_AT_ONCE = 200

_HAND_OVER = """
WITH held AS (SELECT id FROM hd_ticket WHERE {field} = {{}} AND {{}} ORDER BY id FOR NO KEY UPDATE),
handed AS (UPDATE hd_ticket t SET {field} = {{}}, version = t.version + 1, updated_at = greatest(t.updated_at, {{}})
    FROM held WHERE t.id = held.id RETURNING t.id, t.version, t.updated_at)
INSERT INTO hd_event (ticket, kind, actor_kind, actor_id, at, version, changes)
SELECT id, {{}}, {{}}, {{}}, updated_at, version, {{}}::jsonb FROM handed RETURNING ticket
"""

_WORDS_LATER = """
SELECT set_config('helpdesk.words_later', CASE WHEN count(*) > {} THEN 'on' ELSE 'off' END, true)
FROM (SELECT FROM hd_ticket WHERE customer = {} LIMIT {}) AS theirs
"""
"""Of very many tickets the words that they are found by are written by a worker (`searching.writing_again`)."""


async def hand_over(
    field: Field, from_: int, to: int, *, kind: str, by: Actor, at: datetime, told: Changes, only: list[int] | None = None
) -> list[int]:  # fmt: skip
    """Give all tickets of a customer or organisation, or `only` these of them, to another one; the ids of those that
    moved. In the caller's transaction; whether somebody may see them plays no part."""
    which = QueryString("true") if only is None else QueryString("id = ANY({})", only)
    changes = msgspec.json.encode({field: (from_, to)} | told).decode()
    if field == "customer":
        await rows(_WORDS_LATER, WORDS_AT_ONCE, from_, WORDS_AT_ONCE + 1)
    moved = await rows(
        _HAND_OVER.format(field=field), from_, which, to, at, kind, by.kind, by.id, changes
    )  # fmt: skip
    tickets = [row["ticket"] for row in moved]
    await sweep_tickets(tickets)
    if tickets:
        after_commit(redis.ring)
    return tickets
