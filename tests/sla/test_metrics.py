"""Which clocks a ticket has: what messages, statuses, teams and priorities do to them."""

from datetime import datetime, timedelta

import pytest

from sla.calendar import Hours
from sla.clock import State
from sla.targets import Metric, ReopenMode, Target
from tests.sla.cases import NAMED
from tests.sla.story import Story, kinds, minutes
from tests.sla.test_clock import at

BER, A24 = Hours(NAMED["BER"]), Hours(NAMED["A24"])
FIRST, NEXT, PERIODIC = Metric.FIRST_REPLY, Metric.NEXT_REPLY, Metric.PERIODIC_UPDATE
OWNERSHIP = Metric.GROUP_OWNERSHIP


def nine(minute: int = 0, *, hour: int = 9, day: int = 2) -> datetime:
    return at(f"06-{day:02} {hour:02}:{minute:02}")


def answered(*targets: Target, first: int = 5) -> Story:
    """A ticket that was asked at nine and answered some minutes later."""
    story = Story(BER, *targets, at=nine())
    return story.opened().change(nine(first), answers=True, status="open")


def test_64_the_oldest_unanswered_message_counts() -> None:
    story = answered(minutes(NEXT, 120)).change(nine(hour=10), asks=True).change(nine(30, hour=11), asks=True)
    assert story.due(NEXT) == nine(hour=12)
    story.change(nine(59, hour=11), answers=True)
    [clock] = story.all(NEXT)
    assert (clock.started_at, clock.outcome) == (nine(hour=10), "achieved")


def test_65_an_answer_that_sets_pending_at_once_is_an_answer() -> None:
    story = Story(BER, minutes(FIRST, 60), at=nine()).opened().change(nine(30), answers=True, status="pending")
    assert story.one(FIRST).outcome == "achieved" and story.one(FIRST).stopped_at == nine(30)


def test_66_pending_without_a_message_stops_nothing() -> None:
    story = Story(BER, minutes(FIRST, 60), at=nine()).opened().change(nine(30), status="pending")
    assert story.one(FIRST).state is State.RUNNING


def test_by_choice_it_rests_in_pending() -> None:
    story = Story(BER, minutes(FIRST, 60, rests_in_pending=True), at=nine()).opened().change(nine(30), status="pending")
    assert story.one(FIRST).state is State.PAUSED
    story.change(nine(hour=11), status="open")
    assert story.due(FIRST) == nine(30, hour=11)


def test_68_what_is_solved_waits_for_no_answer() -> None:
    story = answered(minutes(NEXT, 120)).change(nine(hour=10), asks=True).change(nine(5, hour=10), status="solved")
    assert story.one(NEXT).outcome == "achieved"
    story.change(nine(hour=13), status="open")
    assert [clock.state for clock in story.all(NEXT)] == [State.STOPPED], "reopened by hand, nothing new was asked"
    story.change(nine(hour=14), asks=True)
    assert story.one(NEXT).started_at == nine(hour=14) and story.one(NEXT).cycle == 2


def test_a_ticket_that_was_solved_unanswered_and_asked_again_waits_for_an_answer() -> None:
    story = Story(BER, minutes(FIRST, 60), minutes(NEXT, 120), at=nine()).opened().change(nine(30), status="solved")
    assert story.one(FIRST).outcome == "achieved"
    story.change(nine(hour=12), asks=True, status="open")
    assert story.one(NEXT).started_at == nine(hour=12)
    story.change(nine(hour=13), answers=True)
    assert story.one(NEXT).outcome == "achieved" and len(story.all(FIRST)) == 1


def test_what_an_agent_began_waits_from_the_customers_first_message_on() -> None:
    story = Story(BER, minutes(FIRST, 60), at=nine()).change(nine(), answers=True, status="open")
    assert not story.all(FIRST)
    story.change(nine(hour=14), asks=True)
    assert story.due(FIRST) == nine(hour=15)
    story.change(nine(30, hour=14), answers=True)
    assert story.one(FIRST).outcome == "achieved" and not story.all(NEXT)


def test_an_answer_taken_back_has_not_been_given() -> None:
    story = (
        Story(BER, minutes(FIRST, 60), minutes(PERIODIC, 240), at=nine())
        .opened()
        .change(nine(10), answers=True, status="open")
    )
    story.take_back(nine(11), status="new")
    assert story.due(FIRST) == nine(hour=10) and story.one(FIRST).consumed == 11 * 60
    assert story.one(PERIODIC).state is State.CANCELLED
    story.change(nine(20), asks=True).change(nine(30), answers=True, status="open")
    assert story.one(FIRST).elapsed_business == 30 * 60
    assert not story.all(NEXT)


def test_an_answer_taken_back_reopens_the_cycle_that_it_ended() -> None:
    story = answered(minutes(NEXT, 120), minutes(PERIODIC, 240)).change(nine(hour=10), asks=True)
    story.change(nine(hour=11), answers=True)
    story.take_back(nine(1, hour=11))
    assert [clock.cycle for clock in story.all(NEXT)] == [1] and story.due(NEXT) == nine(hour=12)
    for minute in (2, 3):
        story.follow(nine(minute, hour=11))
    assert [clock.started_at for clock in story.all(PERIODIC) if clock.is_open] == [nine(5)]
    story.change(nine(30, hour=11), answers=True).change(nine(40, hour=11), status="solved")
    assert not any(clock.is_open for clock in story.clocks)


def test_what_rested_when_it_was_put_away_has_rested_there() -> None:
    story = answered(minutes(Metric.REQUESTER_WAIT, 240)).change(nine(10), status="pending")
    story.change(nine(20), left_out="trash").change(nine(day=4), left_out="")
    clock = story.one(Metric.REQUESTER_WAIT)
    assert clock.state is State.PAUSED and clock.consumed == 600
    story.change(nine(10, day=4), status="open")
    assert clock.rested == 2 * 24 * 3600


def test_an_answer_that_solved_taken_back_leaves_the_ticket_unsolved() -> None:
    story = Story(BER, minutes(Metric.FIRST_RESOLUTION, 480), at=nine()).opened()
    story.change(nine(10), answers=True, status="solved")
    story.said.pop()
    story.change(nine(11), status="new", is_reverted=True)
    assert story.due(Metric.FIRST_RESOLUTION) == nine(hour=17) and story.one(FIRST).is_open


def test_a_second_solution_taken_back_leaves_the_first_as_it_was() -> None:
    story = (
        answered().change(nine(10), status="solved").change(nine(20), status="open").change(nine(30), status="solved")
    )
    story.change(nine(31), status="open", is_reverted=True)
    assert story.one(Metric.FIRST_RESOLUTION).stopped_at == nine(10)


def test_what_began_with_an_answer_that_is_taken_back_with_the_solution_does_not_go_on() -> None:
    story = (
        answered(minutes(NEXT, 120), minutes(PERIODIC, 240))
        .change(nine(8), asks=True)
        .change(nine(10), status="solved")
    )
    story.said = [one for one in story.said if one[1]]
    story.change(nine(11), status="open", is_reverted=True)
    assert {Metric(one.metric) for one in story.clocks if one.is_open} == {FIRST, Metric.FIRST_RESOLUTION}


def test_an_answer_that_solved_taken_back_promises_the_next_update_again() -> None:
    story = answered(minutes(PERIODIC, 240), minutes(Metric.PAUSABLE_UPDATE, 240))
    story.change(nine(hour=10), answers=True, status="solved")
    story.said.pop()
    story.change(nine(1, hour=10), status="open", is_reverted=True)
    assert story.due(PERIODIC) == story.due(Metric.PAUSABLE_UPDATE) == nine(5, hour=13)


def test_a_solution_taken_back_has_not_been_given() -> None:
    story = answered(minutes(NEXT, 120), minutes(Metric.FIRST_RESOLUTION, 480)).change(nine(hour=10), asks=True)
    story.change(nine(hour=11), status="solved").change(nine(1, hour=11), status="open", is_reverted=True)
    assert story.due(NEXT) == nine(hour=12)
    assert story.due(Metric.FIRST_RESOLUTION) == nine(hour=17)


def test_a_mail_accepted_in_time_and_worked_off_late_was_in_time() -> None:
    story = Story(BER, minutes(FIRST, 60), at=nine()).opened()
    story.change(nine(1, hour=10), answers=True, accepted_at=nine(59))
    assert story.one(FIRST).outcome == "achieved" and story.one(FIRST).elapsed_business == 59 * 60


def test_a_mail_that_waited_to_be_worked_off_started_when_it_was_accepted() -> None:
    story = answered(minutes(NEXT, 60)).change(nine(30), asks=True, accepted_at=nine(10))
    assert story.due(NEXT) == nine(10, hour=10)
    story.change(nine(40), asks=True, accepted_at=nine(8))
    assert story.due(NEXT) == nine(8, hour=10), "an older one turned up later"


def test_each_answer_promises_the_next_update() -> None:
    story = answered(minutes(PERIODIC, 120), minutes(Metric.PAUSABLE_UPDATE, 120))
    story.change(nine(hour=10), status="pending")
    assert story.due(PERIODIC) == nine(5, hour=11) and story.one(Metric.PAUSABLE_UPDATE).state is State.PAUSED
    story.change(nine(30, hour=10), answers=True)
    assert [clock.outcome for clock in story.all(PERIODIC)] == ["achieved", None]
    story.change(nine(hour=11), status="solved")
    assert [clock.outcome for clock in story.all(PERIODIC)] == ["achieved", "achieved"]


def test_waiting_working_and_the_whole_time_rest_where_they_should() -> None:
    metrics = [Metric.REQUESTER_WAIT, Metric.AGENT_WORK, Metric.FIRST_RESOLUTION, Metric.TOTAL_RESOLUTION]
    story = answered(*(minutes(one, 2400) for one in metrics))
    story.change(nine(hour=10), status="pending").change(nine(hour=11), status="on_hold").change(
        nine(hour=12), status="open"
    )
    story.change(nine(hour=13), status="solved")
    assert [story.one(one).elapsed_business for one in metrics] == [3 * 3600, 2 * 3600, 4 * 3600, 4 * 3600]
    story.change(nine(hour=14), status="open").change(nine(hour=15), status="solved")
    assert [story.one(one).elapsed_business for one in metrics] == [4 * 3600, 3 * 3600, 4 * 3600, 6 * 3600]


def test_a_new_cycle_where_the_target_wants_one() -> None:
    story = answered(minutes(Metric.AGENT_WORK, 60, reopen_mode=ReopenMode.NEW_CYCLE)).change(nine(20), status="solved")
    story.change(nine(30), status="open")
    assert [(clock.cycle, clock.state) for clock in story.all(Metric.AGENT_WORK)] == [
        (1, State.STOPPED),
        (2, State.RUNNING),
    ]
    assert story.due(Metric.AGENT_WORK) == nine(30, hour=10)


def test_each_stay_with_a_team_is_measured_by_itself() -> None:
    story = (
        Story(BER, minutes(OWNERSHIP, 60), at=nine(), team=7).opened().change(nine(30), team=8).change(nine(40), team=7)
    )
    story.change(nine(50), status="solved").change(nine(hour=10), status="open")
    found = [(clock.scope, clock.cycle, clock.stop_cause, clock.started_at) for clock in story.all(OWNERSHIP)]
    assert found == [
        (7, 1, "moved", nine()), (8, 1, "moved", nine(30)), (7, 2, "solved", nine(40)), (7, 3, "", nine(hour=10)),
    ]  # fmt: skip
    story.change(nine(hour=11), status="solved").change(nine(hour=12), team=9).change(nine(hour=13), status="open")
    assert story.one(OWNERSHIP).started_at == nine(hour=13), "a team has nothing to do with what is solved"


@pytest.mark.parametrize("reason", ["spam", "trash", "merged"])
def test_what_does_not_count_has_no_clocks_and_gets_them_back(reason: str) -> None:
    story = Story(BER, minutes(FIRST, 60), at=nine()).opened().change(nine(10), left_out=reason)
    assert {clock.state for clock in story.clocks} == {State.CANCELLED}
    story.change(nine(20), left_out="")
    assert story.due(FIRST) == nine(hour=10), "the customer has waited all the time"
    story.change(nine(30), left_out=reason).change(nine(40), answers=True).change(nine(hour=14), left_out="")
    assert (story.one(FIRST).outcome, story.one(FIRST).elapsed_business) == ("achieved", 40 * 60), "answered meanwhile"


def test_what_was_solved_while_it_was_put_away_has_waited_no_longer_than_that() -> None:
    story = Story(A24, minutes(FIRST, 60), minutes(Metric.TOTAL_RESOLUTION, 60), at=nine()).opened()
    story.change(nine(10), left_out="spam").change(nine(11), status="solved").change(nine(hour=17), left_out="")
    for metric in (FIRST, Metric.FIRST_RESOLUTION, Metric.TOTAL_RESOLUTION):
        clock = story.one(metric)
        assert (clock.breached_at, clock.stopped_at, clock.elapsed_business) == (None, nine(11), 11 * 60)


def test_what_comes_back_late_breaks_now_and_not_in_the_past() -> None:
    story = (
        Story(BER, minutes(FIRST, 60), at=nine())
        .opened()
        .change(nine(10), left_out="spam")
        .change(nine(hour=14), left_out="")
    )
    assert (story.one(FIRST).breached_at, story.one(FIRST).breach_cause) == (nine(hour=14), "restored")


def test_a_merge_moves_the_start_back_to_the_older_message() -> None:
    story = answered(minutes(NEXT, 120)).change(nine(hour=11), asks=True)
    story.said.append((nine(30, hour=10), True))
    story.follow(nine(hour=12))
    assert story.one(NEXT).started_at == nine(30, hour=10) and story.due(NEXT) == nine(30, hour=12)
    story.said.append((nine(6), True))
    story.follow(nine(15, hour=12))
    assert story.one(NEXT).breached_at == nine(15, hour=12), "never in the past"


def test_a_merge_that_makes_an_older_message_wait_breaks_now() -> None:
    story = answered(minutes(NEXT, 60)).merge(nine(hour=15), (nine(10), True))
    clock = story.one(NEXT)
    assert (clock.started_at, clock.breached_at, clock.breach_cause) == (nine(10), nine(hour=15), "merged")
    story = answered(minutes(NEXT, 60)).merge(nine(30), (nine(10), True))
    assert story.due(NEXT) == nine(10, hour=10), "what is in time counts from its message on"


def test_a_first_reply_that_a_merge_brings_with_its_answer_was_never_promised_here() -> None:
    story = Story(BER, minutes(FIRST, 60), at=nine()).change(nine(), answers=True, status="open")
    story.merge(nine(hour=15), (nine(10), True), (nine(hour=12), False))
    first = story.one(FIRST)
    assert (first.target, first.breached_at, first.elapsed_business) == (None, None, 2 * 3600 + 50 * 60)


def test_what_was_asked_or_answered_in_the_trash_breaks_when_it_comes_back() -> None:
    story = answered(minutes(NEXT, 60), minutes(PERIODIC, 60)).change(nine(6), left_out="trash")
    story.change(nine(10), asks=True).change(nine(hour=15), left_out="")
    assert (story.one(NEXT).breached_at, story.one(NEXT).breach_cause) == (nine(hour=15), "restored")
    story = answered(minutes(PERIODIC, 60)).change(nine(6), left_out="trash")
    story.change(nine(20), answers=True).change(nine(hour=15), left_out="")
    assert (story.one(PERIODIC).breached_at, story.one(PERIODIC).breach_cause) == (nine(hour=15), "restored")


@pytest.mark.parametrize("metric", [PERIODIC, Metric.PAUSABLE_UPDATE])
def test_updates_that_are_promised_late_are_late_from_then_on_and_climb_nothing(metric: Metric) -> None:
    story = answered(minutes(metric, 60, priority="urgent", steps=[{"do": "notify_lead"}]))
    story.change(nine(35, hour=10), priority="urgent")
    clock = story.one(metric)
    assert (clock.started_at, clock.breached_at, clock.breach_cause, clock.next_fire_at) == (
        nine(5), nine(35, hour=10), "attached_late", None,
    )  # fmt: skip
    story = answered(minutes(metric, 60, priority="urgent")).change(nine(20), priority="urgent")
    assert story.due(metric) == nine(5, hour=10), "what is in time counts from the answer on"
    story.change(nine(30), priority="normal").change(nine(40, hour=10), priority="urgent")
    assert story.one(metric).breached_at == nine(40, hour=10), "a slip of the priority"


def test_updates_that_are_promised_late_have_rested_while_the_customer_was_waited_for() -> None:
    metric = Metric.PAUSABLE_UPDATE
    story = Story(BER, minutes(metric, 60, priority="urgent"), at=nine()).opened()
    story.change(nine(5), answers=True, status="pending").change(nine(hour=16), status="open")
    story.change(nine(10, hour=16), priority="urgent")
    assert story.due(metric) == nine(hour=17)


def test_what_was_answered_and_solved_at_once_promises_no_update_when_it_is_open_again() -> None:
    story = answered(minutes(PERIODIC, 60)).change(nine(10), answers=True, status="solved")
    story.change(nine(hour=15), asks=True, status="open")
    assert not any(one.is_open or one.breached_at for one in story.all(PERIODIC))
    story = answered(minutes(PERIODIC, 60)).change(nine(10), answers=True, status="solved")
    story.change(nine(20), status="open", is_reverted=True)
    assert story.due(PERIODIC) == nine(10, hour=10), "the solution was a slip"


def test_a_merge_undone_gives_back_the_first_replys_own_start_and_what_it_broke_is_none() -> None:
    story = Story(BER, minutes(FIRST, 60), at=nine(40, hour=10)).opened()
    story.said.append((nine(), True))
    story.follow(nine(50, hour=10))
    assert story.one(FIRST).breach_cause == "merged"
    story.said.pop()
    story.follow(nine(hour=11))
    merged, own = story.all(FIRST)
    assert (merged.state, merged.breached_at, kinds(merged)[-2:]) == (
        State.CANCELLED,
        None,
        ["breach_voided", "cancelled"],
    )
    assert (own.started_at, own.due_at, own.cycle) == (nine(40, hour=10), nine(40, hour=11), 2)


def test_priorities_choose_their_target() -> None:
    story = Story(BER, minutes(FIRST, 240), minutes(FIRST, 60, priority="urgent"), at=nine()).opened()
    story.change(nine(30), priority="urgent")
    assert story.due(FIRST) == nine(hour=10)
    story.change(nine(40), priority="low")
    assert story.due(FIRST) == nine(hour=13)


def test_a_priority_with_the_same_time_has_its_own_warnings() -> None:
    story = Story(BER, minutes(FIRST, 60), minutes(FIRST, 60, priority="urgent", warnings=[{"percent": 50}]), at=nine())
    story.opened().change(nine(10), priority="urgent")
    assert (story.one(FIRST).next_fire_kind, story.one(FIRST).due_at) == ("warning", nine(hour=10))


def test_a_policy_that_holds_later_counts_from_the_true_beginning_and_says_so() -> None:
    story = Story(BER, at=nine()).opened().change(nine(30), status="pending").change(nine(30, hour=10), status="open")
    assert story.one(FIRST).target is None and story.due(FIRST) is None
    story.promise(nine(hour=11), minutes(FIRST, 60), minutes(Metric.AGENT_WORK, 120))
    assert (story.one(FIRST).breached_at, story.one(FIRST).breach_cause) == (nine(hour=11), "attached_late")
    assert story.due(Metric.AGENT_WORK) == nine(hour=12), "half an hour before the pause, half an hour after it"


def test_what_is_promised_no_more_is_told_to_nobody() -> None:
    story = Story(BER, minutes(FIRST, 60), minutes(Metric.AGENT_WORK, 60), at=nine()).opened().promise(nine(10))
    assert story.one(FIRST).next_fire_at is None and story.one(FIRST).due_at is None
    assert story.one(Metric.AGENT_WORK).state is State.CANCELLED


def test_what_is_promised_again_counts_from_its_beginning() -> None:
    story = Story(BER, minutes(Metric.AGENT_WORK, 120, priority="urgent"), at=nine(), priority="urgent").opened()
    story.change(nine(10), priority="low").change(nine(20), priority="urgent")
    assert [(one.cycle, one.state) for one in story.all(Metric.AGENT_WORK)] == [
        (1, State.CANCELLED),
        (2, State.RUNNING),
    ]
    assert story.due(Metric.AGENT_WORK) == nine(hour=11)


def test_the_same_change_twice_is_one() -> None:
    story = answered(minutes(NEXT, 120), minutes(PERIODIC, 60)).change(nine(hour=10), asks=True)
    before = [(clock.gen, clock.due_at) for clock in story.clocks]
    story.follow(nine(hour=10))
    story.follow(nine(hour=10) + timedelta(seconds=1))
    assert [(clock.gen, clock.due_at) for clock in story.clocks] == before


def test_a_ticket_from_before_is_measured_as_it_was() -> None:
    """Nothing was measured when it was opened, answered and solved: now it is closed."""
    story = Story(BER, at=nine())
    story.said = [(nine(), True), (nine(20), False)]
    story.statuses += [(nine(20), "open"), (nine(hour=12), "solved")]
    story.status = "closed"
    story.follow(nine(day=9))
    assert story.one(FIRST).elapsed_business == 20 * 60
    assert story.one(Metric.FIRST_RESOLUTION).elapsed_business == 3 * 3600
    assert kinds(story.one(Metric.FIRST_RESOLUTION))[-1] == "stopped"
