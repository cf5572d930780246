"""What an article learned from, to be looked at and corrected: the questions that led to it, as far as the agent sees them."""

from datetime import datetime
from typing import Any

import msgspec

from helpdesk.articles.changing import PUBLISH, WRITE
from helpdesk.kernel.database import rows, transaction
from helpdesk.kernel.errors import NotFound
from helpdesk.kernel.language import _
from helpdesk.kernel.text import preview
from helpdesk.people.actor import SignedIn
from helpdesk.people.auditing import About, record
from helpdesk.people.permissions import demand, may
from helpdesk.tickets.queries import LISTED, all_of, visible_to
from knowledge_base.articles import Translation
from knowledge_base.evidence import Kind, strike
from knowledge_base.learning import weight_of
from knowledge_base.usage import Use, count_use

_SEEN = """
SELECT e.id, e.kind, e.text, e.at, hd_ticket.number FROM kb_evidence e LEFT JOIN hd_ticket ON hd_ticket.id = e.ticket
WHERE e.article = {} AND e.language = {} AND e.struck_at IS NULL AND e.text <> '' AND CASE WHEN e.ticket IS NULL THEN {} ELSE {} END
"""
"""What was typed into a form or searched for is no ticket's: nobody says which team it was for, so only who publishes reads it."""


class Led(msgspec.Struct, frozen=True, kw_only=True):
    """Words that led to the article: their first line, which is a ticket's subject, and the beginning of the rest. `number`
    is the ticket's."""

    id: int
    kind: Kind
    subject: str
    text: str
    number: int | None
    at: datetime


async def questions_that_led(there: Translation, *, seen_by: SignedIn, at: datetime, most: int) -> list[Led]:
    """The strongest first. Words of tickets that the agent may not see are none of them."""
    found = await rows(_SEEN, *_seen(there, seen_by))
    found.sort(key=lambda row: (-abs(weight_of(Kind(row["kind"]), row["at"], at=at)), -row["id"]))
    return [_led(row) for row in found[:most]]


async def strike_question(there: Translation, evidence: int, *, by: SignedIn, at: datetime) -> None:
    """These words have nothing to do with the article: they count no more, and never again. Raises NotFound."""
    demand(by, WRITE)
    async with transaction():
        if not await rows(_SEEN + "AND e.id = {}", *_seen(there, by), evidence):
            raise NotFound(_("This question is no longer here."))
        struck = await strike(evidence, at=at)
        if struck is None:
            return
        if struck.kind == Kind.SOLVED:
            await count_use(Use.SOLVED, article=there.article, language=there.language, at=struck.at, times=-1)
        await record("article_unlearned", by=by, at=at, about=About("article", there.article, there.title))


def _seen(there: Translation, by: SignedIn) -> tuple[Any, ...]:
    """What stands in `_SEEN`."""
    return there.article, there.language, may(by, PUBLISH), all_of(LISTED, visible_to(by)).querystring


def _led(row: dict[str, Any]) -> Led:
    subject, _line, text = row["text"].partition("\n")
    return Led(
        id=row["id"], kind=Kind(row["kind"]), subject=preview(subject), text=preview(text, 120), number=row["number"], at=row["at"]
    )  # fmt: skip
