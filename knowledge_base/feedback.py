"""Whether an article helped, and what was missing: one vote of each reader, the last one counts."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _

LONGEST_COMMENT = 2_000


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader said; `revision` is the number of the one that they read."""

    id: int
    is_helpful: bool
    comment: str
    revision: int
    at: datetime


class Votes(msgspec.Struct, frozen=True):
    helpful: int
    unhelpful: int


async def vote(
    translation: int, *, is_helpful: bool, voter: str, revision: int, customer: int | None, at: datetime
) -> None:
    """Count it, in place of what the same voter said before; what they wrote stays when they say the same again."""
    await rows(
        """INSERT INTO kb_vote (translation, voter, revision, is_helpful, comment, customer, at) VALUES ({}, {}, {}, {}, '', {}, {})
        ON CONFLICT (translation, voter) DO UPDATE SET revision = excluded.revision, is_helpful = excluded.is_helpful, at = excluded.at,
            customer = excluded.customer, comment = CASE WHEN kb_vote.is_helpful = excluded.is_helpful THEN kb_vote.comment ELSE '' END""",
        translation, voter, revision, is_helpful, customer, at,
    )  # fmt: skip


async def comment(translation: int, text: str, *, voter: str, at: datetime) -> bool:
    """Add words to the voter's vote; whether there is one. Raises Invalid at `comment`."""
    tidy = text.strip()
    if len(tidy) > LONGEST_COMMENT:
        raise Invalid(comment=_("Use at most 2,000 characters."))
    found = await rows(
        "UPDATE kb_vote SET comment = {}, at = {} WHERE translation = {} AND voter = {} RETURNING id",
        tidy, at, translation, voter,
    )  # fmt: skip
    return bool(found)


async def forget(customers: Sequence[int]) -> None:
    """What these customers said, in the transaction that erases them."""
    await rows("DELETE FROM kb_vote WHERE customer = ANY({})", list(customers))


async def votes_of(translation: int) -> Votes:
    [row] = await rows(
        """SELECT count(*) FILTER (WHERE is_helpful) AS helpful, count(*) FILTER (WHERE NOT is_helpful) AS unhelpful
        FROM kb_vote WHERE translation = {}""",
        translation,
    )
    return Votes(row["helpful"], row["unhelpful"])


async def comments_of(translation: int, *, most: int) -> list[Told]:
    """The newest first."""
    found = await rows(
        """SELECT id, is_helpful, comment, revision, at FROM kb_vote WHERE translation = {} AND comment <> ''
        ORDER BY at DESC, id DESC LIMIT {}""",
        translation, most,
    )  # fmt: skip
    return [msgspec.convert(row, Told) for row in found]
