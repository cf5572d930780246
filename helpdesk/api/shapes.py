"""Tickets and messages as clients read them (the contract's names), made from rows."""

from typing import Any, Literal

import msgspec

from helpdesk.api.requests import Moment
from helpdesk.customers.listing import first_emails
from helpdesk.deliveries.tables import DeliveryState
from helpdesk.tickets.conversation import find_message
from helpdesk.tickets.queries import row_of
from helpdesk.tickets.tables import Audience, Priority, Status


class Requester(msgspec.Struct, frozen=True):
    id: int
    name: str
    email: str | None


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """Teams, agents, channels and organisations are ids; `merged_into` is a ticket's number.

    With `muted_at` mails came too fast, and nothing about the ticket is sent by itself.
    """

    number: int
    version: int
    subject: str
    status: Status
    priority: Priority
    channel: int | None
    team: int | None
    assignee: int | None
    customer: Requester
    organisation: int | None
    tags: list[str]
    fields: dict[str, Any]
    created_at: Moment
    updated_at: Moment
    first_replied_at: Moment | None
    solved_at: Moment | None
    snoozed_until: Moment | None
    merged_into: int | None
    muted_at: Moment | None
    spam_at: Moment | None
    trashed_at: Moment | None


class Author(msgspec.Struct, frozen=True):
    kind: Literal["customer", "agent", "system", "rule"]
    id: int | None
    name: str


class File(msgspec.Struct, frozen=True):
    """`url` is relative to the installation and needs the token."""

    id: int
    name: str
    size: int
    content_type: str
    url: str


class DeliveryOfMessage(msgspec.Struct, frozen=True):
    state: DeliveryState
    error: str | None


class MailOfMessage(msgspec.Struct, frozen=True, kw_only=True):
    """Message-IDs are without angle brackets."""

    message_id: str | None
    in_reply_to: str | None
    from_: str = msgspec.field(name="from")
    to: list[str]
    cc: list[str]
    is_auto_reply: bool
    is_bounce: bool


class MentionOfMessage(msgspec.Struct, frozen=True):
    """Whom a note names behind an @, and who was told: the agent, or one of the team. Nobody, when they may not see the ticket."""

    name: str
    agent: int | None
    team: int | None


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """`body_text` is the new text only; `quoted_text` is the rest. `body_html` is safe to show."""

    id: int
    audience: Audience
    author: Author
    body_text: str
    body_html: str | None
    quoted_text: str
    mentions: list[MentionOfMessage]
    attachments: list[File]
    created_at: Moment
    delivery: DeliveryOfMessage | None
    mail: MailOfMessage | None


def as_ticket(row: dict[str, Any], email: str | None) -> Ticket:
    """From a row of `queries.page_of`."""
    return Ticket(
        number=row["number"], version=row["version"], subject=row["subject"], status=row["status"], priority=row["priority"],
        channel=row["channel"], team=row["team"], assignee=row["assignee"],
        customer=Requester(row["customer"], row["customer_name"], email), organisation=row["organisation"], tags=row["tags"],
        fields={}, created_at=row["created_at"], updated_at=row["updated_at"], first_replied_at=row["first_replied_at"],
        solved_at=row["solved_at"], snoozed_until=row["snoozed_until"], merged_into=row["merged_into"],
        muted_at=row["muted_at"], spam_at=row["spam_at"], trashed_at=row["trashed_at"],
    )  # fmt: skip


async def as_tickets(found: list[dict[str, Any]]) -> list[Ticket]:
    """Two queries for any number of tickets: theirs and this one, of addresses."""
    emails = await first_emails([row["customer"] for row in found]) if found else {}
    return [as_ticket(row, emails.get(row["customer"])) for row in found]


async def ticket_as_it_is(ticket_id: int) -> Ticket:
    """A ticket that was found through the person before, read anew; it may have moved out of their reach meanwhile."""
    return (await as_tickets([await row_of(ticket_id)]))[0]


def as_message(row: dict[str, Any]) -> Message:
    """From a row of `conversation`."""
    mail = row["mail"]
    return Message(
        id=row["id"], audience=row["audience"], author=Author(row["author_kind"], row["author_id"], row["author_name"]),
        body_text=row["body_text"], body_html=row["body_html"], quoted_text=row["quoted_text"],
        mentions=[MentionOfMessage(one["said"], one["agent"], one["team"]) for one in row["mentions"]],
        attachments=[as_file(one) for one in row["attachments"]], created_at=row["created_at"],
        delivery=DeliveryOfMessage(row["delivery_state"], row["delivery_error"] or None) if row["delivery_state"] else None,
        mail=MailOfMessage(
            message_id=mail.message_id, in_reply_to=" ".join(mail.in_reply_to) or None, from_=mail.from_, to=mail.to, cc=mail.cc,
            is_auto_reply=mail.is_auto_reply, is_bounce=mail.is_bounce,
        ) if mail else None,
    )  # fmt: skip


async def message_as_it_is(message_id: int) -> Message:
    row = await find_message(message_id)
    assert row is not None, "it was found or written just before"
    return as_message(row)


def as_file(file: dict[str, Any]) -> File:
    return File(file["id"], file["name"], file["size"], file["content_type"], f"/api/v1/attachments/{file['id']}")
