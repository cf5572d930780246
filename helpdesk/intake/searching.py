"""Where a mail is: the log of all that was received, by whatever somebody knows of it, the newest first.

Addresses, their parts, the Message-ID and the words of the subject are one index (`hd_mail_words` of migration 0009);
what is typed is the beginnings of such words.
"""

import re
from datetime import datetime
from typing import Any

import msgspec
from piccolo.querystring import QueryString

from helpdesk.kernel.database import rows
from helpdesk.kernel.text import normalise
from helpdesk.people.actor import SignedIn
from helpdesk.tickets.queries import all_of, visible_to

PAGE = 50
MOST_WORDS, LONGEST_WORD = 100, 100
_NOT_A_WORD = re.compile(r"[\W_]+")
_TURNED_AWAY = ("refused", "skipped")

_LOG = """
SELECT r.id, r.received_at, c.address AS channel, r.envelope_from, r.envelope_to, r.sender, r.subject, r.mail_id AS message_id,
    r.fate, r.reason, r.size, r.source, hd_ticket.number AS ticket, CASE WHEN hd_ticket.id IS NOT NULL THEN r.message END AS message,
    r.ticket IS NOT NULL AND hd_ticket.id IS NULL AS is_hidden, r.sender_rule, r.forgotten_at, r.erased_ticket, a.name AS let_in_by
FROM hd_raw_message r JOIN hd_channel c ON c.id = r.channel LEFT JOIN hd_agent a ON a.id = r.let_in_by
LEFT JOIN hd_ticket ON hd_ticket.id = r.ticket AND {}
WHERE {}
"""
_TURNED = """
SELECT id, last_at AS received_at, fate, source, peer, envelope_from, envelope_to, reason, size, times FROM hd_turned_away WHERE {}
"""
_WORDS = "hd_mail_words(r.envelope_from, r.envelope_to, r.sender, r.mail_id, r.words) @@ {}::tsquery"


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the mail; each narrows the log. `text` is anything of it, `sender` and `recipient` are addresses
    or domains, `until` is not included."""

    text: str = ""
    sender: str = ""
    recipient: str = ""
    id: int | None = None
    channel: int | None = None
    mailbox: str = ""
    fate: str = ""
    since: datetime | None = None
    until: datetime | None = None


Place = tuple[datetime, int]
"""Where a page begins: what is older than this time, or as old with a lower id."""


def words_of(subject: str) -> str:
    """The words that a subject is found by."""
    found = _NOT_A_WORD.split(normalise(subject))
    return " ".join(word[:LONGEST_WORD] for word in found if word)[: MOST_WORDS * LONGEST_WORD]


async def search_log(
    asked: Asked, *, seen_by: SignedIn, before: Place | None = None, most: int = PAGE
) -> list[dict[str, Any]]:
    """Mails that were received, the newest first; `ticket` is a number, absent where the reader may not see it."""
    if asked.fate in _TURNED_AWAY:
        return []
    conditions = [*_known_of(asked), *_in_time(asked, "r.received_at", "r.id", before)]
    if asked.fate:
        conditions.append(QueryString("r.fate = {}", asked.fate))
    return await rows(
        _LOG + "ORDER BY r.received_at DESC, r.id DESC LIMIT {}", all_of(visible_to(seen_by)).querystring, _all(conditions), most,
    )  # fmt: skip


async def search_turned_away(asked: Asked, *, before: Place | None = None, most: int = PAGE) -> list[dict[str, Any]]:
    """Mails that were seen and never stored, the newest first: `times` so often within the hour before `received_at`."""
    if (asked.fate and asked.fate not in _TURNED_AWAY) or asked.id is not None:
        return []
    conditions = _in_time(asked, "last_at", "id", before)
    if asked.fate:
        conditions.append(QueryString("fate = {}", asked.fate))
    if asked.channel is not None:
        conditions.append(
            QueryString("lower(envelope_to) = (SELECT address FROM hd_channel WHERE id = {})", asked.channel)
        )
    for wanted, columns in (
        (asked.text, "envelope_from || ' ' || envelope_to"), (asked.sender, "envelope_from"),
        (asked.recipient, "envelope_to"), (asked.mailbox, "envelope_to"),
    ):  # fmt: skip
        conditions += [QueryString(f"position({{}} IN lower({columns})) > 0", word) for word in wanted.lower().split()]
    return await rows(_TURNED + "ORDER BY last_at DESC, id DESC LIMIT {}", _all(conditions), most)


def _known_of(asked: Asked) -> list[QueryString]:
    conditions = []
    words = [*_typed(asked.text), *(word for one in (asked.sender, asked.recipient) for word in one.lower().split())]
    if words:
        conditions.append(QueryString(_WORDS, " & ".join(_beginning(word) for word in words)))
    if asked.sender:
        conditions.append(
            QueryString("position({} IN lower(r.envelope_from || ' ' || r.sender)) > 0", asked.sender.strip().lower())
        )
    if asked.recipient:
        conditions.append(
            QueryString(
                "position({} IN lower(array_to_string(r.envelope_to, ' '))) > 0", asked.recipient.strip().lower()
            )
        )
    if asked.id is not None:
        conditions.append(QueryString("r.id = {}", asked.id))
    if asked.channel is not None:
        conditions.append(QueryString("r.channel = {}", asked.channel))
    if asked.mailbox:
        conditions.append(
            QueryString("r.channel = (SELECT id FROM hd_channel WHERE address = {})", asked.mailbox.lower())
        )
    return conditions


def _in_time(asked: Asked, time: str, id_: str, before: Place | None) -> list[QueryString]:
    conditions = []
    if asked.since:
        conditions.append(QueryString(f"{time} >= {{}}", asked.since))
    if asked.until:
        conditions.append(QueryString(f"{time} < {{}}", asked.until))
    if before:
        conditions.append(QueryString(f"({time}, {id_}) < ({{}}, {{}})", *before))
    return conditions


def _typed(text: str) -> list[str]:
    """The words of what was typed: addresses and Message-IDs whole, the rest as a subject's words."""
    found = []
    for word in text.split():
        bare = word.strip("<>,;\"'()").lower()
        found += [bare] if "@" in bare else words_of(word).split()
    return found[:20]


def _beginning(word: str) -> str:
    """The word as a part of a tsquery: whatever begins with it."""
    quoted = word[: LONGEST_WORD * 4].replace("\\", "\\\\").replace("'", "''")
    return f"'{quoted}':*"


def _all(conditions: list[QueryString]) -> QueryString:
    """All of them as one; true when there are none."""
    found = QueryString("true")
    for one in conditions:
        found = QueryString("{} AND {}", found, one)
    return found
