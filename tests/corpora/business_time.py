"""Moves and measures in business time as other products' tests do: `python -m tests.corpora.business_time [--data DIR] [--short]`.

Ends with 1 when the folder is missing or one answer is not among those that respectable libraries give.
"""

import json
import sys
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sla.calendar import Hours, Rules, Window, Windows
from sla.clock import Clock, State
from sla.targets import Metric
from tests.corpora.reporting import Table, run
from tests.sla.story import Story, minutes

Case = dict[str, Any]
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def compare(data: Path, *, is_short: bool) -> bool:
    known = json.loads((data / "business-time" / "business_time.json").read_text(encoding="utf-8"))
    hours = {name: Hours(rules_of(one)) for name, one in known["calendars"].items()}
    table = Table(is_short=is_short)
    for kind in sorted({case["op"] for case in known["vectors"]}):
        cases = [case for case in known["vectors"] if case["op"] == kind]
        table.agreement(kind, 1.0, [_judged(case, hours[case["calendar"]]) for case in cases])
    told = [judged for case in known["sla_scenarios"] for judged in _told(case, hours[case["calendar"]])]
    table.agreement("scenarios of promises", 1.0, told)
    return table.show()


def _told(case: Case, hours: Hours) -> Iterator[tuple[str, Any, Any]]:
    """A scenario's answers, each as in `_judged`. Their response clock runs from the first message that waits, the first
    one included; ours for the first reply from the creation where the scenario says nothing of a message."""
    targets = case["targets_minutes"]
    ours = {"first_response": Metric.FIRST_REPLY, "solution": Metric.FIRST_RESOLUTION}
    first = _story(case, hours, [(ours[name], targets[name]) for name in ours if name in targets], asks_at_once=True)
    replies = [
        (metric, targets["response"]) for metric in (Metric.FIRST_REPLY, Metric.NEXT_REPLY) if "response" in targets
    ]
    response = _story(case, hours, replies, asks_at_once=False)
    clocks = {
        "first_response": first.all(Metric.FIRST_REPLY), "solution": first.all(Metric.FIRST_RESOLUTION),
        "response": [*response.all(Metric.FIRST_REPLY), *response.all(Metric.NEXT_REPLY)],
    }  # fmt: skip
    for key, wanted in case["expect"].items():
        name, _underline, what = key.rpartition("_")
        found = _found(clocks, name, what, targets)
        accepted = [_read(one) for one in (wanted if isinstance(wanted, list) else [wanted])]
        yield f"{case['id']} {key} ({case['name']})", found, found if found in accepted else accepted[0]


def _found(clocks: dict[str, list[Clock]], name: str, what: str, targets: dict[str, int]) -> Any:
    """The due instant of what runs (`next`: of all), or whole minutes taken, or left, by the longest that has stopped."""
    if what == "due":
        asked = [one for each in clocks.values() for one in each] if name == "next" else clocks[name]
        return min((one.due_at for one in asked if one.state is State.RUNNING and one.due_at), default=None)
    taken = max((one.elapsed_business or 0 for one in clocks[name] if one.state is State.STOPPED), default=0) // 60
    return taken if what == "taken" else targets[name] - taken


def _story(case: Case, hours: Hours, targets: list[tuple[Metric, int]], *, asks_at_once: bool) -> Story:
    promised = [minutes(metric, target, rests_in_pending=True) for metric, target in targets]
    created, *events = case["events"]
    story = Story(hours, *promised, at=datetime.fromisoformat(created["at"]), status=created["state"])
    story.change(story.created_at, asks=asks_at_once)
    for event in events:
        at = datetime.fromisoformat(event["at"])
        match event["what"]:
            case "customer_message":
                if not (asks_at_once and at == story.created_at):
                    story.change(at, asks=True)
            case "agent_message":
                story.change(at, answers=True)
            case "state":
                story.change(at, status="solved" if event["state"] == "closed" else event["state"])
            case _:
                story.promise(at)
    return story


def _read(value: Any) -> Any:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def rules_of(calendar: Case) -> Rules:
    mon, tue, wed, thu, fri, sat, sun = (_windows(calendar["weekly_hours"].get(day, [])) for day in DAYS)
    return Rules(
        calendar["timezone"],
        (mon, tue, wed, thu, fri, sat, sun),
        special={date.fromisoformat(day): _windows(hours) for day, hours in calendar["special_hours"].items()},
        closed=frozenset(map(date.fromisoformat, calendar["holidays"])),
    )


def _judged(case: Case, hours: Hours) -> tuple[str, Any, Any]:
    """Its id, our answer, and the one expected; any that is accepted counts as expected."""
    given = _answer(case, hours)
    if "expect_seconds" in case:
        wanted = [case["expect_seconds"], *case.get("also_accept_seconds", ())]
    elif isinstance(given, bool):
        wanted = [case["expect"]]
    else:
        wanted = [datetime.fromisoformat(one) for one in (case["expect"], *case.get("also_accept", ()))]
    return f"{case['id']} ({case['source']})", given, given if given in wanted else wanted[0]


def _answer(case: Case, hours: Hours) -> Any:
    start = datetime.fromisoformat(case.get("start") or case["at"])
    match case["op"]:
        case "add":
            return hours.add(start, case["seconds"])
        case "subtract":
            return hours.subtract(start, case["seconds"])
        case "between":
            return hours.elapsed(start, datetime.fromisoformat(case["end"]))
        case "is_open":
            return hours.is_open(start)
        case "next_open":
            return hours.next_opening(start)
        case "previous_open":
            return hours.previous_closing(start)
        case _:
            return hours.closing_after(start)


def _windows(pairs: list[list[str]]) -> Windows:
    return tuple(Window(_minute(start), _after(_minute(start), _minute(end))) for start, end in pairs)


def _minute(text: str) -> int:
    hour, minute = text.split(":")
    return timedelta(hours=int(hour), minutes=int(minute)) // timedelta(minutes=1)


def _after(start: int, end: int) -> int:
    return end if end > start else end + 1440


if __name__ == "__main__":
    sys.exit(run(compare))
