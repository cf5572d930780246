"""Making planned tickets real: by the functions that intake and the console call, at the planned times."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

import msgspec

from helpdesk.channels.tables import Channel
from helpdesk.customers.tables import Customer
from helpdesk.demo.casting import ZONES, Cast
from helpdesk.demo.files import file_of
from helpdesk.demo.plotting import Plot, Step
from helpdesk.demo.texts import CustomerSheet, people, words
from helpdesk.kernel import blobs
from helpdesk.kernel.language import moment, speaking
from helpdesk.people.actor import SYSTEM, Actor, SignedIn
from helpdesk.tickets.assigning import assign, move_to_team
from helpdesk.tickets.beginning import open_for
from helpdesk.tickets.changing import change
from helpdesk.tickets.editing import prioritise, tag
from helpdesk.tickets.joining import join
from helpdesk.tickets.messages import MailFacts, NewAttachment, NewMessage
from helpdesk.tickets.opening import open_ticket
from helpdesk.tickets.replying import Draft, note, reply
from helpdesk.tickets.solving import set_status
from helpdesk.tickets.tables import Message, Status, Ticket
from helpdesk.tickets.uploading import upload

SENT_AFTER = timedelta(seconds=15)
"""How long after it was written an answer had left: 13 seconds to take it back, and the mail server's time."""


class Telling(msgspec.Struct, kw_only=True):
    """A ticket while its story is told. `answer` is the last mail to the customer, which the next one quotes."""

    cast: Cast
    rng: Random
    sheet: CustomerSheet
    customer: Customer
    channel: Channel
    agent: SignedIn
    ticket: Ticket
    answer: Message | None = None


async def tell(plot: Plot, cast: Cast, rng: Random) -> Telling:
    """Open the ticket and let everything happen to it; all in the caller's transaction."""
    told = await _open(plot, cast, rng)
    for at, step in plot.steps:
        await _do(step, plot, told, at)
    return told


async def _open(plot: Plot, cast: Cast, rng: Random) -> Telling:
    customer = await cast.customer(plot.customer, at=plot.begins)
    able = cast.answering[plot.story.team, plot.customer.language]
    agent = able[0] if len(able) == 1 or rng.random() < 0.7 else rng.choice(able[1:])
    channel = cast.billing if plot.story.team == "billing" and rng.random() < 0.4 else cast.mailbox
    if plot.is_by_phone:
        ticket, _message = await open_for(
            customer, subject=plot.subject, draft=Draft(body_text=plot.text), by=agent, at=plot.begins, channel=channel
        )
    else:
        message = await letter(
            plot.customer, customer, channel, plot.text, at=plot.begins, rng=rng, file=plot.story.file
        )
        ticket, _message = await open_ticket(
            subject=plot.subject, customer=customer, channel=channel, message=message, by=message.author, at=plot.begins
        )
    return Telling(
        cast=cast, rng=rng, sheet=plot.customer, customer=customer, channel=channel, agent=agent, ticket=ticket
    )


async def _do(step: Step, plot: Plot, told: Telling, at: datetime) -> None:
    ticket, agent, cast = told.ticket, told.agent, told.cast
    match step.verb:
        case "move":
            by = agent if told.rng.random() < 0.6 else cast.manager
            await move_to_team(ticket, cast.teams[plot.story.team], by=by, at=at)
        case "assign":
            by = agent if told.rng.random() < 0.6 else cast.manager
            await assign(ticket, agent.id, by=by, at=at)
        case "tag":
            await tag(ticket, plot.story.tags, by=agent, at=at)
        case "prioritise":
            await prioritise(ticket, plot.story.priority, by=agent, at=at)
        case "note":
            await _note(told, step.text, by=agent, at=at)
        case "light_note":
            await _note(told, step.text, by=cast.light_agent, at=at)
        case "reply":
            await answer(told, step.text, at=at, status=step.status, file=step.file)
        case "join":
            await write_back(told, step.text, at=at)
        case "set_status":
            await set_status(ticket, step.status or Status.OPEN, by=agent, at=at)
        case "close":
            await set_status(ticket, Status.CLOSED, by=SYSTEM, at=at)


async def letter(
    sheet: CustomerSheet, customer: Customer, channel: Channel, text: str, *, at: datetime, rng: Random, file: str = "",
    html: str | None = None, **more: Any,
) -> NewMessage:  # fmt: skip
    """A customer's mail as intake hands it over; `more` are further fields of the message."""
    domain = sheet.domain
    colleagues = [one for one in people().customer if one.domain == domain and one != sheet]
    is_shop = any(one.domain == domain for one in people().organisation)
    copied = [rng.choice(colleagues).emails[0]] if is_shop and colleagues and rng.random() < 0.15 else []
    facts = MailFacts(
        message_id=f"{rng.getrandbits(80):020x}@{domain}", from_=sheet.emails[0], to=[channel.address], cc=copied
    )
    fields = {"mail": facts, "language": sheet.language, "body_html": html} | more
    return NewMessage(
        author=Actor(kind="customer", id=customer.id, name=customer.name), body_text=text, created_at=at,
        attachments=[await _attachment(file, sheet.language)] if file else [], **fields,
    )  # fmt: skip


async def write_back(told: Telling, text: str, *, at: datetime, is_unverified: bool | None = None) -> Message:
    """The customer's next mail; most programs quote the answer below it."""
    quoted = _quoted(told) if told.rng.random() < 0.7 else ""
    unsure = told.rng.random() < 0.02 if is_unverified is None else is_unverified
    new = await letter(
        told.sheet, told.customer, told.channel, text, at=at, rng=told.rng, quoted_text=quoted, is_unverified=unsure
    )
    if told.answer and told.answer.mail_id and new.mail:
        named = [told.answer.mail_id]
        new = msgspec.structs.replace(new, mail=msgspec.structs.replace(new.mail, in_reply_to=named, references=named))
    return await join(told.ticket, new)


async def answer(
    told: Telling, text: str, *, at: datetime, status: str | None = None, file: str = "", arrives: bool = True
) -> Message:
    """An agent's reply, and that it left; `filling` settles its delivery."""
    uploads = [await _upload(file, told, at)] if file else []
    written = await reply(told.ticket, Draft(body_text=text, uploads=uploads), by=told.agent, at=at, status=status)
    if arrives:
        await change(told.ticket, "delivered", by=SYSTEM, at=at + SENT_AFTER, message=written.id, always=True)
    else:
        await told.ticket.refresh()
    told.answer = await Message.objects().get(Message.id == written.id)
    return written


async def _note(told: Telling, text: str, *, by: SignedIn, at: datetime) -> None:
    await note(told.ticket, Draft(body_text=text), by=by, at=at)


async def _upload(kind: str, told: Telling, at: datetime) -> int:
    name, content_type, content = file_of(kind, told.sheet.language)
    return (await upload(name, content_type, content, by=told.agent, at=at)).id


async def _attachment(kind: str, language: str) -> NewAttachment:
    name, content_type, content = file_of(kind, language)
    return NewAttachment(name=name, content_type=content_type, size=len(content), blob=await blobs.keep(content))


def _quoted(told: Telling) -> str:
    if told.answer is None:
        return ""
    with speaking(told.sheet.language, ZONES[told.sheet.language]):
        when = moment(told.answer.created_at)
    attribution = words(told.sheet.language).attribution.format(when=when, who=told.agent.name)
    return "\n".join([attribution, *(f"> {line}".rstrip() for line in told.answer.body_text.splitlines())])
