"""From a raw mail to a message on a ticket: the one flow, top to bottom.

Claimed by a conditional update; everything that it writes commits together with the mark that it is done, so a worker
may die at any line and the next one begins again.
"""

from datetime import datetime, timedelta
from typing import Any

import asyncpg
import structlog

from helpdesk.channels.email.parsing import ParsedMail
from helpdesk.channels.email.parsing_child import ParserDied, ReadMail
from helpdesk.channels.email.threading import base_mailbox
from helpdesk.channels.email.verdict import verdict as verdict_on
from helpdesk.channels.tables import Channel
from helpdesk.customers.finding import find_or_create
from helpdesk.customers.suppressing import hear_from
from helpdesk.customers.tables import Customer
from helpdesk.deliveries.probing import recognise_probe
from helpdesk.intake.acknowledging import acknowledge
from helpdesk.intake.copies import Copy, begin, find_original, fingerprint_of
from helpdesk.intake.filtering import Actions
from helpdesk.intake.forwarding import forwarding_agent, open_forwarded
from helpdesk.intake.joining import find_thread
from helpdesk.intake.judging import judge
from helpdesk.intake.parser import parser
from helpdesk.intake.reporting import find_reported, take_report
from helpdesk.intake.tables import Fate
from helpdesk.kernel import blobs, leases
from helpdesk.kernel.database import rows, transaction
from helpdesk.kernel.language import LANGUAGES, known
from helpdesk.kernel.settings import settings
from helpdesk.people.actor import SYSTEM, Actor
from helpdesk.tickets.changing import change, locked
from helpdesk.tickets.joining import join
from helpdesk.tickets.messages import MailFacts, NewAttachment, NewMessage
from helpdesk.tickets.muting import mute_if_flooded
from helpdesk.tickets.opening import open_ticket
from helpdesk.tickets.presetting import preset
from helpdesk.tickets.tables import Status, Ticket

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
        async with leases.renewed(
            lambda raw=raw: rows(_RENEW, leases.LEASE, raw["id"], raw["attempts"]),
            release=lambda raw=raw: rows(_RENEW, timedelta(0), raw["id"], raw["attempts"]),
        ):
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
            await _take(raw, read, kept)
    except (asyncpg.DataError, asyncpg.ProgramLimitExceededError) as error:  # this mail, not the database
        await _after_death(raw, f"the database cannot hold it: {error}")


async def _take(raw: dict[str, Any], read: ReadMail, attachments: list[NewAttachment]) -> None:
    """Everything that the mail changes; in one transaction with the mark that it is done."""
    mail, at = read.mail, raw["received_at"]
    fingerprint = fingerprint_of(mail, attachments)
    if not await begin(raw, mail, fingerprint):
        return
    if copy := await find_original(raw, mail, fingerprint):
        await _note_copy(raw, copy)
        return
    recipients = [*raw["envelope_to"], *(one.addr for one in (*mail.to, *mail.cc))]
    if await recognise_probe(recipients):
        await _finish(raw, Fate.AUTOMATIC, "a mail of ours that tried an address with a plus")
        return
    sender = mail.from_.addr if mail.from_ else raw["envelope_from"] or UNKNOWN_SENDER
    verdict = verdict_on(mail.authentication_results, settings().trusted_mx, sender.rpartition("@")[2])
    if reported := await find_reported(mail, raw, verdict):
        message = await take_report(reported, raw, read, attachments, _facts(mail))
        await _finish(raw, Fate.BOUNCE, "a report on a mail of ours", ticket=message.ticket, message=message.id)
        return
    joining = await find_thread(mail, recipients=recipients, sender=sender, verdict=verdict)
    joined = await locked(joining.ticket.id) if joining.ticket else None
    is_joining = joined is not None and joined.status != Status.CLOSED
    judgement = await judge(raw, mail, sender=sender, verdict=verdict, is_joining=is_joining)
    if judgement.fate:
        await _finish(raw, judgement.fate, judgement.reason, sender_rule=judgement.sender_rule)
        return
    await hear_from(sender)
    channel = await _channel_of(raw, mail)
    agent = await forwarding_agent(read.forwarded, sender) if joined is None else None
    may_belong_to = joining.may_belong_to.id if joining.may_belong_to else None
    if agent and read.forwarded and verdict == "pass" and not mail.is_sender_unsure:
        ticket, message = await open_forwarded(
            read.forwarded,
            raw,
            read,
            attachments,
            by=agent,
            channel=channel,
            may_belong_to=may_belong_to,
            is_spam=judgement.is_spam,
        )
        await _preset(ticket, judgement.actions, at)
        await _finish(raw, Fate.TICKET, "forwarded by an agent", ticket=ticket.id, message=message.id)
        return
    language = known(mail.language) if mail.language in LANGUAGES else channel.language
    language = judgement.actions.language or language
    name = mail.from_.name if mail.from_ else ""
    customer = await find_or_create(sender, name, language=language, at=at)
    is_unverified = mail.is_sender_unsure or verdict == "fail" or joining.is_unverified or agent is not None
    is_unverified |= verdict == "none" and settings().trusted_mx is not None
    new = _message(raw, read, customer, language, attachments, is_unverified=is_unverified)
    looks_bounced = mail.is_bounce and (joined is None or not raw["envelope_from"])
    is_automatic = mail.is_auto_reply or looks_bounced or mail.is_feedback_report or judgement.actions.automatic
    if joined and is_joining:
        message = await join(joined, new, is_automatic=is_automatic)
        await mute_if_flooded(joined, customer.id, at=at)
        await _finish(raw, Fate.REPLY, joining.reason, ticket=joined.id, message=message.id)
        return
    ticket, message = await open_ticket(
        subject=mail.subject, customer=customer, channel=channel, message=new, by=new.author, at=at,
        is_automatic=is_automatic, follow_up_of=joined, is_spam=judgement.is_spam, may_belong_to=may_belong_to,
    )  # fmt: skip
    await _preset(ticket, judgement.actions, at)
    if not is_automatic and not judgement.is_spam and verdict != "fail":
        await acknowledge(ticket, mail, channel=channel, envelope_from=raw["envelope_from"], sender=sender, at=at)
    fate = Fate.AUTOMATIC if is_automatic else Fate.TICKET
    reason = "; ".join(why for why in (joining.reason, judgement.reason) if why)
    await _finish(raw, fate, reason, ticket=ticket.id, message=message.id)


async def _channel_of(raw: dict[str, Any], mail: ParsedMail) -> Channel:
    """The mailbox that To and Cc name first, of those in use: each copy of one mail finds the same; else the one it came to."""
    named = [base_mailbox(one.addr) for one in (*mail.to, *mail.cc)]
    in_use = Channel.address.is_in([*named, ""]) & Channel.deactivated_at.is_null()
    found = await Channel.objects().where(in_use | (Channel.id == raw["channel"]))
    by_address = {channel.address: channel for channel in found if channel.deactivated_at is None}
    came_to = next(channel for channel in found if channel.id == raw["channel"])
    return next((by_address[address] for address in named if address in by_address), came_to)


async def _preset(ticket: Ticket, wanted: Actions, at: datetime) -> None:
    await preset(ticket, team=wanted.team, assignee=wanted.assignee, priority=wanted.priority, tags=wanted.tags, at=at)


async def _note_copy(raw: dict[str, Any], copy: Copy) -> None:
    """Nothing new was said; but the ticket tells once of each further mailbox that the mail came to."""
    if copy.new_mailbox:
        told = {"mailbox": (None, copy.new_mailbox)}
        await change(
            await locked(copy.ticket),
            "copied",
            by=SYSTEM,
            at=raw["received_at"],
            message=copy.message,
            always=True,
            told=told,
        )
    await _finish(raw, Fate.DUPLICATE, f"duplicate of {copy.of}", ticket=copy.ticket, message=copy.message)


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
        is_auto_reply=mail.is_auto_reply, is_bounce=mail.is_bounce, events=list(mail.events), sealed=mail.sealed,
    )  # fmt: skip


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
