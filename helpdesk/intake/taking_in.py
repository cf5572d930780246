"""From a raw mail to a message on a ticket: the one flow, top to bottom.

Claimed by a conditional update; everything that it writes commits together with the mark that it is done, so a worker
may die at any line and the next one begins again.
"""

import hashlib
from typing import Any

import asyncpg
import msgspec
import structlog

from helpdesk.channels.email.parsing import ParsedMail
from helpdesk.channels.email.parsing_child import ParserDied, ReadMail
from helpdesk.channels.email.verdict import verdict as verdict_on
from helpdesk.channels.tables import Channel
from helpdesk.customers.finding import find_or_create
from helpdesk.customers.tables import Customer
from helpdesk.deliveries.bouncing import mark_bounced
from helpdesk.deliveries.tables import Delivery
from helpdesk.intake.acknowledging import acknowledge
from helpdesk.intake.joining import find_bounced, find_thread
from helpdesk.intake.judging import judge
from helpdesk.intake.parser import parser
from helpdesk.intake.searching import words_of
from helpdesk.intake.tables import Fate
from helpdesk.kernel import blobs, leases
from helpdesk.kernel.database import lock, rows, transaction
from helpdesk.kernel.language import LANGUAGES, known
from helpdesk.kernel.settings import settings
from helpdesk.people.actor import SYSTEM, Actor
from helpdesk.tickets.changing import change, locked
from helpdesk.tickets.joining import join
from helpdesk.tickets.messages import MailFacts, NewAttachment, NewMessage, write
from helpdesk.tickets.opening import open_ticket
from helpdesk.tickets.presetting import preset
from helpdesk.tickets.tables import Message, Status

log = structlog.get_logger(__name__)

MOST_DEATHS = 2
UNKNOWN_SENDER = "unknown@invalid"

_CLAIM = """
UPDATE hd_raw_message SET attempts = attempts + 1, claimed_until = now() + {}
WHERE id = {} AND taken_in_at IS NULL AND (claimed_until IS NULL OR claimed_until < now())
RETURNING *
"""
_RENEW = "UPDATE hd_raw_message SET claimed_until = now() + {} WHERE id = {} AND taken_in_at IS NULL AND attempts = {}"


async def take_in(raw_message_id: int) -> None:
    """Turn the mail into a message if nobody has and nobody is at it; safe to call any number of times."""
    claimed = await rows(_CLAIM, leases.LEASE, raw_message_id)
    for raw in claimed:
        async with leases.renewed(lambda raw=raw: rows(_RENEW, leases.LEASE, raw["id"], raw["attempts"])):
            await _try(raw)


async def _try(raw: dict[str, Any]) -> None:
    if raw["deaths"] >= MOST_DEATHS:
        await _finish(raw, Fate.QUARANTINED, raw["reason"])
        return
    try:
        read = await parser().read(raw["content"])
    except ParserDied as death:
        await _after_death(raw, str(death))
        return
    kept = [
        NewAttachment(
            name=one.name, content_type=one.content_type, size=len(one.content), blob=await blobs.keep(one.content),
            content_id=one.content_id, is_inline=one.is_inline,
        )
        for one in read.mail.attachments
    ]  # fmt: skip
    try:
        async with transaction():
            if await _still_ours(raw):
                await _take(raw, read, kept)
    except (asyncpg.DataError, asyncpg.ProgramLimitExceededError) as error:  # this mail, not the database
        await _after_death(raw, f"the database cannot hold it: {error}")


async def _take(raw: dict[str, Any], read: ReadMail, attachments: list[NewAttachment]) -> None:
    """Everything that the mail changes; in one transaction with the mark that it is done."""
    mail = read.mail
    if twin := await _twin(raw, mail, attachments):
        await _finish(raw, Fate.DUPLICATE, f"duplicate of {twin['id']}", ticket=twin["ticket"], message=twin["message"])
        return
    sender = mail.from_.addr if mail.from_ else raw["envelope_from"] or UNKNOWN_SENDER
    recipients = [*raw["envelope_to"], *(one.addr for one in (*mail.to, *mail.cc))]
    verdict = verdict_on(mail.authentication_results, settings().trusted_mx, sender.rpartition("@")[2])
    if mail.is_bounce and (bounced := await find_bounced(mail, raw["envelope_from"], raw["envelope_to"])):
        message = await _write_bounce(bounced, raw, read, attachments)
        await _finish(raw, Fate.BOUNCE, "a report on a mail of ours", ticket=message.ticket, message=message.id)
        return
    joining = await find_thread(mail, recipients=recipients, sender=sender, verdict=verdict)
    joined = await locked(joining.ticket.id) if joining.ticket else None
    is_joining = joined is not None and joined.status != Status.CLOSED
    judgement = await judge(raw, mail, sender=sender, verdict=verdict, is_joining=is_joining)
    if judgement.fate:
        await _finish(raw, judgement.fate, judgement.reason, sender_rule=judgement.sender_rule)
        return
    channel = await Channel.objects().get(Channel.id == raw["channel"])
    assert channel is not None, "channels are never deleted"
    language = known(mail.language) if mail.language in LANGUAGES else channel.language
    language = judgement.actions.language or language
    name = mail.from_.name if mail.from_ else ""
    customer = await find_or_create(sender, name, language=language, at=raw["received_at"])
    is_unverified = mail.is_sender_unsure or verdict == "fail" or joining.is_unverified
    new = _message(raw, read, customer, language, attachments, is_unverified=is_unverified)
    looks_bounced = mail.is_bounce and (joined is None or not raw["envelope_from"])
    is_automatic = mail.is_auto_reply or looks_bounced or mail.is_feedback_report or judgement.actions.automatic
    if joined and is_joining:
        message = await join(joined, new, is_automatic=is_automatic)
        await _finish(raw, Fate.REPLY, joining.reason, ticket=joined.id, message=message.id)
        return
    ticket, message = await open_ticket(
        subject=mail.subject, customer=customer, channel=channel, message=new, by=new.author, at=raw["received_at"],
        is_automatic=is_automatic, follow_up_of=joined, is_spam=judgement.is_spam,
        may_belong_to=joining.may_belong_to.id if joining.may_belong_to else None,
    )  # fmt: skip
    wanted = judgement.actions
    await preset(
        ticket, team=wanted.team, assignee=wanted.assignee, priority=wanted.priority, tags=wanted.tags, at=raw["received_at"],
    )  # fmt: skip
    if not is_automatic and not judgement.is_spam and verdict != "fail":
        envelope_from = raw["envelope_from"]
        await acknowledge(
            ticket, mail, channel=channel, envelope_from=envelope_from, sender=sender, at=raw["received_at"]
        )
    fate = Fate.AUTOMATIC if is_automatic else Fate.TICKET
    reason = "; ".join(why for why in (joining.reason, judgement.reason) if why)
    await _finish(raw, fate, reason, ticket=ticket.id, message=message.id)


def _message(
    raw: dict[str, Any], read: ReadMail, customer: Customer, language: str, attachments: list[NewAttachment], *, is_unverified: bool
) -> NewMessage:  # fmt: skip
    mail = read.mail
    return NewMessage(
        author=Actor(kind="customer", id=customer.id, name=customer.name), body_text=read.new_text, body_html=read.safe_html,
        quoted_text=read.quoted_text, sanitiser_version=read.sanitiser_version, language=language, created_at=raw["received_at"],
        is_unverified=is_unverified, attachments=attachments, mail=_facts(mail),
    )  # fmt: skip


def _facts(mail: ParsedMail) -> MailFacts:
    return MailFacts(
        message_id=mail.message_id, in_reply_to=list(mail.in_reply_to), references=list(mail.references)[-50:],
        from_=mail.from_.addr if mail.from_ else "", reply_to=[one.addr for one in mail.reply_to],
        to=[one.addr for one in mail.to], cc=[one.addr for one in mail.cc],
        is_auto_reply=mail.is_auto_reply, is_bounce=mail.is_bounce,
    )  # fmt: skip


async def _write_bounce(
    delivery: Delivery, raw: dict[str, Any], read: ReadMail, attachments: list[NewAttachment]
) -> Message:  # fmt: skip
    """A report on one of our mails: a system message that neither opens nor reopens (rulings 5); the delivery is marked."""
    assert delivery.ticket_id is not None, "find_bounced finds mails on tickets only"
    ticket = await locked(delivery.ticket_id)
    report = read.mail.bounce
    if report is None or report.action in (None, "", "failed"):
        await mark_bounced(
            delivery, address=report.final_recipient if report else None, status=report.status if report else None
        )
    new = NewMessage(
        author=SYSTEM, audience="internal", body_text=read.new_text or read.mail.subject, quoted_text=read.quoted_text,
        created_at=raw["received_at"], attachments=attachments, mail=_facts(read.mail),
    )  # fmt: skip
    message = await write(ticket, new)
    await change(ticket, "bounced", by=SYSTEM, at=raw["received_at"], message=message.id, always=True)
    return message


async def _twin(raw: dict[str, Any], mail: ParsedMail, attachments: list[NewAttachment]) -> dict[str, Any] | None:
    """The same mail taken in before: the same bytes in this mailbox within the days that a server tries again, or the
    same Message-ID and content in any (c.6).

    The same Message-ID with other content is another mail: somebody may have sent it first to hide the real one.
    Holds a lock, so that of two copies taken in at once the second sees the first.
    """
    await lock("mail", mail.message_id or raw["content_hash"])
    fingerprint = _fingerprint(mail, attachments)
    mail_id = mail.message_id[:998] if mail.message_id else None
    await rows(
        "UPDATE hd_raw_message SET mail_id = {}, fingerprint = {}, subject = {}, sender = {}, words = {} WHERE id = {}",
        mail_id, fingerprint, mail.subject[:1000], mail.from_.addr[:320] if mail.from_ else "", words_of(mail.subject), raw["id"],
    )  # fmt: skip
    found = await rows(
        """SELECT id, ticket, message FROM hd_raw_message
        WHERE id <> {} AND taken_in_at IS NOT NULL AND fate <> 'duplicate' AND message IS NOT NULL
            AND ((content_hash = {} AND channel = {} AND received_at > now() - interval '5 days')
                OR (mail_id = {} AND fingerprint = {}))
        ORDER BY id LIMIT 1""",
        raw["id"], raw["content_hash"], raw["channel"], mail_id, fingerprint,
    )  # fmt: skip
    return found[0] if found else None


def _fingerprint(mail: ParsedMail, attachments: list[NewAttachment]) -> str:
    """A hash of what the writer wrote; what mail servers add on the way is left out."""
    people = [mail.from_, mail.reply_to, mail.to, mail.cc, mail.in_reply_to, mail.references]
    files = [(one.name, one.blob) for one in attachments]
    return hashlib.sha256(
        msgspec.json.encode([people, mail.subject, mail.date, mail.text, mail.html, files])
    ).hexdigest()


async def _still_ours(raw: dict[str, Any]) -> bool:
    """Whether no other worker took over while this one parsed; holds the row until the commit."""
    return bool(await rows(
        "SELECT id FROM hd_raw_message WHERE id = {} AND taken_in_at IS NULL AND attempts = {} FOR UPDATE", raw["id"], raw["attempts"]
    ))  # fmt: skip


async def _finish(
    raw: dict[str, Any], fate: Fate, reason: str, *, ticket: int | None = None, message: int | None = None,
    sender_rule: int | None = None,
) -> None:  # fmt: skip
    await rows(
        """UPDATE hd_raw_message SET taken_in_at = now(), claimed_until = NULL, fate = {}, reason = {}, ticket = {}, message = {},
            sender_rule = {} WHERE id = {} AND taken_in_at IS NULL AND attempts = {}""",
        fate, reason, ticket, message, sender_rule, raw["id"], raw["attempts"],
    )  # fmt: skip
    log.info("taken_in", raw_message=raw["id"], fate=fate, reason=reason)


async def _after_death(raw: dict[str, Any], death: str) -> None:
    """Count the parser's death and let the mail be tried once more; the second one quarantines it, raw kept."""
    await rows(
        "UPDATE hd_raw_message SET deaths = deaths + 1, claimed_until = NULL, reason = {} WHERE id = {} AND attempts = {}",
        death, raw["id"], raw["attempts"],
    )  # fmt: skip
    log.warning("parser_died", raw_message=raw["id"], death=death)
    await take_in(raw["id"])
