"""Moves and measures in business time as other products' tests do: `python -m tests.corpora.business_time [--data DIR] [--short]`.

Ends with 1 when the folder is missing or one answer is not among those that respectable libraries give.
"""

import json
import sys
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sla.calendar import Hours, Rules, Window, Windows
from tests.corpora.reporting import Table, run

Case = dict[str, Any]
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def compare(data: Path, *, is_short: bool) -> bool:
    known = json.loads((data / "business-time" / "business_time.json").read_text(encoding="utf-8"))
    hours = {name: Hours(rules_of(one)) for name, one in known["calendars"].items()}
    table = Table(is_short=is_short)
    for kind in sorted({case["op"] for case in known["vectors"]}):
        cases = [case for case in known["vectors"] if case["op"] == kind]
        table.agreement(kind, 1.0, [_judged(case, hours[case["calendar"]]) for case in cases])
    return table.show()


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
