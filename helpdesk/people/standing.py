"""Who is there: what agents say of themselves, and what their sessions tell.

Nothing is switched: who has not used the console for some minutes counts as away, and is back with the next visit; who
is out until a moment is back with that moment. So only what somebody chose themselves has to be taken back by them.
"""

from typing import Any

from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import NotFound
from helpdesk.kernel.language import _

ABLE = "a.deactivated_at IS NULL AND a.role IN ('admin', 'manager', 'agent')"
"""In a statement: `hd_agent AS a` can be given tickets."""

_HAS_BEEN_SEEN = """EXISTS (SELECT FROM hd_session AS seen WHERE seen.agent = a.id
    AND seen.seen_at > now() - make_interval(mins => (SELECT away_after_minutes FROM hd_installation)))"""
STATE = f"""(CASE WHEN a.availability = 'out' AND (a.out_until IS NULL OR a.out_until > now()) THEN 'out'
    WHEN a.availability = 'away' THEN 'away'
    WHEN (SELECT away_after_minutes FROM hd_installation) > 0 AND NOT {_HAS_BEEN_SEEN} THEN 'away' ELSE 'available' END)"""
"""In a statement: available, away or out, as it is with `hd_agent AS a` now."""
AVAILABLE = f"({STATE} = 'available')"

SAID = f"""{STATE} AS state, a.availability, a.out_until, a.replacement,
    (SELECT name FROM hd_agent WHERE id = a.replacement) AS replacement_name"""
"""In a statement: `state` as it is with `hd_agent AS a` now, and what was said."""


async def availability_of(agent_id: int) -> dict[str, Any]:
    """`state` as it is now, and what was said: `availability`, `out_until`, `replacement` with `replacement_name`."""
    found = await rows(f"SELECT {SAID} FROM hd_agent a WHERE a.id = {{}}", agent_id)
    if not found:
        raise NotFound(_("There is no such agent."))
    return found[0]
