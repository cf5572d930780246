"""From a raw mail to a message on a ticket: the one flow, top to bottom.

Claimed by a conditional update; everything that it writes commits together with the mark that it is done, so a worker
may die at any line and the next one begins again.
"""

from datetime import datetime, timedelta
from typing import Any

import asyncpg
import msgspec
import structlog

from helpdesk.channels.email.parsing import ParsedMail
from helpdesk.channels.email.parsing_child import ParserDied, ReadMail
from helpdesk.channels.email.threading import base_mailbox
from helpdesk.channels.email.verdict import Verdict
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
from helpdesk.intake.joining import Joining, find_thread
from helpdesk.intake.judging import Judgement, judge
from helpdesk.intake.parser import parser
from helpdesk.intake.reporting import find_reported, take_report
from helpdesk.intake.tables import Fate
from helpdesk.kernel import blobs, leases
from helpdesk.kernel.database import objects, rows, transaction
from helpdesk.kernel.language import LANGUAGES, known
from helpdesk.kernel.outages import is_outage
from helpdesk.kernel.settings import settings
from helpdesk.people.actor import SYSTEM, Actor
from helpdesk.tickets.asking import hear
from helpdesk.tickets.changing import change, locked_survivor
from helpdesk.tickets.joining import join
from helpdesk.tickets.messages import MailFacts, NewAttachment, NewMessage
from helpdesk.tickets.muting import mute_if_flooded
from helpdesk.tickets.opening import open_ticket
from helpdesk.tickets.presetting import preset
from helpdesk.tickets.tables import Status, Ticket

log = structlog.get_logger(__name__)

MOST_DEATHS = 2
MOST_TRIES = 20
"""Some minutes of a mistake of ours; then the mail waits in quarantine for somebody who looks into it."""
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
    except Exception as error:
        if raw["attempts"] < MOST_TRIES or is_outage(error):
            raise
        log.exception("taking_in_given_up", raw_message=raw["id"])
        await _finish(raw, Fate.QUARANTINED, f"taking it in failed: {error!r}"[:500])


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """A mail on its way in: as it came, what it says, whose it is, and what vouches for that: pass, fail or none."""

    raw: dict[str, Any]
    read: ReadMail
    attachments: list[NewAttachment]
    sender: str
    verdict: Verdict

    @property
    def mail(self) -> ParsedMail:
        return self.read.mail

    @property
    def at(self) -> datetime:
        return self.raw["received_at"]

    @property
    def is_proven(self) -> bool:
        return self.verdict == "pass" and not self.mail.is_sender_unsure

    @property
    def is_unverified(self) -> bool:
        """Whether the sender may be somebody else, as far as anybody here can tell."""
        is_unknown = self.verdict == "none" and settings().trusted_mx is not None
        return self.mail.is_sender_unsure or self.verdict == "fail" or is_unknown


async def _take(raw: dict[str, Any], read: ReadMail, attachments: list[NewAttachment]) -> None:
    """Everything that the mail changes; in one transaction with the mark that it is done."""
    mail = read.mail
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
    await _place(Arrival(raw=raw, read=read, attachments=attachments, sender=sender, verdict=verdict), recipients)


async def _place(arrival: Arrival, recipients: list[str]) -> None:
    """On the ticket that the mail belongs to, or on a new one, unless its sender or a filter keeps it out."""
    raw, mail, sender, verdict = arrival.raw, arrival.mail, arrival.sender, arrival.verdict
    joining = await find_thread(mail, recipients=recipients, sender=sender, verdict=verdict)
    joined = await locked_survivor(joining.ticket.id) if joining.ticket else None
    is_joining = joined is not None and (joined.status != Status.CLOSED or joining.thread is not None)
    judgement = await judge(raw, mail, sender=sender, verdict=verdict, is_joining=is_joining)
    if judgement.fate:
        await _finish(raw, judgement.fate, judgement.reason, sender_rule=judgement.sender_rule)
        return
    if verdict != "fail":
        await hear_from(sender)
    if joined and is_joining:
        await _join(arrival, joined, joining)
    else:
        await _open(arrival, joining, judgement, follow_up_of=joined)


async def _join(arrival: Arrival, ticket: Ticket, joining: Joining) -> None:
    language = known(arrival.mail.language) if arrival.mail.language in LANGUAGES else ticket.language
    customer = await _customer(arrival, language)
    new = _message(arrival, customer, language, is_unverified=arrival.is_unverified or joining.is_unverified)
    is_automatic = _is_automatic(arrival.mail, is_bounce=not arrival.raw["envelope_from"])
    if joining.thread:
        message = await hear(ticket, new, thread_id=joining.thread, is_automatic=is_automatic)
    else:
        message = await join(ticket, new, is_automatic=is_automatic)
    await mute_if_flooded(ticket, customer.id, at=arrival.at)
    await _finish(arrival.raw, Fate.REPLY, joining.reason, ticket=ticket.id, message=message.id)


async def _open(arrival: Arrival, joining: Joining, judgement: Judgement, *, follow_up_of: Ticket | None) -> None:
    raw, mail, wanted = arrival.raw, arrival.mail, judgement.actions
    channel = await _channel_of(raw, mail)
    agent = await forwarding_agent(arrival.read.forwarded, arrival.sender) if follow_up_of is None else None
    may_belong_to = joining.may_belong_to.id if joining.may_belong_to else None
    if agent and arrival.read.forwarded and not arrival.is_unverified:
        ticket, message = await open_forwarded(
            arrival.read.forwarded, mail, arrival.attachments, by=agent if arrival.is_proven else SYSTEM, channel=channel, at=arrival.at,
            may_belong_to=may_belong_to, is_spam=judgement.is_spam,
        )  # fmt: skip
        await _preset(ticket, wanted, arrival.at)
        await _finish(raw, Fate.TICKET, "forwarded by an agent", ticket=ticket.id, message=message.id)
        return
    language = wanted.language or (known(mail.language) if mail.language in LANGUAGES else channel.language)
    customer = await _customer(arrival, language)
    is_unverified = arrival.is_unverified or joining.is_unverified or agent is not None
    new = _message(arrival, customer, language, is_unverified=is_unverified)
    is_automatic = _is_automatic(mail, is_bounce=follow_up_of is None or not raw["envelope_from"]) or wanted.automatic
    ticket, message = await open_ticket(
        subject=mail.subject, customer=customer, channel=channel, message=new, by=new.author, at=arrival.at,
        is_automatic=is_automatic, follow_up_of=follow_up_of, is_spam=judgement.is_spam, may_belong_to=may_belong_to,
    )  # fmt: skip
    await _preset(ticket, wanted, arrival.at)
    if not is_automatic and not judgement.is_spam and arrival.verdict != "fail":
        await acknowledge(
            ticket, mail, channel=channel, envelope_from=raw["envelope_from"], sender=arrival.sender, at=arrival.at
        )
    fate = Fate.AUTOMATIC if is_automatic else Fate.TICKET
    reason = "; ".join(why for why in (joining.reason, judgement.reason) if why)
    await _finish(raw, fate, reason, ticket=ticket.id, message=message.id)


def _is_automatic(mail: ParsedMail, *, is_bounce: bool) -> bool:
    """Whether a machine wrote it. `is_bounce`: what looks like a bounce is one, not the answer of somebody who got one."""
    return mail.is_auto_reply or (mail.is_bounce and is_bounce) or mail.is_feedback_report or mail.feedback is not None


async def _customer(arrival: Arrival, language: str) -> Customer:
    name = arrival.mail.from_.name if arrival.mail.from_ else ""
    return await find_or_create(arrival.sender, name, language=language, at=arrival.at)


async def _channel_of(raw: dict[str, Any], mail: ParsedMail) -> Channel:
    """The mailbox that To and Cc name first, of those in use: each copy of one mail finds the same; else the one it came to."""
    named = [base_mailbox(one.addr) for one in (*mail.to, *mail.cc)]
    found = await objects(
        Channel, "WHERE id = {} OR (address = ANY({}) AND deactivated_at IS NULL)", raw["channel"], named
    )
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
            await locked_survivor(copy.ticket),
            "copied",
            by=SYSTEM,
            at=raw["received_at"],
            message=copy.message,
            always=True,
            told=told,
        )
    await _finish(raw, Fate.DUPLICATE, f"duplicate of {copy.of}", ticket=copy.ticket, message=copy.message)


def _message(arrival: Arrival, customer: Customer, language: str, *, is_unverified: bool) -> NewMessage:
    read = arrival.read
    return NewMessage(
        author=Actor(kind="customer", id=customer.id, name=customer.name), body_text=read.new_text, body_html=read.safe_html,
        quoted_text=read.quoted_text, sanitiser_version=read.sanitiser_version, language=language, created_at=arrival.at,
        is_unverified=is_unverified, attachments=arrival.attachments, mail=_facts(read.mail),
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
            sender_rule = {}, mail_id = {}, fingerprint = {}, subject = {}, sender = {}, words = {}
        WHERE id = {} AND taken_in_at IS NULL AND attempts = {}""",
        fate, reason, ticket, message, sender_rule, raw["mail_id"], raw["fingerprint"], raw["subject"], raw["sender"],
        raw["words"], raw["id"], raw["attempts"],
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
