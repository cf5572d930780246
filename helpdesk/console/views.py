"""The views of the inbox with their counts, and the list of one of them."""

import asyncio
from typing import Any

import msgspec

from helpdesk.channels.mailboxes import default_mailbox
from helpdesk.console.finding import condition_of, found_by, typed_in
from helpdesk.console.pills import with_pills
from helpdesk.kernel.errors import NotFound
from helpdesk.kernel.language import N_, _
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.directory import Directory
from helpdesk.people.tables import Role
from helpdesk.tickets.by_due import page_by_due
from helpdesk.tickets.counting import COUNTED, counts_of
from helpdesk.tickets.drafting import drafts_of, fields_of
from helpdesk.tickets.listing import has_none_at_all, unread_and_own
from helpdesk.tickets.queries import VIEWS, Page, in_view, page_of, team_of
from helpdesk.tickets.tables import UNSOLVED, DraftKind, Ticket

MOST = 1000
PAGE = 30
WORKING = ("mine", "unassigned", "teams", "open")
"""Views whose unread tickets are told; so are those of teams."""


SORTS = {"": N_("Newest message"), "created": N_("Newest ticket"), "priority": N_("Priority"), "due": N_("Due next")}
"""The orders of a list, as its address names them."""
_SORTS_AT_RISK = {"": SORTS["due"], "created": SORTS["created"], "priority": SORTS["priority"]}


class View(msgspec.Struct, frozen=True):
    """One line of the list of views; `count` is None where it would say nothing."""

    key: str
    name: str
    count: int | None
    has_unread: bool


def teams_of(agent: SignedIn, people: Directory) -> list[str]:
    """The views of the agent's teams; managers and administrators have all of them."""
    sees_all = agent.role in (Role.ADMIN, Role.MANAGER)
    return [f"team:{team.id}" for team in people.teams.values() if sees_all or team.id in agent.team_ids]


async def views_of(agent: SignedIn, people: Directory) -> list[View]:
    """All views of the agent; two statements, however many views and tickets there are."""
    teams = teams_of(agent, people)
    keys = [*(key for key in VIEWS if key != "teams" or agent.team_ids), *teams]
    counts, (unread, own) = await asyncio.gather(  # outside of any transaction, each on a connection of its own
        counts_of([key for key in keys if key in COUNTED or key in teams], seen_by=agent),
        unread_and_own([key for key in keys if key in WORKING or key in teams], seen_by=agent, most=MOST),
    )
    counts |= own
    return [View(key, name_of(key, people), counts.get(key), key in unread) for key in keys]


def name_of(key: str, people: Directory) -> str:
    """What the view is called; raises NotFound for one that is not."""
    if key in VIEWS:
        return _(VIEWS[key])
    if typed_in(key) is not None:
        return _("Search")
    team = people.teams.get(team_of(key) or 0)
    if team is None:
        raise NotFound(_("There is no such view."))
    return team.name


def first_view(views: list[View]) -> str:
    """Where an agent begins: with their own work, else with what nobody has taken."""
    return "mine" if any(view.key == "mine" and view.count for view in views) else "unassigned"


async def list_of(view: str, agent: SignedIn, *, sort: str = "", cursor: str | None = None) -> dict[str, Any]:
    """One page of a view for the templates: `tickets`, `next`, the `sort` that it is in, the `new_draft` of a ticket
    that is none yet, and whether the desk never had one (`is_new_desk`), with the mailbox that the first may come to."""
    if (typed := typed_in(view)) is not None:
        found = await found_by(typed, agent, cursor=cursor, limit=PAGE)
        return found | {
            "tickets": await as_shown(found["tickets"]),
            "sort": "",
            "sorts": {},
            "new_draft": None,
            "is_new_desk": False,
        }
    if sort not in SORTS:
        raise NotFound(_("There is no such order."))
    page = await in_order(view, agent, sort=sort, cursor=cursor, limit=PAGE, with_details=True)
    new_draft = await _new_draft(agent) if view == "drafts" and not cursor else None
    is_for_new_ones = view in WORKING or team_of(view) is not None
    is_new = is_for_new_ones and not page.rows and not cursor and await has_none_at_all()
    return {
        "tickets": await as_shown(page.rows), "next": page.next, "sort": sort, "sorts": _SORTS_AT_RISK if view == "at_risk" else SORTS, "new_draft": new_draft,
        "begins_with": await default_mailbox() if is_new else None, "is_new_desk": is_new,
    }  # fmt: skip


async def in_order(
    view: str, agent: SignedIn, *, sort: str, cursor: str | None, limit: int, with_details: bool = False
) -> Page:
    """One page of a view, not a search, in one of SORTS."""
    condition = in_view(view, agent)
    if is_by_due(view, sort):
        return await page_by_due(condition, seen_by=agent, cursor=cursor, limit=limit, with_details=with_details)
    order = Ticket.created_at if sort == "created" else Ticket.last_message_at
    return await page_of(
        condition, seen_by=agent, cursor=cursor, limit=limit, order=order, by_priority=sort == "priority", with_details=with_details
    )  # fmt: skip


def is_by_due(view: str, sort: str) -> bool:
    """Whether the list begins with what is due next: what is at risk does so of itself."""
    return sort == "due" or (view == "at_risk" and not sort)


async def _new_draft(agent: SignedIn) -> dict[str, Any] | None:
    """The agent's draft of a new ticket: `to`, `subject`, `text`, `updated_at`."""
    draft = (await drafts_of(agent, None)).get(DraftKind.NEW)
    if draft is None:
        return None
    fields = fields_of(draft)
    to = fields.get("name") or fields.get("email") or fields.get("phone") or ""
    return {"to": to, "subject": fields.get("subject", ""), "text": draft.text[:200], "updated_at": draft.updated_at}


async def row_of(number: int, view: str, agent: SignedIn) -> dict[str, Any] | None:
    """The ticket as the view shows it; None when it is not, or no longer, in the view."""
    typed = typed_in(view)
    condition = in_view(view, agent) if typed is None else await condition_of(typed, agent)
    page = await page_of(condition & (Ticket.number == number), seen_by=agent, limit=1, with_details=True)
    return (await as_shown(page.rows))[0] if page.rows else None


async def as_shown(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows with details, with `who` (a name, else an address) and the `pill` of what is promised; what is solved or put
    away is no longer unread."""
    return [
        row
        | {
            "is_unread": row["is_unread"] and row["status"] in UNSOLVED and not (row["spam_at"] or row["trashed_at"]),
            "who": row["customer_name"] or row["customer_address"] or _("Unknown sender"),
        }
        for row in await with_pills(rows, at=now())
    ]
