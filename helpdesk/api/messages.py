"""/tickets/{number}/messages: the conversation, answers, notes, and answers taken back or sent again."""

from datetime import datetime, timedelta
from typing import Annotated, Literal

import msgspec
from litestar import delete, get, post
from litestar.params import JSONBody
from msgspec import Meta

from helpdesk.api.drafts import Written, draft_of
from helpdesk.api.problems import problems
from helpdesk.api.requests import WITHOUT_NUL, Caller, Cursor, Id, Limit, Moment, PathId, bad_cursor, from_cursor, page
from helpdesk.api.shapes import Message, Ticket, as_message, message_as_it_is, ticket_as_it_is
from helpdesk.customers.tables import Customer
from helpdesk.deliveries.undoing import state_of
from helpdesk.kernel.database import transaction
from helpdesk.kernel.errors import Conflict, Invalid, Refused
from helpdesk.kernel.language import _
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.tickets import tables
from helpdesk.tickets.beginning import follow_up, open_for
from helpdesk.tickets.conversation import message_of, messages_from
from helpdesk.tickets.editing import edit
from helpdesk.tickets.posting import Leaving, channel_of
from helpdesk.tickets.queries import find_ticket
from helpdesk.tickets.recipients import Recipients, read_recipients
from helpdesk.tickets.relaying import relay
from helpdesk.tickets.replying import Draft, note, reply
from helpdesk.tickets.tables import Audience, Status
from helpdesk.tickets.taking_back import take_back, try_again

Addresses = Annotated[list[Annotated[str, Meta(max_length=400, pattern=WITHOUT_NUL)]], Meta(max_length=50)]
HoldSeconds = Annotated[int, Meta(ge=0, le=3600)]


class MessagePage(msgspec.Struct, frozen=True):
    items: list[Message]
    next: str | None


class NewMessage(Written, forbid_unknown_fields=True, kw_only=True):
    """`public` goes to the customer by mail, `internal` is a note. With `as_customer` it is the customer's own message.

    `hold_seconds` is how long an answer can still be taken back; `status` is the ticket's next one.
    `to`, `cc` and `bcc` are addresses; without them an answer goes to whom the last message of the customer names.
    With `send_at` it leaves then, and with `unless_answered` not if the customer writes first. `seen` is the newest
    message that the client knows: 409 when somebody else has written since. A text with `{{customer.name}}` or the like left
    in it is not sent, but for `keep_placeholders`. In a note, `@` and a name or an address tell that agent or team.
    """

    audience: Audience
    as_customer: bool = False
    hold_seconds: HoldSeconds = 0
    status: Literal["open", "pending", "on_hold", "solved"] | None = None
    to: Addresses | None = None
    cc: Addresses | None = None
    bcc: Addresses | None = None
    send_at: Moment | None = None
    unless_answered: bool = False
    seen: Id | None = None
    keep_placeholders: bool = False


class NewFollowUp(Written, forbid_unknown_fields=True, kw_only=True):
    as_customer: bool = False
    hold_seconds: HoldSeconds = 0
    keep_placeholders: bool = False


class TakenBack(msgspec.Struct, frozen=True, kw_only=True):
    """What was written, to be corrected and sent anew; the attachments are uploads again."""

    body_text: str
    body_html: str | None
    attachments: list[int]


@get("/tickets/{number:int}/messages", tags=["messages"], responses=problems(404))
async def list_messages(number: PathId, agent: Caller, limit: Limit = 50, cursor: Cursor = None) -> MessagePage:
    """The conversation in reading order, notes included."""
    ticket = await find_ticket(number, seen_by=agent)
    found = await messages_from(ticket.id, after=_place(cursor), limit=limit + 1)
    shown, following = page(found, limit, lambda row: f"{row['created_at'].isoformat()}|{row['id']}")
    return MessagePage([as_message(row) for row in shown], following)


@post("/tickets/{number:int}/messages", tags=["messages"], responses=problems(403, 404, 409))
async def write_message(number: PathId, data: JSONBody[NewMessage], agent: Caller) -> Message:
    """Answer the customer, write a note, or write down what the customer said."""
    ticket = await find_ticket(number, seen_by=agent)
    draft = await draft_of(data, by=agent, keep_placeholders=data.keep_placeholders)
    async with transaction():
        message = await _write(ticket, data, draft, agent, now())
        return await message_as_it_is(message.id)


@get("/tickets/{number:int}/messages/{message_id:int}", tags=["messages"], responses=problems(404))
async def read_message(number: PathId, message_id: PathId, agent: Caller) -> Message:
    """One message, with how far its delivery is."""
    ticket = await find_ticket(number, seen_by=agent)
    message = await message_of(ticket.id, message_id)
    return await message_as_it_is(message.id)


@delete(
    "/tickets/{number:int}/messages/{message_id:int}/delivery",
    status_code=200,
    tags=["messages"],
    responses=problems(403, 404, 409),
)
async def take_message_back(number: PathId, message_id: PathId, agent: Caller) -> TakenBack:
    """Take back an answer of yours that is still held, or a note of the last ten minutes; 409 when it is too late."""
    ticket = await find_ticket(number, seen_by=agent)
    message = await message_of(ticket.id, message_id)
    if message.agent != agent.id:
        raise Refused(_("Only who wrote an answer can take it back."))
    draft = await take_back(message, by=agent, at=now())
    if draft is None:
        raise Conflict(delivery=(await state_of(message.id), "cancelled"))
    return TakenBack(body_text=draft.text, body_html=draft.html, attachments=draft.uploads)


@post(
    "/tickets/{number:int}/messages/{message_id:int}/delivery",
    status_code=200,
    tags=["messages"],
    responses=problems(403, 404, 409),
)
async def send_message_again(number: PathId, message_id: PathId, agent: Caller) -> Message:
    """Send an answer once more after it failed or bounced."""
    ticket = await find_ticket(number, seen_by=agent)
    message = await message_of(ticket.id, message_id)
    if not await try_again(message, by=agent, at=now()):
        raise Conflict(delivery=(await state_of(message.id), "queued"))
    return await message_as_it_is(message.id)


@post("/tickets/{number:int}/follow-up", tags=["messages"], responses=problems(403, 404))
async def open_follow_up(number: PathId, data: JSONBody[NewFollowUp], agent: Caller) -> Ticket:
    """A new ticket after a closed one, for the same customer: begun by a mail to them, or by their own words."""
    ticket = await find_ticket(number, seen_by=agent)
    draft, at = await draft_of(data, by=agent, keep_placeholders=data.keep_placeholders), now()
    async with transaction():
        if data.as_customer:
            opened = await _follow_up_as_customer(ticket, draft, agent, at)
        else:
            opened, _message = await follow_up(
                ticket, draft, by=agent, at=at, leaving=Leaving(hold=timedelta(seconds=data.hold_seconds))
            )
        return await ticket_as_it_is(opened.id)


async def _write(
    ticket: tables.Ticket, data: NewMessage, draft: Draft, agent: SignedIn, at: datetime
) -> tables.Message:
    if data.as_customer:
        if data.audience == Audience.INTERNAL:
            raise Invalid(audience=_("A customer's message is public."))
        message = await relay(ticket, draft, by=agent, at=at)
    elif data.audience == Audience.INTERNAL:
        if data.to or data.cc or data.bcc or data.send_at:
            raise Invalid(audience=_("A note is not sent to anybody."))
        message = await note(ticket, draft, by=agent, at=at)
    else:
        leaving = Leaving(
            hold=timedelta(seconds=data.hold_seconds), later=data.send_at, unless_answered=data.unless_answered
        )
        chosen = msgspec.structs.replace(draft, recipients=await _chosen(data))
        try:
            return await reply(ticket, chosen, by=agent, at=at, leaving=leaving, status=data.status, seen=data.seen)
        except Invalid as error:  # at the client's name for it
            raise Invalid(
                **{{"later": "send_at"}.get(name, name): why for name, why in error.fields.items()}
            ) from error
    if data.status:
        await edit(ticket, {"status": data.status}, by=agent, at=at)
    return message


async def _chosen(data: NewMessage) -> Recipients | None:
    """Whom the client names, or None for those whom the server finds."""
    if data.to is None and not data.cc and not data.bcc:
        return None
    if not data.to:
        raise Invalid(to=_("Say to whom it goes."))
    return await read_recipients(*(", ".join(one or []) for one in (data.to, data.cc, data.bcc)))


async def _follow_up_as_customer(ticket: tables.Ticket, draft: Draft, agent: SignedIn, at: datetime) -> tables.Ticket:
    if ticket.status != Status.CLOSED:
        raise Invalid(as_customer=_("This ticket is not closed. Write to it instead."))
    customer = await Customer.objects().get(Customer.id == ticket.customer)
    assert customer is not None, "a customer with tickets is never deleted"
    opened, _message = await open_for(
        customer, subject=ticket.subject, draft=draft, by=agent, at=at, channel=await channel_of(ticket), team=ticket.team,
        priority=ticket.priority, follow_up_of=ticket,
    )  # fmt: skip
    return opened


def _place(cursor: str | None) -> tuple[datetime, int] | None:
    text = from_cursor(cursor)
    if text is None:
        return None
    try:
        moment, last_id = text.split("|")
        return datetime.fromisoformat(moment), int(last_id)
    except ValueError as error:
        raise bad_cursor() from error
