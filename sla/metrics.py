"""What each metric is: when it rests, what it does when a ticket is open again; and what clocks look at on a ticket.

docs/sla.md has the table; `sla.following` brings the clocks there.
"""

from collections.abc import Callable
from datetime import datetime

import msgspec

from sla.clock import Clock, Terms
from sla.targets import Metric, ReopenMode

RESTS: dict[Metric, frozenset[str]] = {
    Metric.PAUSABLE_UPDATE: frozenset({"pending"}),
    Metric.REQUESTER_WAIT: frozenset({"pending"}),
    Metric.AGENT_WORK: frozenset({"pending", "on_hold"}),
}
"""Statuses in which a metric rests; the others run in all that are not solved."""

RESTS_BY_CHOICE: dict[Metric, frozenset[str]] = {
    Metric.FIRST_REPLY: frozenset({"pending"}),
    Metric.NEXT_REPLY: frozenset({"pending"}),
    Metric.FIRST_RESOLUTION: frozenset({"pending"}),
    Metric.GROUP_OWNERSHIP: frozenset({"pending", "on_hold"}),
}
"""Statuses in which a metric rests where its target says so."""

REOPEN: dict[Metric, ReopenMode] = {
    Metric.REQUESTER_WAIT: ReopenMode.EXCLUDING_GAP,
    Metric.AGENT_WORK: ReopenMode.EXCLUDING_GAP,
    Metric.TOTAL_RESOLUTION: ReopenMode.INCLUDING_GAP,
    Metric.GROUP_OWNERSHIP: ReopenMode.NEW_CYCLE,
}
"""What a metric does when its target does not say it; the others ignore that a ticket is open again."""

MEASURED = (Metric.FIRST_REPLY, Metric.NEXT_REPLY, Metric.FIRST_RESOLUTION)
"""Of every ticket that counts, whether anything was promised or not: reports need them."""

OF_STATUS = (Metric.REQUESTER_WAIT, Metric.AGENT_WORK, Metric.FIRST_RESOLUTION, Metric.TOTAL_RESOLUTION)
OF_COURSE = (*OF_STATUS, Metric.GROUP_OWNERSHIP)
"""Metrics that follow the course of a ticket, not its messages."""
OF_REPLIES = (Metric.FIRST_REPLY, Metric.NEXT_REPLY)
OF_UPDATES = (Metric.PERIODIC_UPDATE, Metric.PAUSABLE_UPDATE)
SOLVED = ("solved", "closed")
LEFT_OUT = ("merged", "spam", "trash")
"""Why a ticket's clocks are cancelled; when the reason goes, they go on."""
ASKED, ANSWERED = "asked", "answered"


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What clocks look at on a ticket, as it is after a change. Messages are public, and written by people."""

    status: str
    team: int | None
    created_at: datetime
    left_out: str = ""
    """One of LEFT_OUT; empty: it counts."""
    asked_at: datetime | None = None
    """The customer's first message."""
    answered_at: datetime | None = None
    """The first answer after that."""
    last_answer_at: datetime | None = None
    last_answer_by: int | None = None
    unanswered: tuple[datetime, ...] = ()
    """The customers' messages since the last answer, the oldest first."""
    reverted_from: datetime | None = None
    """When it was solved, where that has just been taken back."""
    solved_at: datetime | None = None
    """Since when it is solved."""
    by: int | None = None
    """The agent whose change it is."""
    cause: str = ""
    """Why other messages count than before. ASKED, ANSWERED: one has come, and what begins with it began then, though it be
    worked off later. Else the cause of what would have been broken long ago: `merged`, `restored`, `taken_back`."""

    @property
    def is_solved(self) -> bool:
        return self.status in SOLVED


TermsOf = Callable[[Metric, Clock | None], Terms]
"""The terms of a metric for a new clock, or for one that is there."""


def rests(metric: Metric, terms: Terms) -> frozenset[str]:
    """The statuses in which a clock rests under these terms."""
    by_choice = (
        RESTS_BY_CHOICE.get(metric, frozenset()) if terms.target and terms.target.rests_in_pending else frozenset()
    )
    return RESTS.get(metric, frozenset()) | by_choice


def reopen_mode(metric: Metric, terms: Terms) -> ReopenMode:
    chosen = terms.target.reopen_mode if terms.target else None
    return chosen or REOPEN.get(metric, ReopenMode.IGNORE)
