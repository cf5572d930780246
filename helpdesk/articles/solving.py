"""Articles that solved tickets: those that the last answer with such a link names, once the ticket is solved; or the one
that the acknowledgement named, when the customer says that it was the answer.

It is looked at anew after each event that may change it and only the difference is written, so that an answer that is taken
back takes its evidence along, and nothing counts twice.
"""

from datetime import datetime, timedelta
from typing import Any

import msgspec

from helpdesk.articles.acknowledged import named_to, was_by_article
from helpdesk.kernel.database import rows
from helpdesk.tickets.asked import asked_in
from helpdesk.tickets.changing import held
from helpdesk.tickets.tables import Status, Ticket
from knowledge_base.evidence import Kind, note_evidence, solved_by, take_back
from knowledge_base.linked import linked_in
from knowledge_base.usage import Use, count_use

HOLDS_AFTER = timedelta(days=1)
"""Who writes again within a day was not helped; later it is mostly about something else."""
_DONE = (Status.SOLVED, Status.CLOSED)
_KINDS = {"undone", "gave_way", "marked_spam", "unmarked_spam", "trashed", "restored"}
_LINKING = """
SELECT m.body_text, m.body_html FROM hd_message m WHERE m.ticket = {} AND m.author_kind = 'agent' AND m.audience = 'public'
    AND m.thread IS NULL AND m.undone_at IS NULL AND (m.body_text LIKE '%/help/%' OR m.body_html LIKE '%/help/%')
    AND NOT EXISTS (SELECT FROM hd_delivery d WHERE d.message_id = m.id AND d.is_scheduled)
ORDER BY m.id DESC LIMIT 5
"""

_SOLVED = "SELECT changes FROM hd_event WHERE ticket = {} AND kind = 'solved' ORDER BY id DESC LIMIT 1"


async def learn(ticket: Ticket, event: dict[str, Any], *, at: datetime) -> None:
    """Note what solved the ticket, or that it did not; in the event's transaction."""
    if event["kind"] not in _KINDS and "status" not in msgspec.json.decode(event["changes"]):
        return
    if ticket.status not in _DONE and not await solved_by(ticket.id):
        return
    async with held(ticket):
        known = await solved_by(ticket.id)
        is_solved = ticket.status in _DONE and ticket.spam_at is None and ticket.trashed_at is None
        solving = await _solving(ticket) if is_solved else []
        for one in known:
            is_over = is_solved or at - one.at < HOLDS_AFTER
            if is_over and not one.is_struck and (one.article, one.language) not in solving:
                await take_back(Kind.SOLVED, ticket=ticket.id, article=one.article, language=one.language)
                await count_use(Use.SOLVED, article=one.article, language=one.language, at=one.at, times=-1)
        new = [one for one in solving if one not in {(known.article, known.language) for known in known}]
        for article, language in sorted(new):
            await _note(ticket, article, language, at=ticket.solved_at or at)


async def _note(ticket: Ticket, article: int, language: str, *, at: datetime) -> None:
    asked = await asked_in(ticket)
    if await note_evidence(
        Kind.SOLVED, article=article, language=language, text=asked.whole, ticket=ticket.id, customer=ticket.customer, at=at
    ):  # fmt: skip
        await count_use(Use.SOLVED, article=article, language=language, at=at)


async def _solving(ticket: Ticket) -> list[tuple[int, str]]:
    """(article, language) of the last answer that names any, else of the acknowledgement."""
    for row in await rows(_LINKING, ticket.id):
        if linked := await linked_in(row["body_text"], row["body_html"] or ""):
            return linked
    named = await named_to(ticket)
    last = await rows(_SOLVED, ticket.id) if named else []
    return [named] if named and last and was_by_article(msgspec.json.decode(last[0]["changes"])) else []
