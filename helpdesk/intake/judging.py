"""What is decided about a mail before a ticket exists: its sender's block, the filters, the spam headers.

Filters are read again only when their version changed, so a mail costs one statement.
"""

from typing import Any

import msgspec

from helpdesk.channels.email.addresses import Address
from helpdesk.channels.email.reading import ParsedMail
from helpdesk.channels.tables import Channel
from helpdesk.intake.filtering import Actions, Facts, Filter, Outcome, is_flagged, outcome_of
from helpdesk.intake.senders import patterns_for
from helpdesk.intake.tables import Fate
from helpdesk.kernel.database import rows
from helpdesk.kernel.settings import settings

_JUDGING = """
SELECT mail_filters_version AS version, (SELECT coalesce(json_agg(json_build_object(
    'id', id, 'pattern', pattern, 'is_allowed', is_allowed) ORDER BY is_allowed DESC, id), '[]')
    FROM hd_sender_rule WHERE pattern = ANY({})) AS rules FROM hd_installation
"""
_FILTERS = """
SELECT mail_filters_version AS version, (SELECT coalesce(json_agg(json_build_object('id', id, 'name', name, 'rule', rule)
    ORDER BY position, id), '[]') FROM hd_mail_filter WHERE is_active) AS filters FROM hd_installation
"""


class SenderRule(msgspec.Struct, frozen=True):
    id: int
    pattern: str
    is_allowed: bool


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """With a `fate` (blocked or dropped) no ticket is opened; otherwise `actions` say how it begins."""

    fate: Fate | None = None
    reason: str = ""
    sender_rule: int | None = None
    is_spam: bool = False
    actions: Actions = Actions()


class _Known(msgspec.Struct):
    """The filters of this process and their version."""

    version: int = -1
    filters: list[Filter] = []


_known = _Known()


async def judge(raw: dict[str, Any], mail: ParsedMail, *, sender: str, verdict: str, is_joining: bool) -> Judgement:
    """Whether the mail may come in and how. A blocked sender's never does; filters leave alone what joins a ticket.

    A block is of the author or of the envelope's sender, who anybody may claim to be: only an author is allowed, unless
    their authentication failed (`verdict`). What somebody let in is let in.
    """
    author = patterns_for(sender)
    [row] = await rows(_JUDGING, [*author, *patterns_for(raw["envelope_from"])])
    found = msgspec.json.decode(row["rules"], type=list[SenderRule])
    is_allowed = verdict != "fail" and any(rule.is_allowed and rule.pattern in author for rule in found)
    is_let_in = raw["let_in_by"] is not None
    block = next((rule for rule in found if not rule.is_allowed), None)
    if block and not is_allowed and not is_let_in:
        return Judgement(fate=Fate.BLOCKED, reason=f"blocked: {block.pattern}", sender_rule=block.id)
    if is_joining:
        return Judgement()
    told = await _ask_filters(raw, mail, version=row["version"])
    if told.actions.drop and not is_let_in and not is_allowed:
        return Judgement(fate=Fate.DROPPED, reason=f"dropped by the filter: {told.names[-1]}")
    is_spam = not is_allowed and not is_let_in and (told.actions.spam or await _is_flagged(raw, mail))
    reason = f"filtered: {', '.join(told.names)}" if told.names else ""
    return Judgement(reason=reason, is_spam=is_spam, actions=told.actions)


async def _ask_filters(raw: dict[str, Any], mail: ParsedMail, *, version: int) -> Outcome:
    if version != _known.version:
        [row] = await rows(_FILTERS)
        _known.filters = msgspec.json.decode(row["filters"], type=list[Filter])
        _known.version = row["version"]
    if not _known.filters:
        return Outcome()
    channel = await Channel.objects().get(Channel.id == raw["channel"])
    assert channel is not None, "channels are never deleted"
    return outcome_of(facts_of(mail, mailbox=channel.address or "", size=raw["size"]), _known.filters)


def facts_of(mail: ParsedMail, *, mailbox: str, size: int) -> Facts:
    """What filters ask of a mail."""
    return Facts(
        headers=mail.headers, from_=[_written(one) for one in (mail.from_, mail.sender) if one],
        to=[_written(one) for one in (*mail.to, *mail.cc)], subject=mail.subject, body=mail.text, size=size, mailbox=mailbox,
        has_attachment=any(not one.is_inline for one in mail.attachments),
    )  # fmt: skip


async def _is_flagged(raw: dict[str, Any], mail: ParsedMail) -> bool:
    """Whether the spam filter of the trusted mail server says so, on a mailbox that listens to it."""
    if not settings().trusted_mx or not is_flagged(mail.headers):
        return False
    return bool(await rows("SELECT FROM hd_channel WHERE id = {} AND marks_spam", raw["channel"]))


def _written(address: Address) -> str:
    return f"{address.name} <{address.addr}>" if address.name else address.addr
