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
from helpdesk.kernel.text import latin_digits, normalise
from helpdesk.people.actor import SignedIn
from helpdesk.tickets.queries import all_of as every
from helpdesk.tickets.queries import visible_to

PAGE = 50
MOST_WORDS, LONGEST_WORD = 100, 100
MOST_TYPED, LONGEST_TYPED = 20, 400
_NOT_A_WORD = re.compile(r"[\W_]+")
TURNED_AWAY = ("refused", "skipped")

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
_MAIL_WORDS = "hd_mail_words(r.envelope_from, r.envelope_to, r.sender, r.mail_id, r.words)"
_WORDS = f"{_MAIL_WORDS} @@ {{}}::tsquery"


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


ANY = Asked()

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
    condition = all_of(*conditions_of(asked), *_older("r.received_at", "r.id", before))
    return await rows(
        _LOG + "ORDER BY r.received_at DESC, r.id DESC LIMIT {}", every(visible_to(seen_by)).querystring, condition, most,
    )  # fmt: skip


async def search_turned_away(asked: Asked, *, before: Place | None = None, most: int = PAGE) -> list[dict[str, Any]]:
    """Mails that were seen and never stored, the newest first: `times` so often within the hour before `received_at`."""
    if (asked.fate and asked.fate not in TURNED_AWAY) or asked.id is not None:
        return []
    conditions = [*_in_time(asked, "last_at"), *_older("last_at", "id", before)]
    if asked.fate:
        conditions.append(QueryString("fate = {}", asked.fate))
    if asked.channel is not None:
        its_address = QueryString("(SELECT address FROM hd_channel WHERE id = {})", asked.channel)
        conditions.append(QueryString("lower(envelope_to) = {}", its_address))
    for wanted, columns in (
        (asked.text, "envelope_from || ' ' || envelope_to"), (asked.sender, "envelope_from"),
        (asked.recipient, "envelope_to"), (asked.mailbox, "envelope_to"),
    ):  # fmt: skip
        conditions += [QueryString(f"position({{}} IN lower({columns})) > 0", word) for word in wanted.lower().split()]
    return await rows(_TURNED + "ORDER BY last_at DESC, id DESC LIMIT {}", all_of(*conditions), most)


def conditions_of(asked: Asked) -> list[QueryString]:
    """What is asked of received mails, as conditions on `hd_raw_message AS r`."""
    conditions = _in_time(asked, "r.received_at")
    if asked.text:
        conditions.append(_found_by(asked.text))
    for address, columns in (
        (asked.sender, "r.envelope_from || ' ' || r.sender"),
        (asked.recipient, "array_to_string(r.envelope_to, ' ')"),
    ):
        if bare := _bare(address):
            conditions += [
                QueryString(_WORDS, _beginning(bare)), QueryString(f"position({{}} IN lower({columns})) > 0", bare)
            ]  # fmt: skip
    for condition, value in (
        ("r.id = {}", asked.id), ("r.fate = {}", asked.fate or None),
        (_of_mailbox("id = {}"), asked.channel), (_of_mailbox("address = {}"), asked.mailbox.lower() or None),
    ):  # fmt: skip
        if value is not None:
            conditions.append(QueryString(condition, *[value] * condition.count("{}")))
    return conditions


def _of_mailbox(which: str) -> str:
    """Taken in by the mailbox, or named to it beside another one: a mail to two of ours in one transaction is one row."""
    return f"""(r.channel = (SELECT id FROM hd_channel WHERE {which})
        OR {_MAIL_WORDS} @@ (SELECT quote_literal(address)::tsquery FROM hd_channel WHERE {which} AND address <> '')
        AND (SELECT address FROM hd_channel WHERE {which}) = ANY(r.envelope_to))"""


def all_of(*conditions: QueryString) -> QueryString:
    """All of them as one; true when there are none."""
    found = QueryString("true")
    for one in conditions:
        found = QueryString("{} AND {}", found, one)
    return found


def _in_time(asked: Asked, time: str) -> list[QueryString]:
    since = [QueryString(f"{time} >= {{}}", asked.since)] if asked.since else []
    return [*since, QueryString(f"{time} < {{}}", asked.until)] if asked.until else since


def _older(time: str, id_: str, before: Place | None) -> list[QueryString]:
    return [QueryString(f"({time}, {id_}) < ({{}}, {{}})", *before)] if before else []


def _found_by(text: str) -> QueryString:
    """Each word typed is an address, a domain or a Message-ID as it is, or words of the subject; a number is an ID, too."""
    wanted = []
    for word in text.split()[:MOST_TYPED]:
        bare, parts = _bare(word), words_of(word).split()
        one_of = [_beginning(bare)] * bool(bare) + [" & ".join(map(_beginning, parts))] * bool(parts)
        wanted += [f"({' | '.join(f'({way})' for way in one_of)})"] * bool(one_of)
    found = QueryString(_WORDS, " & ".join(wanted)) if wanted else QueryString("false")
    number = read_number(text)
    return QueryString("({} OR r.id = {})", found, number) if number is not None else found


def _bare(word: str) -> str:
    return word.strip(" <>,;\"'()@").lower()


def _beginning(word: str) -> str:
    """The word as a part of a tsquery: whatever begins with it."""
    quoted = word[:LONGEST_TYPED].replace("\\", "\\\\").replace("'", "''")
    return f"'{quoted}':*"


def read_number(text: str) -> int | None:
    """An ID of the log in whatever digits, or None."""
    plain = latin_digits(text).strip().lstrip("#")
    return int(plain) if plain.isascii() and plain.isdecimal() and len(plain) <= 18 else None
