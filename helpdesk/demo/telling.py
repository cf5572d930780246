"""Making planned tickets real: by the functions that intake and the console call, at the planned times."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

import msgspec

from helpdesk.channels.tables import Channel
from helpdesk.demo.casting import ZONES, Cast
from helpdesk.demo.files import file_of
from helpdesk.demo.plotting import Plot, Step
from helpdesk.demo.texts import CustomerSheet, people, words
from helpdesk.kernel import blobs
from helpdesk.kernel.language import moment, speaking
from helpdesk.people.actor import SYSTEM, Actor, SignedIn
from helpdesk.people.tables import Assignment
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


class Stage(msgspec.Struct, kw_only=True):
    """Who plays, and what was played so far."""

    cast: Cast
    rng: Random
    told: list["Telling"] = []


class Telling(msgspec.Struct, kw_only=True):
    """A ticket while its story is told. `answer` is the last mail to the customer, which the next one quotes."""

    sheet: CustomerSheet
    channel: Channel
    agent: SignedIn
    ticket: Ticket
    answer: Message | None = None

    async def mail_of_answer(self) -> str | None:
        """The Message-ID of the last answer, known once it was queued."""
        if self.answer is None:
            return None
        [row] = await Message.select(Message.mail_id).where(Message.id == self.answer.id)
        return row["mail_id"]


async def tell(plot: Plot, stage: Stage) -> None:
    """Open the ticket and let everything happen to it; all in the caller's transaction."""
    told = await _open(plot, stage)
    stage.told.append(told)
    for at, step in plot.steps:
        await _do(step, plot, told, stage, at)


async def _open(plot: Plot, stage: Stage) -> Telling:
    cast, rng, sheet = stage.cast, stage.rng, plot.customer
    able = cast.answering[plot.story.team, sheet.language]
    agent = able[0] if len(able) == 1 or rng.random() < 0.7 else rng.choice(able[1:])
    channel = cast.billing if plot.story.team == "billing" and rng.random() < 0.4 else cast.mailbox
    if not plot.is_by_phone:
        message = await letter(sheet, channel, plot.text, at=plot.begins, stage=stage, file=plot.story.file)
        return await open_by_mail(sheet, plot.subject, message, stage, agent=agent, channel=channel)
    customer = await cast.customer(sheet, at=plot.begins)
    ticket, _message = await open_for(
        customer, subject=plot.subject, draft=Draft(body_text=plot.text), by=agent, at=plot.begins, channel=channel
    )
    return Telling(sheet=sheet, channel=channel, agent=agent, ticket=ticket)


async def open_by_mail(
    sheet: CustomerSheet, subject: str, message: NewMessage, stage: Stage, *, agent: SignedIn, channel: Channel, is_automatic: bool = False,
    follow_up_of: Ticket | None = None, may_belong_to: int | None = None,
) -> Telling:  # fmt: skip
    """A new ticket; `agent` is who will answer it."""
    customer = await stage.cast.customer(sheet, at=message.created_at)
    ticket, _message = await open_ticket(
        subject=subject, customer=customer, channel=channel, message=message, by=message.author, at=message.created_at,
        is_automatic=is_automatic, follow_up_of=follow_up_of, may_belong_to=may_belong_to,
    )  # fmt: skip
    return Telling(sheet=sheet, channel=channel, agent=agent, ticket=ticket)


async def _do(step: Step, plot: Plot, told: Telling, stage: Stage, at: datetime) -> None:
    ticket, agent, cast = told.ticket, told.agent, stage.cast
    match step.verb:
        case "move":
            by = agent if stage.rng.random() < 0.6 else cast.manager
            await move_to_team(ticket, cast.teams[plot.story.team], by=by, at=at)
        case "assign":
            by = agent if stage.rng.random() < 0.6 else cast.manager
            assignment = cast.assignments[plot.story.team]
            if assignment == Assignment.MANUAL:
                await assign(ticket, agent.id, by=by, at=at)
            else:
                why = {"by": assignment, "team": cast.teams[plot.story.team], "absent": [], "full": []}
                await assign(ticket, agent.id, by=SYSTEM, at=at, why=why)
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
            await write_back(told, step.text, at=at, stage=stage)
        case "set_status":
            await set_status(ticket, step.status or Status.OPEN, by=agent, at=at)
        case "close":
            await set_status(ticket, Status.CLOSED, by=SYSTEM, at=at)


async def letter(
    sheet: CustomerSheet, channel: Channel, text: str, *, at: datetime, stage: Stage, file: str = "", **more: Any
) -> NewMessage:  # fmt: skip
    """A customer's mail as intake hands it over; `more` are further fields of the message."""
    rng, domain = stage.rng, sheet.domain
    customer = await stage.cast.customer(sheet, at=at)
    colleagues = [one for one in people().customer if one.domain == domain and one != sheet]
    is_shop = any(one.domain == domain for one in people().organisation)
    copied = [rng.choice(colleagues).emails[0]] if is_shop and colleagues and rng.random() < 0.15 else []
    facts = MailFacts(
        message_id=f"{rng.getrandbits(80):020x}@{domain}", from_=sheet.emails[0], to=[channel.address], cc=copied
    )
    fields = {"mail": facts, "language": sheet.language} | more
    return NewMessage(
        author=Actor(kind="customer", id=customer.id, name=customer.name), body_text=text, created_at=at,
        attachments=[await _attachment(file, sheet.language)] if file else [], **fields,
    )  # fmt: skip


async def write_back(
    told: Telling, text: str, *, at: datetime, stage: Stage, is_unverified: bool | None = None
) -> Message:
    """The customer's next mail; most programs quote the answer below it."""
    quoted = _quoted(told) if stage.rng.random() < 0.7 else ""
    unsure = stage.rng.random() < 0.02 if is_unverified is None else is_unverified
    new = await letter(told.sheet, told.channel, text, at=at, stage=stage, quoted_text=quoted, is_unverified=unsure)
    if (mail_id := await told.mail_of_answer()) and new.mail:
        named = [mail_id]
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
    told.answer = written
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
