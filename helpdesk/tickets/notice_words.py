"""What notices say, in the language of the one who speaks: in the centre, on a device and in mails."""

from itertools import groupby
from typing import Any

import msgspec

from helpdesk.kernel.language import _, digits, ngettext
from helpdesk.tickets.notice_kinds import KINDS
from sla.words import METRICS

MOST_ALONE = 3
"""Tickets that a browser tells of one by one; more are one notice."""

TOLD = """n.id, n.ticket, n.kind, n.at, t.number, t.subject, left(m.body_text, 500) AS text,
    e.changes -> 'promised' -> 1 ->> 'metric' AS metric, e.changes -> 'promised' -> 1 ->> 'policy' AS policy,
    CASE WHEN m.author_kind = 'customer' THEN (SELECT name FROM hd_customer WHERE id = m.customer)
        WHEN e.actor_kind = 'agent' THEN (SELECT name FROM hd_agent WHERE id = e.actor_id) END AS who"""
OF_NOTICES = """FROM hd_notice n JOIN hd_ticket t ON t.id = n.ticket JOIN hd_event e ON e.id = n.event
    LEFT JOIN hd_message m ON m.id = e.message AND m.undone_at IS NULL
        AND n.kind IN ('customer_replied', 'followed_reply', 'team_reply', 'outsider_answered', 'opened', 'mentioned')"""
"""In a statement: what a notice says. `text` is the plain beginning of the message that the event brought."""

Row = dict[str, Any]


class Said(msgspec.Struct, frozen=True):
    """What a browser shows. `id`: of the newest notice that it tells of. `tag`: a later one takes the place of an earlier one."""

    id: int
    title: str
    body: str
    url: str
    tag: str


def name_of(row: Row) -> str:
    """The ticket's number and subject, on one line."""
    return f"#{digits(row['number'])} {' '.join(row['subject'].split())[:200] or _('(no subject)')}"


def head_of(row: Row) -> str:
    """Who did what, or which promised time it is about."""
    words, promised = KINDS[row["kind"]].words, METRICS.get(row["metric"])
    return ": ".join(part for part in (row["who"], promised and _(promised), _(words)) if part)


def line_of(row: Row) -> str:
    """Who did what, and how what they wrote begins."""
    said = " ".join((row["text"] or "").split())[:200]
    return ": ".join(part for part in (head_of(row), said) if part)


def worded(notices: list[Row]) -> list[Said]:
    """The newest of each ticket, whose notices stand together; of many tickets one for all."""
    newest = [list(some)[-1] for _number, some in groupby(notices, key=lambda row: row["number"])]
    if len(newest) <= MOST_ALONE:
        return [
            Said(row["id"], name_of(row), line_of(row), f"/console/tickets/{row['number']}", f"ticket-{row['number']}")
            for row in newest
        ]
    title = ngettext("News of %(number)s ticket", "News of %(number)s tickets", len(newest))
    names = "\n".join(name_of(row) for row in newest[:MOST_ALONE])
    last = max(row["id"] for row in newest)
    return [Said(last, title % {"number": digits(len(newest))}, names, "/console/notices", "notices")]
