"""Clocks alone: the scenarios of pause, change and reopening, and the moves that a timer makes."""

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from sla import moves
from sla.calendar import Hours
from sla.clock import Clock, State, Terms
from sla.moves import GRACE
from sla.targets import Metric, ReopenMode
from tests.sla.cases import NAMED
from tests.sla.story import kinds, minutes

BER, A24, IR = (Hours(NAMED[name]) for name in ("BER", "A24", "IR"))
WORK = Metric.AGENT_WORK


def at(text: str, zone: str = "Europe/Berlin") -> datetime:
    """`06-02 10:00` of 2026, or with seconds."""
    form = "%Y-%m-%d %H:%M:%S" if text.count(":") == 2 else "%Y-%m-%d %H:%M"
    return datetime.strptime(f"2026-{text}", form).replace(tzinfo=ZoneInfo(zone))


def tehran(text: str) -> datetime:
    return at(text, "Asia/Tehran")


def terms(target: int, hours: Hours = BER, **more: object) -> Terms:
    return Terms(hours=hours, target=minutes(WORK, target, **more), policy_version=1)


def test_51_what_was_used_before_a_pause_is_not_given_back() -> None:
    by = terms(480)
    clock = moves.start(WORK, at("06-02 10:00"), by)
    assert clock.due_at == at("06-03 10:00")
    moves.pause(clock, at("06-02 12:00"), by)
    assert clock.due_at is None
    moves.resume(clock, at("06-03 14:00"), by)
    assert (clock.consumed, clock.due_at) == (120 * 60, at("06-04 12:00"))
    moves.stop(clock, at("06-04 09:30"), by)
    assert (clock.outcome, clock.elapsed_business) == ("achieved", 330 * 60)


def test_52_a_pause_outside_opening_hours_costs_nothing_and_the_due_instant_itself_is_in_time() -> None:
    by = terms(480)
    clock = moves.start(WORK, at("06-05 15:00"), by)
    moves.pause(clock, at("06-06 10:00"), by)
    moves.resume(clock, at("06-07 20:00"), by)
    assert clock.due_at == at("06-08 15:00")
    moves.stop(clock, at("06-08 15:00:00"), by)
    assert clock.outcome == "achieved"


@pytest.mark.parametrize(("stop", "outcome"), [("06-02 10:00:00", "achieved"), ("06-02 10:00:01", "breached")])
def test_53_54_a_second_after_the_due_instant_is_late(stop: str, outcome: str) -> None:
    by = terms(60)
    clock = moves.start(WORK, at("06-02 06:00"), by)
    moves.pause(clock, at("06-02 08:00"), by)
    moves.resume(clock, at("06-02 08:30"), by)
    assert clock.due_at == at("06-02 10:00")
    moves.stop(clock, at(stop), by)
    assert clock.outcome == outcome
    late = [line for line in clock.ledger if line.kind == "breached"]
    assert [(line.at, line.cause) for line in late] == (
        [(at("06-02 10:00"), "late_stop")] if outcome == "breached" else []
    )


def test_55_a_long_pause_is_no_work_also_when_it_ends_with_the_solution() -> None:
    by = terms(480)
    clock = moves.start(WORK, at("02-02 09:00"), by)
    moves.pause(clock, at("02-02 11:00"), by)
    moves.stop(clock, at("08-03 09:00"), by)
    assert (clock.outcome, clock.elapsed_business) == ("achieved", 120 * 60)
    assert clock.due_at is not None and clock.due_at > at("08-03 09:00")


@pytest.mark.parametrize(
    ("first", "then", "when", "due"),
    [(480, 120, "06-02 10:00", "06-02 11:00"), (60, 240, "06-02 09:50", "06-02 13:00")],
)
def test_56_58_another_target_keeps_what_was_used(first: int, then: int, when: str, due: str) -> None:
    clock = moves.start(WORK, at("06-02 09:00"), terms(first))
    moves.retarget(clock, at(when), terms(then))
    assert clock.due_at == at(due)
    moves.stop(clock, at(due) - timedelta(minutes=1), terms(then))
    assert clock.outcome == "achieved"


def test_57_a_target_that_is_used_up_already_breaks_now_and_once() -> None:
    clock = moves.start(WORK, at("06-02 09:00"), terms(480))
    moves.retarget(clock, at("06-02 12:00"), terms(120))
    assert (clock.breached_at, clock.breach_cause, clock.due_at) == (at("06-02 12:00"), "retarget", at("06-02 12:00"))
    moves.fire(clock, at("06-02 13:00"), terms(120))
    moves.stop(clock, at("06-02 14:00"), terms(120))
    assert kinds(clock).count("breached") == 1


def test_59_another_calendar_keeps_what_was_used() -> None:
    clock = moves.start(WORK, at("06-02 16:00"), terms(240))
    moves.change_hours(clock, at("06-02 16:30"), BER, terms(240, A24))
    assert (clock.consumed, clock.due_at) == (30 * 60, at("06-02 20:00"))


def test_60_seconds_count() -> None:
    by = terms(60)
    clock = moves.start(WORK, at("06-02 09:00:00"), by)
    moves.pause(clock, at("06-02 09:10:10"), by)
    moves.resume(clock, at("06-02 09:10:40"), by)
    assert clock.due_at == at("06-02 10:00:30")
    moves.pause(clock, at("06-02 09:10:50"), by)
    moves.resume(clock, at("06-02 09:20:00"), by)
    assert clock.due_at == at("06-02 10:09:40")


def test_61_a_pause_over_nowruz() -> None:
    by = terms(600, IR)
    clock = moves.start(WORK, tehran("03-18 10:00"), by)
    moves.pause(clock, tehran("03-18 12:00"), by)
    moves.resume(clock, tehran("03-29 09:00"), by)
    assert (clock.consumed, clock.due_at) == (120 * 60, tehran("03-30 09:00"))


def test_62_reopened_it_goes_on_without_the_gap() -> None:
    by = terms(960)
    clock = moves.start(WORK, at("06-02 09:00"), by)
    moves.stop(clock, at("06-02 13:00"), by)
    moves.reopen(clock, at("06-04 09:00"), ReopenMode.EXCLUDING_GAP, by)
    assert (clock.consumed, clock.due_at) == (240 * 60, at("06-05 13:00"))
    moves.stop(clock, at("06-05 10:00"), by)
    assert (clock.outcome, clock.elapsed_business) == ("achieved", 780 * 60)


def test_63_reopened_with_the_gap_it_may_be_over_at_once() -> None:
    by = terms(480)
    clock = moves.start(WORK, at("06-02 09:00"), by)
    moves.stop(clock, at("06-02 10:00"), by)
    moves.reopen(clock, at("06-05 09:00"), ReopenMode.INCLUDING_GAP, by)
    assert (clock.breached_at, clock.breach_cause, clock.due_at) == (at("06-05 09:00"), "reopen", at("06-05 09:00"))


def test_a_clock_once_broken_stays_so_when_it_is_reopened() -> None:
    by = terms(60)
    clock = moves.start(WORK, at("06-02 09:00"), by)
    moves.stop(clock, at("06-02 11:00"), by)
    moves.reopen(clock, at("06-02 12:00"), ReopenMode.EXCLUDING_GAP, by)
    moves.stop(clock, at("06-02 12:01"), by)
    assert clock.outcome == "breached" and kinds(clock).count("breached") == 1


def test_what_comes_back_later_than_was_set_by_hand_is_late_then_and_not_before() -> None:
    clock, by = laddered()
    moves.pin(clock, at("06-02 09:30"), at("06-02 09:10"), by)
    moves.cancel(clock, at("06-02 09:20"), by, cause="trash")
    moves.go_on(clock, at("06-02 09:40"), by, cause="restored")
    assert (clock.due_at, clock.is_pinned) == (at("06-02 10:00"), False)


def test_what_runs_again_is_measured_by_the_calendar_that_holds_by_then() -> None:
    for again in (
        lambda one, by: moves.reopen(one, at("06-02 18:00"), ReopenMode.EXCLUDING_GAP, by),
        lambda one, by: moves.go_on(one, at("06-02 18:00"), by, cause="taken_back", rested=True),
    ):
        clock = moves.start(WORK, at("06-02 09:00"), terms(480))
        moves.stop(clock, at("06-02 10:00"), terms(480))
        again(clock, Terms(hours=A24, calendar_version=2, target=terms(480).target))
        assert (clock.calendar_version, clock.ledger[-1].calendar_version) == (2, 2)


def laddered() -> tuple[Clock, Terms]:
    by = terms(
        60,
        warnings=[{"percent": 50}, {"seconds_before": 600}],
        steps=[{"do": "notify_lead"}, {"do": "raise_priority", "after": 1800}],
    )
    return moves.start(WORK, at("06-02 09:00"), by), by


def test_warnings_the_breach_and_the_ladder_come_in_order_and_once() -> None:
    clock, by = laddered()
    seen: list[tuple[str, int]] = []
    for when in ("09:29", "09:30", "09:30", "09:50", "10:00:04", "10:00:05", "10:00:05", "10:29", "10:30", "17:30"):
        before = len(clock.ledger)
        moves.fire(clock, at(f"06-02 {when}"), by)
        seen += [(line.kind, line.threshold) for line in clock.ledger[before:]]
    assert seen == [("warned", 0), ("warned", 1), ("breached", 0), ("escalated", 0), ("escalated", 1)]
    assert clock.next_fire_at is None


def test_after_an_outage_only_the_breach_is_told() -> None:
    clock, by = laddered()
    moves.fire(clock, at("06-02 15:00"), by)
    assert kinds(clock) == ["started", "superseded", "superseded", "breached"]
    assert clock.breached_at == at("06-02 10:00")


def test_of_several_warnings_that_are_due_together_the_latest_is_told() -> None:
    clock, by = laddered()
    moves.fire(clock, at("06-02 09:55"), by)
    assert kinds(clock) == ["started", "superseded", "warned"]


def test_a_breach_waits_for_the_grace_but_a_stop_within_it_is_late() -> None:
    by = terms(60)
    clock = moves.start(WORK, at("06-02 09:00"), by)
    assert clock.next_fire_at == at("06-02 10:00") + GRACE
    moves.stop(clock, at("06-02 10:00:02"), by)
    assert (clock.outcome, clock.breach_cause) == ("breached", "late_stop")


def test_26_an_answer_accepted_in_time_voids_what_a_timer_has_called_a_breach() -> None:
    clock, by = laddered()
    moves.fire(clock, at("06-02 10:00:05"), by)
    moves.stop(clock, at("06-02 09:59:59"), by)
    assert clock.outcome == "achieved" and clock.epoch == 1
    assert kinds(clock)[-2:] == ["breach_voided", "stopped"]
    assert clock.elapsed_business == 3599


@pytest.mark.parametrize("move", [moves.retarget, moves.pause])
def test_a_change_that_came_between_them_takes_nothing_from_an_answer_in_time(move: Callable[..., None]) -> None:
    """What is found late by a change is what a timer would have found: the clock runs on, or rests, and is told of."""
    clock, by = laddered()
    move(clock, at("06-02 10:00:03"), by)
    assert (clock.breach_cause, clock.breached_at) == ("timer", at("06-02 10:00"))
    moves.stop(clock, at("06-02 09:59:50"), by)
    assert (clock.outcome, clock.epoch) == ("achieved", 1)


def test_nothing_fires_on_what_rests_has_stopped_or_was_cancelled() -> None:
    for move in (moves.pause, moves.stop):
        clock, by = laddered()
        move(clock, at("06-02 09:10"), by)
        moves.fire(clock, at("06-05 09:00"), by)
        assert "breached" not in kinds(clock) and clock.next_fire_at is None
    clock, by = laddered()
    moves.cancel(clock, at("06-02 09:10"), by, cause="merged")
    moves.fire(clock, at("06-05 09:00"), by)
    assert clock.state is State.CANCELLED and "breached" not in kinds(clock)


def test_a_calendar_without_hours_promises_nothing_and_never_loops() -> None:
    clock = moves.start(WORK, at("06-02 09:00"), terms(60, Hours(NAMED["NEVER"])))
    assert clock.due_at is None and clock.next_fire_at is None


def test_a_time_set_by_hand_holds_through_another_priority() -> None:
    clock, by = laddered()
    moves.pin(clock, at("06-04 12:00"), at("06-02 09:10"), by)
    moves.retarget(clock, at("06-02 09:20"), terms(30))
    assert clock.due_at == at("06-04 12:00")
    moves.pin(clock, None, at("06-02 09:25"), terms(30))
    assert clock.due_at == at("06-02 09:30")


def test_warnings_go_with_a_time_that_is_set_by_hand() -> None:
    """With as much time left as otherwise; one that has come comes again."""
    clock, by = laddered()
    moves.fire(clock, at("06-02 09:30"), by)
    moves.pin(clock, at("06-04 12:00"), at("06-02 09:40"), by)
    assert (clock.warned, clock.next_fire_at, clock.next_fire_kind) == (0, at("06-04 11:30"), "warning")
    moves.fire(clock, at("06-04 11:30"), by)
    moves.pin(clock, at("06-04 11:55"), at("06-04 11:40"), by)
    assert (clock.warned, clock.next_fire_at) == (1, at("06-04 11:45"))


def test_warnings_that_lie_ahead_again_under_another_target_are_given_again() -> None:
    sixty, fifty, more = (terms(length, warnings=[{"percent": 50}]) for length in (60, 50, 240))
    clock = moves.start(WORK, at("06-02 09:00"), sixty)
    moves.fire(clock, at("06-02 09:30"), sixty)
    moves.retarget(clock, at("06-02 09:40"), fifty)
    assert (clock.warned, clock.next_fire_kind) == (1, "breach")
    moves.retarget(clock, at("06-02 09:45"), more)
    assert (clock.warned, clock.next_fire_at) == (0, at("06-02 11:00"))


def test_what_was_late_before_it_was_promised_has_no_ladder() -> None:
    clock = moves.start(WORK, at("06-02 09:00"), Terms(hours=BER))
    _, by = laddered()
    moves.retarget(clock, at("06-02 12:00"), by, cause="attached_late")
    assert (clock.breach_cause, clock.next_fire_at) == ("attached_late", None)


def test_a_calendar_that_changed_after_the_due_instant_excuses_nothing() -> None:
    """Each hour is measured by the calendar that held in it."""
    clock = moves.start(WORK, at("06-02 09:00"), terms(480))
    moves.change_hours(clock, at("06-03 10:00"), BER, terms(480, A24))
    assert (clock.breached_at, clock.breach_cause) == (at("06-02 17:00"), "timer")
    moves.stop(clock, at("06-03 11:00"), terms(480, A24))
    assert clock.elapsed_business == 10 * 3600
