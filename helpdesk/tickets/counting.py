"""How many tickets the views hold, from maintained counts (docs/decisions/0015).

A trigger on the tickets' table writes down, with each change, that a ticket left one place and came to another; a place is
(team, assignee, what is done with it). A count is the sum of such lines, so no two changes wait for each other. Folding
adds old lines up. Both happen in one statement each, so that whoever adds up sees a line or its sum, never both.
"""

from typing import Any

from helpdesk.kernel.database import rows
from helpdesk.people.actor import SignedIn
from helpdesk.tickets.queries import team_of

BY_PEOPLE = {"open", "pending"}
AWAKE = BY_PEOPLE | {"automatic"}
_PLACES = {"mine": AWAKE, "unassigned": BY_PEOPLE, "teams": BY_PEOPLE, "open": BY_PEOPLE}
"""The places that a view shows; every other view shows the place of its own name."""
COUNTED = {*_PLACES, "pending", "snoozed", "solved", "automatic", "spam", "trash"}

FOLD_FROM = 500
"""So many lines more than there are places are added up."""

_VISIBLE = """
SELECT team, place, assignee IS NULL AS is_nobodys, coalesce(assignee = {}, false) AS is_mine, sum(n)::int AS n FROM (
    SELECT team, assignee, place, n FROM hd_ticket_count WHERE team IS NULL OR team <> ALL({}) OR assignee = {}
    UNION ALL
    SELECT t.team, t.assignee, hd_place(t), 1 FROM hd_follower f JOIN hd_ticket t ON t.id = f.ticket
    WHERE f.agent = {} AND t.team = ANY({}) AND t.assignee IS DISTINCT FROM {}
) AS lines GROUP BY 1, 2, 3, 4
"""
"""Colleagues' tickets together: a page must not cost more with each of them."""
_FOLD = """
WITH folded AS (DELETE FROM hd_ticket_count RETURNING team, assignee, place, n)
INSERT INTO hd_ticket_count (team, assignee, place, n)
SELECT team, assignee, place, sum(n) FROM folded GROUP BY team, assignee, place HAVING sum(n) <> 0
"""
_RECOUNT = """
INSERT INTO hd_ticket_count (team, assignee, place, n)
SELECT team, assignee, place, sum(n) FROM (
    SELECT team, assignee, hd_place(hd_ticket) AS place, 1 AS n FROM hd_ticket WHERE hd_place(hd_ticket) IS NOT NULL
    UNION ALL SELECT team, assignee, place, -n FROM hd_ticket_count
) AS lines GROUP BY team, assignee, place HAVING sum(n) <> 0 RETURNING abs(n) AS n
"""


async def counts_of(views: list[str], *, seen_by: SignedIn) -> dict[str, int]:
    """How many tickets that the agent may see each of the COUNTED views and the views of teams hold."""
    hidden = sorted(seen_by.hidden_team_ids)
    lines = await rows(_VISIBLE, seen_by.id, hidden, seen_by.id, seen_by.id, hidden, seen_by.id)
    return {view: sum(line["n"] for line in lines if _is_in(view, line, seen_by)) for view in views}


async def fold() -> None:
    """Add up the lines once they are many; any number of processes may do so at once, or be killed at it."""
    [found] = await rows("SELECT count(*) - count(DISTINCT (team, assignee, place)) AS more FROM hd_ticket_count")
    if found["more"] >= FOLD_FROM:
        await rows(_FOLD)


async def recount() -> int:
    """Count every ticket anew and put right what is wrong; by how many tickets it was.

    What is missing is written as further lines, so changes meanwhile are not lost.
    """
    return sum(row["n"] for row in await rows(_RECOUNT))


def _is_in(view: str, line: dict[str, Any], agent: SignedIn) -> bool:
    if wanted := team_of(view):
        return line["team"] == wanted and line["place"] in BY_PEOPLE
    if line["place"] not in _PLACES.get(view, {view}):
        return False
    if view == "mine":
        return line["is_mine"]
    if view == "unassigned":
        return line["is_nobodys"]
    return view != "teams" or line["team"] in agent.team_ids
