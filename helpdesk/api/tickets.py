"""/tickets: lists, opening, reading, changing."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, delete, get, patch, post
from litestar.params import FromQuery, JSONBody, QueryParameter
from msgspec import UNSET, Meta, UnsetType

from helpdesk.api.drafts import Written, draft_of
from helpdesk.api.problems import problems
from helpdesk.api.requests import (
    WITHOUT_NUL,
    Caller,
    Cursor,
    Email,
    IfMatch,
    Limit,
    OptionalLine,
    PathId,
    SmallId,
    Time,
    Word,
    moment_of,
    set_fields,
    version_of,
)
from helpdesk.api.shapes import Ticket, as_tickets, ticket_as_it_is
from helpdesk.channels.tables import Channel
from helpdesk.customers.finding import find_or_create
from helpdesk.kernel.database import transaction
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.tickets import tables
from helpdesk.tickets.assigning import assign
from helpdesk.tickets.beginning import open_for
from helpdesk.tickets.by_due import page_by_due
from helpdesk.tickets.editing import edit
from helpdesk.tickets.filtering import Filters, base_of, condition_of, narrowing_of
from helpdesk.tickets.muting import mute, unmute
from helpdesk.tickets.queries import all_of, find_ticket, page_of
from helpdesk.tickets.searching.finding import find
from helpdesk.tickets.searching.meaning import Meaning, understand
from helpdesk.tickets.tables import Priority, Status

Sort = Literal[
    "updated_at",
    "-updated_at",
    "created_at",
    "-created_at",
    "last_message_at",
    "-last_message_at",
    "number",
    "-number",
    "due_at",
]
ORDERS = {
    "updated_at": tables.Ticket.updated_at, "created_at": tables.Ticket.created_at,
    "last_message_at": tables.Ticket.last_message_at, "number": tables.Ticket.number,
}  # fmt: skip

Subject = Annotated[str, Meta(min_length=1, max_length=1000, pattern=WITHOUT_NUL)]
Tags = Annotated[list[Annotated[str, Meta(max_length=50, pattern=WITHOUT_NUL)]], Meta(max_length=30)]


class TicketPage(msgspec.Struct, frozen=True):
    items: list[Ticket]
    next: str | None


class NewRequester(msgspec.Struct, forbid_unknown_fields=True):
    email: Email
    name: OptionalLine = ""


class NewTicket(Written, forbid_unknown_fields=True, kw_only=True):
    """A customer's request; the text is the customer's own. `channel` is the mailbox that answers leave by."""

    subject: Subject
    customer: NewRequester
    channel: SmallId | None = None
    team: SmallId | None = None
    priority: Priority = Priority.NORMAL
    tags: Tags = msgspec.field(default_factory=list)
    assignee: SmallId | None = None
    fields: dict[str, Any] = msgspec.field(default_factory=dict)


class TicketPatch(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Only what is sent changes, all or nothing."""

    subject: Subject | UnsetType = UNSET
    status: Status | UnsetType = UNSET
    priority: Priority | UnsetType = UNSET
    team: SmallId | UnsetType | None = UNSET
    assignee: SmallId | UnsetType | None = UNSET
    tags: Tags | UnsetType = UNSET


@get("/tickets", tags=["tickets"])
async def list_tickets(
    agent: Caller,
    status: FromQuery[list[Status] | None] = None,
    priority: FromQuery[list[Priority] | None] = None,
    assignee: Annotated[Word, QueryParameter(description="An agent's id, `me` or `none`.")] = None,
    team: Annotated[Word, QueryParameter(description="A team's id or `none`.")] = None,
    customer: Annotated[Word, QueryParameter(description="A customer's id or e-mail address.")] = None,
    tag: Annotated[
        list[Annotated[str, Meta(pattern=WITHOUT_NUL)]] | None, QueryParameter(description="All of these.")
    ] = None,
    channel: Annotated[int | None, QueryParameter(ge=1, le=2**31 - 1)] = None,
    updated_since: Time = None,
    only: FromQuery[Literal["spam", "trash"] | None] = None,
    q: Annotated[
        str | None,
        QueryParameter(
            max_length=400,
            pattern=WITHOUT_NUL,
            description="Words and operators as in the console's search: `refund status:open from:example.com`.",
        ),
    ] = None,
    sort: Annotated[
        Sort | None, QueryParameter(description="`-updated_at` unless said otherwise; with `q` `-last_message_at`.")
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> TicketPage:
    """Tickets that you may see, without spam, trash and merged ones; `only` asks for spam or the trash.

    Repeat `status`, `priority` and `tag` for several. Pages by `number`, `created_at` or `updated_at` (ascending) are
    complete while tickets change; with `-updated_at` a ticket that changes meanwhile moves to the front, before your page.
    `due_at` begins with what is promised and runs, the nearest first; the others follow by their last message.

    A search by `q` is fast in its own order, the newest last message first; a ticket whose number was asked for comes before all.
    """
    filters = Filters(
        status=[*status] if status else None, priority=[*priority] if priority else None, assignee=assignee, team=team,
        customer=customer, tag=tag, channel=channel, updated_since=moment_of(updated_since, "updated_since"),
        only=only,
    )  # fmt: skip
    if q is None:
        condition = await condition_of(filters, by=agent)
    else:
        meaning = await _searched(q, filters, by=agent)
        if sort in (None, "-last_message_at"):
            found = await find(meaning, seen_by=agent, cursor=cursor, limit=limit)
            return TicketPage(await as_tickets(found.rows), found.next)
        condition = meaning.condition
    if sort == "due_at":
        found = await page_by_due(condition, seen_by=agent, cursor=cursor, limit=limit)
        return TicketPage(await as_tickets(found.rows), found.next)
    sort = sort or "-updated_at"
    found = await page_of(
        condition, seen_by=agent, cursor=cursor, limit=limit, order=ORDERS[sort.removeprefix("-")],
        ascending=not sort.startswith("-"),
    )  # fmt: skip
    return TicketPage(await as_tickets(found.rows), found.next)


@post("/tickets", tags=["tickets"], responses=problems(403))
async def open_ticket(data: JSONBody[NewTicket], agent: Caller) -> Response[Ticket]:
    """Open a ticket with a message of the customer, who is found by the address or made."""
    if data.fields:
        raise Invalid(**{f"fields.{name}": _("There is no such field.") for name in data.fields})
    draft, at = await draft_of(data, by=agent), now()
    async with transaction():
        customer = await find_or_create(data.customer.email, data.customer.name, language=None, at=at)
        ticket, _message = await open_for(
            customer, subject=data.subject, draft=draft, by=agent, at=at, channel=await _channel_in_use(data.channel),
            team=data.team, priority=data.priority, tags=data.tags,
        )  # fmt: skip
        if data.assignee is not None:
            await assign(ticket, data.assignee, by=agent, at=at)
        return _tagged(await ticket_as_it_is(ticket.id))


@get("/tickets/{number:int}", tags=["tickets"], responses=problems(404))
async def read_ticket(number: PathId, agent: Caller) -> Response[Ticket]:
    """One ticket; its ETag is the version for `If-Match`."""
    ticket = await find_ticket(number, seen_by=agent)
    return _tagged(await ticket_as_it_is(ticket.id))


@patch("/tickets/{number:int}", tags=["tickets"], responses=problems(403, 404, 409))
async def change_ticket(
    number: PathId, data: JSONBody[TicketPatch], agent: Caller, if_match: IfMatch = None
) -> Response[Ticket]:
    """Change fields. With `If-Match`, a field that somebody else has set to something else since is a conflict."""
    ticket = await find_ticket(number, seen_by=agent)
    await edit(ticket, set_fields(data), by=agent, at=now(), seen_version=version_of(if_match))
    return _tagged(await ticket_as_it_is(ticket.id))


@post("/tickets/{number:int}/mute", status_code=200, tags=["tickets"], responses=problems(403, 404))
async def mute_ticket(number: PathId, agent: Caller) -> Response[Ticket]:
    """Let nothing about the ticket leave by itself, and tell nobody of new mails; they are kept."""
    ticket = await find_ticket(number, seen_by=agent)
    await mute(ticket, by=agent, at=now())
    return _tagged(await ticket_as_it_is(ticket.id))


@delete("/tickets/{number:int}/mute", status_code=200, tags=["tickets"], responses=problems(403, 404))
async def unmute_ticket(number: PathId, agent: Caller) -> Response[Ticket]:
    """End that."""
    ticket = await find_ticket(number, seen_by=agent)
    await unmute(ticket, by=agent, at=now())
    return _tagged(await ticket_as_it_is(ticket.id))


async def _searched(q: str, filters: Filters, *, by: SignedIn) -> Meaning:
    """What `q` and the filters ask for; words are whole ones. Raises Invalid at `q` or at the filter."""
    meaning = await understand(f"{q} ", by=by, at=now(), base=base_of(filters))
    if meaning.problems:
        raise Invalid(q=" ".join(meaning.problems))
    return msgspec.structs.replace(meaning, narrowing=all_of(meaning.narrowing, await narrowing_of(filters, by=by)))


def _tagged(ticket: Ticket) -> Response[Ticket]:
    return Response(ticket, headers={"etag": f'"{ticket.version}"'})


async def _channel_in_use(channel_id: int | None) -> Channel | None:
    if channel_id is None:
        return None
    found = await Channel.objects().where(Channel.id == channel_id, Channel.deactivated_at.is_null()).first()
    if found is None:
        raise Invalid(channel=_("There is no such channel, or it is not in use."))
    return found
