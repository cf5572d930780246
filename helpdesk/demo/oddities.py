"""What every desk sees now and then: mail of machines, mail that came back, orders in tables, claims to an older ticket."""

from datetime import datetime, timedelta
from html import escape
from random import Random
from typing import Any

from helpdesk.channels.email.html_reading import html_to_text
from helpdesk.channels.email.sanitising import SANITISER_VERSION, sanitise
from helpdesk.demo.casting import Cast
from helpdesk.demo.telling import Telling, answer, letter, write_back
from helpdesk.demo.texts import CustomerSheet, people, words
from helpdesk.kernel.database import rows
from helpdesk.people.actor import SYSTEM
from helpdesk.tickets.assigning import assign
from helpdesk.tickets.beginning import write_to
from helpdesk.tickets.changing import change
from helpdesk.tickets.messages import MailFacts, NewMessage, write
from helpdesk.tickets.opening import open_ticket
from helpdesk.tickets.replying import Draft
from helpdesk.tickets.tables import Message, Status, Ticket

NO_SUCH_MAILBOX = "550 5.1.1 <{address}>: Recipient address rejected: User unknown in virtual mailbox table"

ORDER = {
    "en": ("Order for next week", "Dear team,", "please send us the following with the next tour:", "Article", "Quantity", "Note",
           "urgent", "Best regards,"),
    "fa": ("سفارش هفتهٔ آینده", "با سلام و احترام،", "لطفاً اقلام زیر را با بار بعدی بفرستید:", "کالا", "تعداد", "توضیح",
           "فوری", "با تشکر"),
}  # fmt: skip
AWAY = {
    "en": ("Automatic reply: Out of office",
           "Thank you for your mail. I am out of the office until Monday and will answer it then.\n\nIn urgent cases please call our reception."),
    "fa": ("پاسخ خودکار: در مرخصی هستم",
           "از ایمیل شما سپاسگزارم. تا شنبه در مرخصی هستم و پس از بازگشت پاسخ می‌دهم.\n\nدر موارد فوری با دفتر ما تماس بگیرید."),
}  # fmt: skip
AGAIN = {
    "en": "Hello,\n\nyou closed this last week, but now it is back: the same trouble as before. Could you have another look?",
    "fa": "سلام،\n\nهفتهٔ پیش این درخواست را بستید، ولی دوباره همان مشکل پیش آمده است. لطفاً یک بار دیگر نگاه کنید.",
}
CLAIM = {
    "en": "Hello,\n\nI write from my private address because I cannot get at the other one. Please send the documents about my request here.",
    "fa": "سلام،\n\nاز نشانی شخصی‌ام می‌نویسم، چون به آن یکی دسترسی ندارم. لطفاً مدارک درخواستم را به همین نشانی بفرستید.",
}
OFFER = {
    "en": ("New harvest: saffron and pistachios", "Dear {call},\n\nthe new harvest is in. As one of our oldest customers you can order at last "
           "year's price until the end of the month. Shall I set something aside for you?"),
    "fa": ("محصول تازهٔ زعفران و پسته", "{call} گرامی،\n\nمحصول تازه رسیده است. به‌عنوان یکی از قدیمی‌ترین مشتریان ما تا پایان ماه می‌توانید "
           "به قیمت پارسال سفارش بدهید. برایتان کنار بگذارم؟"),
}  # fmt: skip


async def tell(told: list[Telling], cast: Cast, *, at: datetime, rng: Random) -> None:
    """Add twelve tickets to those told, and a mail or two to some of them."""
    by_language = {
        language: [one for one in people().customer if one.language == language] for language in ("fa", "en")
    }
    for number, language in enumerate(("fa", "en")):
        crowd, earlier = by_language[language], at - timedelta(hours=1 + 3 * number)
        await _order_in_a_table(crowd[number], cast, at=earlier, rng=rng)
        await _away(crowd[5 + number], cast, at=earlier - timedelta(minutes=50), rng=rng)
        await _follow_up(_first(told, language, Status.CLOSED), cast, at=earlier - timedelta(minutes=95), rng=rng)
        await _claim(
            _first(told, language, Status.PENDING), crowd[-1], cast, at=earlier - timedelta(minutes=25), rng=rng
        )
        await _offer(crowd[2], cast, at=at - timedelta(days=3, hours=number))
        await _came_back(_last(told, language, Status.PENDING), at=earlier - timedelta(minutes=12))
        await _not_delivered(crowd[20 + number], cast, at=at - timedelta(days=1 + number, hours=2), rng=rng)
        await write_back(
            _last(told, language, Status.ON_HOLD), rng.choice(words(language).nudges), at=earlier - timedelta(minutes=5), is_unverified=True
        )  # fmt: skip


async def _order_in_a_table(sheet: CustomerSheet, cast: Cast, *, at: datetime, rng: Random) -> None:
    subject, greeting, request, article, quantity, remark, urgent, parting = ORDER[sheet.language]
    direction = "rtl" if sheet.language == "fa" else "ltr"
    lines = [
        (one, rng.randint(2, 40), urgent if rng.random() < 0.25 else "")
        for one in rng.sample(words(sheet.language).products, 6)
    ]
    head = "".join(
        f'<th style="background-color:#f3f4f6;text-align:start">{one}</th>' for one in (article, quantity, remark)
    )
    body = "".join(f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in line)}</tr>" for line in lines)
    safe = sanitise(
        f'<div dir="{direction}"><p>{greeting}</p><p>{request}</p><table border="1" cellpadding="6"><tr>{head}</tr>{body}</table>'
        f"<p><b>{parting}</b><br>{escape(sheet.name)}</p></div>"
    )
    await _mail(
        sheet,
        cast,
        subject,
        html_to_text(safe.html),
        at=at,
        rng=rng,
        html=safe.html,
        sanitiser_version=SANITISER_VERSION,
    )


async def _away(sheet: CustomerSheet, cast: Cast, *, at: datetime, rng: Random) -> None:
    subject, text = AWAY[sheet.language]
    facts = MailFacts(
        message_id=f"{rng.getrandbits(80):020x}@{sheet.domain}",
        from_=sheet.emails[0],
        to=[cast.mailbox.address],
        is_auto_reply=True,
    )
    await _mail(sheet, cast, subject, text, at=at, rng=rng, is_automatic=True, mail=facts)


async def _follow_up(closed: Telling, cast: Cast, *, at: datetime, rng: Random) -> None:
    ticket = await _mail(
        closed.sheet,
        cast,
        f"Re: {closed.ticket.subject}",
        AGAIN[closed.sheet.language],
        at=at,
        rng=rng,
        follow_up_of=closed.ticket,
    )
    await assign(ticket, closed.agent.id, by=cast.manager, at=at + timedelta(minutes=20))


async def _claim(named: Telling, stranger: CustomerSheet, cast: Cast, *, at: datetime, rng: Random) -> None:
    """A mail that names one of ours but comes from somebody who was no recipient of it."""
    subject, text = f"Re: {named.ticket.subject}", CLAIM[stranger.language]
    await _mail(stranger, cast, subject, text, at=at, rng=rng, may_belong_to=named.ticket.id, is_unverified=True)


async def _offer(sheet: CustomerSheet, cast: Cast, *, at: datetime) -> None:
    """A ticket that an agent begins."""
    subject, text = OFFER[sheet.language]
    customer = await cast.customer(sheet, at=at)
    agent = cast.answering["delivery", sheet.language][0]
    draft = Draft(body_text=text.format(call=sheet.call or sheet.name.split()[0]))
    await write_to(customer, subject=subject, draft=draft, by=agent, at=at, team=cast.teams["delivery"])


async def _came_back(told: Telling, *, at: datetime) -> None:
    """The last answer was taken by the customer's mail server and returned later."""
    address = told.sheet.emails[0]
    assert told.answer is not None
    reason = f"bounced: 5.2.2 {address}"
    report = NewMessage(
        author=SYSTEM, audience="internal", created_at=at, body_text=f"<{address}>: 552 5.2.2 The mailbox is full",
        mail=MailFacts(message_id=f"bounce.{told.ticket.number}@{told.sheet.domain}", to=[told.channel.address], is_bounce=True),
    )  # fmt: skip
    await _end(told.answer, "bounced", reason, at=at)
    message = await write(told.ticket, report)
    await change(told.ticket, "bounced", by=SYSTEM, at=at, message=message.id, always=True)
    await change(told.ticket, "delivery_failed", by=SYSTEM, at=at, message=told.answer.id, always=True)


async def _not_delivered(sheet: CustomerSheet, cast: Cast, *, at: datetime, rng: Random) -> None:
    """An answer that no mail server took."""
    story = next(one for one in words(sheet.language).story if "stock" in one.tags)
    product = words(sheet.language).products[1]
    ticket = await _mail(
        sheet, cast, story.subject.format(product=product), story.body.format(product=product), at=at, rng=rng
    )
    agent = cast.answering["delivery", sheet.language][0]
    told = Telling(
        cast=cast,
        rng=rng,
        sheet=sheet,
        customer=await cast.customer(sheet, at=at),
        channel=cast.mailbox,
        agent=agent,
        ticket=ticket,
    )
    await assign(ticket, agent.id, by=agent, at=at + timedelta(minutes=20))
    written = await answer(told, story.answer, at=at + timedelta(minutes=31), arrives=False)
    failed_at = at + timedelta(minutes=32)
    await _end(written, "failed", NO_SUCH_MAILBOX.format(address=sheet.emails[0]), at=failed_at)
    await change(ticket, "delivery_failed", by=SYSTEM, at=failed_at, message=written.id, always=True)


async def _mail(
    sheet: CustomerSheet, cast: Cast, subject: str, text: str, *, at: datetime, rng: Random, is_automatic: bool = False,
    follow_up_of: Ticket | None = None, may_belong_to: int | None = None, **more: Any,
) -> Ticket:  # fmt: skip
    """A ticket opened by a mail; `more` are further fields of its message."""
    customer = await cast.customer(sheet, at=at)
    message = await letter(sheet, customer, cast.mailbox, text, at=at, rng=rng, **more)
    ticket, _message = await open_ticket(
        subject=subject, customer=customer, channel=cast.mailbox, message=message, by=message.author, at=at,
        is_automatic=is_automatic, follow_up_of=follow_up_of, may_belong_to=may_belong_to,
    )  # fmt: skip
    return ticket


async def _end(message: Message, state: str, error: str, *, at: datetime) -> None:
    """How the message's delivery ended."""
    await rows(
        """UPDATE hd_delivery SET state = {}, last_error = {}, attempts = 1, settled_at = {},
            sent_at = CASE WHEN {} THEN not_before + interval '2 s' END WHERE message_id = {}""",
        state, error, at, state == "bounced", message.id,
    )  # fmt: skip


def _first(told: list[Telling], language: str, status: Status) -> Telling:
    return next(one for one in told if one.sheet.language == language and one.ticket.status == status)


def _last(told: list[Telling], language: str, status: Status) -> Telling:
    return _first(told[::-1], language, status)
