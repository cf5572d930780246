"""What led to an article and what became of it: the words with which somebody came, and how well it did.

From this the search learns (`documents.Question`). One row for each article, language, asker and kind, so that nothing counts
twice; who asked is a ticket, a customer, or nobody known, whose words then stand for them. Customers' words are their own:
they go with the ticket, with the customer, and after `KEPT`.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from helpdesk.kernel.database import rows
from helpdesk.kernel.text import normalise, words_of


class Kind(StrEnum):
    """What became of it."""

    SOLVED = "solved"
    """An answer that names the article solved the ticket."""
    CLICKED = "clicked"
    """It was opened from what a search or a form offered for these words."""
    HELPFUL = "helpful"
    """Who asked, or the agent, said so."""
    UNHELPFUL = "unhelpful"
    """The contrary: the last one of the two holds."""


CONTRARY = {Kind.HELPFUL: Kind.UNHELPFUL, Kind.UNHELPFUL: Kind.HELPFUL}
LONGEST = 1_000
"""Letters of the words that are kept: what somebody wants stands at its beginning."""
KEPT = timedelta(days=3 * 365)
"""After that it would count for an eighth (`learning.HALF_LIFE`), and the words have been kept for long enough."""


async def note_evidence(
    kind: Kind, *, article: int, language: str, text: str, ticket: int | None, customer: int | None, at: datetime, page: str = ""
) -> None:  # fmt: skip
    """Remember it, in the caller's transaction: the newest words win. Nothing is learned where no words are.

    `language` is the article's, of the translation that was read; `page` names that of a form, which asks by itself. What somebody struck out stays struck out.
    """
    words = text.strip()[:LONGEST].strip()
    if not words_of(words):
        return
    asked_by = f"page {page}" if page else _asked_by(words, ticket, customer)
    if kind in CONTRARY:
        await rows(
            "DELETE FROM kb_evidence WHERE article = {} AND language = {} AND asked_by = {} AND kind = {} AND struck_at IS NULL",
            article, language, asked_by, CONTRARY[kind],
        )  # fmt: skip
    await rows(
        """INSERT INTO kb_evidence (article, language, kind, asked_by, ticket, customer, text, at)
        SELECT id, {}, {}, {}, {}, {}, {}, {} FROM kb_article WHERE id = {}
        ON CONFLICT (article, language, asked_by, kind) DO UPDATE SET text = excluded.text, at = excluded.at
        WHERE kb_evidence.struck_at IS NULL""",
        language, kind, asked_by, ticket, customer, words, at, article,
    )  # fmt: skip
    await note_learning([(article, language)])


async def take_back(kind: Kind, *, ticket: int, article: int | None = None) -> list[tuple[int, str]]:
    """What the ticket said of this kind, of one article or of all, is no longer true; in the caller's transaction. Articles and languages of which it was."""
    gone = await rows(
        """DELETE FROM kb_evidence WHERE ticket = {} AND kind = {} AND article = coalesce({}, article) AND struck_at IS NULL
        RETURNING article, language""",
        ticket, kind, article,
    )  # fmt: skip
    taken = [(row["article"], row["language"]) for row in gone]
    await note_learning(taken)
    return taken


async def reword(ticket: int, text: str) -> None:
    """The ticket's words are others now, as some were redacted; in the transaction of that."""
    words = text.strip()[:LONGEST]
    changed = await rows(
        "UPDATE kb_evidence SET text = {} WHERE ticket = {} AND struck_at IS NULL RETURNING article, language",
        words, ticket,
    )  # fmt: skip
    await note_learning((row["article"], row["language"]) for row in changed)


async def take_back_of_page(page: str) -> None:
    """What was said in this page of a form is no longer true; in the caller's transaction."""
    gone = await rows(
        "DELETE FROM kb_evidence WHERE asked_by = {} AND struck_at IS NULL RETURNING article, language", f"page {page}"
    )
    await note_learning((row["article"], row["language"]) for row in gone)


async def forget(*, tickets: Iterable[int] = (), customers: Iterable[int] = ()) -> None:
    """What these said, in the transaction that erases them."""
    gone = await rows(
        "DELETE FROM kb_evidence WHERE ticket = ANY({}) OR customer = ANY({}) RETURNING article, language",
        list(tickets), list(customers),
    )  # fmt: skip
    await note_learning((row["article"], row["language"]) for row in gone)


async def note_learning(changed: Iterable[tuple[int, str]]) -> None:
    """Have the index read these articles anew soon: `learning.pass_on` gathers what comes, so many at once cost one reading."""
    pairs = sorted(set(changed))
    if pairs:
        await rows(
            "INSERT INTO kb_learning (article, language) SELECT * FROM unnest({}::int[], {}::text[])",
            [article for article, _language in pairs], [language for _article, language in pairs],
        )  # fmt: skip


def _asked_by(words: str, ticket: int | None, customer: int | None) -> str:
    if ticket is not None:
        return f"ticket {ticket}"
    if customer is not None:
        return f"customer {customer}"
    return f"words {hashlib.sha256(normalise(words).encode()).hexdigest()[:32]}"
