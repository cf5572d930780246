"""Random lives of tickets: against a simulator that knows no clocks and counts from minute to minute, and against what must
always be true."""

from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from sla import moves
from sla.calendar import Hours
from sla.clock import Terms
from sla.targets import Metric, Target
from tests.sla.cases import NAMED, open_minutes
from tests.sla.lives import DEEDS, Life
from tests.sla.story import Story, minutes

START = datetime(2026, 3, 27, 7, 0, tzinfo=UTC)
LENGTH = 6 * 24 * 60
"""Minutes, over a change of summer time."""
MINUTE = timedelta(minutes=1)
TARGETS = {
    Metric.FIRST_REPLY: 60, Metric.NEXT_REPLY: 45, Metric.PERIODIC_UPDATE: 120, Metric.PAUSABLE_UPDATE: 90, Metric.REQUESTER_WAIT: 300,
    Metric.AGENT_WORK: 200, Metric.FIRST_RESOLUTION: 400, Metric.TOTAL_RESOLUTION: 500, Metric.GROUP_OWNERSHIP: 250,
}  # fmt: skip
OF_REPLIES = (Metric.FIRST_REPLY, Metric.NEXT_REPLY, Metric.PERIODIC_UPDATE, Metric.PAUSABLE_UPDATE)
GOING_ON = (Metric.REQUESTER_WAIT, Metric.AGENT_WORK, Metric.TOTAL_RESOLUTION)
ACTIONS = ["asks", "answers", "answers pending", "pending", "on_hold", "open", "solved", "team 7", "team 8"]
RESTING = {
    Metric.REQUESTER_WAIT: {"pending"},
    Metric.AGENT_WORK: {"pending", "on_hold"},
    Metric.PAUSABLE_UPDATE: {"pending"},
}

IS_OPEN = list(open_minutes(NAMED["BER"], START, LENGTH))
lives = st.lists(
    st.tuples(st.integers(1, LENGTH - 1), st.sampled_from(ACTIONS)), max_size=12, unique_by=lambda pair: pair[0]
).map(sorted)


class Count(msgspec.Struct):
    """What the simulator knows of one promise: minutes, and whether it is counting or over."""

    metric: Metric
    scope: int
    started: int
    open: int = 0
    is_over: bool = False
    late_at: int | None = None


class Simulator:
    def __init__(self) -> None:
        self.counts: list[Count] = []
        self.status, self.team, self.is_waiting = "new", 7, False
        for metric in (Metric.FIRST_REPLY, Metric.FIRST_RESOLUTION, *GOING_ON):
            self.begin(metric, 0)
        self.begin(Metric.GROUP_OWNERSHIP, 0, 7)

    def begin(self, metric: Metric, minute: int, scope: int = 0) -> None:
        self.counts.append(Count(metric, scope, minute))

    def end(self, *metrics: Metric) -> None:
        for count in self.counts:
            if count.metric in metrics:
                count.is_over = True

    def act(self, action: str, minute: int) -> None:
        was_solved = self.status == "solved"
        match action.split():
            case ["answers", *status]:
                self.end(*OF_REPLIES)
                self.begin(Metric.PERIODIC_UPDATE, minute)
                self.begin(Metric.PAUSABLE_UPDATE, minute)
                self.is_waiting, self.status = False, status[0] if status else "open"
            case ["asks"]:
                self.status = self.status if self.status == "new" else "open"
                if self.counts[0].is_over and not self.is_waiting:
                    self.is_waiting = True
                    self.begin(Metric.NEXT_REPLY, minute)
            case ["team", team] if int(team) != self.team:
                self.team = int(team)
                self.end(Metric.GROUP_OWNERSHIP)
                if not was_solved:
                    self.begin(Metric.GROUP_OWNERSHIP, minute, self.team)
            case [status]:
                self.status = status
            case _:
                pass
        if self.status == "solved":
            self.end(*Metric)
            self.is_waiting = False
        elif was_solved:
            for count in self.counts:
                count.is_over = count.is_over and count.metric not in GOING_ON
            self.begin(Metric.GROUP_OWNERSHIP, minute, self.team)

    def pass_by(self, minute: int, *, is_open: bool) -> None:
        """Total resolution counts the time in which it was solved, too, once it is open again."""
        for count in self.counts:
            is_gap = count.metric is Metric.TOTAL_RESOLUTION and self.status == "solved"
            if (count.is_over and not is_gap) or self.status in RESTING.get(count.metric, ()):
                continue
            if count.late_at is None and count.open >= TARGETS[count.metric] and not is_gap:
                count.late_at = minute
            count.open += is_open


def simulated(life: list[tuple[int, str]]) -> dict[tuple[Metric, int, int], Count]:
    """By metric, scope and cycle."""
    simulator, todo = Simulator(), dict(life)
    for minute in range(LENGTH):
        if action := todo.get(minute):
            simulator.act(action, minute)
        simulator.pass_by(minute, is_open=IS_OPEN[minute])
    found: dict[tuple[Metric, int, int], Count] = {}
    for count in simulator.counts:
        cycle = 1 + sum(key[:2] == (count.metric, count.scope) for key in found)
        found[count.metric, count.scope, cycle] = count
    return found


@settings(max_examples=30)
@given(lives)
def test_clocks_count_as_somebody_would_who_looks_every_minute(life: list[tuple[int, str]]) -> None:
    told, counted = told_by_clocks(life), simulated(life)
    end = START + LENGTH * MINUTE
    found = {(Metric(clock.metric), clock.scope, clock.cycle): clock for clock in told.clocks}
    assert found.keys() == counted.keys()
    for key, count in counted.items():
        clock = found[key]
        if key[0] is Metric.TOTAL_RESOLUTION and not clock.is_open:
            continue  # the gap is added when it is open again
        assert moves.used(clock, end, told.hours) == count.open * 60, key
        assert (START + count.started * MINUTE) == clock.started_at
        is_late = clock.breached_at is not None or (clock.running_since and clock.due_at and clock.due_at < end)
        assert bool(is_late) == (count.late_at is not None), key


def told_by_clocks(life: list[tuple[int, str]]) -> Story:
    targets = [minutes(metric, target) for metric, target in TARGETS.items()]
    story = Story(Hours(NAMED["BER"]), *targets, at=START, team=7).opened()
    for minute, action in life:
        at = START + minute * MINUTE
        match action.split():
            case ["answers", *status]:
                story.change(at, answers=True, status=status[0] if status else "open")
            case ["asks"]:
                story.change(at, asks=True, status=None if story.status == "new" else "open")
            case ["team", team]:
                story.change(at, team=int(team))
            case _:
                story.change(at, status=action)
    return story


deeds = st.lists(
    st.tuples(st.sampled_from(DEEDS), st.sampled_from([0, 1, 2, 3, 5, 8, 15, 40, 200, 3000])), min_size=4, max_size=12
)


@settings(max_examples=150)
@given(deeds)
def test_whatever_happens_in_whatever_order_every_clock_is_where_it_belongs(life: list[tuple[str, int]]) -> None:
    told = Life()
    for deed, after in life:
        told.do(deed, after)
        assert not list(told.faults())


cuts = st.lists(st.integers(1, LENGTH), min_size=1, max_size=6, unique=True).map(sorted)


@settings(max_examples=60)
@given(cuts, st.sampled_from(["BER", "NGT", "XMAS"]))
def test_a_pause_of_no_length_and_one_outside_opening_hours_move_nothing(cut: list[int], name: str) -> None:
    hours = Hours(NAMED[name])
    terms = Terms(hours=hours, target=Target(metric=Metric.AGENT_WORK, seconds=3600 * 30), policy_version=1)
    plain, cutting = (moves.start(Metric.AGENT_WORK, START, terms) for _ in range(2))
    for minute in cut:
        at = START + minute * MINUTE
        if not cutting.due_at or at > cutting.due_at:
            break
        moves.pause(cutting, at, terms)
        opening = hours.next_opening(at)
        assert opening is not None
        moves.resume(cutting, opening, terms)
    assert cutting.due_at == plain.due_at
