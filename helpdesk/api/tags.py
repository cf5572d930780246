"""/tags: which are in use."""

import msgspec
from litestar import get

from helpdesk.api.requests import Caller, Cursor, Limit, bad_cursor, from_cursor, page
from helpdesk.tickets.tagging import tags_in_use


class Tag(msgspec.Struct, frozen=True):
    name: str
    tickets: int


class TagPage(msgspec.Struct, frozen=True):
    items: list[Tag]
    next: str | None


@get("/tags", tags=["tickets"])
async def get_tags(agent: Caller, limit: Limit = 50, cursor: Cursor = None) -> TagPage:
    """Tags of the 10,000 last changed tickets that you may see, the most used first, and how many have each."""
    found = [Tag(name, count) for name, count in await tags_in_use(seen_by=agent)]
    if (after := from_cursor(cursor)) is not None:
        count, _bar, name = after.partition("|")
        if not count.isdecimal():
            raise bad_cursor()
        found = [one for one in found if (-one.tickets, one.name) > (-int(count), name)]
    return TagPage(*page(found, limit, lambda one: f"{one.tickets}|{one.name}"))
