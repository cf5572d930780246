"""Articles beside a ticket: what the customer wants is looked for, what helped nobody there is not shown again."""

from collections.abc import Collection
from datetime import datetime
from functools import partial

from helpdesk.articles.finding import Suggested, suggest_articles
from helpdesk.articles.seeing import visible_to
from helpdesk.kernel.database import rows, transaction
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import demand
from helpdesk.tickets.asked import asked_in
from helpdesk.tickets.canned_filling import language_for
from helpdesk.tickets.changing import held
from helpdesk.tickets.tables import Ticket
from knowledge_base.evidence import Kind, note_evidence, take_back
from knowledge_base.reading import Line, list_of_articles
from knowledge_base.suggesting import WORTH_A_LOOK
from knowledge_base.usage import Use, count_uses

_LOOKED_THROUGH = 20
"""Articles among which one that was brought back is looked for."""


async def suggestions_for(
    ticket: Ticket, *, seen_by: SignedIn, limit: int = 3, brought_back: int | None = None
) -> list[Suggested]:
    """In the customer's language, the best first; an agent judges them, so a few more than a customer sees. Raises SearchAway.

    `brought_back` is an article that is among them whatever its confidence: for a moment the index still knows it as one that
    did not help.
    """
    asked, language = await asked_in(ticket), language_for(ticket, seen_by)
    gone = await _dismissed(ticket)
    look = partial(suggest_articles, asked.subject, asked.text, asked_by=seen_by, language=language, excluding=gone)
    found = await look(least=WORTH_A_LOOK, limit=limit)
    if brought_back is None or any(one.article == brought_back for one in found):
        return found
    return found + [one for one in await look(least=0.0, limit=_LOOKED_THROUGH) if one.article == brought_back]


async def dismissed_from(ticket: Ticket, *, seen_by: SignedIn) -> list[Line]:
    """Articles that did not help here, in the language in which they were suggested, the last one first."""
    found = await rows(
        "SELECT article, language FROM hd_offered_article WHERE ticket = {} AND dismissed_at IS NOT NULL ORDER BY dismissed_at DESC, id",
        ticket.id,
    )  # fmt: skip
    pairs = [(row["article"], row["language"]) for row in found]
    return await list_of_articles(pairs, audiences=visible_to(seen_by)) if pairs else []


async def note_suggested(ticket: Ticket, shown: Collection[tuple[int, str]], *, at: datetime) -> None:
    """That these articles, in these languages, were shown beside the ticket; each counts once there."""
    if not shown:
        return
    async with transaction():
        new = await rows(
            """INSERT INTO hd_offered_article (ticket, article, language, suggested_at)
            SELECT {}, one.article, one.language, {} FROM unnest({}::integer[], {}::text[]) AS one (article, language)
            WHERE EXISTS (SELECT FROM kb_translation t WHERE t.article = one.article AND t.language = one.language)
            ORDER BY one.article
            ON CONFLICT (ticket, article) DO UPDATE SET suggested_at = excluded.suggested_at, language = excluded.language
            WHERE hd_offered_article.suggested_at IS NULL RETURNING article, language""",
            ticket.id, at, [article for article, _language in shown], [language for _article, language in shown],
        )  # fmt: skip
        await count_uses(Use.SUGGESTED, [(row["article"], row["language"]) for row in new], at=at)


async def dismiss(ticket: Ticket, article: int, language: str, *, by: SignedIn, at: datetime) -> None:
    """It does not help here: it is not suggested again beside this ticket, and less to others with such words."""
    demand(by, "note")
    async with held(ticket):  # so that nothing is learned that is just being redacted
        won = await rows(
            """INSERT INTO hd_offered_article (ticket, article, language, dismissed_at, dismissed_by) VALUES ({}, {}, {}, {}, {})
            ON CONFLICT (ticket, article) DO UPDATE
                SET language = excluded.language, dismissed_at = excluded.dismissed_at, dismissed_by = excluded.dismissed_by
            WHERE hd_offered_article.dismissed_at IS NULL RETURNING id""",
            ticket.id, article, language, at, by.id,
        )  # fmt: skip
        if won:
            text = (await asked_in(ticket)).whole
            await note_evidence(
                Kind.UNHELPFUL, article=article, language=language, text=text, ticket=ticket.id, customer=ticket.customer, at=at
            )  # fmt: skip


async def bring_back(ticket: Ticket, article: int, *, by: SignedIn) -> None:
    """It was dismissed by mistake: nothing is left of that."""
    demand(by, "note")
    async with transaction():
        won = await rows(
            """UPDATE hd_offered_article SET dismissed_at = NULL, dismissed_by = NULL
            WHERE ticket = {} AND article = {} AND dismissed_at IS NOT NULL RETURNING id""",
            ticket.id, article,
        )  # fmt: skip
        if won:
            await take_back(Kind.UNHELPFUL, ticket=ticket.id, article=article)


async def _dismissed(ticket: Ticket) -> list[int]:
    found = await rows(
        "SELECT article FROM hd_offered_article WHERE ticket = {} AND dismissed_at IS NOT NULL", ticket.id
    )
    return [row["article"] for row in found]
