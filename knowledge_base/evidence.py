"""What led to an article and what became of it: the words with which somebody came, and how well it did.

From this the search learns (`documents.Question`). One row for each article, language, asker and kind, so that nothing counts
twice; who asked is a ticket, a customer, or nobody known, whose words then stand for them. Customers' words are their own:
they go with the ticket, with the customer, and after `KEPT`.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

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
KEPT_OF_NOBODY = timedelta(days=90)
"""Words that no customer can have erased go with the searches (`usage.KEPT`)."""


class Solved(msgspec.Struct, frozen=True, kw_only=True):
    """An article that solved a ticket then; `is_struck`: somebody said that it did not."""

    article: int
    language: str
    at: datetime
    is_struck: bool


class Struck(msgspec.Struct, frozen=True):
    """What was struck out, and when it had been noted."""

    kind: Kind
    at: datetime


async def note_evidence(
    kind: Kind, *, article: int, language: str, text: str, ticket: int | None, customer: int | None, at: datetime, page: str = ""
) -> bool:  # fmt: skip
    """Remember it, in the caller's transaction: the newest words win. False when nothing was: without words there is nothing
    to learn, and the article may be gone.

    `language` is the article's, of the translation that was read; `page` names that of a form, which asks by itself.
    What somebody struck out stays struck out.
    """
    words = _cut(text)
    if not words_of(words):
        return False
    asked_by = f"page {page}" if page else _asked_by(words, ticket, customer)
    if kind in CONTRARY:
        await rows(
            "DELETE FROM kb_evidence WHERE article = {} AND language = {} AND asked_by = {} AND kind = {} AND struck_at IS NULL",
            article, language, asked_by, CONTRARY[kind],
        )  # fmt: skip
    noted = await rows(
        """INSERT INTO kb_evidence (article, language, kind, asked_by, ticket, customer, text, at)
        SELECT id, {}, {}, {}, {}, {}, {}, {} FROM kb_article WHERE id = {}
        ON CONFLICT (article, language, asked_by, kind) DO UPDATE SET text = excluded.text, at = excluded.at
        WHERE kb_evidence.struck_at IS NULL RETURNING id""",
        language, kind, asked_by, ticket, customer, words, at, article,
    )  # fmt: skip
    await note_learning([(article, language)])
    return bool(noted)


async def solved_by(ticket: int) -> list[Solved]:
    """What solved the ticket, as far as it is known."""
    found = await rows(
        "SELECT article, language, at, struck_at IS NOT NULL AS is_struck FROM kb_evidence WHERE ticket = {} AND kind = {}",
        ticket, Kind.SOLVED,
    )  # fmt: skip
    return [msgspec.convert(row, Solved) for row in found]


async def take_back(kind: Kind, *, ticket: int, article: int, language: str | None = None) -> None:
    """What the ticket said of the article, in one language or in all, is no longer true; in the caller's transaction."""
    gone = await rows(
        """DELETE FROM kb_evidence WHERE ticket = {} AND kind = {} AND article = {} AND language = coalesce({}, language)
            AND struck_at IS NULL RETURNING article, language""",
        ticket, kind, article, language,
    )  # fmt: skip
    await note_learning((row["article"], row["language"]) for row in gone)


async def strike(evidence: int, *, at: datetime) -> Struck | None:
    """It has nothing to do with the article: the words go, the row stays, so that it is not learned again. In the caller's
    transaction; None when it was struck out before."""
    struck = await rows(
        "UPDATE kb_evidence SET struck_at = {}, text = '' WHERE id = {} AND struck_at IS NULL RETURNING article, language, kind, at",
        at, evidence,
    )  # fmt: skip
    await note_learning((row["article"], row["language"]) for row in struck)
    return Struck(Kind(struck[0]["kind"]), struck[0]["at"]) if struck else None


async def word_anew(ticket: int, text: str) -> None:
    """Words of the ticket were removed for good: what is kept of them is what is left, in that transaction. It is cut anew,
    as what is removed may have stood across the old cut."""
    changed = await rows(
        """UPDATE kb_evidence SET text = {} WHERE ticket = {} AND struck_at IS NULL AND text <> '' AND text <> {}
        RETURNING article, language""",
        _cut(text), ticket, _cut(text),
    )  # fmt: skip
    await note_learning((row["article"], row["language"]) for row in changed)


async def take_back_of_page(page: str) -> None:
    """What was said in this page of a form is no longer true; in the caller's transaction."""
    asked_by = f"page {page}"
    gone = await rows(
        "DELETE FROM kb_evidence WHERE asked_by = {} AND struck_at IS NULL RETURNING article, language", asked_by
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


def _cut(text: str) -> str:
    return text.strip()[:LONGEST].strip()


def _asked_by(words: str, ticket: int | None, customer: int | None) -> str:
    if ticket is not None:
        return f"ticket {ticket}"
    if customer is not None:
        return f"customer {customer}"
    return f"words {hashlib.sha256(normalise(words).encode()).hexdigest()[:32]}"
