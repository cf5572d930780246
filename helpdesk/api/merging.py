"""/tickets/{number}/merge, /split and /snooze: making one of two, two of one, and putting one aside."""

from typing import Annotated

import msgspec
from litestar import Response, delete, post
from litestar.params import JSONBody
from msgspec import Meta

from helpdesk.api.problems import problems
from helpdesk.api.requests import WITHOUT_NUL, Caller, Id, Moment, PathId
from helpdesk.api.shapes import Ticket, ticket_as_it_is
from helpdesk.kernel.errors import Invalid, NotFound
from helpdesk.kernel.time import now
from helpdesk.people.permissions import demand
from helpdesk.tickets.merging import find_survivor, merge_into, unmerge
from helpdesk.tickets.queries import find_ticket
from helpdesk.tickets.snoozing import UNTIL_REPLY, snooze, wake
from helpdesk.tickets.splitting import split


class Merging(msgspec.Struct, forbid_unknown_fields=True):
    """The number of the ticket that goes on."""

    into: Id


class Splitting(msgspec.Struct, forbid_unknown_fields=True):
    """The message that goes, alone or with all after it, and the subject of the new ticket."""

    message: Id
    subject: Annotated[str, Meta(min_length=1, max_length=1000, pattern=WITHOUT_NUL)]
    with_following: bool = False


class Snoozing(msgspec.Struct, forbid_unknown_fields=True):
    """Without a time: until the customer writes. `snoozed_until` then says the year 9999."""

    until: Moment | None = None


@post("/tickets/{number:int}/merge", status_code=200, tags=["tickets"], responses=problems(403, 404))
async def merge_ticket(number: PathId, data: JSONBody[Merging], agent: Caller) -> Ticket:
    """Merge the ticket into another one, which is the answer; its own `merged_into` names that from now on.

    Messages, drafts and followers go over. One that was merged away leads to what it was merged into; the same again
    changes nothing.
    """
    ticket = await find_ticket(number, seen_by=agent)
    try:
        named = await find_ticket(data.into, seen_by=agent)
        survivor = await find_ticket((await find_survivor(named)).number, seen_by=agent)
    except NotFound as error:
        raise Invalid(into=str(error)) from error
    survivor = await merge_into(ticket, survivor, by=agent, at=now())
    return await ticket_as_it_is(survivor.id)


@delete("/tickets/{number:int}/merge", status_code=200, tags=["tickets"], responses=problems(403, 404))
async def unmerge_ticket(number: PathId, agent: Caller) -> Ticket:
    """Make a merged ticket one of its own again, as it was. What came since stays where it is."""
    ticket = await find_ticket(number, seen_by=agent)
    await find_ticket((await find_survivor(ticket)).number, seen_by=agent)
    await unmerge(ticket, by=agent, at=now())
    return await ticket_as_it_is(ticket.id)


@post("/tickets/{number:int}/split", status_code=201, tags=["tickets"], responses=problems(403, 404))
async def split_ticket(number: PathId, data: JSONBody[Splitting], agent: Caller) -> Ticket:
    """Make a new ticket, the answer, of a message of this one."""
    ticket = await find_ticket(number, seen_by=agent)
    made = await split(
        ticket, data.message, subject=data.subject, with_following=data.with_following, by=agent, at=now()
    )
    return await ticket_as_it_is(made.id)


@post("/tickets/{number:int}/snooze", status_code=200, tags=["tickets"], responses=problems(403, 404))
async def snooze_ticket(number: PathId, data: JSONBody[Snoozing], agent: Caller) -> Response[Ticket]:
    """Put the ticket aside until a time, or until the customer writes; their message ends it in either case."""
    demand(agent, "change")
    ticket = await find_ticket(number, seen_by=agent)
    await snooze(ticket, data.until or UNTIL_REPLY, by=agent, at=now())
    return _tagged(await ticket_as_it_is(ticket.id))


@delete("/tickets/{number:int}/snooze", status_code=200, tags=["tickets"], responses=problems(403, 404))
async def wake_ticket(number: PathId, agent: Caller) -> Response[Ticket]:
    """End that now."""
    demand(agent, "change")
    ticket = await find_ticket(number, seen_by=agent)
    await wake(ticket, by=agent, at=now())
    return _tagged(await ticket_as_it_is(ticket.id))


def _tagged(ticket: Ticket) -> Response[Ticket]:
    return Response(ticket, headers={"etag": f'"{ticket.version}"'})
