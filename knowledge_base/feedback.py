"""Whether an article helped, and what was missing: one vote of each reader, the last one counts; what they write stays."""

import hmac
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from helpdesk.kernel.database import lock, rows, transaction
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _
from helpdesk.kernel.tokens import keys

LONGEST_COMMENT = 2_000
COUNTED_A_DAY = 5
"""Of one network on one translation: who makes up readers is not more than a few of them."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader wrote; `revision` is the number of the one that they read."""

    id: int
    is_helpful: bool
    comment: str
    revision: int
    at: datetime


class Votes(msgspec.Struct, frozen=True):
    """Those that count."""

    helpful: int
    unhelpful: int


async def vote(
    translation: int, *, is_helpful: bool, voter: str, network: str, revision: int, customer: int | None, at: datetime
) -> None:
    """Take it in place of what the same voter said before; it counts as long as few of the network do.

    `voter` tells readers apart and nothing else. Of `network` only a mark of the UTC day is kept.
    """
    mark = hmac.digest(keys("votes on articles")[0], f"{at.astimezone(UTC).date()} {network}".encode(), "sha256").hex()
    async with transaction():
        await lock(f"votes {translation} {mark}")
        await rows(
            """INSERT INTO kb_vote (translation, voter, network, revision, is_helpful, customer, is_counted, at)
            SELECT {}, {}, {}, {}, {}, {}, count(*) < {}, {} FROM kb_vote WHERE translation = {} AND network = {} AND is_counted AND voter <> {}
            ON CONFLICT (translation, voter) DO UPDATE SET revision = excluded.revision, is_helpful = excluded.is_helpful, at = excluded.at,
                customer = excluded.customer""",
            translation, voter, mark, revision, is_helpful, customer, COUNTED_A_DAY, at, translation, mark, voter,
        )  # fmt: skip


async def comment(
    translation: int, text: str, *, is_helpful: bool, revision: int, customer: int | None, at: datetime
) -> None:
    """Keep what a reader adds; nothing when there are no words. Raises Invalid at `comment`."""
    tidy = text.strip()
    if len(tidy) > LONGEST_COMMENT:
        raise Invalid(comment=_("Use at most 2,000 characters."))
    if tidy:
        await rows(
            "INSERT INTO kb_comment (translation, revision, is_helpful, comment, customer, at) VALUES ({}, {}, {}, {}, {}, {})",
            translation, revision, is_helpful, tidy, customer, at,
        )  # fmt: skip


async def forget(customers: Sequence[int]) -> None:
    """What these customers said, in the transaction that erases them."""
    await rows("DELETE FROM kb_vote WHERE customer = ANY({})", list(customers))
    await rows("DELETE FROM kb_comment WHERE customer = ANY({})", list(customers))


async def votes_of(translation: int) -> Votes:
    [row] = await rows(
        """SELECT count(*) FILTER (WHERE is_helpful) AS helpful, count(*) FILTER (WHERE NOT is_helpful) AS unhelpful
        FROM kb_vote WHERE translation = {} AND is_counted""",
        translation,
    )
    return Votes(row["helpful"], row["unhelpful"])


async def comments_of(translation: int, *, most: int) -> list[Told]:
    """The newest first."""
    found = await rows(
        """SELECT id, is_helpful, comment, revision, at FROM kb_comment WHERE translation = {}
        ORDER BY at DESC, id DESC LIMIT {}""",
        translation, most,
    )  # fmt: skip
    return [msgspec.convert(row, Told) for row in found]
