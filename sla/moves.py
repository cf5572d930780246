"""What is done to a clock: it starts, rests, goes on, stops, fires (docs/sla.md).

Each move takes the instant at which its cause was accepted, changes the clock, and adds to its ledger what happened, in
order. Whether a promise was broken is judged by comparing instants: here when a clock rests or stops, by `fire` while it runs.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sla.calendar import Hours
from sla.clock import Clock, State, Terms
from sla.targets import ReopenMode

GRACE = timedelta(seconds=5)
"""After the due instant, before a timer calls it a breach: an answer accepted in time may still be on its way."""
WITHOUT_LADDER = "attached_late"
"""What was late before it was promised is told to nobody, so its ladder is not climbed."""
DOUBTFUL = ("timer", "late_stop", "retarget")
"""Causes of breaches that never were, when an answer turns out to have come before them."""


def start(
    metric: str, at: datetime, terms: Terms, *, is_paused: bool = False, scope: int = 0, cycle: int = 1, cause: str = ""
) -> Clock:
    clock = Clock(
        metric=metric, scope=scope, cycle=cycle, started_at=at, state=State.PAUSED if is_paused else State.RUNNING,
        running_since=None if is_paused else at,
    )  # fmt: skip
    _adopt(clock, terms)
    _plan(clock, terms)
    clock.original_due_at = clock.due_at
    clock.note("started", at, cause)
    return clock


def pause(clock: Clock, at: datetime, terms: Terms, *, cause: str = "") -> None:
    if clock.state is not State.RUNNING:
        return
    at = _not_before(clock, at)
    _breach_if_late(clock, at, "timer")
    _consume(clock, at, terms)
    _rest(clock)
    clock.note("paused", at, cause)


def resume(clock: Clock, at: datetime, terms: Terms, *, cause: str = "") -> None:
    if clock.state is not State.PAUSED:
        return
    clock.state, clock.running_since = State.RUNNING, at
    clock.note("resumed", at, cause)
    _run_from(clock, at, "retarget", terms)


def stop(clock: Clock, at: datetime, terms: Terms, *, cause: str = "", by: int | None = None) -> None:
    """The promise was kept, or not; at the due instant it still is. What was called a breach before the answer was worked
    off, which had been accepted in time, is none."""
    if not clock.is_open:
        return
    _void_if_early(clock, at)
    if clock.state is State.RUNNING:
        _breach_if_late(clock, at, "late_stop")
        at = _not_before(clock, at)
        _consume(clock, at, terms)
    elif terms.target and not clock.due_at:  # it would have been, had it gone on: reports look for it there
        clock.due_at = terms.hours.add(at, max(0, terms.target.seconds - clock.consumed))
    clock.state, clock.running_since, clock.stopped_at, clock.stop_cause = State.STOPPED, None, at, cause
    clock.elapsed_business, clock.stopped_by, clock.is_pinned = clock.consumed, by, False
    clock.elapsed_calendar = max(0, int((at - clock.started_at).total_seconds()))
    _unplan(clock)
    clock.note("stopped", at, cause)


def cancel(clock: Clock, at: datetime, terms: Terms, *, cause: str) -> None:
    """Nothing is promised any more; it counts in no report."""
    if not clock.is_open:
        return
    if clock.state is State.RUNNING:
        at = _not_before(clock, at)
        _consume(clock, at, terms)
    clock.state, clock.running_since, clock.stopped_at, clock.stop_cause = State.CANCELLED, None, at, cause
    _unplan(clock)
    clock.note("cancelled", at, cause)


def go_on(clock: Clock, at: datetime, terms: Terms, *, cause: str, rested: bool = False) -> None:
    """It was stopped or cancelled by mistake: as if it had run ever since, or rested. Nothing is broken in the past by that."""
    if clock.stopped_at is None:
        return
    since = clock.stopped_at
    _run_again(clock, at, terms)
    if rested:
        _rest(clock)
        clock.rested += max(0, int((at - since).total_seconds()))
        clock.note("paused", at, cause)
        return
    clock.is_pinned = clock.is_pinned and clock.due_at is not None and clock.due_at > at
    clock.consumed += terms.hours.elapsed(since, at)
    clock.note("resumed", at, cause)
    _run_from(clock, at, cause, terms)


def reopen(clock: Clock, at: datetime, mode: ReopenMode, terms: Terms) -> None:
    """A solved ticket is open again. A new cycle is a clock of its own, which is the caller's to start."""
    if clock.state is not State.STOPPED or mode in (ReopenMode.IGNORE, ReopenMode.NEW_CYCLE):
        return
    if mode is ReopenMode.INCLUDING_GAP and clock.stopped_at:
        clock.consumed += terms.hours.elapsed(clock.stopped_at, at)
    _run_again(clock, at, terms)
    clock.note("reopened", at)
    _run_from(clock, at, "reopen", terms)


def retarget(clock: Clock, at: datetime, terms: Terms, *, cause: str = "retarget") -> None:
    """Another priority or policy, or none: what was consumed stays, and nothing is broken in the past."""
    if not clock.is_open:
        return
    if clock.state is State.RUNNING:
        at = _not_before(clock, at)
        _breach_if_late(clock, at, "timer")
        _consume(clock, at, terms)
        clock.running_since = at
    _adopt(clock, terms)
    clock.is_pinned = clock.is_pinned and terms.target is not None
    if not clock.breached_at and not clock.is_pinned:
        clock.due_at = None
    clock.note("retargeted", at, cause)
    if clock.state is State.RUNNING:
        if terms.target and clock.consumed == terms.target.seconds:
            _break_now(clock, at, cause)
        _run_from(clock, at, cause, terms)


def change_hours(clock: Clock, at: datetime, before: Hours, terms: Terms, *, cause: str = "") -> None:
    """From an instant on by another calendar, or by another version of it: until then the one before held."""
    if clock.state is State.RUNNING and clock.running_since:
        at = _not_before(clock, at)
        _breach_if_late(clock, at, "timer")
        clock.consumed += before.elapsed(clock.running_since, at)
        clock.running_since = at
    clock.calendar_version = terms.calendar_version
    _plan(clock, terms)
    if clock.is_open:
        clock.note("replanned", at, cause)


def move_start(clock: Clock, started_at: datetime, at: datetime, terms: Terms) -> None:
    """It began earlier, as a merge has shown; nothing is broken in the past by that."""
    clock.consumed += terms.hours.elapsed(started_at, clock.started_at)
    clock.started_at, at = started_at, _not_before(clock, at)
    if clock.state is State.RUNNING:
        _consume(clock, at, terms)
        clock.running_since = at
    clock.note("moved", at, "merged")
    if clock.state is State.RUNNING:
        _run_from(clock, at, "merged", terms)


def pin(clock: Clock, due_at: datetime | None, at: datetime, terms: Terms) -> None:
    """Somebody set the due instant by hand, until the clock rests or stops; None: it is reckoned again, and if it would have
    passed, the promise breaks now. Only what runs and is not late has one."""
    if clock.state is not State.RUNNING or clock.is_late(at):
        return
    at = _not_before(clock, at)
    _consume(clock, at, terms)
    clock.running_since = at
    clock.is_pinned, clock.due_at = due_at is not None, due_at or clock.due_at
    clock.note("pinned" if clock.is_pinned else "unpinned", at)
    _run_from(clock, at, "retarget", terms)


def fire(clock: Clock, now: datetime, terms: Terms) -> None:
    """What a timer finds due; nothing when it comes too early, or twice."""
    if clock.state is not State.RUNNING or clock.next_fire_at is None or clock.next_fire_at > now:
        return
    if not clock.breached_at and clock.due_at and now >= clock.due_at + GRACE:
        for _at, place in _to_come(clock, terms):
            clock.warned |= 1 << place
            clock.note("superseded", clock.due_at, "timer", place)
        _breach(clock, clock.due_at, "timer")
    elif clock.next_fire_kind == "warning":
        _warn(clock, now, terms)
    elif clock.next_fire_kind == "escalation":
        clock.note("escalated", clock.next_fire_at, "timer", clock.escalated)
        clock.escalated += 1
    _plan(clock, terms)


def void(clock: Clock, at: datetime, cause: str) -> None:
    """What was called a breach was none."""
    clock.breached_at, clock.breach_cause, clock.escalated = None, "", 0
    clock.epoch += 1
    clock.note("breach_voided", at, cause)


def used(clock: Clock, at: datetime, hours: Hours) -> int:
    """Seconds consumed until an instant; `hours` are those of its calendar version."""
    running = hours.elapsed(clock.running_since, at) if clock.running_since else 0
    return clock.consumed + running


def _adopt(clock: Clock, terms: Terms) -> None:
    clock.policy_version, clock.priority = terms.policy_version, terms.priority
    clock.calendar_version = terms.calendar_version
    clock.target = terms.target.seconds if terms.target else None


def _run_again(clock: Clock, at: datetime, terms: Terms) -> None:
    """By the calendar that holds now: nobody has brought what was over up to date."""
    clock.calendar_version = terms.calendar_version
    clock.state, clock.running_since, clock.stopped_at, clock.stop_cause = State.RUNNING, at, None, ""
    clock.elapsed_business = clock.elapsed_calendar = clock.stopped_by = None


def _run_from(clock: Clock, at: datetime, cause: str, terms: Terms) -> None:
    """It runs from now on, with another time ahead than before: warnings that lie ahead again are given again."""
    _breach_if_exceeded(clock, at, cause, terms)
    if clock.warned:
        given = [place for when, place in _warnings(clock, terms) if when <= at and clock.warned & 1 << place]
        clock.warned = sum(1 << place for place in given)
    _plan(clock, terms)
    clock.original_due_at = clock.original_due_at or clock.due_at


def _rest(clock: Clock) -> None:
    clock.state, clock.running_since, clock.is_pinned = State.PAUSED, None, False
    if not clock.breached_at:
        clock.due_at = None
    _unplan(clock)


def _not_before(clock: Clock, at: datetime) -> datetime:
    """Times of a clock never go back."""
    return max(at, clock.running_since) if clock.running_since else at


def _consume(clock: Clock, at: datetime, terms: Terms) -> None:
    if clock.running_since:
        clock.consumed += terms.hours.elapsed(clock.running_since, at)


def _breach_if_late(clock: Clock, at: datetime, cause: str) -> None:
    """What a timer has not come to yet."""
    if not clock.breached_at and clock.due_at is not None and at > clock.due_at:
        _breach(clock, clock.due_at, cause)


def _breach_if_exceeded(clock: Clock, at: datetime, cause: str, terms: Terms) -> None:
    """More was consumed than there is: it is due now, not at a time that has passed."""
    if terms.target and clock.consumed > terms.target.seconds:
        _break_now(clock, at, cause)


def _break_now(clock: Clock, at: datetime, cause: str) -> None:
    if not clock.breached_at and not clock.is_pinned:
        clock.due_at = at
        _breach(clock, at, cause)


def _breach(clock: Clock, at: datetime, cause: str) -> None:
    clock.breached_at, clock.breach_cause = at, cause
    clock.note("breached", at, cause)


def _void_if_early(clock: Clock, at: datetime) -> None:
    if clock.breached_at and at <= clock.breached_at and clock.breach_cause in DOUBTFUL:
        void(clock, at, "late_processing")


def _warn(clock: Clock, now: datetime, terms: Terms) -> None:
    """Of several that are due the latest is told."""
    due = sorted((at, place) for at, place in _to_come(clock, terms) if at <= now)
    for at, place in due:
        clock.warned |= 1 << place
        clock.note("warned" if (at, place) == due[-1] else "superseded", at, "timer", place)


def _plan(clock: Clock, terms: Terms) -> None:
    """The due instant from what is left, and what fires next."""
    _unplan(clock)
    if not terms.target or not clock.running_since or clock.state is not State.RUNNING:
        return
    if not clock.breached_at and not clock.is_pinned:
        clock.due_at = terms.hours.add(clock.running_since, max(0, terms.target.seconds - clock.consumed))
    fires: list[tuple[datetime, str]] = []
    if not clock.breached_at:
        fires += [(at, "warning") for at, _place in _to_come(clock, terms)]
        fires += [(clock.due_at + GRACE, "breach")] if clock.due_at else []
    elif clock.breach_cause != WITHOUT_LADDER and clock.escalated < len(terms.target.steps):
        step = terms.hours.add(clock.breached_at, terms.target.steps[clock.escalated].after)
        fires += [(step, "escalation")] if step else []
    if fires:
        clock.next_fire_at, clock.next_fire_kind = min(fires)


def _unplan(clock: Clock) -> None:
    clock.next_fire_at, clock.next_fire_kind = None, ""


def _to_come(clock: Clock, terms: Terms) -> Iterator[tuple[datetime, int]]:
    return ((at, place) for at, place in _warnings(clock, terms) if not clock.warned & 1 << place)


def _warnings(clock: Clock, terms: Terms) -> Iterator[tuple[datetime, int]]:
    """Instants and places of its warnings; those that have passed come at once. Towards a due time that was set by hand
    they come with as much time left as otherwise."""
    if not terms.target or not clock.running_since:
        return
    target, hours, since = terms.target.seconds, terms.hours, clock.running_since
    for place, warning in enumerate(terms.target.warnings):
        after = warning.after(target)
        if clock.is_pinned and clock.due_at:
            at = hours.subtract(clock.due_at, target - after)
        else:
            at = hours.add(since, max(0, after - clock.consumed))
        if at:
            yield max(at, since), place
