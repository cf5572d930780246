"""Looking once a day which solved requests were about the same and had no article; a job of the workers.

Done twice it finds the same. What somebody settled stays settled: its requests are not looked at again, later ones are.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from helpdesk import actors
from helpdesk.articles.indexing import folder
from helpdesk.articles.seeing import AGENTS
from helpdesk.kernel.database import lock, rows, transaction
from helpdesk.kernel.time import now
from knowledge_base.evidence import Kind
from knowledge_base.grouping import LONGEST, Case, Group, groups
from knowledge_base.index_reading import NoIndex
from knowledge_base.language import guess
from knowledge_base.suggesting import suggest

OF_THE_LAST = timedelta(days=90)
EVERY = timedelta(hours=20)
MOST_REQUESTS = 2_000
"""The newest; comparing more would keep a worker busy for minutes."""
MOST_GROUPS = 100

log = structlog.get_logger(__name__)

_SOLVED = """
SELECT t.id, t.language, left(t.subject, 300) || E'\n' || left(coalesce(asked.body_text, ''), {}) AS question,
    left(coalesce(told.body_text, ''), {}) AS answer
FROM hd_ticket t
LEFT JOIN LATERAL (SELECT body_text FROM hd_message WHERE ticket = t.id AND author_kind = 'customer' AND audience = 'public'
    AND thread IS NULL ORDER BY id LIMIT 1) AS asked ON true
LEFT JOIN LATERAL (SELECT body_text FROM hd_message WHERE ticket = t.id AND author_kind = 'agent' AND audience = 'public'
    AND thread IS NULL AND undone_at IS NULL ORDER BY id DESC LIMIT 1) AS told ON true
WHERE t.status IN ('solved', 'closed') AND t.solved_at > {} AND t.merged_into IS NULL AND t.spam_at IS NULL AND t.trashed_at IS NULL
    AND NOT t.is_automatic AND NOT EXISTS (SELECT FROM kb_evidence e WHERE e.ticket = t.id AND e.kind = {})
    AND NOT EXISTS (SELECT FROM hd_article_gap g WHERE g.settled_at IS NOT NULL AND t.id = ANY(g.tickets))
ORDER BY t.solved_at DESC LIMIT {}
"""


async def nudge_looking(*, at: datetime) -> None:
    """Have a worker look when nobody has for a day."""
    if not await rows("SELECT FROM hd_gap_look WHERE at > {} LIMIT 1", at - EVERY):
        actors.look_for_gaps.send()


async def look_for_gaps() -> int:
    """Compare the requests that were solved lately, and keep what came of it; how many groups there are."""
    at = now()
    found = await rows(_SOLVED, LONGEST, LONGEST, at - OF_THE_LAST, Kind.SOLVED, MOST_REQUESTS)
    cases = {
        row["id"]: Case(row["id"], row["question"], row["answer"], guess(row["question"], row["language"]))
        for row in found
    }
    alike = (await asyncio.to_thread(groups, list(cases.values())))[:MOST_GROUPS]
    answered = [await _answering(cases[group.cases[0]]) for group in alike]
    async with transaction():
        await lock("gaps of the knowledge base")
        await rows("DELETE FROM hd_article_gap WHERE settled_at IS NULL OR settled_at < {}", at - 2 * OF_THE_LAST)
        settled = {row["id"] for row in await rows("SELECT unnest(tickets) AS id FROM hd_article_gap")}
        await _keep(alike, answered, cases, settled, at=at)
        await rows("DELETE FROM hd_gap_look")
        await rows("INSERT INTO hd_gap_look (at, requests) VALUES ({}, {})", at, len(cases))
    log.info("gaps_looked_for", requests=len(cases), groups=len(alike))
    return len(alike)


async def _answering(case: Case) -> int | None:
    """An article that probably answers it already, whoever may read it; None without an index, too."""
    subject, _, text = case.question.partition("\n")
    try:
        found = await suggest(subject, text, folder=folder(), audiences=AGENTS, language=case.language, limit=1)
    except NoIndex:
        return None
    return found[0].article if found else None


async def _keep(
    found: Sequence[Group], answered: Sequence[int | None], cases: dict[int, Case], settled: set[int], *, at: datetime
) -> None:  # fmt: skip
    """What was settled while they were compared stays so."""
    for group, article in zip(found, answered, strict=True):
        if not set(group.cases) & settled:
            await rows(
                """INSERT INTO hd_article_gap (language, words, tickets, answered_by, found_at)
                VALUES ({}, {}, {}, (SELECT id FROM kb_article WHERE id = {}), {})""",
                cases[group.cases[0]].language, [word[:60] for word in group.words], list(group.cases), article, at,
            )  # fmt: skip
