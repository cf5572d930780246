"""/tickets/{number}/clocks: what is promised about a ticket, and how each time came about."""

from typing import Literal

import msgspec
from litestar import get

from helpdesk.api.problems import problems
from helpdesk.api.requests import Caller, Moment, PathId
from helpdesk.kernel.time import now
from helpdesk.promises.reading import Promised, clocks_of, explained
from helpdesk.promises.telling import course, in_short
from helpdesk.tickets.queries import find_ticket
from sla.clock import State
from sla.explaining import Explained
from sla.explaining import Step as OfLedger
from sla.explaining import Stretch as Told
from sla.targets import Metric, Priority


class ClosedTime(msgspec.Struct, frozen=True):
    """`names` are those of its holidays."""

    since: Moment
    until: Moment
    names: tuple[str, ...]


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """`counted` seconds of all stretches add up to `used`. `run` counts open time, `rest` none; a `gap` is the time between an
    end and its taking back or a reopening; `before` came by a merge; `recount` is what was measured anew."""

    kind: Literal["run", "rest", "gap", "before", "recount"]
    since: Moment
    until: Moment
    counted: int
    reason: str
    """Of a rest the ticket's status."""
    closed: list[ClosedTime]
    """The last ones, if there are many."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    kind: str
    at: Moment
    cause: str
    target: int | None
    target_before: int | None
    priority: str
    priority_before: str
    due_at: Moment | None


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """`text` is in your language, `lines` one for each stretch and step, in order."""

    text: str
    lines: list[str]
    stretches: list[Stretch]
    steps: list[Step]


class TicketClock(msgspec.Struct, frozen=True, kw_only=True):
    """`target`, `used` and both `elapsed` are seconds; `target` null: it is measured, and nothing is promised.

    `outcome` is null until it has stopped. `team` is that of `group_ownership`, by name; `calendar` null: all time counts.
    """

    id: int
    metric: Metric
    cycle: int
    state: State
    outcome: Literal["achieved", "breached"] | None
    target: int | None
    used: int
    due_at: Moment | None
    original_due_at: Moment | None
    is_pinned: bool
    started_at: Moment
    stopped_at: Moment | None
    stop_cause: str
    breached_at: Moment | None
    breach_cause: str
    elapsed_business: int | None
    elapsed_calendar: int | None
    priority: Priority
    policy: str | None
    is_internal: bool
    calendar: str | None
    team: str | None
    explain: Explanation


class ClockList(msgspec.Struct, frozen=True):
    items: list[TicketClock]


@get("/tickets/{number:int}/clocks", tags=["tickets"], responses=problems(404))
async def list_clocks(number: PathId, agent: Caller) -> ClockList:
    """What is measured and promised, running clocks first, each with how its time came about."""
    ticket, at = await find_ticket(number, seen_by=agent), now()
    found = await clocks_of(ticket)
    how = await explained(found, at=at)
    return ClockList([_clock(one, how[one.id]) for one in found])


def _clock(one: Promised, how: Explained) -> TicketClock:
    clock = one.clock
    return TicketClock(
        id=one.id, metric=one.metric, cycle=clock.cycle, state=clock.state, outcome=clock.outcome, target=clock.target, used=how.used,
        due_at=clock.due_at, original_due_at=clock.original_due_at, is_pinned=clock.is_pinned, started_at=clock.started_at,
        stopped_at=clock.stopped_at, stop_cause=clock.stop_cause, breached_at=clock.breached_at, breach_cause=clock.breach_cause,
        elapsed_business=clock.elapsed_business, elapsed_calendar=clock.elapsed_calendar, priority=_priority(clock.priority),
        policy=one.policy, is_internal=one.is_internal, calendar=one.calendar, team=one.team, explain=_explanation(how),
    )  # fmt: skip


def _priority(name: str) -> Priority:
    return msgspec.convert(name, Priority)


def _explanation(how: Explained) -> Explanation:
    lines = [" · ".join(filter(None, [line.when, line.words, *line.closed, line.counted])) for line in course(how)]
    steps = [_step(one) for one in how.course if isinstance(one, OfLedger)]
    return Explanation(text=in_short(how), lines=lines, stretches=[_stretch(one) for one in how.stretches], steps=steps)


def _stretch(one: Told) -> Stretch:
    closed = [ClosedTime(each.since, each.until, each.names) for each in one.closed]
    return Stretch(
        kind=one.kind, since=one.since, until=one.until, counted=one.counted, reason=one.reason, closed=closed
    )


def _step(one: OfLedger) -> Step:
    return Step(
        kind=one.kind, at=one.at, cause=one.cause, target=one.target, target_before=one.target_before, priority=one.priority,
        priority_before=one.priority_before, due_at=one.due_at,
    )  # fmt: skip
