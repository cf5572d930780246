"""How many calls a client may make in a window, over all processes, without a write for each call.

A process draws `SHARE` calls at a time from the counter in the database and spends them from memory: one statement for
`SHARE` calls. The limit is never passed; a process that dies or a window that ends loses at most one share of it.
"""

from datetime import datetime, timedelta

import msgspec

from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import TooMany

SHARE = 30
_SWEEP_ABOVE = 1000


class _Ration(msgspec.Struct):
    left: int
    window_ends_at: datetime
    is_last: bool = False


_rations: dict[str, _Ration] = {}


async def spend(key: str, *, at_most: int, within: timedelta, at: datetime) -> None:
    """Spend one call of `key`; raise TooMany when all `at_most` of this window are spent."""
    ration = _rations.get(key)
    if ration is None or ration.window_ends_at <= at or (ration.left <= 0 and not ration.is_last):
        ration = await _draw(key, at_most=at_most, within=within, at=at)
    if ration.left <= 0:
        raise TooMany(max(1, int((ration.window_ends_at - at).total_seconds())))
    ration.left -= 1


async def _draw(key: str, *, at_most: int, within: timedelta, at: datetime) -> _Ration:
    """One more share, added to what parallel calls drew meanwhile."""
    [row] = await rows(
        """
        INSERT INTO hd_throttle (key, tries, window_ends_at) VALUES ({}, {}, {})
        ON CONFLICT (key) DO UPDATE SET
            tries = CASE WHEN hd_throttle.window_ends_at <= {} THEN excluded.tries ELSE hd_throttle.tries + excluded.tries END,
            window_ends_at = CASE WHEN hd_throttle.window_ends_at <= {} THEN excluded.window_ends_at
                ELSE hd_throttle.window_ends_at END
        RETURNING tries, window_ends_at
        """,
        key[:200], SHARE, at + within, at, at,
    )  # fmt: skip
    granted = max(0, min(SHARE, at_most - (row["tries"] - SHARE)))
    before = _rations.get(key)
    if before and before.window_ends_at == row["window_ends_at"]:
        before.left, before.is_last = before.left + granted, before.is_last or granted < SHARE
        return before
    _forget_past(at)
    _rations[key] = _Ration(granted, row["window_ends_at"], granted < SHARE)
    return _rations[key]


def _forget_past(at: datetime) -> None:
    if len(_rations) > _SWEEP_ABOVE:
        for key in [key for key, ration in _rations.items() if ration.window_ends_at <= at]:
            del _rations[key]


def forget_all() -> None:
    """Begin as a fresh process would: what was drawn is lost."""
    _rations.clear()
