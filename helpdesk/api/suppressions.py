"""/suppressions: addresses that are not written to."""

import msgspec
from litestar import delete, get

from helpdesk.api.problems import problems
from helpdesk.api.requests import Caller, Cursor, Limit, Moment, PathSmallId, Word, id_from_cursor, page
from helpdesk.customers.suppressing import lift, list_suppressions
from helpdesk.customers.tables import SuppressedFor
from helpdesk.people.permissions import demand
from helpdesk.tickets.queries import hiding_tickets


class Suppression(msgspec.Struct, frozen=True, kw_only=True):
    """For `bounces` nobody writes there; after a `complaint` no automatic mail goes there. `detail` is what the last
    report said, `ticket` the number of the one that it came to, null when you may not see it.
    """

    id: int
    address: str
    reason: SuppressedFor
    detail: str
    at: Moment
    ticket: int | None


class SuppressionPage(msgspec.Struct, frozen=True):
    items: list[Suppression]
    next: str | None


@get("/suppressions", tags=["channels"], responses=problems(403))
async def get_suppressions(agent: Caller, q: Word = None, limit: Limit = 50, cursor: Cursor = None) -> SuppressionPage:
    """Suppressed addresses, the oldest first; `q` is a part of the address."""
    demand(agent, "lift_suppressions")
    found = await list_suppressions(q=q, after_id=id_from_cursor(cursor), most=limit + 1)
    shown, following = page(found, limit, lambda row: row["id"])
    shown = await hiding_tickets(shown, from_=agent)
    return SuppressionPage(msgspec.convert(shown, list[Suppression]), following)


@delete("/suppressions/{suppression_id:int}", tags=["channels"], responses=problems(403, 404))
async def lift_suppression(suppression_id: PathSmallId, agent: Caller) -> None:
    """Write to the address again; bounces so far are forgotten."""
    await lift(suppression_id, by=agent)
