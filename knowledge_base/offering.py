"""Articles that a form names before something is sent, and what comes of it within a day: each counts once for a page.

A page of a form is known by its random name alone. What was typed into it is not kept here.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from helpdesk.kernel.database import lock, rows, transaction
from knowledge_base.evidence import Kind, note_evidence, take_back_of_page
from knowledge_base.usage import Use, count_uses

WITHIN = timedelta(days=1)
"""What is said or read later than that after the first offer is not counted."""


class Before(msgspec.Struct, frozen=True):
    """An article that was offered before a ticket was sent."""

    article: int
    language: str
    title: str
    is_opened: bool


async def note_offered(
    page: str, translations: Sequence[int], *, channel: int, language: str, is_asked: bool, at: datetime
) -> None:
    """These stand in the page; `is_asked`: it is the page that asks about nothing else."""
    async with transaction():
        await lock("offer", page)
        known = await rows("SELECT offered FROM kb_offer WHERE page = {}", page)
        new = [one for one in translations if not known or one not in known[0]["offered"]]
        await rows(
            """INSERT INTO kb_offer (page, channel, language, at, offered, is_asked) VALUES ({}, {}, {}, {}, {}, {})
            ON CONFLICT (page) DO UPDATE SET offered = kb_offer.offered || excluded.offered, is_asked = kb_offer.is_asked OR excluded.is_asked""",
            page, channel, language, at, new, is_asked,
        )  # fmt: skip
        await _count(Use.OFFERED, new, at=at)


async def was_asked(page: str) -> bool:
    """Whether the page that asks was shown: it is no hurdle twice."""
    return bool(await rows("SELECT FROM kb_offer WHERE page = {} AND is_asked", page))


async def offered_in(page: str) -> list[int]:
    """Translations, in the order in which they were offered there."""
    found = await rows("SELECT offered FROM kb_offer WHERE page = {}", page)
    return list(found[0]["offered"]) if found else []


async def note_opened(page: str, translation: int, *, at: datetime) -> None:
    """It was read where it was offered."""
    async with transaction():
        won = await rows(
            """UPDATE kb_offer SET opened = opened || {}::integer
            WHERE page = {} AND NOT is_settled AND {} = ANY(offered) AND NOT {} = ANY(opened) RETURNING id""",
            translation, page, translation, translation,
        )  # fmt: skip
        if won:
            await _count(Use.OPENED, [translation], at=at)


async def note_answered(page: str, translation: int, *, text: str, customer: int | None, at: datetime) -> None:
    """It answers, as the visitor says, what they came with: counted and learnt from once, if it was offered there."""
    async with transaction():
        won = await rows(
            """UPDATE kb_offer SET answered = {}, answered_at = {}
            WHERE page = {} AND NOT is_settled AND {} = ANY(offered) AND answered IS NULL AND ticket IS NULL RETURNING id""",
            translation, at, page, translation,
        )  # fmt: skip
        for article, language in await _count(Use.DEFLECTED, [translation] if won else [], at=at):
            await note_evidence(
                Kind.HELPFUL, article=article, language=language, text=text, ticket=None, customer=customer, at=at, page=page
            )  # fmt: skip


async def note_sent(page: str, *, ticket: int) -> list[Before]:
    """The page was sent, in the transaction that opens its ticket: what had been offered there, in that order.

    Whoever said before that an article answers, or seemed to have been helped, was not: that is no longer counted.
    """
    found = await rows(
        "UPDATE kb_offer SET ticket = {} WHERE page = {} AND ticket IS NULL RETURNING at, opened, answered, answered_at, is_settled", ticket, page
    )  # fmt: skip
    for row in found:
        if row["answered"] is not None:
            await _count(Use.DEFLECTED, [row["answered"]], at=row["answered_at"], times=-1)
            await take_back_of_page(page)
        elif row["is_settled"]:
            await _count(Use.PROBABLY, row["opened"][-1:], at=row["at"], times=-1)
    return await offered_before(ticket) if found else []


async def offered_before(ticket: int) -> list[Before]:
    """What a form had offered before the ticket was sent, as far as it can still be read."""
    found = await rows(
        """SELECT t.article, t.language, r.title, t.id = ANY(o.opened) AS is_opened
        FROM kb_offer o JOIN kb_translation t ON t.id = ANY(o.offered) JOIN kb_revision r ON r.translation = t.id AND r.number = t.published
        WHERE o.ticket = {} ORDER BY o.id, array_position(o.offered, t.id)""",
        ticket,
    )  # fmt: skip
    return [msgspec.convert(row, Before) for row in found]


async def settle(*, at: datetime) -> None:
    """Count pages on which an article was read and nothing said or sent for a day, at their last article; each once."""
    await rows(
        """WITH due AS (UPDATE kb_offer SET is_settled = true WHERE NOT is_settled AND at < {} RETURNING *)
        INSERT INTO kb_use (article, language, use, day, times)
        SELECT t.article, t.language, {}, (due.at AT TIME ZONE 'UTC')::date, count(*)
        FROM due JOIN kb_translation t ON t.id = due.opened[cardinality(due.opened)]
        WHERE due.answered IS NULL AND due.ticket IS NULL GROUP BY 1, 2, 4 ORDER BY 1, 2, 4
        ON CONFLICT (article, language, use, day) DO UPDATE SET times = kb_use.times + excluded.times""",
        at - WITHIN, Use.PROBABLY.value,
    )  # fmt: skip


async def _count(use: Use, translations: Sequence[int], *, at: datetime, times: int = 1) -> list[tuple[int, str]]:
    """Articles and languages of these translations, counted."""
    found = await rows("SELECT article, language FROM kb_translation WHERE id = ANY({})", list(translations))
    pairs = [(row["article"], row["language"]) for row in found]
    await count_uses(use, pairs, at=at, times=times)
    return pairs
