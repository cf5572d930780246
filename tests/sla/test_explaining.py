"""How a clock's time came about: the stretches that are told add up to what it has used, whatever was done to it."""

import random
from datetime import date, datetime, timedelta

import msgspec
import pytest

from sla import moves
from sla.calendar import Hours
from sla.clock import Clock, State, Terms
from sla.explaining import Closed, Step, Stretch, explain
from sla.targets import Metric, ReopenMode, Target
from tests.sla.cases import NAMED
from tests.sla.story import Story
from tests.sla.test_clock import at, tehran, terms

BER, IR = Hours(NAMED["BER"]), Hours(msgspec.structs.replace(NAMED["IR"], names={date(2026, 3, 21): "Nowruz"}))
ALL = {1: BER, 2: IR, 3: Hours(NAMED["NGT"]), 4: Hours(NAMED["LUN"]), None: Hours(NAMED["A24"])}


def told(clock: Clock, now: datetime, hours: Hours = BER) -> list[tuple[str, int]]:
    """Minutes that count, stretch by stretch."""
    found = explain(clock, clock.ledger, {None: hours, 1: hours}, now)
    return [(one.kind, one.counted // 60) for one in found.stretches]


def test_what_ran_and_what_rested_is_told_with_what_was_closed() -> None:
    by = msgspec.structs.replace(terms(600, IR), calendar_version=2)
    clock = moves.start(Metric.AGENT_WORK, tehran("03-18 10:00"), by)
    moves.pause(clock, tehran("03-18 12:00"), by, cause="pending")
    moves.resume(clock, tehran("03-29 09:00"), by)
    found = explain(clock, clock.ledger, ALL, tehran("03-29 10:00"))
    assert [(one.kind, one.counted // 60, one.reason) for one in found.stretches] == [
        ("run", 120, ""), ("rest", 0, "pending"), ("run", 60, ""),
    ]  # fmt: skip
    assert (found.used, found.left, found.target) == (3 * 3600, 7 * 3600, 600 * 60)
    assert found.rested == (tehran("03-29 09:00") - tehran("03-18 12:00")).total_seconds()
    assert found.due_at == tehran("03-30 09:00")
    assert found.ahead == (Closed(tehran("03-29 16:00"), tehran("03-30 08:00")),)


def test_closed_times_name_their_holidays_and_are_not_told_without_end() -> None:
    by = msgspec.structs.replace(terms(6000, IR), calendar_version=2)
    clock = moves.start(Metric.AGENT_WORK, tehran("03-19 09:00"), by)
    [ran] = explain(clock, clock.ledger, ALL, tehran("03-25 09:00")).stretches
    assert ran.closed == (Closed(tehran("03-19 12:00"), tehran("03-25 08:00"), ("Nowruz",)),)
    [ran] = explain(clock, clock.ledger, ALL, tehran("05-25 09:00")).stretches
    assert (len(ran.closed), ran.more_closed > 20) == (7, True)


def test_a_merge_that_puts_the_start_back_is_told_first() -> None:
    by = terms(480)
    clock = moves.start(Metric.NEXT_REPLY, at("06-02 12:00"), by)
    moves.move_start(clock, at("06-02 10:00"), at("06-02 13:00"), by)
    moves.move_start(clock, at("06-02 09:30"), at("06-02 14:00"), by)
    assert told(clock, at("06-02 15:00")) == [("before", 150), ("run", 60), ("run", 60), ("run", 60)]


def test_a_stop_that_was_taken_back_and_a_solution_that_did_not_last_are_gaps() -> None:
    by = terms(480)
    clock = moves.start(Metric.TOTAL_RESOLUTION, at("06-02 09:00"), by)
    moves.stop(clock, at("06-02 10:00"), by, cause="solved")
    moves.reopen(clock, at("06-02 11:00"), ReopenMode.EXCLUDING_GAP, by)
    moves.stop(clock, at("06-02 12:00"), by, cause="solved")
    moves.go_on(clock, at("06-02 14:00"), by, cause="taken_back")
    assert told(clock, at("06-02 15:00")) == [("run", 60), ("gap", 0), ("run", 60), ("gap", 120), ("run", 60)]


def test_another_priority_is_a_step_with_what_held_before() -> None:
    by = terms(480)
    clock = moves.start(Metric.AGENT_WORK, at("06-02 09:00"), by)
    higher = msgspec.structs.replace(terms(120), priority="urgent")
    moves.retarget(clock, at("06-02 12:00"), higher)
    found = explain(clock, clock.ledger, {None: BER}, at("06-02 12:30"))
    steps = [one for one in found.course if isinstance(one, Step)]
    first = steps[0]
    assert (first.kind, first.target_before, first.target, first.priority_before, first.priority) == (
        "retargeted", 480 * 60, 120 * 60, "normal", "urgent",
    )  # fmt: skip
    assert [(one.kind, one.cause) for one in steps][1:] == [("breached", "retarget")]
    assert (found.used, found.left) == (210 * 60, -90 * 60)


def test_what_was_promised_late_is_counted_by_the_promises_calendar_from_the_beginning() -> None:
    story = Story(BER, at=at("06-02 16:00")).opened()
    story.hours = ALL[4]
    story.promise(at("06-03 12:30"), Target(metric=Metric.FIRST_RESOLUTION, seconds=8 * 3600))
    clock = story.one(Metric.FIRST_RESOLUTION)
    found = explain(clock, clock.ledger, {1: ALL[4]}, at("06-03 13:30"))
    assert (found.used, [one.counted // 60 for one in found.stretches]) == (270 * 60, [240, 30])


@pytest.mark.parametrize("seed", range(60))
def test_the_counted_seconds_add_up_after_any_sequence_of_moves(seed: int) -> None:
    """Property 7: what stretches tell is what the clock has used, and only what a merge or a late promise measured anew
    is told as such."""
    dice = random.Random(seed)
    version = dice.choice([1, 2, 3, 4, None])
    now = at("03-16 08:00") + timedelta(seconds=dice.randrange(400_000))

    def by() -> Terms:
        target = Target(metric=Metric.AGENT_WORK, seconds=length) if length else None
        return Terms(hours=ALL[version], calendar_version=version, target=target, policy_version=1 if target else None)

    length = dice.choice([0, 600, 36_000, 360_000])
    clock = moves.start(Metric.AGENT_WORK, now, by(), is_paused=dice.random() < 0.2)
    for _move in range(dice.randrange(1, 25)):
        now += timedelta(seconds=dice.choice([0, 1, 59, 3_600, 20_000, 90_000, 700_000]))
        match dice.randrange(10):
            case 0 | 1:
                moves.pause(clock, now, by(), cause="pending")
            case 2 | 3:
                moves.resume(clock, now, by())
            case 4 if clock.is_open:
                length = dice.choice([0, 60, 7_200, 72_000])
                moves.retarget(clock, now, by())
            case 5 if clock.is_open:
                before, version = version, dice.choice([1, 2, 3, 4, None])
                moves.change_hours(clock, now - timedelta(seconds=dice.choice([0, 500])), ALL[before], by())
            case 6:
                moves.stop(clock, now, by(), cause="solved")
            case 7 if clock.state is State.STOPPED:
                moves.reopen(clock, now, dice.choice(list(ReopenMode)), by())
            case 8 if clock.stopped_at:
                moves.go_on(clock, now, by(), cause="taken_back")
            case 9 if clock.is_open:
                moves.move_start(clock, clock.started_at - timedelta(seconds=dice.randrange(90_000)), now, by())
            case _:
                moves.fire(clock, now, by())
    now += timedelta(seconds=dice.randrange(200_000))
    found = explain(clock, clock.ledger, ALL, now)
    assert found.used == moves.used(clock, now, by().hours)
    assert all(a.until <= b.since for a, b in zip(found.stretches, found.stretches[1:], strict=False))
    assert not [one for one in found.course if isinstance(one, Stretch) and one.kind == "recount"]
