"""Finding tickets, always through the person who looks (rulings 4)."""

import base64
from datetime import datetime
from typing import Any

import msgspec
from piccolo.columns import Column
from piccolo.custom_types import Combinable
from piccolo.query import Select

from helpdesk.kernel.errors import Invalid, NotFound
from helpdesk.kernel.language import N_, _
from helpdesk.people.actor import SignedIn
from helpdesk.tickets.tables import UNSOLVED, Follower, Status, Ticket

Condition = Combinable

LISTED = Ticket.spam_at.is_null() & Ticket.trashed_at.is_null() & Ticket.merged_into.is_null()
LISTED_UNSOLVED = Ticket.status.is_in(UNSOLVED) & LISTED

ROW = (
    Ticket.id, Ticket.number, Ticket.version, Ticket.subject, Ticket.status, Ticket.priority, Ticket.tags, Ticket.created_at,
    Ticket.updated_at, Ticket.first_replied_at, Ticket.solved_at, Ticket.snoozed_until, Ticket.last_message_at, Ticket.preview,
    Ticket.language, Ticket.is_automatic, Ticket.team, Ticket.assignee, Ticket.customer, Ticket.organisation, Ticket.channel,
    Ticket.merged_into.number.as_alias("merged_into"), Ticket.follow_up_of.number.as_alias("follow_up_of"),
    Ticket.team.name.as_alias("team_name"), Ticket.assignee.name.as_alias("assignee_name"),
    Ticket.customer.name.as_alias("customer_name"), Ticket.organisation.name.as_alias("organisation_name"),
    Ticket.channel.name.as_alias("channel_name"), Ticket.channel.kind.as_alias("channel_kind"),
)  # fmt: skip
"""What a list shows of a ticket, in one select with joins."""


class Page(msgspec.Struct, frozen=True):
    """Some rows of a list and the cursor of those that follow, if any."""

    rows: list[dict[str, Any]]
    next: str | None


VIEWS: dict[str, str] = {
    "mine": N_("Mine"),
    "unassigned": N_("Unassigned"),
    "open": N_("All open"),
    "pending": N_("Waiting for customer"),
    "solved": N_("Solved"),
    "automatic": N_("Automatic"),
}


def visible_to(agent: SignedIn) -> Condition | None:
    """The one predicate of what an agent may see; None when it hides nothing."""
    if not agent.hidden_team_ids:
        return None
    followed = Follower.select(Follower.ticket).where(Follower.agent == agent.id)
    return (
        Ticket.team.is_null()
        | Ticket.team.not_in(sorted(agent.hidden_team_ids))
        | (Ticket.assignee == agent.id)
        | Ticket.id.is_in(followed)
    )


async def find_ticket(number: int, *, seen_by: SignedIn) -> Ticket:
    """The ticket; NotFound when there is none or the agent may not see it."""
    query = Ticket.objects().where(Ticket.number == number)
    predicate = visible_to(seen_by)
    found = await (query.where(predicate) if predicate is not None else query).first()
    if found is None:
        raise NotFound(_("There is no ticket with this number, or you may not see it."))
    return found


async def find_row(number: int, *, seen_by: SignedIn) -> dict[str, Any] | None:
    """The ticket as a list shows it."""
    found = await _seen(Ticket.select(*ROW).where(Ticket.number == number), seen_by)
    return found[0] if found else None


def in_view(view: str, agent: SignedIn) -> Condition:
    """The condition of a view of the console; `team:7` is a team's. Raises NotFound."""
    if view.startswith("team:") and view[5:].isdecimal():
        return LISTED_UNSOLVED & (Ticket.team == int(view[5:])) & Ticket.is_automatic.eq(False)
    conditions: dict[str, Condition] = {
        "mine": LISTED_UNSOLVED & (Ticket.assignee == agent.id),
        "unassigned": LISTED_UNSOLVED & Ticket.assignee.is_null() & Ticket.is_automatic.eq(False),
        "open": LISTED_UNSOLVED & Ticket.is_automatic.eq(False),
        "pending": LISTED & (Ticket.status == Status.PENDING),
        "solved": LISTED & (Ticket.status == Status.SOLVED),
        "automatic": LISTED_UNSOLVED & Ticket.is_automatic.eq(True),
    }
    if view not in conditions:
        raise NotFound(_("There is no such view."))
    return conditions[view]


async def page_of(
    condition: Condition | None, *, seen_by: SignedIn, cursor: str | None = None, limit: int = 30,
    order: Column = Ticket.last_message_at, ascending: bool = False,
) -> Page:  # fmt: skip
    """One page of the tickets that match and may be seen, by `order` and id; a keyset, so every page costs the same."""
    query = Ticket.select(*ROW).order_by(order, Ticket.id, ascending=ascending).limit(limit + 1)
    if condition is not None:
        query = query.where(condition)
    if cursor:
        query = query.where(_after(cursor, order, ascending))
    found = await _seen(query, seen_by)
    more = found[limit:]
    rows = found[:limit]
    return Page(rows, _cursor(rows[-1], order) if more else None)


async def count_up_to(condition: Condition, *, seen_by: SignedIn, most: int) -> int:
    """How many match, but no further than `most`."""
    return len(await _seen(Ticket.select(Ticket.id).where(condition).limit(most), seen_by))


async def only_visible(numbers: list[int], *, seen_by: SignedIn) -> set[int]:
    """Those of the tickets that the agent may see."""
    if visible_to(seen_by) is None:
        return set(numbers)
    found = await _seen(Ticket.select(Ticket.number).where(Ticket.number.is_in(numbers)), seen_by)
    return {row["number"] for row in found}


async def _seen(query: Select, agent: SignedIn) -> list[dict[str, Any]]:
    predicate = visible_to(agent)
    return await (query.where(predicate) if predicate is not None else query)


def _cursor(row: dict[str, Any], order: Column) -> str:
    last = row[order._meta.name]
    text = f"{order._meta.name}|{last.isoformat() if isinstance(last, datetime) else last}|{row['id']}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _after(cursor: str, order: Column, ascending: bool) -> Condition:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        name, last, last_id = text.split("|")
        at = int(last) if order._meta.name == "number" else datetime.fromisoformat(last)
        ticket_id = int(last_id)
        if name != order._meta.name:
            raise ValueError("the cursor of another order")
    except (ValueError, UnicodeDecodeError) as error:
        raise Invalid(cursor=_("This page link is not valid. Start again from the first page.")) from error
    if ascending:
        return (order >= at) & ((order > at) | (Ticket.id > ticket_id))
    return (order <= at) & ((order < at) | (Ticket.id < ticket_id))
