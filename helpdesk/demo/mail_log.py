"""The mail log of the demo: the mails that its customers' messages came by, as intake would have stored them, each with its fate.

Written down afterwards, as reading each of them anew would take longer than everything else.
"""

import hashlib
from datetime import datetime, timedelta
from email.header import Header
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import format_datetime, formataddr
from typing import Any

import msgspec

from helpdesk.demo.telling import Stage
from helpdesk.intake.senders import set_rule
from helpdesk.intake.tables import Fate
from helpdesk.kernel.database import rows
from helpdesk.kernel.text import normalise
from helpdesk.tickets.messages import MailFacts

BLOCKED = "lucky-draw.example"

_RECEIVED = """
SELECT m.id AS message, m.created_at AS at, m.body_text, m.body_html, m.quoted_text, m.mail, m.author_kind, t.id AS ticket, t.subject,
    t.is_automatic, t.may_belong_to, c.id AS channel, c.address, p.name,
    m.id = (SELECT min(id) FROM hd_message WHERE ticket = t.id) AS is_first
FROM hd_message m JOIN hd_ticket t ON t.id = m.ticket JOIN hd_channel c ON c.id = t.channel JOIN hd_customer p ON p.id = t.customer
WHERE m.mail IS NOT NULL AND m.author_kind IN ('customer', 'system') AND c.kind = 'email' ORDER BY m.created_at, m.id
"""
_LOG = """
INSERT INTO hd_raw_message (channel, received_at, taken_in_at, source, envelope_from, envelope_to, content, content_hash, size, attempts,
    deaths, fate, reason, mail_id, ticket, message, subject, sender, words, sender_rule)
SELECT channel, at, at + interval '1 s', 'smtp', sender, ARRAY[address], content, encode(sha256(content), 'hex'), length(content), 1, 0, fate, reason, mail_id,
    ticket, message, subject, sender, words, rule
FROM unnest({}::int[], {}::timestamptz[], {}::varchar[], {}::varchar[], {}::bytea[], {}::varchar[], {}::text[], {}::varchar[], {}::bigint[],
    {}::bigint[], {}::text[], {}::text[], {}::int[])
    AS mail (channel, at, sender, address, content, fate, reason, mail_id, ticket, message, subject, words, rule)
RETURNING id, message
"""
_REFUSE = """
INSERT INTO hd_turned_away (fate, hour, source, peer, envelope_from, envelope_to, reason, size, times, last_at)
VALUES ('refused', date_trunc('hour', {}::timestamptz), 'smtp', '192.0.2.17', {}, {}, 'there is no such mailbox', NULL, 3, {})
"""


class Logged(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the log, in the order of its columns in `_LOG`."""

    channel: int
    at: datetime
    sender: str
    address: str
    content: bytes
    fate: Fate
    reason: str
    mail_id: str | None
    ticket: int | None = None
    message: int | None = None
    subject: str
    words: str
    rule: int | None = None


async def log_mails(stage: Stage, at: datetime) -> None:
    """Of every message that came by mail; and a copy of the last, one of a blocked sender, and some for nobody here."""
    received = [_logged(row) for row in await rows(_RECEIVED)]
    ids = {row["message"]: row["id"] for row in await _write(received)}
    last = received[-1]
    copy = msgspec.structs.replace(
        last, at=last.at + timedelta(seconds=3), fate=Fate.DUPLICATE, reason=f"duplicate of {ids[last.message]}"
    )
    rule = await set_rule(BLOCKED, is_allowed=False, by=stage.cast.manager, at=at - timedelta(days=2))
    await _write([copy, _blocked(last, rule, at=at - timedelta(minutes=40))])
    late = at - timedelta(hours=2)
    await rows(_REFUSE, late, f"offers@{BLOCKED}", f"jobs@{last.address.partition('@')[2]}", late)


async def _write(logged: list[Logged]) -> list[dict[str, Any]]:
    return await rows(_LOG, *([getattr(one, name) for one in logged] for name in Logged.__struct_fields__))


def _logged(row: dict[str, Any]) -> Logged:
    facts = msgspec.json.decode(row["mail"], type=MailFacts)
    sender = facts.from_ or f"mailer-daemon@{(facts.message_id or '').partition('@')[2]}"
    is_ours = bool(facts.in_reply_to)
    fate, reason = Fate.REPLY, "signed address or Message-ID" if is_ours else ""
    if facts.is_bounce:
        fate, reason = Fate.BOUNCE, "a report on a mail of ours"
    elif row["is_first"]:
        fate = Fate.AUTOMATIC if row["is_automatic"] else Fate.TICKET
        named = "names a mail of ours, but the sender was not a recipient of that mail"
        reason = named if row["may_belong_to"] else ""
    subject = row["subject"] if row["is_first"] else f"Re: {row['subject']}"
    content = _mail(
        subject, row["body_text"], to=row["address"], sender=sender, name=row["name"] if facts.from_ else "", at=row["at"], facts=facts,
        html=row["body_html"], quoted=row["quoted_text"],
    )  # fmt: skip
    return Logged(
        channel=row["channel"], at=row["at"], sender=sender, address=row["address"], content=content, fate=fate, reason=reason,
        mail_id=facts.message_id, ticket=row["ticket"], message=row["message"], subject=subject, words=normalise(subject),
    )  # fmt: skip


def _blocked(like: Logged, rule: int, *, at: datetime) -> Logged:
    subject, sender = "You have been chosen", f"prizes@{BLOCKED}"
    facts = MailFacts(message_id=f"{hashlib.sha256(sender.encode()).hexdigest()[:20]}@{BLOCKED}")
    text = "Claim your prize today: all that we need is your card number."
    return Logged(
        channel=like.channel, at=at, sender=sender, address=like.address, fate=Fate.BLOCKED, reason=f"blocked: {BLOCKED}", rule=rule,
        content=_mail(subject, text, to=like.address, sender=sender, name="Lucky Draw", at=at, facts=facts),
        mail_id=facts.message_id, subject=subject, words=normalise(subject),
    )  # fmt: skip


def _mail(
    subject: str, text: str, *, to: str, sender: str, name: str, at: datetime, facts: MailFacts, html: str | None = None, quoted: str = ""
) -> bytes:  # fmt: skip
    """The mail as it came, without its files."""
    plain = MIMEText("\n\n".join(part for part in (text, quoted) if part), _charset="utf-8")
    mail = MIMEMultipart("alternative", _subparts=[plain, MIMEText(html, "html", "utf-8")]) if html else plain
    mail["Date"], mail["From"], mail["To"] = format_datetime(at), formataddr((name, sender)), to
    mail["Subject"] = Header(subject, "us-ascii" if subject.isascii() else "utf-8", header_name="Subject").encode()
    if facts.cc:
        mail["Cc"] = ", ".join(facts.cc)
    mail["Message-ID"] = f"<{facts.message_id}>"
    for header, ids in (("In-Reply-To", facts.in_reply_to), ("References", facts.references)):
        if ids:
            mail[header] = " ".join(f"<{one}>" for one in ids)
    if facts.is_auto_reply:
        mail["Auto-Submitted"] = "auto-replied"
    return mail.as_bytes(policy=compat32.clone(linesep="\r\n"))
