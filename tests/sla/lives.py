"""Lives of tickets: whatever may happen to one, in any order, and what must be true of its clocks after each step."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from sla import moves
from sla.calendar import Hours
from sla.clock import Clock, State
from sla.explaining import explain
from sla.metrics import OF_UPDATES, rests
from sla.targets import Metric, Target
from tests.sla.cases import NAMED
from tests.sla.story import Story, minutes

BEGAN = datetime(2026, 6, 2, 7, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOURS: dict[int | None, Hours] = {1: Hours(NAMED["A24"]), 2: Hours(NAMED["BER"]), 3: Hours(NAMED["LUN"])}
STATUSES = ("open", "pending", "on_hold", "solved")
DEEDS = (
    "asks", "answers", "answers pending", "answers solved", "asks late", "answers late", "take back", "take back solution",
    "revert", "merge", "part", *STATUSES, "trash", "restore", "team 7", "team 8", "priority urgent", "priority normal",
    "policy all", "policy urgent", "policy none", "policy resting", "calendar 1", "calendar 2", "calendar 3", "pin", "unpin", "timer", "again",
)  # fmt: skip


def _targets(length: int, **more: object) -> list[Target]:
    ladder = {
        "warnings": [{"percent": 50}, {"seconds_before": 300}],
        "steps": [{"do": "notify_lead"}, {"do": "notify_lead", "after": 600}],
    }
    return [minutes(metric, length, **ladder, **more) for metric in Metric]


POLICIES = {
    "all": [*_targets(60), *_targets(20, priority="urgent")],
    "urgent": _targets(30, priority="urgent"),
    "none": [],
    "resting": _targets(45, rests_in_pending=True),
}


class Life:
    """Of one ticket, which a customer opened. What cannot be done just then is nothing."""

    def __init__(self) -> None:
        self.at = BEGAN
        self.story = Story(HOURS[1], *POLICIES["all"], at=BEGAN, team=7).opened()
        self.merged: list[tuple[datetime, bool]] = []
        self.before = ""
        """The status that was left for the solution."""
        self.were_due: dict[int, tuple[int, datetime | None]] = {}
        """By clock its generation before the last deed, and when it was due."""
        self.made = {id(one): BEGAN for one in self.story.clocks}
        """By clock when what made it came."""

    def do(self, deed: str, after: int) -> None:
        """So many minutes later."""
        self.at += after * MINUTE
        self.were_due = {id(one): (one.gen, one.due_at) for one in self.story.clocks}
        self._do(deed, after)
        came = self._accepted(deed.split()[1:]) or self.at
        for one in self.story.clocks:
            self.made.setdefault(id(one), came)

    def _do(self, deed: str, after: int) -> None:
        story, at = self.story, self.at
        match deed.split():
            case ["asks", *late]:
                wakes = story.status in ("pending", "on_hold", "solved") and not story.left_out
                story.change(at, asks=True, status="open" if wakes else None, accepted_at=self._accepted(late))
            case ["answers", "late"]:
                story.change(at, answers=True, status="open", accepted_at=self._accepted(["late"]))
            case ["answers", *status]:
                self._status(status[0] if status else "open", answers=True)
            case ["take", "back", *solution] if any(not asks for _at, asks in story.said):
                was_solved = bool(solution) and story.status == "solved"
                story.said.remove(max(one for one in story.said if not one[1]))
                story.change(at, status=self.before if was_solved else None, is_reverted=was_solved)
            case ["revert"] if story.status == "solved":
                story.change(at, status=self.before, is_reverted=True)
            case ["merge"]:
                self.merged.append((BEGAN - after * MINUTE if after % 2 else at - after * MINUTE, after % 3 > 0))
                story.merge(at, self.merged[-1])
            case ["part"] if self.merged and self.merged[-1] in story.said:
                story.said.remove(self.merged.pop())
                story.follow(at, cause="merged")
            case ["trash" | "restore"]:
                story.change(at, left_out="trash" if deed == "trash" else "")
            case ["team", number]:
                story.change(at, team=int(number))
            case ["priority", name]:
                story.change(at, priority=name)
            case ["policy", name]:
                story.promise(at, *POLICIES[name], policy=(story.policy or 1) + len(story.policies))
            case ["calendar", version]:
                story.change_hours(at, HOURS[int(version)], int(version))
            case ["pin" | "unpin"]:
                for clock in story.clocks:
                    if clock.target is not None:
                        due = at + after * MINUTE if deed == "pin" else None
                        moves.pin(clock, due, at, story.terms(Metric(clock.metric), clock))
            case ["timer"]:
                for clock in story.clocks:
                    moves.fire(clock, at, story.terms(Metric(clock.metric), clock))
            case [status] if status in STATUSES:
                self._status(status)
            case _:
                story.follow(at)

    def _status(self, status: str, *, answers: bool = False) -> None:
        if status == "solved" and self.story.status != "solved":
            self.before = self.story.status
        self.story.change(self.at, answers=answers, status=status)

    def _accepted(self, late: list[str]) -> datetime | None:
        return max(BEGAN, self.at - 3 * MINUTE) if "late" in late else None

    def faults(self) -> Iterator[str]:
        """What is not as it must be."""
        story, clocks = self.story, self.story.clocks
        for key, count in Counter((one.metric, one.scope, one.cycle) for one in clocks).items():
            if count > 1:
                yield f"the cycle {key} is there twice"
        running = Counter((one.metric, one.scope) for one in clocks if one.is_open)
        for key, count in running.items():
            if count > 1:
                yield f"two of {key} are open"
        if running and (story.status == "solved" or story.left_out):
            yield f"{sorted(running)} are open, and nothing should be"
        for one in clocks:
            yield from (f"{one.metric} {one.cycle}: {fault}" for fault in self._faults(one))
        if story.status != "solved" and not story.left_out:
            yield from self._missing({metric for metric, _scope in running})
        before = [one.gen for one in clocks]
        story.follow(self.at)
        if [one.gen for one in clocks] != before:
            yield f"the same twice is not once: {[one.ledger[-1] for one, gen in zip(clocks, before, strict=False) if one.gen != gen]}"

    def _faults(self, one: Clock) -> Iterator[str]:
        lines, terms = one.ledger, self.story.terms(Metric(one.metric), one)
        if [line.gen for line in lines] != list(range(1, one.gen + 1)):
            yield "its lines are not one for each generation"
        broken = Counter(line.epoch for line in lines if line.kind == "breached")
        if max(broken.values(), default=0) > 1:
            yield "broken twice"
        if (one.breached_at is not None) != bool(broken[one.epoch]):
            yield "its ledger does not say whether it is broken"
        climbed = [line.threshold for line in lines if line.kind == "escalated" and line.epoch == one.epoch]
        if climbed != list(range(one.escalated)) or (climbed and one.breach_cause == "attached_late"):
            yield f"it has climbed {climbed}"
        gen, due = self.were_due.get(id(one), (one.gen, None))
        for line in lines[gen:]:
            if (
                line.kind == "breached"
                and line.at not in (self.at, due)
                and (one.is_open or line.cause not in ("restored", "taken_back"))
            ):
                yield f"it broke at {line.at}, in the past"
        if any(line.kind == "breached" and line.at < self.made[id(one)] for line in lines):
            yield "it broke before it was made"
        if (
            one.outcome == "achieved"
            and one.target
            and not one.epoch
            and one.due_at
            and one.stopped_at
            and one.stopped_at > one.due_at
        ):
            yield "it was kept after it was due"
        if one.next_fire_at and (one.state is not State.RUNNING or one.target is None):
            yield "it fires and does not run"
        if one.is_open and (one.state is State.PAUSED) != (self.story.status in rests(Metric(one.metric), terms)):
            yield f"it is {one.state} in {self.story.status}"
        if one.state is State.RUNNING and (one.due_at is None) != (one.target is None) and not one.breached_at:
            yield "what runs is due if something is promised, and else is not"
        if one.is_open and one.target != (terms.target and terms.target.seconds):
            yield "something else is promised"
        if one.is_open and one.stopped_at:
            yield "it has stopped and runs"
        told = explain(one, lines, HOURS, self.at)
        if told.used != moves.used(one, self.at, HOURS[one.calendar_version or 1]):
            yield f"{told.used} s are told and {moves.used(one, self.at, HOURS[one.calendar_version or 1])} s are used"
        if one.state is State.STOPPED and one.elapsed_business != one.consumed:
            yield "it has not used what it took"

    def _missing(self, running: set[str]) -> Iterator[str]:
        """Promises about the course of a ticket hold all the time; those of replies as long as somebody waits."""
        story = self.story
        wanted = {Metric.REQUESTER_WAIT, Metric.AGENT_WORK, Metric.TOTAL_RESOLUTION, Metric.GROUP_OWNERSHIP}
        for metric in wanted:
            if story.terms(metric, None).target and metric not in running:
                yield f"{metric} is promised and does not run"
        answers = [at for at, asks in story.said if not asks]
        were_solved = [until for (_at, status), (until, _next) in pairwise(story.statuses) if status == "solved"]
        for metric in OF_UPDATES if answers and all(until < max(answers) for until in were_solved) else ():
            begun = [one.started_at for one in story.all(metric) if one.is_open]
            if story.terms(metric, None).target and begun != [max(answers)]:
                yield f"{metric} is promised since {max(answers)} and runs since {begun}"
        solved = [at for at, status in story.statuses if status == "solved"]
        solved += [one.stopped_at for one in story.clocks if one.stopped_at and one.stop_cause == "solved"]
        heard = max([*answers, *solved], default=None)
        waits = [at for at, asks in story.said if asks and (heard is None or at > heard)]
        if waits and not running & {Metric.FIRST_REPLY, Metric.NEXT_REPLY}:
            yield "somebody waits for an answer, and nothing runs"
        if heard in answers and heard not in solved and not waits and running & {Metric.FIRST_REPLY, Metric.NEXT_REPLY}:
            yield "nobody waits for an answer, and something runs"
