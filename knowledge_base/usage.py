"""What becomes of articles, counted by day, and what was searched for. Neither says who it was.

Counters stay; the words of searches are personal when somebody types them so, and go after `KEPT`.
"""

import hmac
import re
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import msgspec

from helpdesk.kernel.database import rows
from helpdesk.kernel.text import normalise
from helpdesk.kernel.tokens import keys

KEPT = timedelta(days=90)
"""How long searches are kept, and offers of forms."""
OPENED_WITHIN = timedelta(days=1)
"""How long a page of results leads back to its search."""
LONGEST, MOST_OPENED = 200, 5
_PURPOSE = "searches of articles"
_SIGNED = re.compile(r"[0-9]{1,18}-[0-9a-f]{16}")


class Use(StrEnum):
    """What became of an article; docs/knowledge.md defines each."""

    VIEWED = "viewed"
    """Its page in the help centre was read."""
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


class Opened(msgspec.Struct, frozen=True):
    """A result that was opened for the first time: the search's words, normalised."""

    words: str
    language: str


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


async def note_search(place: Place, words: str, *, language: str, found: int, at: datetime) -> str:
    """Keep a search that somebody settled on, not each letter of typing ahead; what `note_opened` takes for its results."""
    [row] = await rows(
        "INSERT INTO kb_search (at, place, language, words, found) VALUES ({}, {}, {}, {}, {}) RETURNING id",
        at, place.value, language, normalise(words)[:LONGEST], found,
    )  # fmt: skip
    return _signed(row["id"])


async def note_opened(search: str, *, translation: int, at: datetime) -> Opened | None:
    """That a result of the search was opened; None when that is known, long ago, or no search of ours."""
    if not _SIGNED.fullmatch(search):
        return None
    number = int(search.partition("-")[0])
    if not hmac.compare_digest(search, _signed(number)):
        return None
    found = await rows(
        """UPDATE kb_search SET opened = opened || {}::integer
        WHERE id = {} AND at > {} AND NOT {}::integer = ANY(opened) AND cardinality(opened) < {} RETURNING words, language""",
        translation, number, at - OPENED_WITHIN, translation, MOST_OPENED,
    )  # fmt: skip
    return msgspec.convert(found[0], Opened) if found else None


async def forget_old(*, at: datetime) -> None:
    """Delete searches and offers after `KEPT`."""
    await rows("DELETE FROM kb_search WHERE at < {}", at - KEPT)
    await rows("DELETE FROM kb_offer WHERE at < {}", at - KEPT)


def _signed(search: int) -> str:
    """So that nobody leads back to searches of others."""
    return f"{search}-{hmac.digest(keys(_PURPOSE)[0], str(search).encode(), 'sha256').hex()[:16]}"
