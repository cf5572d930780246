"""What becomes of articles, counted by day, and what was searched for. Neither says who it was.

Counters stay; the words of searches are personal when somebody types them so, and go after `KEPT`.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import msgspec

from helpdesk.kernel.database import rows, transaction
from helpdesk.kernel.text import normalise
from helpdesk.kernel.tokens import keys
from knowledge_base.evidence import Kind, note_evidence

KEPT = timedelta(days=90)
"""How long searches are kept, and offers of forms."""
OPENED_WITHIN = timedelta(days=1)
"""How long a page of results leads back to its search: later than that nothing brings its words back."""
LONGEST, MOST_OPENED = 200, 5
_PURPOSE = "searches of articles"


class Use(StrEnum):
    """What became of an article; docs/knowledge.md defines each."""

    VIEWED = "viewed"
    """Its page in the help centre was read."""
    FOUND = "found"
    """It was opened from what a search had found."""
    SUGGESTED = "suggested"
    """To an agent, beside a ticket or while writing."""
    LINKED = "linked"
    INSERTED = "inserted"
    OFFERED = "offered"
    """In a form, before anything was sent."""
    OPENED = "opened"
    """From the offer of a form."""
    DEFLECTED = "deflected"
    """Somebody said in the form that it answers, and sent nothing."""
    PROBABLY = "probably"
    """Opened from the offer of a form, and nothing was sent or said within a day. Never added to those deflected."""
    ACKNOWLEDGED = "acknowledged"
    """It was named in the mail that says that a request has come."""
    SOLVED = "solved"


class Place(StrEnum):
    """Where somebody searched."""

    HELP = "help"
    API = "api"
    CONSOLE = "console"


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody searched for. While they are typing it has its `id` only, and is kept when they open what was found."""

    id: int
    at: datetime
    place: Place
    words: str
    """Normalised."""
    language: str
    found: int


async def count_use(use: Use, *, article: int, language: str, at: datetime, times: int = 1) -> None:
    """Count it at the UTC day of `at`; negative `times` take back what was counted there."""
    await count_uses(use, [(article, language)], at=at, times=times)


async def count_uses(use: Use, articles: Collection[tuple[int, str]], *, at: datetime, times: int = 1) -> None:
    """As `count_use`, for several at once: articles and languages, in one order, so that no two wait for each other."""
    found = sorted(set(articles))
    if not found:
        return
    await rows(
        """INSERT INTO kb_use (article, language, use, day, times)
        SELECT article, language, {}, {}, {} FROM unnest({}::integer[], {}::varchar[]) AS one (article, language)
        ON CONFLICT (article, language, use, day) DO UPDATE SET times = kb_use.times + excluded.times""",
        use.value, at.astimezone(UTC).date(), times, [one for one, _ in found], [language for _, language in found],
    )  # fmt: skip


async def typed(place: Place, words: str, *, language: str, found: int, at: datetime) -> Search:
    """A search on the way: each letter makes another one."""
    [row] = await rows("SELECT nextval('kb_search_id_seq') AS id")
    return Search(id=row["id"], at=at, place=place, words=normalise(words)[:LONGEST], language=language, found=found)


async def note_search(place: Place, words: str, *, language: str, found: int, at: datetime) -> Search:
    """Keep a search that somebody settled on."""
    search = await typed(place, words, language=language, found=found, at=at)
    await _keep(search)
    return search


def trail(search: Search, translation: int) -> str:
    """What the link to a result carries, so that opening it leads back to the search: for this result alone, and signed."""
    packed = urlsafe_b64encode(msgspec.json.encode(search)).decode().rstrip("=")
    return f"{packed}.{_signed(packed, translation)}"


def trails(search: Search, translations: Iterable[int]) -> dict[int, str]:
    """Of each of these results."""
    return {one: trail(search, one) for one in translations}


def search_of(carried: str, translation: int, *, at: datetime, within: timedelta = OPENED_WITHIN) -> Search | None:
    """The search that a trail leads back to; None for what is no trail of ours to this result, and for an old one."""
    packed, _, mac = carried.partition(".")
    if not (carried.isascii() and hmac.compare_digest(mac, _signed(packed, translation))):
        return None
    try:
        search = msgspec.json.decode(urlsafe_b64decode(packed + "=" * (-len(packed) % 4)), type=Search)
    except msgspec.DecodeError:  # as an earlier version wrote it
        return None
    return search if at - search.at <= within else None


async def follow(carried: str, *, article: int, language: str, translation: int, at: datetime) -> bool:
    """The result was opened: its search leads to it, and is learnt from, once. False for what `search_of` knows nothing of."""
    search = search_of(carried, translation, at=at)
    if search is None:
        return False
    async with transaction():
        await _keep(search)
        won = await rows(
            """UPDATE kb_search SET opened = opened || {}::integer
            WHERE id = {} AND NOT {}::integer = ANY(opened) AND cardinality(opened) < {} RETURNING id""",
            translation, search.id, translation, MOST_OPENED,
        )  # fmt: skip
        if won:
            await count_use(Use.FOUND, article=article, language=language, at=at)
            await note_evidence(
                Kind.CLICKED, article=article, language=language, text=search.words, ticket=None, customer=None, at=at
            )  # fmt: skip
    return True


async def forget_old(*, at: datetime) -> None:
    """Delete searches and offers after `KEPT`."""
    await rows("DELETE FROM kb_search WHERE at < {}", at - KEPT)
    await rows("DELETE FROM kb_offer WHERE at < {}", at - KEPT)


async def _keep(search: Search) -> None:
    """Once, however often its results are opened."""
    await rows(
        """INSERT INTO kb_search (id, at, place, language, words, found) VALUES ({}, {}, {}, {}, {}, {})
        ON CONFLICT (id) DO NOTHING""",
        search.id, search.at, search.place.value, search.language, search.words, search.found,
    )  # fmt: skip


def _signed(packed: str, translation: int) -> str:
    return hmac.digest(keys(_PURPOSE)[0], f"{packed}/{translation}".encode(), "sha256").hex()[:24]
