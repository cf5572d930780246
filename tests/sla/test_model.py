"""Random lives of tickets against a simulator that knows no clocks: it walks from minute to minute and counts."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from sla import moves
from sla.calendar import Hours
from sla.clock import Clock, Terms
from sla.targets import Metric, Target
from tests.sla.cases import NAMED, open_minutes
from tests.sla.lives import DEEDS, Life
from tests.sla.story import Story, kinds, minutes

START = datetime(2026, 3, 27, 7, 0, tzinfo=UTC)
LENGTH = 6 * 24 * 60
"""Minutes, over a change of summer time."""
MINUTE = timedelta(minutes=1)
TARGETS = {
    Metric.FIRST_REPLY: 60, Metric.NEXT_REPLY: 45, Metric.REQUESTER_WAIT: 300, Metric.AGENT_WORK: 200, Metric.FIRST_RESOLUTION: 400,
    Metric.TOTAL_RESOLUTION: 500,
}  # fmt: skip
ACTIONS = ["asks", "answers", "answers pending", "pending", "on_hold", "open", "solved"]
RESTING = {Metric.REQUESTER_WAIT: {"pending"}, Metric.AGENT_WORK: {"pending", "on_hold"}}

IS_OPEN = list(open_minutes(NAMED["BER"], START, LENGTH))
lives = st.lists(
    st.tuples(st.integers(1, LENGTH - 1), st.sampled_from(ACTIONS)), max_size=12, unique_by=lambda pair: pair[0]
).map(sorted)


class Count(msgspec.Struct):
    """What the simulator knows of one promise: minutes, and whether it is counting or over."""

    started: int
    open: int = 0
    is_over: bool = False
    late_at: int | None = None


def simulated(life: list[tuple[int, str]], is_open: list[bool]) -> dict[tuple[Metric, int], Count]:
    """By metric and cycle."""
    counts = {(metric, 1): Count(0) for metric in TARGETS if metric is not Metric.NEXT_REPLY}
    status, waiting, cycle = "new", False, 0
    todo = dict(life)
    for minute in range(LENGTH):
        was_solved = status == "solved"
        action = todo.get(minute, "")
        first = counts[Metric.FIRST_REPLY, 1]
        if action.startswith("answers"):
            first.is_over = True
            if cycle:
                counts[Metric.NEXT_REPLY, cycle].is_over = True
            waiting = False
            status = "pending" if "pending" in action else "open"
        elif action == "asks":
            status = "open" if status in ("pending", "on_hold", "solved") else status
            if first.is_over and not waiting:
                cycle, waiting = cycle + 1, True
                counts[Metric.NEXT_REPLY, cycle] = Count(minute)
        elif action:
            status = action
        if status == "solved":
            for count in counts.values():
                count.is_over = True
            waiting = False
        elif was_solved:
            for metric in (Metric.REQUESTER_WAIT, Metric.AGENT_WORK, Metric.TOTAL_RESOLUTION):
                counts[metric, 1].is_over = False
        for (metric, _cycle), count in counts.items():
            counts_gap = metric is Metric.TOTAL_RESOLUTION and status == "solved"
            if count.is_over and not counts_gap:
                continue
            if (
                count.open >= TARGETS[metric]
                and count.late_at is None
                and not counts_gap
                and status not in RESTING.get(metric, ())
            ):
                count.late_at = minute
            if is_open[minute] and status not in RESTING.get(metric, ()):
                count.open += 1
    return counts


@settings(max_examples=40)
@given(lives)
def test_clocks_count_as_somebody_would_who_looks_every_minute(life: list[tuple[int, str]]) -> None:
    hours = Hours(NAMED["BER"])
    told = told_by_clocks(hours, life)
    counted = simulated(life, IS_OPEN)
    end = START + LENGTH * MINUTE
    found = {(Metric(clock.metric), clock.cycle): clock for clock in told.clocks if clock.metric in TARGETS}
    assert found.keys() == counted.keys()
    for key, count in counted.items():
        clock = found[key]
        terms = told.terms(key[0], clock)
        if key[0] is Metric.TOTAL_RESOLUTION and not clock.is_open:
            continue  # the gap is added when it is open again
        assert moves.used(clock, end, terms.hours) == count.open * 60, key
        assert (START + count.started * MINUTE) == clock.started_at
        is_late = clock.breached_at is not None or (clock.running_since and clock.due_at and clock.due_at < end)
        assert bool(is_late) == (count.late_at is not None), key


def told_by_clocks(hours: Hours, life: list[tuple[int, str]]) -> Story:
    story = Story(hours, *(minutes(metric, target) for metric, target in TARGETS.items()), at=START).opened()
    for minute, action in life:
        at = START + minute * MINUTE
        if action.startswith("answers"):
            story.change(at, answers=True, status="pending" if "pending" in action else "open")
        elif action == "asks":
            wakes = story.status in ("pending", "on_hold", "solved")
            story.change(at, asks=True, status="open" if wakes else None)
        else:
            story.change(at, status=action)
    return story


@settings(max_examples=40)
@given(lives)
def test_a_clock_is_broken_once_and_its_ledger_says_so(life: list[tuple[int, str]]) -> None:
    """With a timer that looks every hour, as after outages."""
    story = Story(
        Hours(NAMED["BER"]), *(minutes(metric, target) for metric, target in TARGETS.items()), at=START
    ).opened()
    timer = [(minute, "timer") for minute in range(30, LENGTH, 60)]
    for minute, action in sorted([*life, *timer]):
        at = START + minute * MINUTE
        if action == "timer":
            for clock in story.clocks:
                moves.fire(clock, at, story.terms(Metric(clock.metric), clock))
        elif action.startswith("answers"):
            story.change(at, answers=True, status="open")
        elif action == "asks":
            story.change(at, asks=True)
        else:
            story.change(at, status=action)
    for clock in story.clocks:
        breaches = kinds(clock).count("breached")
        assert breaches <= 1
        assert (breaches == 1) == (clock.breached_at is not None)
        assert [line.gen for line in clock.ledger] == list(range(1, clock.gen + 1))
        if clock.target is not None and clock.stopped_at and clock.due_at and not clock.breached_at:
            assert clock.stopped_at <= clock.due_at


deeds = st.lists(
    st.tuples(st.sampled_from(DEEDS), st.sampled_from([0, 1, 2, 3, 5, 8, 15, 40, 200, 3000])), min_size=4, max_size=12
)


@settings(max_examples=200)
@given(deeds)
def test_whatever_happens_in_whatever_order_every_clock_is_where_it_belongs(life: list[tuple[str, int]]) -> None:
    told = Life()
    for deed, after in life:
        told.do(deed, after)
        assert not list(told.faults())


cuts = st.lists(st.integers(1, LENGTH), min_size=1, max_size=6, unique=True).map(sorted)


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


@settings(max_examples=40)
@given(lives)
def test_what_the_ledger_tells_adds_up_to_what_was_used(life: list[tuple[int, str]]) -> None:
    hours = Hours(NAMED["BER"])
    for clock in told_by_clocks(hours, life).clocks:
        assert rebuilt(clock, hours) == clock.consumed


def rebuilt(clock: Clock, hours: Hours) -> int:
    """Open seconds between the lines after which it ran, with the gaps that count."""
    ran = sum(hours.elapsed(line.at, after.at) for line, after in pairwise(clock.ledger) if line.state == "running")
    gaps = [
        (line, after) for line, after in pairwise(clock.ledger) if line.kind == "stopped" and after.kind == "reopened"
    ]
    counted = (
        sum(hours.elapsed(line.at, after.at) for line, after in gaps) if clock.metric == Metric.TOTAL_RESOLUTION else 0
    )
    return ran + counted
