"""/tickets/{number}/spam and /trash, erasing, and the rules by which senders are blocked or allowed."""

from typing import Annotated

import msgspec
from litestar import delete, get, post
from litestar.params import JSONBody
from msgspec import Meta

from helpdesk.api.problems import problems
from helpdesk.api.requests import (
    WITHOUT_NUL,
    Caller,
    Cursor,
    Limit,
    Moment,
    OptionalLine,
    PathId,
    PathSmallId,
    Word,
    id_from_cursor,
    page,
)
from helpdesk.api.shapes import Ticket, ticket_as_it_is
from helpdesk.intake.erasing import erase
from helpdesk.intake.senders import find_rule, list_rules, remove_rule, set_rule
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _
from helpdesk.kernel.time import now
from helpdesk.people.permissions import demand
from helpdesk.tickets.marking_spam import mark_spam, unmark_spam
from helpdesk.tickets.queries import find_ticket
from helpdesk.tickets.trashing import restore, trash


class NewSenderRule(msgspec.Struct, forbid_unknown_fields=True):
    """`pattern` is an address, a domain, or `*.` and a domain for what is below it."""

    pattern: Annotated[str, Meta(min_length=1, max_length=320, pattern=WITHOUT_NUL)]
    is_allowed: bool = False
    note: OptionalLine = ""


class SenderRule(msgspec.Struct, frozen=True, kw_only=True):
    """Mail of a blocked sender is kept and opens no ticket; that of an allowed one always comes in. `created_by` is a name."""

    id: int
    pattern: str
    is_allowed: bool
    note: str
    created_at: Moment
    created_by: str | None


class SenderRulePage(msgspec.Struct, frozen=True):
    items: list[SenderRule]
    next: str | None


@post("/tickets/{number:int}/spam", status_code=200, tags=["tickets"], responses=problems(403, 404))
async def mark_ticket_spam(number: PathId, agent: Caller) -> Ticket:
    """Take the ticket out of all lists but spam; nothing more about it is sent by itself."""
    demand(agent, "throw_away")
    ticket = await find_ticket(number, seen_by=agent)
    await mark_spam(ticket, by=agent, at=now())
    return await ticket_as_it_is(ticket.id)


@delete("/tickets/{number:int}/spam", status_code=200, tags=["tickets"], responses=problems(403, 404))
async def unmark_ticket_spam(number: PathId, agent: Caller) -> Ticket:
    """Put it back."""
    demand(agent, "throw_away")
    ticket = await find_ticket(number, seen_by=agent)
    await unmark_spam(ticket, by=agent, at=now())
    return await ticket_as_it_is(ticket.id)


@post("/tickets/{number:int}/trash", status_code=200, tags=["tickets"], responses=problems(403, 404))
async def trash_ticket(number: PathId, agent: Caller) -> Ticket:
    """Throw the ticket away; it is erased after the days that the installation says."""
    demand(agent, "throw_away")
    ticket = await find_ticket(number, seen_by=agent)
    await trash(ticket, by=agent, at=now())
    return await ticket_as_it_is(ticket.id)


@delete("/tickets/{number:int}/trash", status_code=200, tags=["tickets"], responses=problems(403, 404))
async def restore_ticket(number: PathId, agent: Caller) -> Ticket:
    """Take it out of the trash."""
    demand(agent, "throw_away")
    ticket = await find_ticket(number, seen_by=agent)
    await restore(ticket, by=agent, at=now())
    return await ticket_as_it_is(ticket.id)


@delete("/tickets/{number:int}", tags=["tickets"], responses=problems(403, 404))
async def erase_ticket(number: PathId, agent: Caller) -> None:
    """Erase for good a ticket that is spam or in the trash, with its messages, files and mails; for administrators."""
    ticket = await find_ticket(number, seen_by=agent)
    if not await erase(ticket, by=agent, at=now()):
        raise Invalid(number=_("It is neither spam nor in the trash, or a mail of it is leaving just now."))


@get("/sender-rules", tags=["channels"], responses=problems(403))
async def get_sender_rules(agent: Caller, q: Word = None, limit: Limit = 50, cursor: Cursor = None) -> SenderRulePage:
    """Blocked and allowed senders in the order of their making; `q` is a part of the pattern. For managers."""
    demand(agent, "manage_senders")
    found = await list_rules(after=id_from_cursor(cursor), containing=q or "", most=limit + 1)
    shown, following = page(found, limit, lambda row: row["id"])
    return SenderRulePage(msgspec.convert(shown, list[SenderRule]), following)


@post("/sender-rules", tags=["channels"], responses=problems(403))
async def set_sender_rule(data: JSONBody[NewSenderRule], agent: Caller) -> SenderRule:
    """Block or allow a sender; a rule that there is for the pattern is turned round. Agents only block, and turn none round."""
    rule = await set_rule(data.pattern, is_allowed=data.is_allowed, note=data.note, by=agent, at=now())
    return msgspec.convert(await find_rule(rule), SenderRule)


@delete("/sender-rules/{rule_id:int}", tags=["channels"], responses=problems(403, 404))
async def remove_sender_rule(rule_id: PathSmallId, agent: Caller) -> None:
    """Forget the rule; one that is gone already is no error. For managers."""
    demand(agent, "manage_senders")
    await remove_rule(rule_id, by=agent)
