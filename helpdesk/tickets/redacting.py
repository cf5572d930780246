"""Removing for good what should never have been written: a card number, a password, a file sent by mistake.

It goes from the message and from wherever the ticket repeats it: quotes in other messages, mails as they came and as they
are sent, drafts, the subject and its history. Who did it and when stays. Backups made before still hold it.
"""

import re
from datetime import datetime
from typing import Any

import msgspec

from helpdesk.channels.email.html_reading import html_to_text
from helpdesk.kernel.database import objects, rows
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _
from helpdesk.kernel.text import normalise
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import demand
from helpdesk.tickets.asked import asked_in
from helpdesk.tickets.changing import change, held
from helpdesk.tickets.conversation import message_of
from helpdesk.tickets.notice_mails import call_off
from helpdesk.tickets.redacting_answers import clean_answers
from helpdesk.tickets.standing import standing_of
from helpdesk.tickets.tables import Message, Ticket
from knowledge_base.evidence import word_anew

MARK = "█████"
SHORTEST, MOST_PASSAGES = 3, 50
_LONG_ENOUGH = 12
"""Characters of a line of a removed message that is looked for in quotes: shorter ones are said by many."""
_TAG = re.compile(r"(<[^>]*>)")
_WORDS_OF_LETTER = {"subject", "text", "signature"}
_MESSAGES = """
SELECT id, body_text, body_html, quoted_text FROM hd_message WHERE ticket = {} ORDER BY id
"""
_FILES = """
SELECT f.id, f.blob FROM hd_attachment f JOIN hd_message m ON m.id = f.message
WHERE m.ticket = {} AND f.blob IN (SELECT blob FROM hd_attachment WHERE message = {} AND (id = ANY({}) OR {}))
"""


class Redaction(msgspec.Struct, frozen=True, kw_only=True):
    """What shall go: passages of text, files of the message by id, or all that it says."""

    passages: list[str] = []
    files: list[int] = []
    whole: bool = False


class Gone(msgspec.Struct, frozen=True, kw_only=True):
    """What goes: how often it stands in messages and how many those are, files, mails as they came, drafts."""

    places: int
    messages: int
    files: int
    originals: int
    drafts: int


class _Plan(msgspec.Struct, frozen=True, kw_only=True):
    messages: dict[int, dict[str, Any]]
    """New columns by message."""
    places: int
    files: list[dict[str, Any]]
    pattern: re.Pattern[str] | None

    def without(self, text: str) -> str:
        return self.pattern.sub(MARK, text) if self.pattern else text


async def what_goes(ticket: Ticket, message_id: int, wanted: Redaction, *, by: SignedIn) -> Gone:
    """What `redact` would remove; nothing is changed. Raises as it does."""
    plan = await _plan(ticket, await message_of(ticket.id, message_id), wanted, by)
    return await _counted(ticket, plan)


async def redact(ticket: Ticket, message_id: int, wanted: Redaction, *, by: SignedIn, at: datetime) -> Gone:
    """Remove it everywhere. Raises Refused, NotFound, Invalid when nothing is named or found, or it is just being sent."""
    async with held(ticket):
        message = await message_of(ticket.id, message_id)
        plan = await _plan(ticket, message, wanted, by)
        gone = await _counted(ticket, plan)
        for id_, columns in plan.messages.items():
            await Message.update({**columns, Message.redacted_at: at}).where(Message.id == id_)
        await rows("DELETE FROM hd_attachment WHERE id = ANY({})", [file["id"] for file in plan.files])
        family = await _family(ticket.id)
        await call_off([row["id"] for row in family])
        await _clean_mails(ticket, plan, at=at)
        subject = await _clean_words(ticket, plan)
        await clean_answers(
            [row["number"] for row in family], plan.messages, [file["id"] for file in plan.files], plan.without
        )
        await change(
            ticket, "redacted", by=by, at=at, message=message.id, always=True, told={"redacted": (None, gone.places + gone.files)},
            **await standing_of(ticket),
        )  # fmt: skip
        if subject != ticket.subject:  # not by `change`: its history would keep what shall go
            await Ticket.update({Ticket.subject: subject}).where(Ticket.id == ticket.id)
            ticket.subject = subject
        for one in await objects(Ticket, "WHERE id = ANY({})", [row["id"] for row in family]):
            await word_anew(one.id, (await asked_in(one)).whole)
    return gone


async def _plan(ticket: Ticket, message: Message, wanted: Redaction, by: SignedIn) -> _Plan:
    demand(by, "redact")
    pattern = _pattern(message, wanted)
    changes: dict[int, dict[str, Any]] = {}
    subjects = [row["subject"] for row in await _family(ticket.id)]
    places = sum(len(pattern.findall(subject)) for subject in subjects) if pattern else 0
    for row in await rows(_MESSAGES, ticket.id):
        if wanted.whole and row["id"] == message.id:
            changes[message.id] = {"body_text": MARK, "body_html": None, "quoted_text": ""}
            places += 1
        elif pattern is not None:
            columns, count = _without(row, pattern)
            places += count
            if count:
                changes[row["id"]] = columns
    for row in await _logged(ticket.id, pattern) if pattern else []:
        changes.setdefault(row["message"], {})
    files = await rows(_FILES, ticket.id, message.id, wanted.files, wanted.whole)
    if not places and not files:
        raise Invalid(passages=_("This stands nowhere in the ticket. Copy it as it is written there."))
    if files:
        changes.setdefault(message.id, {})
    return _Plan(messages=changes, places=places, files=files, pattern=pattern)


def _pattern(message: Message, wanted: Redaction) -> re.Pattern[str] | None:
    """What finds the passages, however they are broken into lines; of a whole message, its lines where others quote them."""
    passages = [" ".join(passage.split()) for passage in wanted.passages if passage.strip()]
    if len(passages) > MOST_PASSAGES or any(len(passage) < SHORTEST for passage in passages):
        raise Invalid(passages=_("Use at most 50 passages of at least 3 characters each."))
    if wanted.whole:
        passages += [line.strip() for line in message.body_text.splitlines() if len(line.strip()) >= _LONG_ENOUGH]
    if not passages and not wanted.files and not wanted.whole:
        raise Invalid(passages=_("Say what shall be removed."))
    ways = [r"[\s>]+".join(map(re.escape, passage.split())) for passage in sorted(passages, key=len, reverse=True)]
    return re.compile("|".join(ways), re.IGNORECASE) if ways else None


def _without(row: dict[str, Any], pattern: re.Pattern[str]) -> tuple[dict[str, Any], int]:
    """The columns of a message without it, and how often it was there."""
    text, in_text = pattern.subn(MARK, row["body_text"])
    quoted, in_quotes = pattern.subn(MARK, row["quoted_text"])
    html, in_html = _without_in_html(row["body_html"], pattern)
    return {"body_text": text, "body_html": html, "quoted_text": quoted}, max(in_text + in_quotes, in_html)


def _without_in_html(html: str | None, pattern: re.Pattern[str]) -> tuple[str | None, int]:
    """In the text between tags; where it is broken by tags or stands in one, the HTML goes: the text says the rest."""
    if html is None:
        return None, 0
    parts, count = _TAG.split(html), 0
    for place in range(0, len(parts), 2):
        parts[place], found = pattern.subn(MARK, parts[place])
        count += found
    left = "".join(parts)
    if pattern.search(left) or pattern.search(html_to_text(left)):
        return None, count + 1
    return left, count


async def _counted(ticket: Ticket, plan: _Plan) -> Gone:
    [originals] = await rows(
        "SELECT count(*) AS count FROM hd_raw_message WHERE message = ANY({}) AND content <> ''", list(plan.messages)
    )
    drafts = [
        row
        for row in await _drafts(ticket.id)
        if plan.pattern and plan.pattern.search("\n".join([row["text"], row["html"] or "", row["fields"]]))
    ]
    return Gone(
        places=plan.places, messages=len(plan.messages), files=len(plan.files), originals=originals["count"], drafts=len(drafts)
    )  # fmt: skip


async def _clean_mails(ticket: Ticket, plan: _Plan, *, at: datetime) -> None:
    """Mails as they came lose their content, as nothing can be cut out of them; ours say it no more."""
    # The log of received mails lies in a layer above; its rows are reached by name alone.
    await rows(
        "UPDATE hd_raw_message SET content = '', forgotten_at = coalesce(forgotten_at, {}) WHERE message = ANY({})",
        at, list(plan.messages),
    )  # fmt: skip
    blobs = {file["blob"] for file in plan.files}
    for row in await rows("SELECT id, state, mail FROM hd_delivery WHERE ticket_id = {} FOR UPDATE", ticket.id):
        letter = msgspec.json.decode(row["mail"])
        cleaned = _walk(letter, plan.pattern, blobs)
        if cleaned == letter:
            continue
        if row["state"] == "sending":
            raise Invalid(passages=_("A mail that says it is just leaving. Try again in a minute."))
        await rows("UPDATE hd_delivery SET mail = {} WHERE id = {}", msgspec.json.encode(cleaned).decode(), row["id"])


def _walk(value: Any, pattern: re.Pattern[str] | None, blobs: set[str], name: str = "") -> Any:
    """The JSON of a letter without it: texts, and the enclosures that are these files. What machines read stays."""
    match value:
        case str() if pattern is not None and name == "html":
            return _without_in_html(value, pattern)[0]
        case str() if pattern is not None and name in _WORDS_OF_LETTER:
            return pattern.sub(MARK, value)
        case list():
            return [
                _walk(one, pattern, blobs) for one in value if not (isinstance(one, dict) and one.get("blob") in blobs)
            ]
        case dict():
            return {key: _walk(one, pattern, blobs, key) for key, one in value.items()}
        case _:
            return value


async def _clean_words(ticket: Ticket, plan: _Plan) -> str:
    """The subject without it, after drafts and the history of edits."""
    if plan.pattern is None:
        return ticket.subject
    for row in await _drafts(ticket.id):
        text, count = plan.pattern.subn(MARK, row["text"])
        html, in_html = _without_in_html(row["html"], plan.pattern)
        if count or in_html:
            await rows(f"UPDATE {row['place']} SET text = {{}}, html = {{}} WHERE id = {{}}", text, html, row["id"])
        fields = {name: plan.pattern.sub(MARK, one) for name, one in msgspec.json.decode(row["fields"]).items()}
        if fields and row["place"] == "hd_draft":
            await rows("UPDATE hd_draft SET fields = {} WHERE id = {}", msgspec.json.encode(fields).decode(), row["id"])
    for row in await _logged(ticket.id, plan.pattern):
        cleaned = plan.pattern.sub(MARK, row["subject"])
        await rows(
            "UPDATE hd_raw_message SET subject = {}, words = {} WHERE id = {}", cleaned, normalise(cleaned), row["id"]
        )
    family = {row["id"]: row["subject"] for row in await _family(ticket.id)}
    for id_, subject in family.items():
        if id_ != ticket.id:
            await rows("UPDATE hd_ticket SET subject = {} WHERE id = {}", plan.without(subject), id_)
    for row in await rows("SELECT id, changes FROM hd_event WHERE ticket = ANY({}) AND kind = 'renamed'", [*family]):
        changes = msgspec.json.decode(row["changes"])
        changes["subject"] = [plan.pattern.sub(MARK, subject) for subject in changes.get("subject", [])]
        await rows("UPDATE hd_event SET changes = {} WHERE id = {}", msgspec.json.encode(changes).decode(), row["id"])
    return plan.pattern.sub(MARK, ticket.subject)


async def _logged(ticket_id: int, pattern: re.Pattern[str]) -> list[dict[str, Any]]:
    """Mails of the ticket, as the log has them, whose subject says it."""
    # The log of received mails lies in a layer above; its rows are reached by name alone.
    found = await rows(
        "SELECT id, message, subject FROM hd_raw_message WHERE ticket = {} AND message IS NOT NULL", ticket_id
    )
    return [row for row in found if pattern.search(row["subject"])]


async def _family(ticket_id: int) -> list[dict[str, Any]]:
    """`id`, `number` and `subject` of the ticket and of all that were merged into it."""
    return await rows(
        """WITH RECURSIVE family AS (
            SELECT id, number, subject FROM hd_ticket WHERE id = {}
            UNION ALL SELECT t.id, t.number, t.subject FROM hd_ticket t JOIN family f ON t.merged_into = f.id)
        SELECT id, number, subject FROM family""",
        ticket_id,
    )


async def _drafts(ticket_id: int) -> list[dict[str, Any]]:
    """On the ticket, and those that a merge has left on what leads to it."""
    return await rows(
        """WITH RECURSIVE family AS (
            SELECT {}::bigint AS id UNION SELECT t.id FROM hd_ticket t JOIN family f ON t.merged_into = f.id),
        draft AS (SELECT id, text, html, fields::text AS fields FROM hd_draft WHERE ticket IN (SELECT id FROM family))
        SELECT 'hd_draft' AS place, id, text, html, fields FROM draft
        UNION ALL SELECT 'hd_draft_version', v.id, v.text, v.html, {}::text FROM hd_draft_version v JOIN draft d ON d.id = v.draft""",
        ticket_id, "{}",
    )  # fmt: skip
