"""What the knowledge base lacks: searches in vain, articles that do not help or that nobody needs, requests without one.

Figures are of the last days, 90 at most (searches are kept no longer). Requests are only told of to who may see all of them.
"""

import asyncio
import hashlib
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from piccolo.querystring import QueryString

from helpdesk.articles.changing import PUBLISH
from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import NotFound
from helpdesk.kernel.language import _
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import demand
from helpdesk.tickets.queries import visible_to
from knowledge_base.language import terms_of
from knowledge_base.usage import Use

MOST = 30
MOST_WORDINGS = 2_000
_LEAST_VOTES = 2
_SHARE = 0.4
"""Of the votes: from there on an article is told of."""
_NEW = timedelta(days=30)
"""An article that was published since may still find its readers."""


class Vain(msgspec.Struct, kw_only=True):
    """Searches for the same, in whatever form and order of the words."""

    language: str
    words: str
    """As they were typed most often, normalised."""
    searched: int = 0
    found_nothing: int = 0
    opened_nothing: int = 0
    """Something was found, and nothing of it opened."""
    last_at: datetime


class Unhelpful(msgspec.Struct, frozen=True, kw_only=True):
    article: int
    language: str
    title: str
    helpful: int
    unhelpful: int
    comments: list[str]
    """Of those that it did not help, the newest first, three at most."""


class Unused(msgspec.Struct, frozen=True, kw_only=True):
    article: int
    language: str
    title: str
    published_at: datetime


class Request(msgspec.Struct, frozen=True):
    number: int
    subject: str


class Requests(msgspec.Struct, frozen=True, kw_only=True):
    """Solved requests about the same."""

    id: int
    language: str
    words: list[str]
    requests: list[Request]
    """The most typical first."""
    answered_by: int | None
    """An article that probably answers them, though nobody named it."""
    answered_by_title: str | None


class Look(msgspec.Struct, frozen=True):
    at: datetime
    requests: int


_SEARCHES = """
SELECT language, words, count(*) AS searched, count(*) FILTER (WHERE found = 0) AS found_nothing,
    count(*) FILTER (WHERE found > 0 AND cardinality(opened) = 0) AS opened_nothing, max(at) AS last_at
FROM kb_search WHERE at > {} GROUP BY language, words HAVING count(*) FILTER (WHERE cardinality(opened) = 0) > 0
ORDER BY count(*) DESC, max(at) DESC LIMIT {}
"""
_UNHELPFUL = """
SELECT t.article, t.language, r.title, v.helpful, v.unhelpful, coalesce(c.comments, ARRAY[]::text[]) AS comments
FROM kb_translation t JOIN kb_revision r ON r.translation = t.id AND r.number = t.published
JOIN LATERAL (SELECT count(*) FILTER (WHERE is_helpful) AS helpful, count(*) FILTER (WHERE NOT is_helpful) AS unhelpful
    FROM kb_vote WHERE translation = t.id AND is_counted AND at > greatest({}, t.republished_at)) AS v ON true
LEFT JOIN LATERAL (SELECT array_agg(comment ORDER BY at DESC) AS comments FROM (SELECT comment, at FROM kb_comment
    WHERE translation = t.id AND NOT is_helpful AND at > greatest({}, t.republished_at) ORDER BY at DESC LIMIT 3) AS last) AS c ON true
WHERE t.published IS NOT NULL AND t.state <> 'archived' AND v.unhelpful >= {} AND v.unhelpful >= {} * (v.helpful + v.unhelpful)
ORDER BY v.unhelpful DESC, t.id LIMIT {}
"""
_UNUSED = """
SELECT t.article, t.language, r.title, t.published_at
FROM kb_translation t JOIN kb_revision r ON r.translation = t.id AND r.number = t.published
WHERE t.published IS NOT NULL AND t.state <> 'archived' AND t.published_at < {}
    AND NOT EXISTS (SELECT FROM kb_use u WHERE u.article = t.article AND u.language = t.language AND u.day >= {} AND u.use = ANY({}) AND u.times > 0)
ORDER BY t.published_at, t.id LIMIT {}
"""
_GROUPS = """
SELECT g.id, g.language, g.words, g.answered_by, r.title AS answered_by_title, s.requests
FROM hd_article_gap g
JOIN LATERAL (SELECT json_agg(json_build_object('number', hd_ticket.number, 'subject', hd_ticket.subject) ORDER BY place) AS requests,
        bool_and(coalesce({}, false) AND hd_ticket.trashed_at IS NULL) AS are_seen
    FROM unnest(g.tickets) WITH ORDINALITY AS one (id, place) JOIN hd_ticket ON hd_ticket.id = one.id) AS s ON s.are_seen
LEFT JOIN kb_translation t ON t.article = g.answered_by AND t.language = g.language AND t.published IS NOT NULL AND t.state <> 'archived'
LEFT JOIN kb_revision r ON r.translation = t.id AND r.number = t.published
WHERE g.settled_at IS NULL AND {} ORDER BY cardinality(g.tickets) DESC, g.id LIMIT {}
"""
USED = [Use.VIEWED, Use.LINKED, Use.INSERTED, Use.OPENED, Use.ACKNOWLEDGED, Use.SOLVED]


async def searches_in_vain(*, since: datetime) -> list[Vain]:
    """Those without a result, or with none that was opened, the most frequent first."""
    found = await rows(_SEARCHES, since, MOST_WORDINGS)
    aside = {row["words"] for row in await rows("SELECT words FROM hd_words_set_aside")}
    return (await asyncio.to_thread(in_vain, found, aside))[:MOST]


def in_vain(searches: Iterable[dict[str, Any]], aside: Collection[str] = ()) -> list[Vain]:
    """Wordings of the same brought together, without what was set aside, and what mostly led somewhere.

    `searches` are the most frequent first.
    """
    together: dict[str, Vain] = {}
    for row in searches:
        key = key_of(row["words"], row["language"])
        if key in aside:
            continue
        one = together.setdefault(key, Vain(language=row["language"], words=row["words"], last_at=row["last_at"]))
        one.searched += row["searched"]
        one.found_nothing += row["found_nothing"]
        one.opened_nothing += row["opened_nothing"]
        one.last_at = max(one.last_at, row["last_at"])
    vain = [one for one in together.values() if (one.found_nothing + one.opened_nothing) * 2 > one.searched]
    return sorted(vain, key=lambda one: (-one.found_nothing, -one.opened_nothing, one.words))


def key_of(words: str, language: str) -> str:
    """The same for `reset password` and `Passwords, resetting`; a hash, as it is kept for longer than searches are."""
    key = " ".join(sorted(set(terms_of(words, language)))) or words
    return hashlib.sha256(f"{language} {key}".encode()).hexdigest()


async def set_words_aside(words: str, language: str, *, by: SignedIn, at: datetime) -> None:
    """These searches need no article."""
    demand(by, PUBLISH)
    await rows(
        "INSERT INTO hd_words_set_aside (language, words, at) VALUES ({}, {}, {}) ON CONFLICT DO NOTHING",
        language[:8], key_of(words, language), at,
    )  # fmt: skip


async def bring_words_back(words: str, language: str, *, by: SignedIn) -> None:
    """They were set aside by mistake."""
    demand(by, PUBLISH)
    await rows(
        "DELETE FROM hd_words_set_aside WHERE language = {} AND words = {}", language[:8], key_of(words, language)
    )


async def unhelpful_articles(*, since: datetime) -> list[Unhelpful]:
    """By the votes on the words that are read now, the worst first."""
    found = await rows(_UNHELPFUL, since, since, _LEAST_VOTES, _SHARE, MOST)
    return [msgspec.convert(row, Unhelpful) for row in found]


async def unused_articles(*, at: datetime) -> list[Unused]:
    """Published a month ago or earlier, and neither read nor sent in the last 90 days; the oldest first."""
    found = await rows(_UNUSED, at - _NEW, (at - timedelta(days=90)).date(), USED, MOST)
    return [msgspec.convert(row, Unused) for row in found]


async def groups_of_requests(*, seen_by: SignedIn) -> list[Requests]:
    """As they were found last, the largest first."""
    return await _groups(QueryString("true"), seen_by)


async def find_group(group_id: int, *, seen_by: SignedIn) -> Requests:
    """Raises NotFound, also once it is settled."""
    found = await _groups(QueryString("g.id = {}", group_id), seen_by)
    if not found:
        raise _gone()
    return found[0]


async def settle(group_id: int, *, by: SignedIn, at: datetime) -> None:
    """It is dealt with: an article is begun, or none is needed; its words go. Requests that come later may be told of again.

    Raises NotFound when somebody was faster.
    """
    demand(by, PUBLISH)
    settled = await rows(
        """UPDATE hd_article_gap SET settled_at = {}, settled_by = {}, words = ARRAY[]::varchar[]
        WHERE id = {} AND settled_at IS NULL RETURNING id""",
        at, by.id, group_id,
    )  # fmt: skip
    if not settled:
        raise _gone()


async def unsettle(group_id: int, *, by: SignedIn) -> None:
    """It was set aside by mistake; its words come with the next comparison."""
    demand(by, PUBLISH)
    await rows("UPDATE hd_article_gap SET settled_at = NULL, settled_by = NULL WHERE id = {}", group_id)


async def forget(tickets: Sequence[int]) -> None:
    """These are erased: groups that they are in go with the words that they gave, until requests are compared again."""
    await rows("DELETE FROM hd_article_gap WHERE settled_at IS NULL AND tickets && {}::bigint[]", list(tickets))


async def last_look() -> Look | None:
    """When requests were compared, and how many."""
    found = await rows("SELECT at, requests FROM hd_gap_look ORDER BY id DESC LIMIT 1")
    return msgspec.convert(found[0], Look) if found else None


async def _groups(narrowing: QueryString, seen_by: SignedIn) -> list[Requests]:
    seen = visible_to(seen_by)
    found = await rows(_GROUPS, seen.querystring if seen is not None else QueryString("true"), narrowing, MOST)
    return [msgspec.convert(row | {"requests": msgspec.json.decode(row["requests"])}, Requests) for row in found]


def _gone() -> NotFound:
    return NotFound(_("These requests are no longer told of: somebody has written an article, or set them aside."))
