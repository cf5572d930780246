"""A ticket's life told event by event, without a database: what its clocks make of it."""

from datetime import datetime

import msgspec

from sla import following, moves
from sla.calendar import Hours
from sla.clock import Clock, State, Terms
from sla.measuring_late import Past, needs_past
from sla.metrics import ANSWERED, ASKED, Facts
from sla.targets import Metric, Target, target_of
from sla.tracking import kept_target


class Story:
    """Each verb is one change of the ticket; several effects of one change go into one call."""

    def __init__(self, hours: Hours, *targets: Target, at: datetime, status: str = "new", priority: str = "normal", team: int | None = None) -> None:  # fmt: skip
        self.hours, self.calendar_version, self.targets = hours, 1, list(targets)
        self.policy = 1 if targets else None
        self.policies = {1: self.targets}
        """By versions, those that were."""
        self.created_at, self.status, self.priority, self.team = at, status, priority, team
        self.left_out = ""
        self.said: list[tuple[datetime, bool]] = []
        """When, and whether a customer said it."""
        self.statuses = [(at, status)]
        self.reverted_from: datetime | None = None
        self.teams: list[tuple[datetime, int | None]] = [(at, team)]
        self.clocks: list[Clock] = []

    def opened(self) -> "Story":
        """By the customer's own message."""
        return self.change(self.created_at, asks=True)

    def change(
        self, at: datetime, *, asks: bool = False, answers: bool = False, status: str | None = None, priority: str | None = None,
        team: int | None = None, left_out: str | None = None, accepted_at: datetime | None = None, is_reverted: bool = False,
    ) -> "Story":  # fmt: skip
        """`accepted_at`: when the message came, if it is worked off later."""
        if asks or answers:
            self.said.append((accepted_at or at, asks))
        if is_reverted:
            self.reverted_from = self.statuses[-1][0]
            self.statuses = self.statuses if self.left_out else self.statuses[:-1]
        if status and status != self.status:
            self.status = status
            self.statuses.append((at, status))
        if team:
            self.team = team
            self.teams.append((at, team))
        self.priority = priority or self.priority
        self.left_out = self.left_out if left_out is None else left_out
        cause = (
            ASKED
            if asks
            else ANSWERED
            if answers
            else "restored"
            if left_out == ""
            else "taken_back"
            if is_reverted
            else ""
        )
        self.follow(at, is_reverted=is_reverted, cause=cause)
        return self

    def take_back(self, at: datetime, *, status: str | None = None) -> "Story":
        """The last answer."""
        self.said.remove(max(one for one in self.said if not one[1]))
        return self.change(at, status=status)

    def promise(self, at: datetime, *targets: Target, policy: int = 2) -> "Story":
        """Another policy holds now; none, when nothing is promised."""
        self.targets, self.policy = list(targets), policy if targets else None
        self.policies[policy] = self.targets
        self.follow(at)
        return self

    def change_hours(self, at: datetime, hours: Hours, version: int) -> "Story":
        """Another calendar holds now."""
        before, self.hours, self.calendar_version = self.hours, hours, version
        for one in self.clocks:
            if one.is_open and one.calendar_version != version:
                moves.change_hours(one, at, before, kept_target(one, self.terms(Metric(one.metric), one)))
        self.follow(at)
        return self

    def merge(self, at: datetime, *said: tuple[datetime, bool]) -> "Story":
        """Another ticket, with what was said there."""
        self.said += said
        self.follow(at, cause="merged")
        return self

    def follow(self, at: datetime, *, is_reverted: bool = False, cause: str = "") -> None:
        asked = min((when for when, asks in self.said if asks), default=None)
        answers = sorted(when for when, asks in self.said if not asks)
        facts = Facts(
            status=self.status, team=self.team, created_at=self.created_at, left_out=self.left_out, asked_at=asked,
            answered_at=next((when for when in answers if asked and when >= asked), None), last_answer_at=answers[-1] if answers else None,
            unanswered=tuple(sorted(when for when, asks in self.said if asks and (not answers or when > answers[-1]))), 
            reverted_from=self.reverted_from if is_reverted else None, cause=cause,
            solved_at=self.statuses[-1][0] if self.status == "solved" else None,
        )  # fmt: skip
        past = Past(tuple(self.statuses), tuple(self.teams))
        is_late = needs_past(self.clocks, facts, self.terms, at)
        following.follow(self.clocks, facts, self.terms, at, past if is_late else None)

    def terms(self, metric: Metric, clock: Clock | None) -> Terms:
        """As `sla.tracking` has them."""
        target, policy, priority = target_of(self.targets, metric, self.priority), self.policy, self.priority
        if clock and clock.escalated and clock.policy_version and target:
            policy, priority = clock.policy_version, clock.priority
            target = target_of(self.policies[policy], metric, priority)
        return Terms(
            hours=self.hours, calendar_version=self.calendar_version, target=target, policy_version=policy if target else None,
            priority=priority,
        )  # fmt: skip

    def all(self, metric: Metric) -> list[Clock]:
        return [one for one in self.clocks if one.metric == metric]

    def one(self, metric: Metric) -> Clock:
        """The last of a metric; there must be one."""
        return self.all(metric)[-1]

    def due(self, metric: Metric) -> datetime | None:
        """Of the one that runs."""
        return next((one.due_at for one in self.all(metric) if one.state is State.RUNNING), None)


def kinds(clock: Clock) -> list[str]:
    """What its ledger tells, since it was read."""
    return [line.kind for line in clock.ledger]


def minutes(metric: Metric, target: int, **more: object) -> Target:
    return msgspec.convert({"metric": metric, "seconds": target * 60, **more}, Target)
