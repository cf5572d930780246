"""Finding tickets, always through the person who looks (rulings 4)."""

import base64
import re
from datetime import datetime
from functools import reduce
from operator import and_
from typing import Any

import msgspec
from piccolo.columns import Column
from piccolo.columns.combination import WhereRaw
from piccolo.custom_types import Combinable
from piccolo.querystring import QueryString

from helpdesk.kernel.database import objects, rows
from helpdesk.kernel.errors import Invalid, NotFound
from helpdesk.kernel.language import N_, _
from helpdesk.people.actor import SignedIn
from helpdesk.tickets.tables import Priority, Status, Ticket
from sla.standing import nearest_of

Condition = Combinable

# Written out, not bound: a prepared statement finds its partial index only by predicates that it can read.
_LISTED = "hd_ticket.spam_at IS NULL AND hd_ticket.trashed_at IS NULL AND hd_ticket.merged_into IS NULL"
_UNSOLVED = "hd_ticket.status IN ('new', 'open', 'pending', 'on_hold') AND " + _LISTED
_AWAKE = _UNSOLVED + " AND hd_ticket.snoozed_until IS NULL"
_BY_PEOPLE = "NOT hd_ticket.is_automatic"

_SPAM = "hd_ticket.spam_at IS NOT NULL AND hd_ticket.trashed_at IS NULL AND hd_ticket.merged_into IS NULL"
_TRASH = "hd_ticket.trashed_at IS NOT NULL AND hd_ticket.merged_into IS NULL"

RANK = "(CASE hd_ticket.priority WHEN 'urgent' THEN 3 WHEN 'high' THEN 2 WHEN 'normal' THEN 1 ELSE 0 END)"
"""Of a priority, as the index has it (migration 0039); its place among `Priority`."""

LISTED = WhereRaw(_LISTED)
LISTED_UNSOLVED = WhereRaw(_UNSOLVED)
SPAM = WhereRaw(_SPAM)
TRASH = WhereRaw(_TRASH)

# What a list shows of a ticket, in one statement: a row of the page looks up its names by key, no other row does.
_ROW = """
SELECT hd_ticket.id, hd_ticket.number, hd_ticket.version, hd_ticket.subject, hd_ticket.status, hd_ticket.priority, hd_ticket.tags,
    hd_ticket.created_at, hd_ticket.updated_at, hd_ticket.first_replied_at, hd_ticket.solved_at, hd_ticket.snoozed_until,
    hd_ticket.last_message_at, hd_ticket.preview, hd_ticket.language, hd_ticket.is_automatic, hd_ticket.team, hd_ticket.assignee,
    hd_ticket.customer, hd_ticket.organisation, hd_ticket.channel, hd_ticket.muted_at, hd_ticket.spam_at, hd_ticket.trashed_at,
    (SELECT number FROM hd_ticket AS other WHERE other.id = hd_ticket.merged_into) AS merged_into,
    (SELECT number FROM hd_ticket AS other WHERE other.id = hd_ticket.follow_up_of) AS follow_up_of,
    (SELECT name FROM hd_team WHERE id = hd_ticket.team) AS team_name,
    (SELECT name FROM hd_agent WHERE id = hd_ticket.assignee) AS assignee_name,
    (SELECT name FROM hd_customer WHERE id = hd_ticket.customer) AS customer_name,
    (SELECT name FROM hd_organisation WHERE id = hd_ticket.organisation) AS organisation_name,
    (SELECT kind FROM hd_channel WHERE id = hd_ticket.channel) AS channel_kind
"""
_OF_NOTES = (
    "SELECT m.ticket FROM hd_mention x JOIN hd_message m ON m.id = x.message AND m.undone_at IS NULL WHERE x.agent = {}"
)
_UNSEEN = f"{_OF_NOTES} AND x.seen_at IS NULL"
_MENTIONED = f"{_LISTED} AND hd_ticket.id IN ({_UNSEEN} UNION ALL {_OF_NOTES} AND x.at > now() - interval '30 days')"
UNREAD = """(SELECT coalesce(max(id), 0) FROM hd_message WHERE ticket = hd_ticket.id AND author_kind = 'customer')
    > coalesce((SELECT message FROM hd_reading WHERE agent = {} AND ticket = hd_ticket.id), (SELECT read_before FROM hd_installation))"""
_DETAILS = f""",
    {UNREAD} AS is_unread, hd_ticket.id IN (SELECT ticket FROM hd_draft WHERE agent = {{}} AND discarded_at IS NULL) AS has_draft,
    hd_ticket.id IN ({_UNSEEN}) AS is_mentioned,
    (SELECT value FROM hd_identity WHERE customer = hd_ticket.customer ORDER BY is_primary DESC, id LIMIT 1) AS customer_address,
    {nearest_of("hd_ticket.id")} AS promise
"""
_FROM = "FROM hd_ticket WHERE {} "


class Page(msgspec.Struct, frozen=True):
    """Some rows of a list and the cursor of those that follow, if any."""

    rows: list[dict[str, Any]]
    next: str | None


VIEWS: dict[str, str] = {
    "mine": N_("Mine"),
    "unassigned": N_("Unassigned"),
    "teams": N_("My teams"),
    "open": N_("All open"),
    "at_risk": N_("At risk"),
    "pending": N_("Waiting for customer"),
    "snoozed": N_("Snoozed"),
    "mentions": N_("Mentions"),
    "drafts": N_("Drafts"),
    "sent": N_("Answered today"),
    "solved": N_("Solved"),
    "automatic": N_("Automatic"),
    "spam": N_("Spam"),
    "trash": N_("Trash"),
}
_TODAY = "date_trunc('day', now(), {})"
_ANSWERED_TODAY = f"""{_LISTED} AND hd_ticket.id IN (SELECT ticket FROM hd_message WHERE author_kind = 'agent' AND audience = 'public'
    AND agent = {{}} AND created_at >= {_TODAY} AND undone_at IS NULL)"""
_DUE_TODAY = f"""{_UNSOLVED} AND hd_ticket.id IN (SELECT ticket FROM sla_clock WHERE state = 'running' AND target IS NOT NULL
    AND due_at < {_TODAY} + interval '1 day')"""
_DRAFTED = "hd_ticket.id IN (SELECT ticket FROM hd_draft WHERE agent = {} AND discarded_at IS NULL)"
_TEAM = re.compile(r"team:(\d{1,9})")


def visible_to(agent: SignedIn) -> Condition | None:
    """The one predicate of what an agent may see; None when it hides nothing."""
    if not agent.hidden_team_ids:
        return None
    return WhereRaw(
        """(hd_ticket.team IS NULL OR hd_ticket.team <> ALL({}) OR hd_ticket.assignee = {}
        OR hd_ticket.id IN (SELECT ticket FROM hd_follower WHERE agent = {}))""",
        sorted(agent.hidden_team_ids), agent.id, agent.id,
    )  # fmt: skip


async def find_ticket(number: int, *, seen_by: SignedIn) -> Ticket:
    """The ticket; NotFound when there is none or the agent may not see it."""
    wanted = all_of(WhereRaw("hd_ticket.number = {}", number), visible_to(seen_by))
    found = await objects(Ticket, "WHERE {}", wanted.querystring)
    if not found:
        raise NotFound(_("There is no ticket with this number, or you may not see it."))
    return found[0]


async def row_of(ticket_id: int) -> dict[str, Any]:
    """A ticket that was found through the person before, as a list shows it."""
    [found] = await rows(_ROW + _FROM, WhereRaw("hd_ticket.id = {}", ticket_id).querystring)
    return found


_VIEWS: dict[str, Condition] = {
    "unassigned": WhereRaw(f"{_AWAKE} AND hd_ticket.assignee IS NULL AND {_BY_PEOPLE}"),
    "open": WhereRaw(f"{_AWAKE} AND {_BY_PEOPLE}"),
    "pending": WhereRaw(f"{_AWAKE} AND {_BY_PEOPLE} AND hd_ticket.status = '{Status.PENDING}'"),
    "snoozed": WhereRaw(f"{_UNSOLVED} AND hd_ticket.snoozed_until IS NOT NULL"),
    "solved": WhereRaw(f"{_LISTED} AND hd_ticket.status = '{Status.SOLVED}'"),
    "automatic": WhereRaw(f"{_AWAKE} AND hd_ticket.is_automatic"),
    "spam": SPAM,
    "trash": TRASH,
}


def team_of(view: str) -> int | None:
    """The team whose view it is; None for the other views, and for numbers that no team can have."""
    found = _TEAM.fullmatch(view)
    return int(found[1]) if found else None


def in_view(view: str, agent: SignedIn) -> Condition:
    """The condition of a view of the console; `team:7` is a team's. Raises NotFound.

    Views of what is to be done leave out what is snoozed; their counts are `counting.counts_of`.
    """
    if team := team_of(view):
        return WhereRaw(f"{_AWAKE} AND {_BY_PEOPLE} AND hd_ticket.team = {{}}", team)
    if view == "mine":
        return WhereRaw(f"{_AWAKE} AND hd_ticket.assignee = {{}}", agent.id)
    if view == "teams":
        return WhereRaw(f"{_AWAKE} AND {_BY_PEOPLE} AND hd_ticket.team = ANY({{}})", sorted(agent.team_ids))
    if view == "drafts":
        return WhereRaw(_DRAFTED, agent.id)
    if view == "mentions":
        return WhereRaw(_MENTIONED, agent.id, agent.id)
    if view == "sent":
        return WhereRaw(_ANSWERED_TODAY, agent.id, agent.time_zone)
    if view == "at_risk":
        return WhereRaw(_DUE_TODAY, agent.time_zone)
    if view not in _VIEWS:
        raise NotFound(_("There is no such view."))
    return _VIEWS[view]


def mentioned_unseen(agent: SignedIn) -> Condition:
    """The condition of tickets with a note that names the agent and that they have not seen."""
    return WhereRaw(f"{_LISTED} AND hd_ticket.id IN ({_UNSEEN})", agent.id)


async def page_of(
    condition: Condition | None, *, seen_by: SignedIn, cursor: str | None = None, limit: int = 30,
    order: Column = Ticket.last_message_at, ascending: bool = False, by_priority: bool = False, with_details: bool = False,
) -> Page:  # fmt: skip
    """One page of the tickets that match and may be seen, by `order` and id; a keyset, so every page costs the same.

    With `by_priority` the most urgent come first, among equals those of the last message.

    Details are `is_unread` (the customer's newest message is newer than what `seen_by` has read), `has_draft` (one of theirs), `is_mentioned` (in a note that they have not seen), `customer_address` (their first e-mail address or number) and `promise` (sla.standing.Nearest as JSON).
    """
    place = (_less_urgent(cursor) if by_priority else behind(cursor, order, ascending=ascending)) if cursor else None
    direction = "ASC" if ascending else "DESC"
    keys = [*([RANK] if by_priority else []), f"hd_ticket.{order._meta.name}", "hd_ticket.id"]
    in_order = f"ORDER BY {', '.join(f'{key} {direction}' for key in keys)} LIMIT {limit + 1:d}"
    columns, values = selecting(seen_by, with_details=with_details)
    found = await rows(columns + _FROM + in_order, *values, all_of(condition, place, visible_to(seen_by)).querystring)
    shown = found[:limit]
    if len(found) <= limit:
        return Page(shown, None)
    rank = f"{list(Priority).index(shown[-1]['priority'])}." if by_priority else ""
    return Page(shown, rank + cursor_of(shown[-1], order))


def selecting(seen_by: SignedIn, *, with_details: bool) -> tuple[str, list[Any]]:
    """What `page_of` selects of `hd_ticket`, and the values in it."""
    return (_ROW + _DETAILS, [seen_by.id] * 3) if with_details else (_ROW, [])


async def count_up_to(condition: Condition, *, seen_by: SignedIn, most: int) -> int:
    """How many match, but no further than `most`."""
    [found] = await rows("SELECT {} AS count", counting(condition, seen_by=seen_by, most=most))
    return found["count"]


def counting(condition: Condition, *, seen_by: SignedIn, most: int) -> QueryString:
    """How many match, but no further than `most`: a part of a statement."""
    matching = all_of(condition, visible_to(seen_by)).querystring
    return QueryString(f"(SELECT count(*) FROM (SELECT FROM hd_ticket WHERE {{}} LIMIT {most:d}) AS tickets)", matching)


async def newest_id() -> int:
    """The id of the ticket that came last; 0 before the first."""
    [found] = await rows("SELECT coalesce(max(id), 0) AS id FROM hd_ticket")
    return found["id"]


async def only_visible(numbers: list[int], *, seen_by: SignedIn) -> set[int]:
    """Those of the tickets that the agent may see."""
    if visible_to(seen_by) is None:
        return set(numbers)
    named = WhereRaw("hd_ticket.number = ANY({})", numbers)
    found = await rows("SELECT number FROM hd_ticket WHERE {}", all_of(named, visible_to(seen_by)).querystring)
    return {row["number"] for row in found}


async def with_numbers(numbers: list[int], *, seen_by: SignedIn) -> dict[int, dict[str, Any]]:
    """Subject and status of those of the tickets that there are and that the agent may see, by number."""
    named = WhereRaw("hd_ticket.number = ANY({})", numbers)
    found = await rows(
        "SELECT number, subject, status FROM hd_ticket WHERE {}", all_of(named, visible_to(seen_by)).querystring
    )
    return {row["number"]: row for row in found}


async def hiding_tickets(found: list[dict[str, Any]], *, from_: SignedIn) -> list[dict[str, Any]]:
    """The rows, whose `ticket` is a number or None, without the numbers of tickets that the agent may not see."""
    visible = await only_visible([row["ticket"] for row in found if row["ticket"]], seen_by=from_)
    return [row | {"ticket": row["ticket"] if row["ticket"] in visible else None} for row in found]


def all_of(*conditions: Condition | None) -> Condition:
    """All conditions that there are, as one."""
    return reduce(and_, [one for one in conditions if one is not None], WhereRaw("true"))


def cursor_of(row: dict[str, Any], order: Column = Ticket.last_message_at) -> str:
    """The cursor of what comes behind the row."""
    last = row[order._meta.name]
    text = f"{order._meta.name}|{last.isoformat() if isinstance(last, datetime) else last}|{row['id']}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def place_of(cursor: str, order: Column = Ticket.last_message_at) -> tuple[Any, int]:
    """The value and the id of the row that a cursor was made of; raises Invalid."""
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        name, last, last_id = text.split("|")
        if name != order._meta.name:
            raise ValueError("the cursor of another order")
        return int(last) if order._meta.name == "number" else datetime.fromisoformat(last), int(last_id)
    except (ValueError, UnicodeDecodeError) as error:
        raise Invalid(cursor=_("This page link is not valid. Start again from the first page.")) from error


def _less_urgent(cursor: str) -> Condition:
    rank, _dot, rest = cursor.partition(".")
    at, ticket_id = place_of(rest if rank in set("0123") else "")
    return WhereRaw(f"({RANK}, hd_ticket.last_message_at, hd_ticket.id) < ({{}}, {{}}, {{}})", int(rank), at, ticket_id)


def behind(cursor: str, order: Column = Ticket.last_message_at, *, ascending: bool = False) -> Condition:
    """What comes behind the cursor's row; raises Invalid."""
    at, ticket_id = place_of(cursor, order)
    if ascending:
        return (order >= at) & ((order > at) | (Ticket.id > ticket_id))
    return (order <= at) & ((order < at) | (Ticket.id < ticket_id))
