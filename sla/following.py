"""What a change of a ticket does to its clocks: pure.

What is wanted is worked out from the facts as they are after the change, and the clocks are brought there. So whatever a
change was (an answer, one taken back, a merge, a split, a mail that was worked off late) the clocks end where they belong.
Effects of one change come in a fixed order: messages, status, team, priority.
"""

from collections.abc import Iterator
from datetime import datetime

from sla import moves
from sla.clock import Clock, State, Terms
from sla.measuring_late import Past, is_attached, is_new, measured, without_promise
from sla.metrics import (
    ANSWERED,
    ASKED,
    LEFT_OUT,
    MEASURED,
    OF_COURSE,
    OF_REPLIES,
    OF_STATUS,
    OF_UPDATES,
    Facts,
    TermsOf,
    reopen_mode,
    rests,
)
from sla.targets import Metric, ReopenMode


def follow(clocks: list[Clock], facts: Facts, terms: TermsOf, at: datetime, past: Past | None = None) -> None:
    """Bring a ticket's clocks, of which new ones are appended, to where its facts want them."""
    if facts.left_out:
        for one in clocks:
            moves.cancel(one, at, terms(Metric(one.metric), one), cause=facts.left_out)
        return
    for one in clocks:
        if one.state is State.CANCELLED and one.stop_cause in LEFT_OUT:
            by = terms(Metric(one.metric), one)
            until, rested = _waited_until(one, facts, at), facts.status in rests(Metric(one.metric), by)
            moves.go_on(one, until, by, cause="restored", rested=rested)
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


class _Following:
    """One change of one ticket, and its clocks."""

    def __init__(self, clocks: list[Clock], facts: Facts, terms: TermsOf, at: datetime, past: Past | None) -> None:
        self.clocks, self.facts, self.terms, self.at, self.past = clocks, facts, terms, at, past

    def first_reply(self) -> None:
        facts, metric = self.facts, Metric.FIRST_REPLY
        last = self._last(metric)
        if last is not None and self._was_taken_back(last, is_answered=facts.answered_at is not None):
            moves.go_on(last, _waited_until(last, facts, self.at), self.terms(metric, last), cause="taken_back")
        if last is not None and last.is_open and (facts.asked_at is None or facts.asked_at > last.started_at):
            self._withdraw(last)
        last = self._last(metric)
        if last is None and facts.asked_at is not None:
            self._start(metric, facts.asked_at)
        elif last is not None and last.is_open and facts.asked_at is not None and facts.asked_at < last.started_at:
            moves.move_start(last, facts.asked_at, self.at, self.terms(metric, last))
        self._stop_reply(self._last(metric), facts.answered_at)

    def next_reply(self) -> None:
        """A cycle for each run of messages that nobody has answered, from the oldest of them."""
        metric, facts = Metric.NEXT_REPLY, self.facts
        last, first = self._last(metric), self._last(Metric.FIRST_REPLY)
        is_first_over = first is not None and not first.is_open
        waits_again = is_first_over and last is not None and last.started_at in facts.unanswered
        if last is not None and waits_again and self._was_taken_back(last, is_answered=False):
            moves.go_on(last, self.at, self.terms(metric, last), cause="taken_back")
        since = self._unanswered_since() if is_first_over else None
        if last is not None and last.is_open:
            if since is None or since > last.started_at:
                self._end_reply(last)
            elif since < last.started_at:
                moves.move_start(last, since, self.at, self.terms(metric, last))
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
                self._withdraw(last)
                moves.go_on(before, self.at, self.terms(metric, before), cause="taken_back")
                return
            self._end_reply(last)
        last = self._last(metric)
        is_wanted = facts.last_answer_at is not None and not facts.is_solved and self._is_measured(metric)
        if is_wanted and facts.last_answer_at and not (last and last.started_at == facts.last_answer_at):
            self._start(metric, facts.last_answer_at)
        elif (
            last is not None
            and last.started_at == facts.last_answer_at
            and self._was_taken_back(last, is_answered=False)
        ):
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
            elif is_attached(one, terms):
                self._attach(one, terms)
            elif one.target is None:
                one.priority = terms.priority
            elif _promise_of(one) != (terms.policy_version, terms.target and terms.target.seconds, terms.priority):
                moves.retarget(one, self.at, terms)

    def _attach(self, one: Clock, terms: Terms) -> None:
        """Something is promised about what was only measured: by the promise's calendar from the beginning on."""
        if one.calendar_version != terms.calendar_version and self.past is not None:
            late = measured(Metric(one.metric), one.started_at, terms, self.past, self.at, one.scope)
            one.consumed = late.consumed
            one.running_since = self.at if one.running_since else None
        moves.retarget(one, self.at, terms, cause="attached_late")

    def _start(self, metric: Metric, since: datetime, scope: int = 0) -> None:
        """A new cycle. What should have begun a while ago is promised from now on, unless it is over already: nothing is
        broken in the past by that."""
        terms = self.terms(metric, None)
        begun = self._begun(metric, since, terms, scope)
        begun.cycle = max((one.cycle for one in self._all(metric, scope)), default=0) + 1
        self.clocks.append(begun)
        is_over = metric is Metric.FIRST_REPLY and self.facts.answered_at is not None
        if begun.is_open and begun.target is None and terms.target and not is_over:
            has_cause = metric not in OF_COURSE and self.facts.cause not in ("", ASKED)
            moves.retarget(begun, self.at, terms, cause=self.facts.cause if has_cause else "attached_late")

    def _begun(self, metric: Metric, since: datetime, terms: Terms, scope: int) -> Clock:
        """What began a while ago is only measured: through what the ticket has gone through since, if that matters."""
        is_paused = self.facts.status in rests(metric, terms)
        if is_new(since, self.at) or self._began_with_message(metric):
            return moves.start(metric, since, terms, is_paused=is_paused, scope=scope)
        if self.past is not None and metric not in OF_REPLIES:
            return measured(metric, since, terms, self.past, self.at, scope)
        return moves.start(metric, since, without_promise(terms), is_paused=is_paused, scope=scope, cause="late")

    def _began_with_message(self, metric: Metric) -> bool:
        """Which was perhaps worked off late, and was late indeed."""
        if metric in OF_REPLIES:
            return self.facts.cause in (ASKED, ANSWERED)
        return metric in OF_UPDATES and self.facts.cause == ANSWERED

    def _stop_reply(self, one: Clock | None, answered_at: datetime | None) -> None:
        if one is None or not one.is_open:
            return
        terms = self.terms(Metric(one.metric), one)
        if answered_at is not None:
            moves.stop(one, answered_at, terms, cause="answered", by=self._answerer(answered_at))
        else:
            self._stop_solved(one)

    def _stop_solved(self, one: Clock | None) -> None:
        if one is not None and one.is_open and self.facts.is_solved:
            since = _solved_while_away(self.facts)
            at = max(since, one.started_at) if since else self.at
            moves.stop(one, at, self.terms(Metric(one.metric), one), cause="solved", by=self.facts.by)

    def _end_reply(self, one: Clock) -> None:
        """Nothing waits any more since its start: it was answered, or what waited is gone."""
        answered = self.facts.last_answer_at
        if answered is not None and answered >= one.started_at:
            terms = self.terms(Metric(one.metric), one)
            moves.stop(one, answered, terms, cause="answered", by=self.facts.last_answer_by)
        elif self.facts.is_solved:
            self._stop_solved(one)
        else:
            self._withdraw(one)

    def _withdraw(self, one: Clock) -> None:
        """It turned out not to have begun then. What a merge broke that is undone has not been broken."""
        if one.breach_cause == "merged":
            moves.void(one, self.at, "withdrawn")
        moves.cancel(one, self.at, self.terms(Metric(one.metric), one), cause="withdrawn")

    def _reopen(self, metric: Metric, last: Clock) -> None:
        """What is promised no more stays as it ended."""
        if not self._is_measured(metric):
            return
        terms = self.terms(metric, last)
        mode = reopen_mode(metric, terms)
        if self._is_reverted(last):
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
        return last.stop_cause == "solved" and self._is_reverted(last) and not self.facts.is_solved

    def _is_reverted(self, last: Clock) -> bool:
        """Whether it was that solution which ended it."""
        since = self.facts.reverted_from
        return since is not None and last.stopped_at is not None and last.stopped_at >= since

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
        return [one for one in self._all(metric, scope) if not one.is_void]


def _waited_until(one: Clock, facts: Facts, at: datetime) -> datetime:
    """What was answered while it was put away, or solved, has waited no longer than that."""
    answered = facts.answered_at if one.metric == Metric.FIRST_REPLY else facts.last_answer_at
    ends = [answered] if one.metric not in OF_COURSE and answered is not None and answered > one.started_at else []
    if solved := _solved_while_away(facts):
        ends.append(solved)
    return min(at, max(min(ends), one.stopped_at or min(ends))) if ends else at


def _solved_while_away(facts: Facts) -> datetime | None:
    """When, as it comes back."""
    return facts.solved_at if facts.cause == "restored" and facts.is_solved else None


def _promise_of(one: Clock) -> tuple[int | None, int | None, str]:
    return one.policy_version, one.target, one.priority
