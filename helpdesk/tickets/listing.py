"""What lists of tickets show besides the tickets: which views hold something unread, and how many drafts, mentions and promises
at risk there are."""

from typing import Any

from piccolo.querystring import QueryString

from helpdesk.kernel.database import rows
from helpdesk.people.actor import SignedIn
from helpdesk.tickets.queries import LISTED, UNREAD, all_of, counting, in_view, mentioned_unseen, visible_to
from helpdesk.tickets.tables import Ticket

_LOOKED_THROUGH = 30
_HAS_UNREAD = f"""EXISTS (SELECT FROM (SELECT id FROM hd_ticket WHERE {{}} ORDER BY last_message_at DESC, id DESC LIMIT {_LOOKED_THROUGH}) AS hd_ticket
    WHERE {UNREAD})"""
_NEW_DRAFT = "(SELECT count(*) FROM hd_draft WHERE agent = {} AND ticket IS NULL AND discarded_at IS NULL)"


async def unread_and_own(views: list[str], *, seen_by: SignedIn, most: int) -> tuple[set[str], dict[str, int]]:
    """Those of the views whose first page holds something that the agent has not read; and on how many tickets, a new one
    among them, they have a draft or are named in a note that they have not seen, and how many are at risk, counted up to `most`;
    one statement for all of it."""
    matching = [all_of(in_view(view, seen_by), visible_to(seen_by)).querystring for view in views]
    asked = [QueryString(_HAS_UNREAD, condition, seen_by.id) for condition in matching]
    columns = [
        f"{{}} + {_NEW_DRAFT} AS drafts",
        "{} AS mentions",
        "{} AS at_risk",
        *(f"{{}} AS has_{n}" for n in range(len(views))),
    ]
    drafts = counting(in_view("drafts", seen_by), seen_by=seen_by, most=most)
    mentions = counting(mentioned_unseen(seen_by), seen_by=seen_by, most=most)
    at_risk = counting(in_view("at_risk", seen_by), seen_by=seen_by, most=most)
    [found] = await rows("SELECT " + ", ".join(columns), drafts, seen_by.id, mentions, at_risk, *asked)
    unread = {view for n, view in enumerate(views) if found[f"has_{n}"]}
    return unread | ({"mentions"} if found["mentions"] else set()), {
        "drafts": found["drafts"],
        "mentions": found["mentions"],
        "at_risk": found["at_risk"],
    }


async def has_none_at_all() -> bool:
    """Whether no ticket has ever come."""
    return not await rows("SELECT FROM hd_ticket LIMIT 1")


def of_customer(customer_id: int) -> Any:
    """The condition of a customer's tickets."""
    return LISTED & (Ticket.customer == customer_id)


def of_organisation(organisation_id: int) -> Any:
    """The condition of the tickets that an organisation's people opened while they belonged to it."""
    return LISTED & (Ticket.organisation == organisation_id)
