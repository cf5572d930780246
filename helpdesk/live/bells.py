"""Which agents have notices that are new, or were read elsewhere: looked up once for all streams of this process.

As with events (docs/decisions/0005), rows are taken once their transaction is older than every one that still runs, so none
slips behind. What a page is told is only that its bell has changed, and what to show of it.
"""

import asyncio
from typing import Any

from helpdesk.kernel.database import rows
from helpdesk.kernel.language import speaking
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.tickets.notice_centre import lines_for
from helpdesk.tickets.notice_words import Said, worded
from helpdesk.tickets.quiet_hours import quiet_until

_SETTLED = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
_WHOSE = f"""
SELECT {_SETTLED} AS settled,
    ARRAY(SELECT DISTINCT agent FROM hd_notice WHERE commit_order >= {{}} AND commit_order < {_SETTLED}) AS agents,
    EXISTS (SELECT FROM hd_notice WHERE commit_order >= {_SETTLED}) AS has_unsettled
"""
_CHANGED = f"""
SELECT id, commit_order, read_at IS NULL AND in_browser AS is_to_show FROM hd_notice
WHERE agent = {{}} AND commit_order > {{}} AND commit_order < {_SETTLED} ORDER BY commit_order, id LIMIT 500
"""


class Bells:
    """Rings for the streams of agents whose notices have changed."""

    def __init__(self) -> None:
        self._settled: int | None = None
        self._changed: dict[int, asyncio.Event] = {}

    def next_change(self, agent_id: int) -> asyncio.Event:
        """Set when the agent's notices have changed. Ask for it before you read: what comes in between is not missed."""
        return self._changed.setdefault(agent_id, asyncio.Event())

    async def look(self) -> bool:
        """Ring where there is something new; whether there is something that cannot be read yet."""
        [row] = await rows(_WHOSE, 2**62 if self._settled is None else self._settled)
        # Before the first look a stream may have read already, and what came since then is not known here: all look again.
        agents = [*self._changed] if self._settled is None else row["agents"]
        self._settled = row["settled"]
        for agent_id in agents:
            if changed := self._changed.pop(agent_id, None):
                changed.set()
        return row["has_unsettled"]


async def changed_notices(agent: SignedIn, after: int) -> tuple[dict[str, Any] | None, int]:
    """What a page is told of notices of later transactions than `after`, and the last of them; None when there are none.

    `show` is what a browser shows of them: nothing while the agent is left in peace.
    """
    found = await rows(_CHANGED, agent.id, after)
    if not found:
        return None, after
    ids = [row["id"] for row in found if row["is_to_show"]]
    told = {"show": await _shown(agent, ids) if ids else []}
    return told, found[-1]["commit_order"]


async def _shown(agent: SignedIn, ids: list[int]) -> list[Said]:
    if await quiet_until(agent, now()):
        return []
    lines = await lines_for(agent, ids)
    with speaking(agent.language, agent.time_zone):
        return worded(lines)
