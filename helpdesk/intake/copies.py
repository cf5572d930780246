"""The same mail once more: a server that tried again, a mailbox fetched twice, one mail to two of our mailboxes (c.6)."""

import hashlib
from typing import Any

import msgspec

from helpdesk.channels.email.reading import ParsedMail
from helpdesk.intake.searching import words_of
from helpdesk.kernel.database import rows
from helpdesk.tickets.messages import NewAttachment


class Copy(msgspec.Struct, frozen=True, kw_only=True):
    """What an earlier copy became. `new_mailbox` is the address of ours that none of the earlier ones came to."""

    of: int
    ticket: int
    message: int
    new_mailbox: str | None


async def begin(raw: dict[str, Any], mail: ParsedMail, fingerprint: str) -> bool:
    """Note in `raw` what the mail says of itself, to be written when it is done: the row has many indexes.

    False when another worker took it over while this one parsed. Holds its row and a lock until the commit, so that of
    two copies taken in at once the second sees the first.
    """
    raw |= {
        "mail_id": _mail_id(mail), "fingerprint": fingerprint, "subject": mail.subject[:1000],
        "sender": mail.from_.addr[:320] if mail.from_ else "", "words": words_of(mail.subject),
    }  # fmt: skip
    return bool(await rows(
        """SELECT pg_advisory_xact_lock(hashtextextended('mail ' || {}::text, 0)) FROM (
            SELECT FROM hd_raw_message WHERE id = {} AND taken_in_at IS NULL AND attempts = {} FOR UPDATE) AS ours""",
        mail.message_id or raw["content_hash"], raw["id"], raw["attempts"],
    ))  # fmt: skip


async def find_original(raw: dict[str, Any], mail: ParsedMail, fingerprint: str) -> Copy | None:
    """The same mail taken in before: the same bytes in this mailbox within the days that a server tries again, or the
    same Message-ID and content in any.

    The same Message-ID with other content is another mail: somebody may have sent it first to hide the real one.
    """
    found = await rows(
        """SELECT o.id AS of, o.ticket, o.message, CASE WHEN NOT EXISTS (
                SELECT FROM hd_raw_message c WHERE c.message = o.message AND c.channel = {}) THEN
            (SELECT address FROM hd_channel WHERE id = {}) END AS new_mailbox
        FROM hd_raw_message o
        WHERE o.id <> {} AND o.taken_in_at IS NOT NULL AND o.fate <> 'duplicate' AND o.message IS NOT NULL AND o.ticket IS NOT NULL
            AND ((o.content_hash = {} AND o.channel = {} AND o.received_at > now() - interval '5 days')
                OR (o.mail_id = {} AND o.fingerprint = {}))
        ORDER BY o.id LIMIT 1""",
        raw["channel"], raw["channel"], raw["id"], raw["content_hash"], raw["channel"], _mail_id(mail), fingerprint,
    )  # fmt: skip
    return msgspec.convert(found[0], Copy) if found else None


def fingerprint_of(mail: ParsedMail, attachments: list[NewAttachment]) -> str:
    """A hash of what the writer wrote; what mail servers add on the way is left out."""
    people = [mail.from_, mail.reply_to, mail.to, mail.cc, mail.in_reply_to, mail.references]
    files = [(one.name, one.blob) for one in attachments]
    written = [people, mail.subject, mail.date, mail.text, mail.html, files]
    return hashlib.sha256(msgspec.json.encode(written)).hexdigest()


def _mail_id(mail: ParsedMail) -> str | None:
    return mail.message_id[:998] if mail.message_id else None
