"""A conversation as the page shows it: messages, what happened between them, and the days they belong to."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec

from helpdesk.channels.email.html_reading import html_to_text
from helpdesk.channels.email.sanitising import cids_shown
from helpdesk.console.marking import tickets_named
from helpdesk.kernel.errors import NotFound
from helpdesk.kernel.language import _, reader, zone
from helpdesk.kernel.text import normalise
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.tickets.conversation import event_that_wrote, events_of, messages_named, messages_of
from helpdesk.tickets.tables import Message, Ticket
from helpdesk.tickets.uploading import SHOWN_IN_PLACE
from helpdesk.web.formatted import formatted

PAGE, MOST_EVENTS = 50, 500
FOLD_FROM = 3
"""So many changes in a row are one line that can be opened."""

_TELLING = {
    "assigned", "taken_over", "unassigned", "moved", "renamed", "prioritised", "tagged", "status_changed", "solved", "reopened", "closed",
    "snoozed", "woken", "reverted", "merged", "unmerged", "merged_into", "unmerged_from", "split", "split_off", "redacted",
    "undone", "note_undone", "sent_again", "marked_spam", "unmarked_spam", "trashed", "restored", "muted", "unmuted", "suppressed", "copied", "forwarded", "gave_way",
    "articles_offered", "article_named",
    "sla_warned", "sla_breached", "sla_escalated", "sla_voided",
    "due_set", "due_reckoned",
}  # fmt: skip
"""Kinds of events that have a line of their own; the others are seen in the message that they brought."""
_KEY = re.compile(r"([me])(\d{1,18})")
_STRUCTURED = re.compile(
    r"<(?:table|img|h[1-6]|[uo]l|dl|pre|hr|b|strong|i|em|u|s|a|font|mark|code)\b|\bbackground|style=\"[^\"]*(?:color|border)"
)

_WORD = re.compile(r"\w+")
_MOST_COMPARED = 20_000
"""Characters of HTML whose words are compared with those of the text."""


class Item(msgspec.Struct, frozen=True):
    """One line of the timeline: `kind` is message, event, fold or day; `key` is its cursor, empty for a day."""

    kind: str
    key: str
    at: datetime
    shown: Any = None


class Timeline(msgspec.Struct, frozen=True):
    """Items in reading order, and the key of the oldest message when there are earlier ones."""

    items: list[Item]
    earlier: str | None = None


async def newest(ticket: Ticket, *, before: str = "") -> Timeline:
    """The newest messages, or those before the message with the key `before`, with the events among them."""
    until = await _place_of(ticket, before) if before else None
    found = await messages_of(ticket.id, before=until, limit=PAGE + 1)
    messages, has_more = found[-PAGE:], len(found) > PAGE
    events = await events_of(
        ticket.id,
        since=messages[0]["created_at"] if has_more else None,
        before=until[0] if until else None,
        limit=MOST_EVENTS,
    )
    return Timeline(arrange(messages, events), f"m{messages[0]['id']}" if has_more else None)


async def newer(ticket: Ticket, after: str) -> Timeline:
    """What came behind the item with the key `after`; perhaps items that the page has already, never too few."""
    if not after:
        return await newest(ticket)
    kind, number = read_key(after)
    event_id = number if kind == "e" else await event_that_wrote(ticket.id, number)
    events = await events_of(ticket.id, after_id=event_id, limit=MOST_EVENTS)
    named = [event["message"] for event in events if event["message"]]
    messages = await messages_named(ticket.id, sorted(set(named)))
    return Timeline(arrange(messages, events))


async def one(ticket: Ticket, key: str) -> Item:
    """One item anew; raises NotFound when it was taken back or never was."""
    kind, number = read_key(key)
    if kind == "m":
        found = arrange(await messages_named(ticket.id, [number]), [])
    else:
        found = arrange(
            [],
            [one for one in await events_of(ticket.id, after_id=number - 1, limit=MOST_EVENTS) if one["id"] == number],
        )
    if not found:
        raise NotFound(_("There is no such message."))
    return found[-1]


async def links_in(timeline: Timeline, *, seen_by: SignedIn) -> dict[int, dict[str, Any]]:
    """The tickets that messages of the page name by number, as far as the agent may see them."""
    texts = (item.shown["body_text"] for item in timeline.items if item.kind == "message")
    return await tickets_named(texts, seen_by=seen_by)


async def was_taken_back(ticket: Ticket, key: str) -> bool:
    """Whether the ticket had this message once: a page that is open may still show it."""
    kind, number = read_key(key)
    gone = (Message.id == number) & (Message.ticket == ticket.id) & Message.undone_at.is_not_null()
    return kind == "m" and await Message.exists().where(gone)


def read_key(key: str) -> tuple[str, int]:
    """`m55` as its kind and number; raises NotFound for anything else."""
    found = _KEY.fullmatch(key)
    if not found:
        raise NotFound(_("There is no such message."))
    return found[1], int(found[2])


def arrange(messages: Iterable[dict[str, Any]], events: Iterable[dict[str, Any]]) -> list[Item]:
    """All in the order of time, an event behind the message it came with; folds and days put in."""
    lines = [
        (row["created_at"], 0, row["id"], Item("message", f"m{row['id']}", row["created_at"], _shown(row)))
        for row in messages
    ]
    lines += [(row["at"], 1, row["id"], Item("event", f"e{row['id']}", row["at"], row)) for row in events if tells(row)]
    return _with_days(_folded([item for *_place, item in sorted(lines, key=lambda line: line[:3])]))


def tells(event: dict[str, Any]) -> bool:
    """Whether the event has a line of its own: a message's does when it moved the ticket's status, too."""
    if event["kind"] in _TELLING:
        return True
    if event["kind"] == "customer_replied" and "snoozed_until" in event["changes"]:
        return True
    before, after = event["changes"].get("status", (None, None))
    return (
        event["kind"] in ("replied", "customer_replied", "outsider_answered")
        and before is not None
        and (before, after) != ("new", "open")
    )


def shows_as_html(message: dict[str, Any]) -> bool:
    """Whether the HTML says more than the text does: tables, images, lists, emphasis, links with a label, colours, or words."""
    html = message["body_html"] or ""
    return bool(html) and (bool(_STRUCTURED.search(html)) or len(html) > _MOST_COMPARED or _says_more(html, message))


def _says_more(html: str, message: dict[str, Any]) -> bool:
    """Whether it has words that the text has not: some programs send "your program shows no HTML" as the text."""
    text = f"{message['body_text']}\n{message['quoted_text']}"[: 10 * _MOST_COMPARED]
    return not words_of(html_to_text(html)) <= words_of(text)


def words_of(text: str) -> set[str]:
    return set(_WORD.findall(normalise(text)))


def images_by_cid(attachments: list[dict[str, Any]]) -> dict[str, int]:
    """The file that stands for each Content-ID in the message's HTML: of several, the last."""
    return {
        file["content_id"]: file["id"] for file in attachments if file["content_id"] and is_shown_in_place(file["content_type"])
    }  # fmt: skip


def is_shown_in_place(content_type: str) -> bool:
    return content_type.lower() in SHOWN_IN_PLACE


def _shown(message: dict[str, Any]) -> dict[str, Any]:
    """With `rich`: its HTML where it needs no frame; and `files_beside_html`: those that the HTML does not show itself.

    As text, all `attachments` are beside it.
    """
    html = message["body_html"] or ""
    rich = formatted(message, lambda file: f"/console/attachments/{file}")
    return message | {
        "rich": rich, "as_html": rich is None and shows_as_html(message), "has_remote_images": "blocked:" in html, "tone": _tone(message),
        "files_beside_html": _beside(html, message["attachments"]),
    }  # fmt: skip


def _beside(html: str, attachments: list[dict[str, Any]]) -> list[dict[str, Any]]:
    shown = cids_shown(html) if "cid:" in html else set()
    inside = {file for cid, file in images_by_cid(attachments).items() if cid in shown}
    return [file for file in attachments if not (file["is_inline"] and file["id"] in inside)]


def _tone(message: dict[str, Any]) -> str:
    if message["author_kind"] in ("system", "rule"):
        return "system"
    if message["audience"] == "internal":
        return "note"
    if message["author_kind"] == "agent":
        return "agent"
    return "automatic" if message["mail"] and message["mail"].is_auto_reply else "customer"


def _folded(items: list[Item]) -> list[Item]:
    made: list[Item] = []
    run: list[Item] = []
    for item in [*items, Item("end", "", now())]:
        if item.kind == "event":
            run.append(item)
            continue
        made += [Item("fold", run[-1].key, run[-1].at, run)] if len(run) >= FOLD_FROM else run
        run = []
        made.append(item)
    return made[:-1]


def _with_days(items: list[Item]) -> list[Item]:
    """A divider before the first item of each of the reader's days."""
    made: list[Item] = []
    day = None
    for item in items:
        its_day = item.at.astimezone(zone(reader().time_zone)).date()
        if its_day != day:
            made.append(Item("day", "", item.at, its_day.isoformat()))
        day = its_day
        made.append(item)
    return made


async def _place_of(ticket: Ticket, key: str) -> tuple[datetime, int]:
    kind, number = read_key(key)
    found = await messages_named(ticket.id, [number]) if kind == "m" else []
    if not found:
        raise NotFound(_("There is no such message."))
    return found[0]["created_at"], number
