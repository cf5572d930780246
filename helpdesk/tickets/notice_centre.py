"""The agent's notices, a group for each ticket: of tickets that they may see now, and that are neither spam nor trash."""

from typing import Any

import msgspec
from piccolo.columns.combination import WhereRaw
from piccolo.querystring import QueryString

from helpdesk.kernel.database import rows
from helpdesk.people.actor import SignedIn
from helpdesk.tickets.notice_words import OF_NOTICES, TOLD
from helpdesk.tickets.queries import Page, all_of, visible_to

LINES = 3
"""Of a group, the newest; how many more there are is said."""
PAGE = 20
MOST_COUNTED = 100

_IS_LISTED = "n.in_centre AND hd_ticket.spam_at IS NULL AND hd_ticket.trashed_at IS NULL"
_UNREAD = "n.read_at IS NULL"
_NEWEST = """NOT EXISTS (SELECT FROM hd_notice later WHERE later.agent = n.agent AND later.ticket = n.ticket AND later.id > n.id
    AND later.in_centre AND (later.read_at IS NULL OR NOT {}))"""

_GROUPS = f"""
WITH newest AS MATERIALIZED (
    SELECT n.id, n.agent, n.ticket, hd_ticket.number, hd_ticket.subject
    FROM hd_notice n JOIN hd_ticket ON hd_ticket.id = n.ticket WHERE {{}} ORDER BY n.id DESC LIMIT {PAGE + 1}
)
SELECT newest.id, newest.number, newest.subject, counted.*, lines.told
FROM newest CROSS JOIN LATERAL (
    SELECT count(*) AS count, count(*) FILTER (WHERE read_at IS NULL) AS unread, max(at) AS at
    FROM hd_notice n WHERE n.agent = newest.agent AND n.ticket = newest.ticket AND n.in_centre AND (n.read_at IS NULL OR NOT {{}})
) AS counted CROSS JOIN LATERAL (
    SELECT jsonb_agg(to_jsonb(line) ORDER BY line.id DESC) AS told FROM (
        SELECT {TOLD}, n.read_at IS NULL AS is_unread {OF_NOTICES} WHERE n.agent = newest.agent AND n.ticket = newest.ticket
            AND n.in_centre AND (n.read_at IS NULL OR NOT {{}}) ORDER BY n.id DESC LIMIT {LINES}
    ) AS line
) AS lines ORDER BY newest.id DESC
"""


async def notices_of(agent: SignedIn, *, only_unread: bool = True, before: int | None = None) -> Page:
    """Groups by their newest notice, each with `number`, `subject`, how many notices (`count`, `unread`) and `lines` of them.

    A line has `kind`, `at`, `who` did it, the `text` that was written, and `is_unread`. The cursor is the id of the last
    group's newest notice: what is new meanwhile moves nothing on later pages.
    """
    conditions = all_of(
        WhereRaw("n.agent = {}", agent.id), WhereRaw(_IS_LISTED), WhereRaw(_UNREAD) if only_unread else None,
        WhereRaw("n.id < {}", before) if before is not None else None, WhereRaw(_NEWEST, only_unread), visible_to(agent),
    )  # fmt: skip
    found = await rows(_GROUPS, conditions.querystring, only_unread, only_unread)
    groups = [row | {"lines": msgspec.json.decode(row["told"])} for row in found[:PAGE]]
    return Page(groups, str(groups[-1]["id"]) if len(found) > PAGE else None)


def counting_unread(agent: SignedIn) -> QueryString:
    """How many notices wait, but no further than `MOST_COUNTED`: a part of a statement."""
    waiting = all_of(WhereRaw("n.agent = {}", agent.id), WhereRaw(f"{_UNREAD} AND {_IS_LISTED}"), visible_to(agent))
    return QueryString(
        f"""(SELECT count(*) FROM (SELECT FROM hd_notice n JOIN hd_ticket ON hd_ticket.id = n.ticket
            WHERE {{}} LIMIT {MOST_COUNTED}) AS unread)""",
        waiting.querystring,
    )


async def lines_for(agent: SignedIn, ids: list[int]) -> list[dict[str, Any]]:
    """Of these notices of the agent, those that wait, are for browsers and may be seen: as `notice_words` words them."""
    visible = all_of(WhereRaw("hd_ticket.id = n.ticket"), visible_to(agent))
    return await rows(
        f"""SELECT {TOLD} {OF_NOTICES} WHERE n.agent = {{}} AND n.id = ANY({{}}) AND n.read_at IS NULL AND n.in_browser
            AND EXISTS (SELECT FROM hd_ticket WHERE {{}} AND hd_ticket.spam_at IS NULL AND hd_ticket.trashed_at IS NULL)
            ORDER BY n.ticket, n.id""",
        agent.id, ids, visible.querystring,
    )  # fmt: skip
