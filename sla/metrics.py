"""Which clocks a ticket has, and what a change of it does to them: pure (docs/sla.md has the table).

What is wanted is worked out from the facts as they are after the change, and the clocks are brought there. So whatever a
change was (an answer, one taken back, a merge, a split, a mail that was worked off late) the clocks end where they belong.
Effects of one change come in a fixed order: messages, status, team, priority.
"""

from collections.abc import Callable, Iterator
from datetime import datetime

import msgspec

from sla import moves
from sla.clock import Clock, State, Terms
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
OF_UPDATES = (Metric.PERIODIC_UPDATE, Metric.PAUSABLE_UPDATE)
LEFT_OUT = ("merged", "spam", "trash")
"""Why a ticket's clocks are cancelled; when the reason goes, they go on."""


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
    is_reverted: bool = False
    """Somebody has just taken back a change of their own."""
    by: int | None = None
    """The agent whose change it is."""

    @property
    def is_solved(self) -> bool:
        return self.status in ("solved", "closed")


class Past(msgspec.Struct, frozen=True):
    """What a ticket went through, for a metric that begins to be measured late: (since when, what), in order."""

    statuses: tuple[tuple[datetime, str], ...]
    teams: tuple[tuple[datetime, int | None], ...] = ()


TermsOf = Callable[[Metric, Clock | None], Terms]
"""The terms of a metric for a new clock, or for one that is there."""


def follow(clocks: list[Clock], facts: Facts, terms: TermsOf, at: datetime, past: Past | None = None) -> None:
    """Bring a ticket's clocks, of which new ones are appended, to where its facts want them."""
    if facts.left_out:
        for one in clocks:
            moves.cancel(one, at, terms(Metric(one.metric), one), cause=facts.left_out)
        return
    for one in clocks:
        if one.state is State.CANCELLED and one.stop_cause in LEFT_OUT:
            by = terms(Metric(one.metric), one)
            moves.go_on(one, at, by, cause="restored", rested=facts.status in rests(Metric(one.metric), by))
    following = _Following(clocks, facts, terms, at, past)
    following.first_reply()
    following.next_reply()
    for metric in OF_UPDATES:
        following.updates(metric)
    for metric in OF_STATUS:
        following.status(metric)
    following.ownership()
    following.rest()
    following.targets()


def needs_past(clocks: list[Clock], facts: Facts, terms: TermsOf, at: datetime) -> bool:
    """Whether something begins to be measured, or measured otherwise, that has been going on for a while."""
    if facts.left_out or (at - facts.created_at).total_seconds() < 1:
        return False
    known = {(one.metric, one.scope) for one in clocks if not _is_void(one)}
    wanted = [(metric, 0) for metric in OF_STATUS] + ([(Metric.GROUP_OWNERSHIP, facts.team)] if facts.team else [])
    begins = any(
        metric is Metric.FIRST_RESOLUTION or terms(metric, None).target
        for metric, scope in wanted
        if (metric, scope) not in known
    )
    return begins or any(one.is_open and _is_attached(one, terms(Metric(one.metric), one)) for one in clocks)


def rests(metric: Metric, terms: Terms) -> frozenset[str]:
    """The statuses in which a clock rests under these terms."""
    by_choice = (
        RESTS_BY_CHOICE.get(metric, frozenset()) if terms.target and terms.target.rests_in_pending else frozenset()
    )
    return RESTS.get(metric, frozenset()) | by_choice


def reopen_mode(metric: Metric, terms: Terms) -> ReopenMode:
    chosen = terms.target.reopen_mode if terms.target else None
    return chosen or REOPEN.get(metric, ReopenMode.IGNORE)


class _Following:
    """One change of one ticket, and its clocks."""

    def __init__(self, clocks: list[Clock], facts: Facts, terms: TermsOf, at: datetime, past: Past | None) -> None:
        self.clocks, self.facts, self.terms, self.at, self.past = clocks, facts, terms, at, past

    def first_reply(self) -> None:
        facts, metric = self.facts, Metric.FIRST_REPLY
        last = self._last(metric)
        if facts.asked_at is None:
            self._end(last, cause="withdrawn")
        elif last is None:
            self._start(metric, facts.asked_at)
        elif last.is_open and facts.asked_at < last.started_at:
            moves.move_start(last, facts.asked_at, self.at, self.terms(metric, last))
        elif self._was_taken_back(last, is_answered=facts.answered_at is not None):
            moves.go_on(last, self.at, self.terms(metric, last), cause="taken_back")
        self._stop_reply(self._last(metric), facts.answered_at)

    def next_reply(self) -> None:
        """A cycle for each run of messages that nobody has answered, from the oldest of them."""
        metric, facts = Metric.NEXT_REPLY, self.facts
        last, first = self._last(metric), self._last(Metric.FIRST_REPLY)
        since = None if first is None or first.is_open else self._unanswered_since()
        if last is not None and last.is_open:
            if since is None or since > last.started_at:
                self._end_reply(last)
            elif since < last.started_at:
                moves.move_start(last, since, self.at, self.terms(metric, last))
        elif last is not None and last.started_at in facts.unanswered and self._was_taken_back(last, is_answered=False):
            moves.go_on(last, self.at, self.terms(metric, last), cause="taken_back")
        last = self._last(metric)
        if since is not None and not facts.is_solved and not (last and (last.is_open or last.started_at == since)):
            self._start(metric, since)
        self._stop_reply(self._last(metric), None)

    def updates(self, metric: Metric) -> None:
        """A cycle from each answer to the next."""
        facts, last = self.facts, self._last(metric)
        if last is not None and last.is_open and facts.last_answer_at != last.started_at:
            before = self._before(last)
            if before is not None and before.started_at == facts.last_answer_at:
                moves.cancel(last, self.at, self.terms(metric, last), cause="withdrawn")
                moves.go_on(before, self.at, self.terms(metric, before), cause="taken_back")
                return
            self._end_reply(last)
        last = self._last(metric)
        is_wanted = facts.last_answer_at is not None and not facts.is_solved and self._is_measured(metric)
        if is_wanted and facts.last_answer_at and not (last and last.started_at == facts.last_answer_at):
            self._start(metric, facts.last_answer_at)
        elif last is not None and self._was_taken_back(last, is_answered=True):
            moves.go_on(last, self.at, self.terms(metric, last), cause="taken_back")
        self._stop_reply(self._last(metric), None)

    def status(self, metric: Metric) -> None:
        """From the ticket's beginning until it is solved."""
        last = self._last(metric)
        if last is None:
            if self._is_measured(metric):
                self._start(metric, self.facts.created_at)
        elif last.state is State.STOPPED and not self.facts.is_solved:
            self._reopen(metric, last)
        self._stop_solved(self._last(metric))

    def ownership(self) -> None:
        """A cycle for each stay with a team."""
        metric, facts = Metric.GROUP_OWNERSHIP, self.facts
        for one in self._all(metric):
            if one.is_open and one.scope != facts.team:
                moves.stop(one, self.at, self.terms(metric, one), cause="moved", by=facts.by)
        if facts.team is None:
            return
        last = self._last(metric, facts.team)
        if last is not None and last.state is State.STOPPED and last.stop_cause == "solved" and not facts.is_solved:
            self._reopen(metric, last)
        elif (last is None or last.stop_cause == "moved") and not facts.is_solved and self._is_measured(metric):
            self._start(metric, self._since_in_team(), scope=facts.team)
        self._stop_solved(self._last(metric, facts.team))

    def rest(self) -> None:
        for one in self.clocks:
            if one.is_open:
                terms = self.terms(Metric(one.metric), one)
                if self.facts.status in rests(Metric(one.metric), terms):
                    moves.pause(one, self.at, terms, cause=self.facts.status)
                else:
                    moves.resume(one, self.at, terms, cause=self.facts.status)

    def targets(self) -> None:
        """What a new priority or policy promises; what is promised no more is measured on, or cancelled."""
        for one in self.clocks:
            if not one.is_open:
                continue
            metric = Metric(one.metric)
            terms = self.terms(metric, one)
            if terms.target is None and one.target is not None and metric not in MEASURED:
                moves.cancel(one, self.at, terms, cause="policy")
            elif _is_attached(one, terms):
                self._attach(one, terms)
            elif (one.policy_version, one.target) != (terms.policy_version, terms.target and terms.target.seconds):
                moves.retarget(one, self.at, terms)
            elif one.priority != terms.priority:
                one.priority = terms.priority

    def _attach(self, one: Clock, terms: Terms) -> None:
        """Something is promised about what was only measured: by the promise's calendar from the beginning on."""
        if one.calendar_version != terms.calendar_version and self.past is not None:
            measured = _measured(Metric(one.metric), one.started_at, terms, self.past, self.at, one.scope)
            one.consumed = measured.consumed
            one.running_since = self.at if one.running_since else None
        moves.retarget(one, self.at, terms, cause="attached_late")

    def _start(self, metric: Metric, since: datetime, scope: int = 0) -> None:
        """A new cycle; one that began a while ago is measured through what the ticket has gone through since."""
        terms = self.terms(metric, None)
        cycle = max((one.cycle for one in self._all(metric, scope)), default=0) + 1
        is_new = (self.at - since).total_seconds() < 1
        if self.past is None or is_new or metric not in OF_COURSE:
            is_paused = self.facts.status in rests(metric, terms)
            self.clocks.append(moves.start(metric, since, terms, is_paused=is_paused, scope=scope, cycle=cycle))
            return
        begun = _measured(metric, since, terms, self.past, self.at, scope)
        begun.cycle = cycle
        self.clocks.append(begun)
        if begun.is_open:
            moves.retarget(begun, self.at, terms, cause="attached_late")

    def _stop_reply(self, one: Clock | None, answered_at: datetime | None) -> None:
        if one is None or not one.is_open:
            return
        terms = self.terms(Metric(one.metric), one)
        if answered_at is not None:
            moves.stop(one, answered_at, terms, cause="answered", by=self._answerer(answered_at))
        elif self.facts.is_solved:
            moves.stop(one, self.at, terms, cause="solved", by=self.facts.by)

    def _stop_solved(self, one: Clock | None) -> None:
        if one is not None and one.is_open and self.facts.is_solved:
            moves.stop(one, self.at, self.terms(Metric(one.metric), one), cause="solved", by=self.facts.by)

    def _end_reply(self, one: Clock) -> None:
        """Nothing waits any more since its start: it was answered, or what waited is gone."""
        answered = self.facts.last_answer_at
        if answered is not None and answered >= one.started_at:
            terms = self.terms(Metric(one.metric), one)
            moves.stop(one, answered, terms, cause="answered", by=self.facts.last_answer_by)
        elif self.facts.is_solved:
            self._stop_solved(one)
        else:
            self._end(one, cause="withdrawn")

    def _end(self, one: Clock | None, *, cause: str) -> None:
        if one is not None and one.is_open:
            moves.cancel(one, self.at, self.terms(Metric(one.metric), one), cause=cause)

    def _reopen(self, metric: Metric, last: Clock) -> None:
        terms = self.terms(metric, last)
        mode = reopen_mode(metric, terms)
        if self.facts.is_reverted:
            moves.go_on(last, self.at, terms, cause="taken_back")
        elif mode is ReopenMode.NEW_CYCLE:
            self._start(metric, self.at, last.scope)
        else:
            moves.reopen(last, self.at, mode, terms)

    def _was_taken_back(self, last: Clock, *, is_answered: bool) -> bool:
        """Whether what stopped it has not happened after all."""
        if last.state is not State.STOPPED:
            return False
        if last.stop_cause == "answered":
            return not is_answered
        return last.stop_cause == "solved" and self.facts.is_reverted and not self.facts.is_solved

    def _unanswered_since(self) -> datetime | None:
        """The oldest message that waits; what was solved without an answer does not."""
        handled = [
            one.stopped_at
            for one in (*self._all(Metric.FIRST_REPLY), *self._all(Metric.NEXT_REPLY))
            if one.state is State.STOPPED and one.stop_cause == "solved" and one.stopped_at
        ]
        waiting = [at for at in self.facts.unanswered if not handled or at > max(handled)]
        return waiting[0] if waiting else None

    def _answerer(self, answered_at: datetime) -> int | None:
        return self.facts.last_answer_by if answered_at == self.facts.last_answer_at else self.facts.by

    def _is_measured(self, metric: Metric) -> bool:
        return metric in MEASURED or self.terms(metric, None).target is not None

    def _since_in_team(self) -> datetime:
        """When the ticket came to the team that it is with; one that begins is with it from its beginning."""
        if self.past is not None and self.past.teams:
            return self.past.teams[-1][0]
        return self.at if self._last(Metric.GROUP_OWNERSHIP) else self.facts.created_at

    def _all(self, metric: Metric, scope: int | None = None) -> Iterator[Clock]:
        return (one for one in self.clocks if one.metric == metric and scope in (None, one.scope))

    def _last(self, metric: Metric, scope: int | None = None) -> Clock | None:
        """Its newest cycle that counts."""
        return max(self._standing(metric, scope), key=lambda one: one.cycle, default=None)

    def _before(self, last: Clock) -> Clock | None:
        """The cycle before one."""
        earlier = [one for one in self._standing(Metric(last.metric), last.scope) if one.cycle < last.cycle]
        return max(earlier, key=lambda one: one.cycle, default=None)

    def _standing(self, metric: Metric, scope: int | None = None) -> list[Clock]:
        return [one for one in self._all(metric, scope) if not _is_void(one)]


def _is_void(one: Clock) -> bool:
    """Whether it turned out never to have begun, or was promised no more: what comes after it begins anew."""
    return one.state is State.CANCELLED and one.stop_cause in ("withdrawn", "policy")


def _is_attached(one: Clock, terms: Terms) -> bool:
    return one.target is None and terms.target is not None


def _measured(metric: Metric, since: datetime, terms: Terms, past: Past, at: datetime, scope: int) -> Clock:
    """A clock that has run since then through what the ticket has gone through, as nothing had been promised."""
    free = Terms(hours=terms.hours, calendar_version=terms.calendar_version, priority=terms.priority)
    resting = rests(metric, terms)
    before = [status for moment, status in past.statuses if moment <= since]
    made = moves.start(metric, since, free, is_paused=bool(before) and before[-1] in resting, scope=scope, cause="late")
    for moment, status in past.statuses:
        if not since < moment <= at:
            continue
        if status in ("solved", "closed"):
            moves.stop(made, moment, free, cause="solved")
            continue
        if made.state is State.STOPPED:
            moves.reopen(made, moment, reopen_mode(metric, terms), free)
        if status in resting:
            moves.pause(made, moment, free, cause=status)
        else:
            moves.resume(made, moment, free, cause=status)
    return made
