"""Planning clocks of changed calendars anew, until none is outdated."""

from helpdesk.promises.firing import nudge
from sla.replanning import BATCH, replan


async def replan_what_is_outdated() -> int:
    """How many clocks were planned anew."""
    count, planned = 0, BATCH
    while planned == BATCH:
        planned, lines = await replan()
        await nudge(lines)
        count += planned
    return count
