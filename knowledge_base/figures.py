"""How articles are used in a period: of each translation, and of all. Days are UTC's; the period's first one counts whole.

What each figure counts is said in docs/knowledge.md; `usage.Use` counts it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from helpdesk.kernel.database import rows
from knowledge_base.changes import PUBLISHED
from knowledge_base.usage import KEPT

COLUMNS = ("viewed", "found", "suggested", "sent", "acknowledged", "solved", "offered", "opened", "deflected", "probably", "helpful", "unhelpful")  # fmt: skip
"""Fields of Used that a list may be ordered by."""


class Used(msgspec.Struct, frozen=True, kw_only=True):
    """One translation that readers see, or saw while it was used."""

    article: int
    language: str
    title: str
    is_read: bool
    """Readers see it now."""
    viewed: int
    found: int
    """Opened from a search."""
    suggested: int
    sent: int
    """By agents, as a link or as text."""
    acknowledged: int
    solved: int
    offered: int
    opened: int
    deflected: int
    probably: int
    helpful: int
    unhelpful: int


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """Of all articles, those that are no more included."""

    viewed: int = 0
    sent: int = 0
    solved: int = 0
    helpful: int = 0
    unhelpful: int = 0
    searched: int = 0
    found_nothing: int = 0
    forms: int = 0
    """Pages of forms in which something was offered."""
    forms_deflected: int = 0
    """In these somebody said that an article answers, and sent nothing."""
    forms_probably: int = 0
    """In these an article was read, and nothing was said or sent for a day."""
    forms_sent: int = 0


_USES = """
SELECT article, language,
    coalesce(sum(times) FILTER (WHERE use = 'viewed'), 0) AS viewed, coalesce(sum(times) FILTER (WHERE use = 'found'), 0) AS found,
    coalesce(sum(times) FILTER (WHERE use = 'suggested'), 0) AS suggested,
    coalesce(sum(times) FILTER (WHERE use IN ('linked', 'inserted')), 0) AS sent, coalesce(sum(times) FILTER (WHERE use = 'acknowledged'), 0) AS acknowledged,
    coalesce(sum(times) FILTER (WHERE use = 'solved'), 0) AS solved, coalesce(sum(times) FILTER (WHERE use = 'offered'), 0) AS offered,
    coalesce(sum(times) FILTER (WHERE use = 'opened'), 0) AS opened, coalesce(sum(times) FILTER (WHERE use = 'deflected'), 0) AS deflected,
    coalesce(sum(times) FILTER (WHERE use = 'probably'), 0) AS probably
FROM kb_use WHERE day >= {} GROUP BY article, language
"""
_VOTES = """
SELECT translation, count(*) FILTER (WHERE is_helpful) AS helpful, count(*) FILTER (WHERE NOT is_helpful) AS unhelpful
FROM kb_vote WHERE is_counted AND at >= {} GROUP BY translation
"""
_OF_EACH = f"""
SELECT t.article, t.language, coalesce(r.title, t.title) AS title, {PUBLISHED} AS is_read,
    {", ".join(f"coalesce(u.{name}, 0)::int AS {name}" for name in COLUMNS[:-2])}, coalesce(v.helpful, 0) AS helpful, coalesce(v.unhelpful, 0) AS unhelpful
FROM kb_translation t LEFT JOIN kb_revision r ON r.translation = t.id AND r.number = t.published
    LEFT JOIN ({_USES}) AS u ON u.article = t.article AND u.language = t.language
    LEFT JOIN ({_VOTES}) AS v ON v.translation = t.id
WHERE ({PUBLISHED}) OR u.article IS NOT NULL OR v.translation IS NOT NULL
ORDER BY """
_TOTALS = f"""
SELECT u.viewed::int, u.sent::int, u.solved::int, v.helpful, v.unhelpful, s.searched, s.found_nothing, o.forms, o.forms_deflected, o.forms_probably, o.forms_sent
FROM (SELECT coalesce(sum(viewed), 0) AS viewed, coalesce(sum(sent), 0) AS sent, coalesce(sum(solved), 0) AS solved FROM ({_USES}) AS each) AS u,
    (SELECT count(*) FILTER (WHERE is_helpful) AS helpful, count(*) FILTER (WHERE NOT is_helpful) AS unhelpful FROM kb_vote WHERE is_counted AND at >= {{}}) AS v,
    (SELECT count(*) AS searched, count(*) FILTER (WHERE found = 0) AS found_nothing FROM kb_search WHERE at >= {{}}) AS s,
    (SELECT count(*) AS forms, count(*) FILTER (WHERE ticket IS NOT NULL) AS forms_sent,
        count(*) FILTER (WHERE answered IS NOT NULL AND ticket IS NULL) AS forms_deflected,
        count(*) FILTER (WHERE answered IS NULL AND ticket IS NULL AND is_settled AND cardinality(opened) > 0) AS forms_probably
        FROM kb_offer WHERE at >= {{}} AND cardinality(offered) > 0) AS o
"""


async def used_articles(*, since: datetime, by: str, most: int | None = None) -> list[Used]:
    """Those that readers see, and others that were used; `by` is one of COLUMNS, the most first."""
    order = f"{COLUMNS[COLUMNS.index(by)]} DESC, title, t.id"
    found = await rows(_OF_EACH + order + " LIMIT {}", since.date(), _day(since), most)
    return [msgspec.convert(row, Used) for row in found]


async def used_one(
    article: int, language: str, translation: int, *, days: Sequence[int], at: datetime
) -> dict[str, list[int]]:
    """Of one translation: by figure, of so many days each; figures without anything are left out."""
    since = [days_back(one, at=at) for one in days]
    found = await rows(
        f"""SELECT use AS name, {", ".join("coalesce(sum(times) FILTER (WHERE day >= {}), 0)::int" + f" AS in_{n}" for n in range(len(days)))}
        FROM kb_use WHERE article = {{}} AND language = {{}} AND day >= {{}} GROUP BY use
        UNION ALL SELECT CASE WHEN is_helpful THEN 'helpful' ELSE 'unhelpful' END, {", ".join("count(*) FILTER (WHERE at >= {})::int" for _ in days)}
        FROM kb_vote WHERE translation = {{}} AND is_counted AND at >= {{}} GROUP BY is_helpful""",
        *(one.date() for one in since), article, language, min(since).date(), *since, translation, min(since),
    )  # fmt: skip
    used: dict[str, list[int]] = {}
    for row in found:
        name = "sent" if row["name"] in ("linked", "inserted") else row["name"]
        counts = [row[f"in_{n}"] for n in range(len(days))]
        used[name] = [before + now for before, now in zip(used.get(name, [0] * len(days)), counts, strict=True)]
    return {name: used[name] for name in COLUMNS if any(used.get(name, []))}


async def totals(*, since: datetime) -> Totals:
    """Searches and forms are known for `usage.KEPT` at most."""
    day = _day(since)
    [row] = await rows(_TOTALS, since.date(), day, day, day)
    return msgspec.convert(row, Totals)


def days_back(days: int, *, at: datetime) -> datetime:
    """The beginning of the first of so many UTC days, of which today is the last; not before what is kept."""
    return _day(at - timedelta(days=min(days, KEPT.days) - 1))


def share(part: int, others: Sequence[int]) -> float | None:
    """Of the part and the others together; None when there is nothing."""
    whole = part + sum(others)
    return part / whole if whole else None


def _day(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)
