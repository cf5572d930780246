"""What an agent is writing, kept on the server: one draft by author, ticket and kind, with what it said before.

Of two windows the later save stands, and what it writes over goes into the history, so nothing typed is lost. A save
that comes late, when its form (`once`) was sent or discarded, changes nothing; the form's drafts of other kinds are none
of that.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from html import escape
from typing import Any

import msgspec

from helpdesk.kernel.database import lock, objects, rows, transaction
from helpdesk.kernel.errors import Invalid, NotFound
from helpdesk.kernel.language import _
from helpdesk.people.actor import SignedIn
from helpdesk.tickets.changing import locked_survivor
from helpdesk.tickets.tables import DraftKind, KeptDraft, Message

LONGEST = 400_000
"""Characters of a text with its HTML: what a message may have, and room for what is wrong with it."""
MOST_VERSIONS = 20
_APART = timedelta(minutes=1)
_A_LOT = 40
"""Characters that go at once, so that what was there before is worth a version."""
_DISCARDED_FOR = timedelta(days=7)


class Typed(msgspec.Struct, frozen=True, kw_only=True):
    """What a form holds. `fields` are its other fields as typed, those alone that are not as the page had them."""

    text: str = ""
    html: str | None = None
    fields: dict[str, str] = {}
    uploads: list[int] = []

    @property
    def is_empty(self) -> bool:
        return not (self.text.strip() or self.uploads or any(value.strip() for value in self.fields.values()))

    def without(self, *names: str) -> "Typed":
        return msgspec.structs.replace(
            self, fields={name: one for name, one in self.fields.items() if name not in names}
        )


class Saved(msgspec.Struct, frozen=True, kw_only=True):
    """`is_behind`: another window had saved something else meanwhile; that is in the history."""

    version: int
    at: datetime
    is_behind: bool = False


async def keep(
    typed: Typed, *, kind: str, ticket_id: int | None, once: str | None, version: int, by: SignedIn, at: datetime
) -> Saved | None:
    """Save the draft over its `version`, the one that the form knows; None when the form was sent or discarded.

    A form with nothing in it discards the draft. That of a ticket which was merged meanwhile is the survivor's. Raises
    Invalid when it is too long.
    """
    if len(typed.text) + len(typed.html or "") > LONGEST:
        raise Invalid(text=_("This is too long. Attach it as a file instead."))
    async with transaction():
        if once and await _was_sent(once, kind):  # before anything is held: who sends it holds the ticket, too
            return None
        if ticket_id is not None:
            ticket_id = (await locked_survivor(ticket_id)).id
        await _alone(by.id, ticket_id, kind)
        there = await _find(by.id, ticket_id, kind)
        if there and there.discarded_at and there.once == once:
            return None
        if there is None and typed.is_empty:
            return Saved(version=0, at=at)
        if there is None:
            there = KeptDraft(agent=by.id, ticket=ticket_id, kind=kind, version=0, updated_at=at)
            await _write(there, typed, once=once, at=at)
            return Saved(version=1, at=at)
        is_behind = there.discarded_at is None and there.version != version and there.text.strip() not in typed.text
        await _keep_what_goes(there, typed, is_behind=is_behind, at=at)
        await _write(there, typed, once=once, at=at)
        return Saved(version=there.version, at=at, is_behind=is_behind)


async def discard(*, kind: str, ticket_id: int | None, once: str | None, by: SignedIn, at: datetime) -> None:
    """Throw the draft away; `recover` brings it back for a week."""
    await rows(
        """UPDATE hd_draft SET discarded_at = {}, once = {} WHERE agent = {} AND ticket IS NOT DISTINCT FROM {} AND kind = {}
            AND discarded_at IS NULL""",
        at, once, by.id, ticket_id, kind,
    )  # fmt: skip


async def recover(*, kind: str, ticket_id: int | None, by: SignedIn) -> None:
    """Bring the discarded draft back; a second call changes nothing."""
    await rows(
        """UPDATE hd_draft SET discarded_at = NULL, once = NULL WHERE agent = {} AND ticket IS NOT DISTINCT FROM {}
            AND kind = {}""",
        by.id, ticket_id, kind,
    )  # fmt: skip


async def drafts_of(agent: SignedIn, ticket_id: int | None) -> dict[str, KeptDraft]:
    """The agent's drafts on the ticket (None: of a new ticket) by kind, the last written first."""
    found = await objects(
        KeptDraft, "WHERE agent = {} AND ticket IS NOT DISTINCT FROM {} AND discarded_at IS NULL ORDER BY updated_at DESC",
        agent.id, ticket_id,
    )  # fmt: skip
    return {one.kind: one for one in found}


def fields_of(draft: KeptDraft) -> dict[str, str]:
    return msgspec.json.decode(draft.fields, type=dict[str, str])


async def sent(kind: str, *, ticket_id: int | None, by: SignedIn, once: str | None, version: int) -> None:
    """The draft has become a message: forget it, in the transaction that writes the message.

    It is the one that the form had saved (`once`), or its `version` that the page had; what another window has saved
    since, or an agent is writing while a program of theirs answers, stays.
    """
    await rows(
        """DELETE FROM hd_draft WHERE agent = {} AND ticket IS NOT DISTINCT FROM {} AND kind = {}
            AND (once = {} OR version <= {})""",
        by.id, ticket_id, kind, once, version,
    )  # fmt: skip


async def give_back(typed: Typed, *, kind: str, ticket_id: int, agent_id: int, at: datetime) -> None:
    """A message was taken back: it is a draft again, before what was begun meanwhile."""
    async with transaction():
        await _alone(agent_id, ticket_id, kind)
        there = await _find(agent_id, ticket_id, kind)
        if there is None:
            there = KeptDraft(agent=agent_id, ticket=ticket_id, kind=kind, version=0, updated_at=at)
        elif there.discarded_at is None:
            typed = _together(typed, there)
        await _write(there, typed, once=None, at=at)


async def drafts_follow(from_ticket: int, to_ticket: int, *, at: datetime) -> None:
    """The drafts of a ticket that was merged go on with the other one; where its author writes there too, below that.

    What was joined stays where it was as well, discarded, so that undoing finds it. In the caller's transaction, which
    holds both tickets.
    """
    for draft in await objects(KeptDraft, "WHERE ticket = {} ORDER BY id", from_ticket):
        await _alone(draft.agent, to_ticket, draft.kind)
        there = await _find(draft.agent, to_ticket, draft.kind)
        if there is None:
            await rows("UPDATE hd_draft SET ticket = {} WHERE id = {}", to_ticket, draft.id)
        elif draft.discarded_at is None:
            joined = _together(_read(there) if there.discarded_at is None else Typed(), draft)
            await _keep_what_goes(there, joined, is_behind=True, at=at)
            await _write(there, joined, once=None, at=at)
            await rows("UPDATE hd_draft SET discarded_at = {} WHERE id = {}", at, draft.id)


async def drafts_return(
    ids: list[int], from_ticket: int, to_ticket: int, *, followed_at: datetime, at: datetime
) -> None:
    """The drafts that followed at that time are where they were, unless their author began another there or sent them.

    In the caller's transaction, which holds both tickets.
    """
    for draft in await objects(KeptDraft, "WHERE id = ANY({}) ORDER BY id", ids):
        for ticket in (from_ticket, to_ticket):
            await _alone(draft.agent, ticket, draft.kind)
        there = await _find(draft.agent, from_ticket, draft.kind)
        if there is None or there.discarded_at:
            continue
        if there.id == draft.id and await _find(draft.agent, to_ticket, draft.kind) is None:
            await rows("UPDATE hd_draft SET ticket = {} WHERE id = {}", to_ticket, draft.id)
        elif draft.ticket == to_ticket and draft.discarded_at == followed_at:
            await rows("UPDATE hd_draft SET discarded_at = NULL WHERE id = {}", draft.id)
            if there.updated_at == followed_at and there.once is None:
                await _take_out(draft, there, at=at)


async def drafted(ticket_ids: Iterable[int], *, by: SignedIn) -> set[int]:
    """Those of the tickets on which the agent has a draft."""
    found = await rows(
        "SELECT DISTINCT ticket FROM hd_draft WHERE agent = {} AND ticket = ANY({}) AND discarded_at IS NULL",
        by.id, list(ticket_ids),
    )  # fmt: skip
    return {row["ticket"] for row in found}


async def versions_of(*, kind: str, ticket_id: int | None, by: SignedIn) -> list[dict[str, Any]]:
    """What the draft said before, the newest first: rows of `id`, `text` and `at`."""
    return await rows(
        """SELECT v.id, v.text, v.at FROM hd_draft_version v JOIN hd_draft d ON d.id = v.draft
        WHERE d.agent = {} AND d.ticket IS NOT DISTINCT FROM {} AND d.kind = {} ORDER BY v.id DESC LIMIT {}""",
        by.id, ticket_id, kind, MOST_VERSIONS,
    )  # fmt: skip


async def restore(version_id: int, *, kind: str, ticket_id: int | None, by: SignedIn, at: datetime) -> None:
    """Let the draft say what it said then; what it says now goes into the history. Raises NotFound."""
    async with transaction():
        await _alone(by.id, ticket_id, kind)
        there = await _find(by.id, ticket_id, kind)
        found = await rows(
            "SELECT text, html FROM hd_draft_version WHERE id = {} AND draft = {}",
            version_id,
            there.id if there else None,
        )
        if there is None or not found:
            raise NotFound(_("This version is not kept any more."))
        now_it_says = msgspec.structs.replace(_read(there), text=found[0]["text"], html=found[0]["html"])
        await _keep_what_goes(there, now_it_says, is_behind=True, at=at)
        await _write(there, now_it_says, once=None, at=at)


async def forget_discarded(*, at: datetime) -> None:
    """Delete what was discarded a week ago."""
    await rows("DELETE FROM hd_draft WHERE discarded_at < {}", at - _DISCARDED_FOR)


async def _alone(agent_id: int | None, ticket_id: int | None, kind: str) -> None:
    """One at a time writes this draft: there may be no row to lock yet."""
    await lock("draft", agent_id, ticket_id, kind)


async def _was_sent(once: str, kind: str) -> bool:
    """Whether the form has made a message of this draft; one that is being sent is waited for (`tickets.repeating`)."""
    await lock("once", once)
    made = await Message.objects().get(Message.once == once)
    return made is not None and kind in (DraftKind.NEW, draft_kind_of(made))


async def _find(agent_id: int | None, ticket_id: int | None, kind: str) -> KeptDraft | None:
    found = await objects(
        KeptDraft, "WHERE agent = {} AND ticket IS NOT DISTINCT FROM {} AND kind = {}", agent_id, ticket_id, kind
    )
    return found[0] if found else None


async def _write(draft: KeptDraft, typed: Typed, *, once: str | None, at: datetime) -> None:
    draft.text, draft.html, draft.uploads = typed.text, typed.html, typed.uploads
    draft.fields = msgspec.json.encode(typed.fields).decode()
    draft.version, draft.once, draft.updated_at = draft.version + 1, once, at
    draft.discarded_at = at if typed.is_empty else None
    await draft.save()


async def _keep_what_goes(draft: KeptDraft, typed: Typed, *, is_behind: bool, at: datetime) -> None:
    """A version of what is written over: at most one a minute, but always of what is lost by more than typing."""
    if not draft.text.strip() or draft.text == typed.text:
        return
    last = await rows("SELECT at FROM hd_draft_version WHERE draft = {} ORDER BY id DESC LIMIT 1", draft.id)
    is_old = at - (last[0]["at"] if last else draft.updated_at) >= _APART
    if not (is_behind or is_old or draft.discarded_at or len(draft.text) - len(typed.text) >= _A_LOT):
        return
    await rows(
        "INSERT INTO hd_draft_version (draft, text, html, at) VALUES ({}, {}, {}, {})",
        draft.id, draft.text, draft.html, draft.updated_at,
    )  # fmt: skip
    await rows(
        """DELETE FROM hd_draft_version WHERE draft = {} AND id NOT IN (
            SELECT id FROM hd_draft_version WHERE draft = {} ORDER BY id DESC LIMIT {})""",
        draft.id, draft.id, MOST_VERSIONS,
    )  # fmt: skip


def _read(draft: KeptDraft) -> Typed:
    return Typed(text=draft.text, html=draft.html, fields=fields_of(draft), uploads=draft.uploads)


def _together(first: Typed, second: KeptDraft) -> Typed:
    """Both texts, one below the other; the rest is of the first where that has it."""
    both = bool(first.text.strip() and second.text.strip())
    one = first if first.text.strip() else second
    is_formatted = both and (first.html or second.html)
    return Typed(
        text=f"{first.text.rstrip()}\n\n{second.text}" if both else one.text,
        html=f"{_as_html(first)}<div><br></div>{_as_html(second)}" if is_formatted else None if both else one.html,
        fields=fields_of(second) | first.fields, uploads=list(dict.fromkeys([*first.uploads, *second.uploads])),
    )  # fmt: skip


def _as_html(written: Typed | KeptDraft) -> str:
    return written.html or "".join(f"<div>{escape(line) or '<br>'}</div>" for line in written.text.splitlines())


async def _take_out(draft: KeptDraft, there: KeptDraft, *, at: datetime) -> None:
    """Of what was joined and not touched since, leave what was there before."""
    if there.text == draft.text and set(there.uploads) <= set(draft.uploads):
        await rows("UPDATE hd_draft SET discarded_at = {} WHERE id = {}", at, there.id)
        return
    said = await rows("SELECT text, html FROM hd_draft_version WHERE draft = {} ORDER BY id DESC LIMIT 1", there.id)
    theirs = fields_of(draft)
    before = Typed(
        text=said[0]["text"] if said else "", html=said[0]["html"] if said else None,
        fields={name: value for name, value in fields_of(there).items() if theirs.get(name) != value},
        uploads=[one for one in there.uploads if one not in draft.uploads],
    )  # fmt: skip
    await _write(there, before, once=None, at=at)


def draft_kind_of(message: Message) -> DraftKind:
    """What kind of draft it was, and becomes again."""
    if message.thread is not None:
        return DraftKind.FORWARD
    return DraftKind.NOTE if is_note(message) else DraftKind.REPLY


def is_note(message: Message) -> bool:
    """Whether it is for colleagues, and no part of a conversation with somebody outside."""
    return message.audience == "internal" and message.thread is None


def own_once(once: str, by: SignedIn) -> str | None:
    """The mark of a form, made this agent's."""
    return f"{by.id}:{once[:60]}" if once else None


KINDS = frozenset(DraftKind)
