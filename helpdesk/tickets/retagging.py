"""Renaming, merging and deleting a tag on all tickets that have it.

The change is a row, done in batches: each commits with its tickets, their events and how far it is. What is done no longer
has the tag, so a batch that died is begun again, and a second worker waits for the row and finds less to do. What is promised
about the tickets follows in a sweep.
"""

from datetime import datetime
from typing import Any

from helpdesk import actors
from helpdesk.kernel import redis
from helpdesk.kernel.database import after_commit, rows, transaction
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.auditing import About, record
from helpdesk.people.permissions import demand
from helpdesk.tickets.editing import clean_tags
from sla.sweeping import sweep_tickets

AT_ONCE = 500
"""So many tickets are done while one waits; more are left to the workers."""
BATCH = 200

_RETAG = """
WITH held AS (SELECT id, tags FROM hd_ticket WHERE tags @> ARRAY[{}]::varchar[] ORDER BY id LIMIT {} FOR NO KEY UPDATE),
retagged AS (UPDATE hd_ticket t SET version = t.version + 1, updated_at = greatest(t.updated_at, now()), tags = ARRAY(
        SELECT DISTINCT one FROM unnest(array_remove(held.tags, {}) || {}::varchar[]) AS one ORDER BY one)
    FROM held WHERE t.id = held.id RETURNING t.id, t.version, t.updated_at, t.tags, held.tags AS before)
INSERT INTO hd_event (ticket, kind, actor_kind, actor_id, at, version, changes)
SELECT id, 'tagged', 'agent', {}, updated_at, version, jsonb_build_object('tags', jsonb_build_array(to_jsonb(before), to_jsonb(tags)))
FROM retagged RETURNING ticket
"""


async def retag(tag: str, becomes: str | None, *, by: SignedIn, at: datetime) -> dict[str, Any]:
    """Let the tag become another one on every ticket, or no tag at all; the row of the change.

    One that exists already takes the other's tickets. Raises Invalid at `becomes`, Refused.
    """
    demand(by, "manage_tags")
    wanted = _clean(becomes) if becomes is not None else None
    if wanted == tag:
        raise Invalid(becomes=_("It is called that already."))
    async with transaction():
        count = await count_of(tag)
        [row] = await rows(
            "INSERT INTO hd_tag_change (tag, becomes, tickets, asked_at, asked_by) VALUES ({}, {}, {}, {}, {}) RETURNING *",
            tag, wanted, count, at, by.id,
        )  # fmt: skip
        changes = {"tag": (tag, wanted), "tickets": (None, count)}
        await record("tag_changed", by=by, at=at, about=About("tag", row["id"], tag), changes=changes)
        if count > AT_ONCE:
            after_commit(actors.retag.send, row["id"])
    if count <= AT_ONCE:
        await work_off(row["id"])
    return row


async def work_off(change_id: int) -> None:
    """Change batch after batch until no ticket has the tag; safe to call any number of times."""
    while await _batch(change_id):
        pass


async def work_off_waiting() -> None:
    """Nudge changes that nobody is at, for example after a worker died."""
    for row in await rows("SELECT id FROM hd_tag_change WHERE finished_at IS NULL ORDER BY id"):
        actors.retag.send(row["id"])


async def count_of(tag: str) -> int:
    """On how many tickets it is, spam and trash among them."""
    [found] = await rows("SELECT count(*) AS count FROM hd_ticket WHERE tags @> ARRAY[{}]::varchar[]", tag)
    return found["count"]


async def recent_changes(*, most: int = 10) -> list[dict[str, Any]]:
    """The last changes: `tag`, `becomes` (null: deleted), `tickets`, `done`, `asked_at`, `asked_by`, `finished_at`."""
    return await rows(
        """SELECT c.id, c.tag, c.becomes, c.tickets, c.done, c.asked_at, c.finished_at, a.name AS asked_by FROM hd_tag_change c
        LEFT JOIN hd_agent a ON a.id = c.asked_by ORDER BY c.id DESC LIMIT {}""",
        most,
    )


async def _batch(change_id: int) -> bool:
    """Change the next tickets; whether there may be more."""
    async with transaction():
        found = await rows("SELECT * FROM hd_tag_change WHERE id = {} AND finished_at IS NULL FOR UPDATE", change_id)
        if not found:
            return False
        [change] = found
        becomes = [change["becomes"]] if change["becomes"] else []
        done = await rows(_RETAG, change["tag"], BATCH, change["tag"], becomes, change["asked_by"])
        await sweep_tickets([row["ticket"] for row in done])
        finished_at = now() if len(done) < BATCH else None
        await rows(
            "UPDATE hd_tag_change SET done = done + {}, finished_at = {} WHERE id = {}",
            len(done),
            finished_at,
            change_id,
        )
        if done:
            after_commit(redis.ring)
        return finished_at is None


def _clean(tag: str) -> str:
    try:
        cleaned = clean_tags([tag])
    except Invalid as error:
        raise Invalid(becomes=_("A tag has at most 50 characters.")) from error
    if not cleaned or "," in tag or "،" in tag:
        raise Invalid(becomes=_("Give one tag, without commas."))
    return cleaned[0]
