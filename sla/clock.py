"""One promised time of one ticket, without a database: what it is, and the ledger of what happened to it.

A clock consumes the seconds of its time while it runs; `sla.moves` has what is done to it. All instants are UTC, all lengths
whole seconds (docs/sla.md).
"""

from datetime import datetime
from enum import StrEnum
from typing import Literal

import msgspec

from sla.calendar import Hours
from sla.targets import Target


class State(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    CANCELLED = "cancelled"


OPEN = (State.RUNNING, State.PAUSED)


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What a clock runs under: its calendar, and what was promised by which version of a policy for which priority."""

    hours: Hours
    calendar_version: int | None = None
    target: Target | None = None
    policy_version: int | None = None
    priority: str = "normal"


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a clock's ledger, with how the clock stood after it."""

    gen: int
    epoch: int
    kind: str
    at: datetime
    cause: str
    threshold: int
    state: State
    consumed: int
    due_at: datetime | None
    target: int | None
    priority: str
    policy_version: int | None
    calendar_version: int | None


class Clock(msgspec.Struct, kw_only=True):
    metric: str
    state: State
    started_at: datetime
    scope: int = 0
    cycle: int = 1
    policy_version: int | None = None
    priority: str = "normal"
    target: int | None = None
    calendar_version: int | None = None
    running_since: datetime | None = None
    consumed: int = 0
    """Until `running_since`."""
    rests_since: datetime | None = None
    rested: int = 0
    """Seconds of all time, until `rests_since`."""
    due_at: datetime | None = None
    original_due_at: datetime | None = None
    breached_at: datetime | None = None
    breach_cause: str = ""
    warned: int = 0
    escalated: int = 0
    stopped_at: datetime | None = None
    stop_cause: str = ""
    elapsed_business: int | None = None
    elapsed_calendar: int | None = None
    stopped_by: int | None = None
    is_pinned: bool = False
    epoch: int = 0
    gen: int = 0
    next_fire_at: datetime | None = None
    next_fire_kind: str = ""
    ledger: list[Line] = []
    """What was added since it was read."""

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def outcome(self) -> Literal["achieved", "breached"] | None:
        """Once it has stopped."""
        return ("breached" if self.breached_at else "achieved") if self.state is State.STOPPED else None

    @property
    def is_void(self) -> bool:
        """It turned out never to have begun, or is promised no more: what comes after it begins anew."""
        return self.state is State.CANCELLED and self.stop_cause in ("withdrawn", "policy")

    def is_late(self, at: datetime) -> bool:
        return self.breached_at is not None or (self.due_at is not None and at > self.due_at)

    def note(self, kind: str, at: datetime, cause: str = "", threshold: int = 0) -> None:
        if self.rests_since:
            self.rested += max(0, int((at - self.rests_since).total_seconds()))
        self.rests_since = at if self.state is State.PAUSED else None
        self.gen += 1
        line = Line(
            gen=self.gen,
            epoch=self.epoch,
            kind=kind,
            at=at,
            cause=cause,
            threshold=threshold,
            state=self.state,
            consumed=self.consumed,
            due_at=self.due_at,
            target=self.target,
            priority=self.priority,
            policy_version=self.policy_version,
            calendar_version=self.calendar_version,
        )
        self.ledger.append(line)
