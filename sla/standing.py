"""How a ticket stands with what is promised about it: the nearest target that is not met, as a pill shows it."""

from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec

from sla.calendar import Hours
from sla.clock import State

Look = Literal["fine", "soon", "over", "waiting", "kept", "missed"]
SOON = 4
"""Less than a fourth of the target is left."""
MOST_OPENINGS = 15
AHEAD = timedelta(days=7)
"""How far a page is told when it is open, so that it counts by itself."""


def nearest_of(ticket: str) -> str:
    """A column with the target of the ticket that comes first, as JSON of Nearest; null when nothing is promised.

    First what runs, by when it is due, then what rests, then what is over: what was late before what was kept.
    """
    return f"""(SELECT json_build_object('id', id, 'metric', metric, 'state', state, 'due_at', due_at, 'target', target, 'consumed', consumed,
        'calendar_version', calendar_version, 'breached_at', breached_at, 'is_warned', warned <> 0)
    FROM sla_clock WHERE ticket = {ticket} AND target IS NOT NULL AND state <> 'cancelled'
    ORDER BY state = 'stopped', state = 'paused', state = 'stopped' AND breached_at IS NULL, due_at, id LIMIT 1)"""


class Nearest(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    metric: str
    state: State
    due_at: datetime | None
    target: int
    consumed: int
    """Until it began to run last."""
    calendar_version: int | None
    breached_at: datetime | None
    is_warned: bool


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """As of an instant. Seconds count open time only."""

    look: Look
    is_open: bool = True
    """Whether its calendar is open then: while it is closed, nothing runs out. What runs, waits and is not open has no
    open time ahead."""
    is_late: bool = False
    left: int = 0
    """Negative: so much too late."""
    soon_at: int = 0
    """It is soon from so many seconds left on."""
    due_at: datetime | None = None
    openings: tuple[tuple[int, int], ...] = ()
    """Open time from then on, in seconds since 1970."""


def standing(one: Nearest, hours: Hours, at: datetime) -> Standing:
    """`hours` are those of its calendar version."""
    if one.state is State.STOPPED:
        return Standing(
            look="missed" if one.breached_at else "kept", is_late=one.breached_at is not None, due_at=one.due_at
        )
    if one.state is not State.RUNNING or one.due_at is None:
        return Standing(
            look="waiting", is_open=one.state is not State.RUNNING, is_late=one.breached_at is not None,
            left=one.target - one.consumed, due_at=one.due_at,
        )  # fmt: skip
    is_late = at > one.due_at
    left = -hours.elapsed(one.due_at, at) if is_late else hours.elapsed(at, one.due_at)
    soon_at = one.target if one.is_warned else one.target // SOON
    openings = hours.openings(at, at + AHEAD)[:MOST_OPENINGS]
    return Standing(
        look="over" if is_late else "soon" if left <= soon_at else "fine",
        is_open=hours.is_open(at.astimezone(UTC)), is_late=is_late, left=left, soon_at=soon_at, due_at=one.due_at,
        openings=tuple((int(start.timestamp()), int(end.timestamp())) for start, end in openings),
    )  # fmt: skip
