"""Counting tries before they are checked, in one atomic statement, so that parallel tries cannot slip through."""

from datetime import datetime, timedelta

from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import TooMany


async def count_try(key: str, *, at_most: int, within: timedelta, at: datetime) -> None:
    """Count one try of `key`; raise TooMany when it is one more than `at_most` within the window."""
    [row] = await rows(
        """
        INSERT INTO hd_throttle (key, tries, window_ends_at) VALUES ({}, 1, {})
        ON CONFLICT (key) DO UPDATE SET
            tries = CASE WHEN hd_throttle.window_ends_at <= {} THEN 1 ELSE hd_throttle.tries + 1 END,
            window_ends_at = CASE WHEN hd_throttle.window_ends_at <= {} THEN excluded.window_ends_at
                ELSE hd_throttle.window_ends_at END
        RETURNING tries, window_ends_at
        """,
        key[:200], at + within, at, at,
    )  # fmt: skip
    if row["tries"] > at_most:
        wait = max(1, int((row["window_ends_at"] - at).total_seconds()))
        raise TooMany(wait, is_first=row["tries"] == at_most + 1)


async def forget(key: str) -> None:
    """Start counting `key` anew, after a success."""
    await rows("DELETE FROM hd_throttle WHERE key = {}", key[:200])


async def forget_past(at: datetime) -> None:
    await rows("DELETE FROM hd_throttle WHERE window_ends_at < {}", at)
