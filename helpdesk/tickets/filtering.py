"""The conditions of a list of tickets as clients ask for them."""

from datetime import datetime
from typing import Literal

import msgspec
from piccolo.columns.combination import WhereRaw

from helpdesk.customers.finding import find_by_email
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _
from helpdesk.people.actor import SignedIn
from helpdesk.tickets.queries import LISTED, SPAM, TRASH, Condition, all_of
from helpdesk.tickets.tables import Ticket

_LARGEST_ID = {"assignee": 2**31, "team": 2**31, "customer": 2**63}
NOBODY = 0


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for; each narrows the list. Ids are texts, as they share their places with words."""

    status: list[str] | None = None
    priority: list[str] | None = None
    assignee: str | None = None
    """An agent's id, `me` or `none`."""
    team: str | None = None
    """A team's id or `none`."""
    customer: str | None = None
    """A customer's id or e-mail address."""
    tag: list[str] | None = None
    """All of these."""
    channel: int | None = None
    updated_since: datetime | None = None
    only: Literal["spam", "trash"] | None = None
    """What lists leave out otherwise."""


async def condition_of(filters: Filters, *, by: SignedIn) -> Condition:
    """The filters as one condition on what lists show at all, or on spam or the trash; raises Invalid at the filter."""
    return all_of(base_of(filters), await narrowing_of(filters, by=by))


def base_of(filters: Filters) -> Condition:
    """What the filters choose from."""
    return SPAM if filters.only == "spam" else TRASH if filters.only == "trash" else LISTED


async def narrowing_of(filters: Filters, *, by: SignedIn) -> Condition:
    """What they choose; raises Invalid at the filter."""
    condition = all_of()
    if filters.status:
        condition &= Ticket.status.is_in(filters.status)
    if filters.priority:
        condition &= Ticket.priority.is_in(filters.priority)
    if filters.assignee is not None:
        condition &= _assignee(filters.assignee, by)
    if filters.team is not None:
        condition &= Ticket.team.is_null() if filters.team == "none" else Ticket.team == _id("team", filters.team)
    if filters.customer is not None:
        condition &= Ticket.customer == await _customer(filters.customer)
    if filters.tag:
        condition &= WhereRaw("hd_ticket.tags @> {}", [one.lower() for one in filters.tag])
    if filters.channel is not None:
        condition &= Ticket.channel == filters.channel
    if filters.updated_since is not None:
        condition &= Ticket.updated_at >= filters.updated_since
    return condition


def _assignee(asked: str, by: SignedIn) -> Condition:
    if asked == "none":
        return Ticket.assignee.is_null()
    return Ticket.assignee == (by.id if asked == "me" else _id("assignee", asked))


async def _customer(asked: str) -> int:
    if "@" not in asked:
        return _id("customer", asked)
    found = await find_by_email(asked)
    return found.id if found else NOBODY


def _id(name: str, asked: str) -> int:
    if not (asked.isascii() and asked.isdecimal() and int(asked) < _LARGEST_ID[name]):
        raise Invalid(**{name: _("This is neither an id nor one of the words that are known here.")})
    return int(asked)
