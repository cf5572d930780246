"""What every desk sees now and then: mail of machines, mail that came back, orders in tables, claims to an older ticket."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from html import escape
from random import Random

import msgspec

from helpdesk.channels.email.html_reading import html_to_text
from helpdesk.channels.email.sanitising import SANITISER_VERSION, sanitise
from helpdesk.demo.telling import Stage, Telling, answer, letter, open_by_mail, write_back
from helpdesk.demo.texts import CustomerSheet, people, words
from helpdesk.kernel.database import rows
from helpdesk.people.actor import SYSTEM, SignedIn
from helpdesk.tickets.assigning import assign
from helpdesk.tickets.beginning import write_to
from helpdesk.tickets.changing import change
from helpdesk.tickets.messages import MailFacts, NewMessage, write
from helpdesk.tickets.replying import Draft
from helpdesk.tickets.tables import Message, Status

Scene = tuple[datetime, Callable[[Stage], Awaitable[None]]]

NO_SUCH_MAILBOX = "550 5.1.1 <{address}>: Recipient address rejected: User unknown in virtual mailbox table"
MAILBOX_FULL = "<{address}>: 552 5.2.2 The mailbox is full"


def scenes(at: datetime) -> list[Scene]:
    """Twelve more tickets, and a mail or two to some of the others, each with its time."""
    found: list[Scene] = []
    for number, language in enumerate(("fa", "en")):
        crowd = [one for one in people().customer if one.language == language]
        late = at - timedelta(hours=1 + 3 * number)
        played = {
            late: partial(_order_in_a_table, crowd[number]),
            late - timedelta(minutes=50): partial(_away, crowd[5 + number]),
            late - timedelta(minutes=95): partial(_follow_up, language),
            late - timedelta(minutes=25): partial(_claim, crowd[-1]),
            late - timedelta(minutes=12): partial(_came_back, language),
            late - timedelta(minutes=5): partial(_chase_unverified, language),
            at - timedelta(days=3, hours=number): partial(_offer, crowd[2]),
            at - timedelta(days=1 + number, hours=2): partial(_not_delivered, crowd[20 + number]),
        }
        found += [(begins, partial(scene, begins)) for begins, scene in played.items()]
    return found


async def _order_in_a_table(sheet: CustomerSheet, at: datetime, stage: Stage) -> None:
    odd = words(sheet.language).odd
    html = sanitise(_order(sheet, stage.rng)).html
    message = await letter(
        sheet,
        stage.cast.mailbox,
        html_to_text(html),
        at=at,
        stage=stage,
        body_html=html,
        sanitiser_version=SANITISER_VERSION,
    )
    await open_by_mail(sheet, odd.order_subject, message, stage, agent=_agent(stage, sheet), channel=stage.cast.mailbox)


async def _away(sheet: CustomerSheet, at: datetime, stage: Stage) -> None:
    """A machine answers in a person's place."""
    odd = words(sheet.language).odd
    message = await letter(sheet, stage.cast.mailbox, odd.away_text, at=at, stage=stage)
    assert message.mail is not None
    automatic = msgspec.structs.replace(message, mail=msgspec.structs.replace(message.mail, is_auto_reply=True))
    await open_by_mail(
        sheet,
        odd.away_subject,
        automatic,
        stage,
        agent=_agent(stage, sheet),
        channel=stage.cast.mailbox,
        is_automatic=True,
    )


async def _follow_up(language: str, at: datetime, stage: Stage) -> None:
    """A mail about a ticket that was closed."""
    closed = _found(stage, language, Status.CLOSED, at)
    message = await letter(closed.sheet, closed.channel, words(language).odd.again_text, at=at, stage=stage)
    told = await open_by_mail(
        closed.sheet,
        f"Re: {closed.ticket.subject}",
        message,
        stage,
        agent=closed.agent,
        channel=closed.channel,
        follow_up_of=closed.ticket,
    )
    await assign(told.ticket, closed.agent.id, by=stage.cast.manager, at=at + timedelta(minutes=20))


async def _claim(stranger: CustomerSheet, at: datetime, stage: Stage) -> None:
    """A mail that names one of ours but comes from somebody who was no recipient of it."""
    named = _found(stage, stranger.language, Status.PENDING, at)
    text = words(stranger.language).odd.claim_text
    message = await letter(stranger, named.channel, text, at=at, stage=stage, is_unverified=True)
    await open_by_mail(
        stranger,
        f"Re: {named.ticket.subject}",
        message,
        stage,
        agent=named.agent,
        channel=named.channel,
        may_belong_to=named.ticket.id,
    )


async def _chase_unverified(language: str, at: datetime, stage: Stage) -> None:
    """A reply whose sender nobody vouched for."""
    told = _found(stage, language, Status.ON_HOLD, at)
    await write_back(told, words(language).nudges[0], at=at, stage=stage, is_unverified=True)


async def _offer(sheet: CustomerSheet, at: datetime, stage: Stage) -> None:
    """A ticket that an agent begins."""
    odd = words(sheet.language).odd
    draft = Draft(body_text=odd.offer_text.format(call=sheet.call or sheet.name.split()[0]))
    await write_to(
        await stage.cast.customer(sheet, at=at), subject=odd.offer_subject, draft=draft, by=_agent(stage, sheet), at=at,
        team=stage.cast.teams["delivery"],
    )  # fmt: skip


async def _came_back(language: str, at: datetime, stage: Stage) -> None:
    """The last answer was taken by the customer's mail server and returned later."""
    told = _found(stage, language, Status.PENDING, at)
    assert told.answer is not None, "a pending ticket was answered"
    address, number = told.sheet.emails[0], told.ticket.number
    report = NewMessage(
        author=SYSTEM, audience="internal", created_at=at, body_text=MAILBOX_FULL.format(address=address),
        mail=MailFacts(message_id=f"bounce.{number}@{told.sheet.domain}", to=[told.channel.address], is_bounce=True),
    )  # fmt: skip
    message = await write(told.ticket, report)
    await change(told.ticket, "bounced", by=SYSTEM, at=at, message=message.id, always=True)
    await _end(told, told.answer, "bounced", f"bounced: 5.2.2 {address}", at=at)


async def _not_delivered(sheet: CustomerSheet, at: datetime, stage: Stage) -> None:
    """An answer that no mail server took."""
    spoken = words(sheet.language)
    story = next(one for one in spoken.story if "stock" in one.tags)
    message = await letter(sheet, stage.cast.mailbox, story.body.format(product=spoken.products[1]), at=at, stage=stage)
    told = await open_by_mail(
        sheet,
        story.subject.format(product=spoken.products[1]),
        message,
        stage,
        agent=_agent(stage, sheet),
        channel=stage.cast.mailbox,
    )
    await assign(told.ticket, told.agent.id, by=told.agent, at=at + timedelta(minutes=20))
    written = await answer(told, story.answer, at=at + timedelta(minutes=31), arrives=False)
    await _end(told, written, "failed", NO_SUCH_MAILBOX.format(address=sheet.emails[0]), at=at + timedelta(minutes=32))


async def _end(told: Telling, message: Message, state: str, error: str, *, at: datetime) -> None:
    """The end of a delivery that did not arrive, told to the ticket."""
    await rows(
        """UPDATE hd_delivery SET state = {}, last_error = {}, attempts = 1, settled_at = {},
            sent_at = CASE WHEN {} THEN not_before + interval '2 s' END WHERE message_id = {}""",
        state, error, at, state == "bounced", message.id,
    )  # fmt: skip
    await change(told.ticket, "delivery_failed", by=SYSTEM, at=at, message=message.id, always=True)


def _order(sheet: CustomerSheet, rng: Random) -> str:
    spoken = words(sheet.language)
    odd = spoken.odd
    lines = [
        (one, rng.randint(2, 40), odd.order_remark if rng.random() < 0.25 else "")
        for one in rng.sample(spoken.products, 6)
    ]
    head = "".join(f'<th style="background-color:#f3f4f6">{one}</th>' for one in odd.order_columns)
    body = "".join(f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in line)}</tr>" for line in lines)
    return (
        f'<div dir="{"rtl" if sheet.language == "fa" else "ltr"}"><p>{odd.order_greeting}</p><p>{odd.order_text}</p>'
        f'<table border="1" cellpadding="6"><tr>{head}</tr>{body}</table>'
        f"<p>{odd.order_parting}<br>{escape(sheet.name)}</p></div>"
    )


def _agent(stage: Stage, sheet: CustomerSheet) -> SignedIn:
    return stage.cast.answering["delivery", sheet.language][0]


def _found(stage: Stage, language: str, status: Status, at: datetime) -> Telling:
    """The youngest ticket of that status on which nothing happened after `at`."""
    return next(
        one
        for one in reversed(stage.told)
        if one.sheet.language == language and one.ticket.status == status and one.ticket.updated_at < at
    )
