"""Telling the sender that we have their request: rate-limited, loop-safe, without a word of theirs (rulings 9; c.2)."""

from datetime import datetime, timedelta

from helpdesk import actors
from helpdesk.articles.seeing import EVERYBODY
from helpdesk.channels.automatic_texts import ACKNOWLEDGEMENT, OUT_OF_HOURS, Words, fill, words_of
from helpdesk.channels.email.addresses import Address
from helpdesk.channels.email.composing import OutgoingMail
from helpdesk.channels.email.reading import ParsedMail
from helpdesk.channels.email.threading import base_mailbox
from helpdesk.channels.mailboxes import mailbox_of
from helpdesk.channels.tables import Channel
from helpdesk.channels.web_form.editing import find_form_of
from helpdesk.deliveries.queueing import Letter, queue
from helpdesk.deliveries.tables import DeliveryKind
from helpdesk.kernel.database import after_commit
from helpdesk.kernel.language import _, digits, moment, speaking
from helpdesk.kernel.settings import settings
from helpdesk.people.installing import this_installation
from helpdesk.people.tables import Installation
from helpdesk.promises.answering import answer_by, promises_to_customers
from helpdesk.promises.opening import opening_of
from helpdesk.tickets.leaving_alone import may_write_to
from helpdesk.tickets.tables import Ticket
from knowledge_base.reading import has_any

SAMPLE_NUMBER = 1042
WAITS = timedelta(seconds=10)
"""So long it is held for an article to be found (`naming_articles`); then it leaves without one."""


async def acknowledge(
    ticket: Ticket, mail: ParsedMail, *, channel: Channel, envelope_from: str, sender: str, at: datetime
) -> bool:
    """Queue the acknowledgement when the mail may have one; in the transaction that opened the ticket."""
    named = {base_mailbox(one.addr) for one in (*mail.to, *mail.cc)}
    if mail.must_not_get_an_automatic_answer or not envelope_from or channel.address not in named:
        return False
    return await _acknowledge(ticket, channel, to=sender, mail=mail, at=at)


async def acknowledge_post(ticket: Ticket, *, channel: Channel, sender: str, at: datetime) -> bool:
    """The same for what came by a web form; anybody could have typed the address."""
    return await _acknowledge(ticket, channel, to=sender, mail=None, at=at)


async def values_for(
    channel: Channel, language: str, *, number: int, company: str, at: datetime, answer_by: str = ""
) -> dict[str, str]:
    """What the placeholders of the channel's texts stand for; `answer_by` is empty when nothing is promised."""
    form = await find_form_of(channel.id) if channel.kind == "web_form" else None
    with speaking(language):
        opening = await opening_of(channel, at)
        return {
            "number": digits(number),
            "company": company,
            "channel": form.words(language).title if form else channel.address or "",
            "hours": opening.hours,
            "opens": opening.opens,
            "answer_by": answer_by,
            "link": f"{settings().base_url}/forms/{form.slug}" if form else "",
        }


async def sample_values(channel: Channel, language: str, *, at: datetime) -> dict[str, str]:
    """The same for a preview: a channel that is always open gets an opening to show, and an answer is promised if that is
    told to customers at all."""
    company = (await this_installation()).name
    values = await values_for(channel, language, number=SAMPLE_NUMBER, company=company, at=at)
    with speaking(language):
        promised = moment(at + timedelta(hours=16), "full") if await promises_to_customers() else ""
        return (
            values
            | {
                "opens": values["opens"] or moment(at + timedelta(hours=12), "full"),
                "answer_by": promised,
            }
            | (sample_article(language) if channel.names_articles else {})
        )


def sample_article(language: str) -> dict[str, str]:
    """An article to be shown in a preview."""
    base = settings().base_url
    article = _("Sending an order back") + f"\n{base}/help/{language}/articles/{SAMPLE_NUMBER}"
    return {"article": article, "solved": f"{base}/r/{SAMPLE_NUMBER}/solved"}


async def mail_test(channel: Channel, words: Words, *, language: str, to: str, at: datetime) -> None:
    """Mail a text to the administrator who wrote it, with sample data."""
    mailbox = await mailbox_of(channel)
    filled = fill(words, await sample_values(channel, language, at=at))
    letter = _automatic_mail(filled, to=to, sender=await this_installation(), mailbox=mailbox, language=language, at=at)
    await queue(Letter(letter), kind=DeliveryKind.SYSTEM, channel=mailbox, not_before=at, at=at)


def _automatic_mail(
    words: Words, *, to: str, sender: Installation, mailbox: Channel | None, language: str, at: datetime, answering: ParsedMail | None = None
) -> OutgoingMail:  # fmt: skip
    """An automatic text as a mail; addresses of ours and the Message-ID are set when it is queued."""
    answered = answering.message_id if answering else None
    references = [*(answering.references[-20:] if answering else []), *([answered] if answered else [])]
    return OutgoingMail(
        from_=Address(sender.name, ""), to=(Address("", to),), subject=words.subject, date=at, message_id="", in_reply_to=answered,
        references=tuple(dict.fromkeys(references)), language=language, text=words.body, signature=mailbox.signature if mailbox else "",
        automatic="auto-replied", instance_id=str(sender.instance_id),
    )  # fmt: skip


async def words_for(ticket: Ticket, channel: Channel, *, company: str, at: datetime, **naming: str) -> Words:
    """What the channel says to who opened the ticket then; `naming` are values of the placeholders that name an article."""
    kind = ACKNOWLEDGEMENT if (await opening_of(channel, at)).is_open else OUT_OF_HOURS
    promised = await answer_by(ticket, ticket.language, at=at, is_mail=True)
    values = await values_for(
        channel, ticket.language, number=ticket.number, company=company, at=at, answer_by=promised
    )
    return fill(await words_of(channel, kind, ticket.language), values | naming)


async def _acknowledge(ticket: Ticket, channel: Channel, *, to: str, mail: ParsedMail | None, at: datetime) -> bool:
    if not channel.acknowledges or not await may_write_to(to, ticket=ticket, at=at):
        return False
    mailbox = await mailbox_of(channel)
    us = await this_installation()
    words = await words_for(ticket, channel, company=us.name, at=at)
    letter = _automatic_mail(words, to=to, sender=us, mailbox=mailbox, language=ticket.language, at=at, answering=mail)
    may_name = channel.names_articles and await has_any(language=ticket.language, audiences=EVERYBODY)
    delivery = await queue(
        Letter(letter), kind=DeliveryKind.ACKNOWLEDGEMENT, channel=mailbox, not_before=at + WAITS if may_name else at, at=at,
        ticket_id=ticket.id,
    )  # fmt: skip
    if may_name:
        after_commit(actors.name_article.send, delivery.id)
    return True
