"""How the time of a clock came about, from its ledger and the calendars that it was measured by: pure.

What is told are stretches (it ran, it rested, what of that was counted) and steps (what was changed meanwhile), in order.
The counted seconds of the stretches add up to what the clock has used.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from sla.calendar import ONE_DAY, Hours
from sla.clock import Clock, Line, State

SETTLING = frozenset(
    {"started", "paused", "resumed", "stopped", "cancelled", "reopened", "retargeted", "replanned", "moved"}
)
"""Lines at which a stretch ends and another begins."""
TOLD = frozenset(
    {"retargeted", "replanned", "moved", "reopened", "warned", "breached", "breach_voided", "escalated", "pinned", "unpinned"}
)  # fmt: skip
MOST_CLOSED = 7
"""So many closed times of a stretch are named, the last ones."""

Kind = Literal["run", "rest", "gap", "before", "recount"]
HoursOf = Mapping[int | None, Hours]
"""By versions of calendars, None being all time: of the clock and of every line."""


class Closed(msgspec.Struct, frozen=True):
    """A closed time, and what its holidays are called."""

    since: datetime
    until: datetime
    names: tuple[str, ...] = ()


class Stretch(msgspec.Struct, frozen=True, kw_only=True, tag_field="is", tag="stretch"):
    """`run`: its open seconds count. `rest`: nothing does. `gap`: it had ended, by mistake or until it was reopened.
    `before`: what a merge put before its start. `recount`: no time, but what was measured anew makes more, or less."""

    kind: Kind
    since: datetime
    until: datetime
    counted: int = 0
    reason: str = ""
    """Of a rest the ticket's status; of a gap why the clock had ended."""
    closed: tuple[Closed, ...] = ()
    more_closed: int = 0
    """Closed times that are not named."""
    calendar_version: int | None = None

    @property
    def length(self) -> int:
        return int((self.until - self.since).total_seconds())


class Step(msgspec.Struct, frozen=True, kw_only=True, tag_field="is", tag="step"):
    """A line of the ledger that changed something besides its time, with what held before."""

    kind: str
    at: datetime
    cause: str = ""
    target: int | None = None
    target_before: int | None = None
    priority: str = ""
    priority_before: str = ""
    policy_version: int | None = None
    policy_version_before: int | None = None
    due_at: datetime | None = None


class Explained(msgspec.Struct, frozen=True, kw_only=True):
    """Of a clock as of an instant."""

    at: datetime
    state: State
    used: int
    target: int | None
    left: int | None
    """Negative: so much too late."""
    rested: int
    """Seconds of the clock on the wall that it rested for, however open it was."""
    due_at: datetime | None
    ahead: tuple[Closed, ...] = ()
    """What is closed until it is due."""
    more_ahead: int = 0
    course: tuple[Stretch | Step, ...] = ()

    @property
    def stretches(self) -> list[Stretch]:
        return [one for one in self.course if isinstance(one, Stretch)]


def explain(clock: Clock, lines: list[Line], hours: HoursOf, at: datetime) -> Explained:
    """`lines` are all of its ledger, by `gen`; raises KeyError for a calendar that is not among `hours`."""
    told = _Telling(clock, lines, hours)
    told.tell(at)
    stretches = [one for one in told.course if isinstance(one, Stretch)]
    counted = sum(one.counted for one in stretches)
    is_ahead = clock.state is State.RUNNING and clock.due_at is not None and clock.due_at > at
    ahead, more = (
        closed_between(hours[clock.calendar_version], at, clock.due_at) if is_ahead and clock.due_at else ((), 0)
    )
    return Explained(
        at=at, state=clock.state, used=counted, target=clock.target, left=None if clock.target is None else clock.target - counted,
        rested=sum(one.length for one in stretches if one.kind == "rest"), due_at=clock.due_at, ahead=ahead, more_ahead=more,
        course=tuple(told.course),
    )  # fmt: skip


def closed_between(hours: Hours, since: datetime, until: datetime) -> tuple[tuple[Closed, ...], int]:
    """Closed times between two instants, the last ones, and how many there are besides."""
    found = list(_closed(hours, since, until))
    named = found[-MOST_CLOSED:]
    return tuple(Closed(start, end, _names(hours, start, end)) for start, end in named), len(found) - len(named)


class _Telling:
    """A ledger on its way to a course."""

    def __init__(self, clock: Clock, lines: list[Line], hours: HoursOf) -> None:
        self.clock, self.lines, self.hours = clock, lines, hours
        self.course: list[Stretch | Step] = []

    def tell(self, now: datetime) -> None:
        if not self.lines:
            return
        before = settled = self.lines[0]
        since = settled.at
        for line in self.lines[1:]:
            if line.kind in SETTLING:
                until = max(line.at, since)
                self._stretch(settled, line, since, until)
                settled, since = line, until
            if line.kind in TOLD:
                self._step(line, before)
            before = line
        if self.clock.is_open:
            self._add(settled, since, max(now, since), self.clock.calendar_version)

    def _stretch(self, settled: Line, line: Line, since: datetime, until: datetime) -> None:
        """What lies between two lines; a calendar that was changed is that of the line before until then."""
        version = settled.calendar_version if line.kind == "replanned" else line.calendar_version
        if settled.state in (State.STOPPED, State.CANCELLED):
            counted = line.consumed - settled.consumed
            self._append(Stretch(kind="gap", since=since, until=until, counted=counted, reason=settled.cause))
        else:
            self._add(settled, since, until, version)
        if line.cause == "attached_late":
            self._count_anew(line.calendar_version)
        if more := line.consumed - self._counted:
            self._correct(line, more)

    def _add(self, settled: Line, since: datetime, until: datetime, version: int | None) -> None:
        if settled.state is State.PAUSED:
            reason = settled.cause if settled.kind == "paused" else self._reason_of_rest()
            self._append(Stretch(kind="rest", since=since, until=until, reason=reason))
        else:
            self._append(self._running(since, until, version))

    def _running(self, since: datetime, until: datetime, version: int | None) -> Stretch:
        hours = self.hours[version]
        closed, more = closed_between(hours, since, until)
        return Stretch(
            kind="run", since=since, until=until, counted=hours.elapsed(since, until), closed=closed, more_closed=more,
            calendar_version=version,
        )  # fmt: skip

    def _append(self, new: Stretch) -> None:
        """What rested goes on resting, whatever was changed meanwhile; what has no length is not told."""
        last = self.course[-1] if self.course else None
        is_same = isinstance(last, Stretch) and new.kind == last.kind == "rest" and new.reason == last.reason
        if isinstance(last, Stretch) and is_same:
            self.course[-1] = msgspec.structs.replace(last, until=new.until)
        elif new.length or new.counted:
            self.course.append(new)

    def _correct(self, line: Line, more: int) -> None:
        first = self.lines[0].at
        if line.kind == "moved" and self.clock.started_at < first:
            begun = next((one for one in self.course if isinstance(one, Stretch) and one.kind == "before"), None)
            counted = more + (begun.counted if begun else 0)
            earlier = Stretch(
                kind="before", since=self.clock.started_at, until=first, counted=counted, reason=line.cause
            )
            self.course = [earlier, *(one for one in self.course if one is not begun)]
        else:
            self.course.append(Stretch(kind="recount", since=line.at, until=line.at, counted=more, reason=line.cause))

    def _count_anew(self, version: int | None) -> None:
        """Something was promised about what was only measured: by the promise's calendar from the beginning on."""
        self.course = [
            self._running(one.since, one.until, version) if isinstance(one, Stretch) and one.kind == "run" else one
            for one in self.course
        ]

    @property
    def _counted(self) -> int:
        return sum(one.counted for one in self.course if isinstance(one, Stretch))

    def _reason_of_rest(self) -> str:
        last = next((one for one in reversed(self.course) if isinstance(one, Stretch)), None)
        return last.reason if last and last.kind == "rest" else ""

    def _step(self, line: Line, before: Line) -> None:
        self.course.append(
            Step(
                kind=line.kind, at=line.at, cause=line.cause, target=line.target, target_before=before.target,
                priority=line.priority, priority_before=before.priority, policy_version=line.policy_version,
                policy_version_before=before.policy_version, due_at=line.due_at,
            )
        )  # fmt: skip


def _closed(hours: Hours, since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    end = since
    for opens, closes in [*hours.openings(since, until), (until, until)]:
        if opens - end >= timedelta(seconds=1):
            yield end, opens
        end = closes


def _names(hours: Hours, since: datetime, until: datetime) -> tuple[str, ...]:
    """Of the holidays that a closed time touches."""
    zone = ZoneInfo(hours.rules.zone)
    day, last = since.astimezone(zone).date(), (until - timedelta(seconds=1)).astimezone(zone).date()
    found: list[str] = []
    while day <= last:
        name = hours.rules.names.get(day, "")
        if name and name not in found:
            found.append(name)
        day += ONE_DAY
    return tuple(found)
