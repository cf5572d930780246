"""What a policy promises: for a metric and a priority so many seconds, and what is done when they run out."""

from enum import StrEnum
from typing import Literal

import msgspec

Priority = Literal["low", "normal", "high", "urgent"]


class Metric(StrEnum):
    """What is measured; `sla.metrics` says when each starts, rests and stops."""

    FIRST_REPLY = "first_reply"
    NEXT_REPLY = "next_reply"
    PERIODIC_UPDATE = "periodic_update"
    PAUSABLE_UPDATE = "pausable_update"
    REQUESTER_WAIT = "requester_wait"
    AGENT_WORK = "agent_work"
    FIRST_RESOLUTION = "first_resolution"
    TOTAL_RESOLUTION = "total_resolution"
    GROUP_OWNERSHIP = "group_ownership"


class ReopenMode(StrEnum):
    """What becomes of a stopped clock when the ticket is open again."""

    IGNORE = "ignore"
    EXCLUDING_GAP = "resume_excluding_gap"
    INCLUDING_GAP = "resume_including_gap"
    NEW_CYCLE = "new_cycle"


class Warning(msgspec.Struct, frozen=True, omit_defaults=True):
    """When somebody is told before the time is up: at a share of the target, or so many seconds of its time before."""

    percent: int = 0
    seconds_before: int = 0

    def after(self, target: int) -> int:
        """Consumed seconds at which it is due."""
        return target * self.percent // 100 if self.percent else max(0, target - self.seconds_before)


class Step(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A rung of the ladder: what is done `after` so many seconds of the target's time past the breach."""

    do: Literal["notify_assignee", "notify_lead", "notify", "assign", "move", "raise_priority"]
    after: int = 0
    agent: int | None = None
    """Of `notify` and `assign`."""
    team: int | None = None
    """Of `move`."""


class Target(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    metric: Metric
    seconds: int
    priority: Priority | None = None
    """None: of every priority that has no target of its own."""
    is_business: bool = True
    """Whether only the calendar's open time counts."""
    calendar: int | Literal["default", "team", "organisation"] = "default"
    """A calendar's id, or whose: who has none has the default one."""
    warnings: tuple[Warning, ...] = ()
    steps: tuple[Step, ...] = ()
    reopen_mode: ReopenMode | None = None
    """None: the metric's own."""
    rests_in_pending: bool = False
    """Of metrics that otherwise run then (`sla.metrics.RESTS_BY_CHOICE`)."""
    entered: tuple[int, Literal["minutes", "hours", "days"]] | None = None
    """As it was typed, for the form; a day is 24 hours of the target's time."""


def target_of(targets: list[Target], metric: Metric, priority: str) -> Target | None:
    """That for the metric and this very priority, else for all."""
    fitting = [one for one in targets if one.metric is metric and one.priority in (priority, None)]
    return max(fitting, key=lambda one: one.priority is not None, default=None)
