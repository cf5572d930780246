"""What begins to be measured, or promised, while it has been going on for a while: it counts from its true beginning."""

from datetime import datetime

import msgspec

from sla import moves
from sla.clock import Clock, State, Terms
from sla.metrics import OF_STATUS, OF_UPDATES, SOLVED, Facts, TermsOf, reopen_mode, rests
from sla.targets import Metric, ReopenMode


class Past(msgspec.Struct, frozen=True):
    """What a ticket went through: (since when, what), in order; without solutions that were taken back."""

    statuses: tuple[tuple[datetime, str], ...]
    teams: tuple[tuple[datetime, int | None], ...] = ()


def needs_past(clocks: list[Clock], facts: Facts, terms: TermsOf, at: datetime) -> bool:
    """Whether something begins to be measured, or measured otherwise, that has been going on for a while."""
    if facts.left_out or is_new(facts.created_at, at):
        return False
    known = {(one.metric, one.scope) for one in clocks if not one.is_void}
    wanted = [(metric, 0) for metric in OF_STATUS] + ([(Metric.GROUP_OWNERSHIP, facts.team)] if facts.team else [])
    begins = any(
        metric is Metric.FIRST_RESOLUTION or terms(metric, None).target
        for metric, scope in wanted
        if (metric, scope) not in known
    )
    begins = begins or _updates_begin(clocks, facts, terms, at)
    return begins or any(one.is_open and is_attached(one, terms(Metric(one.metric), one)) for one in clocks)


def is_new(since: datetime, at: datetime) -> bool:
    return (at - since).total_seconds() < 1


def _updates_begin(clocks: list[Clock], facts: Facts, terms: TermsOf, at: datetime) -> bool:
    since = facts.last_answer_at
    if since is None or facts.is_solved or is_new(since, at):
        return False
    known = {one.metric for one in clocks if one.started_at == since and not one.is_void}
    return any(metric not in known and terms(metric, None).target for metric in OF_UPDATES)


def is_attached(one: Clock, terms: Terms) -> bool:
    """Whether something is promised about what was only measured."""
    return one.target is None and terms.target is not None


def without_promise(terms: Terms) -> Terms:
    return Terms(hours=terms.hours, calendar_version=terms.calendar_version, priority=terms.priority)


def measured(metric: Metric, since: datetime, terms: Terms, past: Past, at: datetime, scope: int) -> Clock:
    """A clock that has run since then through what the ticket has gone through, as nothing had been promised; of several
    cycles the last."""
    free = without_promise(terms)
    resting = rests(metric, terms)
    before = [status for moment, status in past.statuses if moment <= since]
    made = moves.start(metric, since, free, is_paused=bool(before) and before[-1] in resting, scope=scope, cause="late")
    if before and before[-1] in SOLVED:
        moves.stop(made, since, free, cause="solved")
    for moment, status in past.statuses:
        if not since < moment <= at:
            continue
        if status in SOLVED:
            moves.stop(made, moment, free, cause="solved")
            continue
        if made.state is State.STOPPED and reopen_mode(metric, terms) is ReopenMode.NEW_CYCLE:
            made = moves.start(metric, moment, free, scope=scope, cause="late")
        elif made.state is State.STOPPED:
            moves.reopen(made, moment, reopen_mode(metric, terms), free)
        if status in resting:
            moves.pause(made, moment, free, cause=status)
        else:
            moves.resume(made, moment, free, cause=status)
    return made
