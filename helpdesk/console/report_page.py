"""What the page of reports shows of its figures: cards, the course, the hours, the table."""

from collections.abc import Iterable
from typing import Any

import msgspec

from helpdesk.console import drawing, report_words
from helpdesk.console.report_asking import Question
from helpdesk.kernel.database import rows
from helpdesk.kernel.language import N_, _, digits, moment, number, utc, week, weekday
from helpdesk.people.directory import directory
from helpdesk.reports.figures import FIGURES, Figure
from helpdesk.reports.measuring import METRICS, NOTHING, Course, Spread
from helpdesk.reports.overview import Overview
from helpdesk.reports.promises import NONE
from helpdesk.reports.volumes import Volume
from helpdesk.tickets.words import PRIORITIES

COURSES = {"first_reply": FIGURES["first_reply"].title, "next_reply": FIGURES["next_reply"].title, "resolution": FIGURES["resolution"].title,
    "sla": FIGURES["sla"].title, "opened": N_("New and solved")}  # fmt: skip
LEVELS = 8
"""Of the hours: from none to the most."""
MOST_LINES = 50


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """A figure: what it was, its change, and what else is said of it, line by line."""

    name: str
    meant: Figure
    title: str
    value: str
    change: str
    tone: str
    before: str
    lines: list[str]
    count: str
    spark: list[str] = []


class Drawn(msgspec.Struct, frozen=True, kw_only=True):
    """The course of a figure: its lines, its scale from above, and below which steps are named; its steps as a table."""

    name: str
    title: str
    lines: list[drawing.Line]
    scale: list[str]
    named: list[str]
    head: list[str]
    steps: list[list[str]]
    is_empty: bool


class Names(msgspec.Struct, frozen=True):
    """By dimension and id, as text, what things are called; `agents` are those who can be chosen."""

    of: dict[str, dict[str, str]]

    def __getitem__(self, dimension: str) -> dict[str, str]:
        return self.of[dimension]


_NAMES = """
SELECT 'channel' AS kind, id, name FROM hd_channel UNION ALL
SELECT 'policy', id, name FROM sla_policy UNION ALL
SELECT 'organisation', id, name FROM hd_organisation WHERE id = ANY({}) ORDER BY 1, 3, 2
"""


async def names_of(asked: Question, organisations: Iterable[str | None] = ()) -> Names:
    """Names of what figures are split by; of organisations only those that are named."""
    people = await directory()
    wanted = {int(one) for one in organisations if one} | {asked.asked.organisation or 0}
    found = await rows(_NAMES, sorted(wanted))
    of: dict[str, dict[str, str]] = {kind: {} for kind in ("channel", "policy", "organisation")}
    for row in found:
        of[row["kind"]][str(row["id"])] = row["name"]
    return Names(
        of
        | {
            "team": {str(one.id): one.name for one in people.teams.values()},
            "agent": {str(one.id): one.name for one in people.agents.values()},
            "priority": {name: _(words) for name, words in PRIORITIES.items()},
        }
    )


def cards(asked: Question, found: Overview) -> list[Card]:
    """The large ones: three times, and whether promises were kept."""
    times = [_time_card(asked, name, found.times[name]) for name in METRICS]
    now, before = found.outcomes.now, found.outcomes.before
    kept = _card(
        "sla", report_words.share(now.share), now.share, before.share, shown=report_words.share(before.share),
        count=_("%(kept)s of %(all)s promises") % {"kept": number(now.kept), "all": number(now.count)} if now.count else _("Nothing was promised"),
        lines=_late_lines(found.lateness),
        spark=drawing.spark(_values({place: one.share for place, one in found.outcomes.steps.items()}, asked)),
    )  # fmt: skip
    return [*times, kept]


def small_cards(asked: Question, found: Overview) -> list[Card]:
    """How much there was, and what may be done to look better than one is."""
    solved = found.times["resolution"]
    volumes = {
        "opened": found.opened,
        "solved": Volume(solved.now.count, solved.before.count, {place: one.count for place, one in solved.steps.items()}),
        "reopened": found.reopened,
        "parked": found.parked,
    }  # fmt: skip
    made = [_volume_card(asked, name, one) for name, one in volumes.items()]
    if solved.now.count:
        part = report_words.share(found.reopened.now / solved.now.count)
        made[2] = msgspec.structs.replace(made[2], lines=[_("%(share)s of the solved ones") % {"share": part}])
    now, before = found.pauses
    made.append(
        _card(
            "pauses",
            report_words.share(now),
            now,
            before,
            shown=report_words.share(before),
            lines=[_("of calendar time")],
        )
    )
    return made


def course(asked: Question, found: Overview) -> Drawn:
    """The chosen figure, step by step."""
    name = asked.typed["course"] if asked.typed["course"] in COURSES else "first_reply"
    if name in METRICS:
        return _course_of_times(name, found.times[name], asked)
    if name == "sla":
        return _course_of_promises(found, asked)
    return _course_of_tickets(found, asked)


def heat(found: Overview, asked: Question) -> dict[str, Any]:
    """New tickets by weekday and hour, in the order of the reader's week: levels for the picture, and the busiest hour."""
    most = max(found.hours.values(), default=0)
    lines = [
        (weekday(day), [(hour, count, -(-count * LEVELS // most) if most else 0) for hour in range(24) if (count := found.hours.get((day, hour), 0)) >= 0])
        for day in week()
    ]  # fmt: skip
    busiest = max(found.hours, key=lambda place: found.hours[place], default=None)
    told = ""
    if busiest:
        told = _("Most on %(day)s from %(hour)s: %(count)s") % {
            "day": weekday(busiest[0]), "hour": digits(f"{busiest[1]:02}:00"), "count": number(most),
        }  # fmt: skip
    return {"lines": lines, "told": told, "zone": asked.asked.period.zone.key}


def table(asked: Question, found: Overview, names: Names) -> list[dict[str, Any]]:
    """A line for each team, agent, …: those with the most first, of which the page shows MOST_LINES; None is what has none."""
    known = names[asked.typed["by"]]
    splits = (
        found.times["first_reply"].by,
        found.times["resolution"].by,
        found.times["next_reply"].by,
        found.outcomes.by,
        found.opened.by,
    )
    keys = {key for split in splits for key in split}
    lines = [
        {
            "key": key, "name": known.get(key or "", ""), "first_reply": found.times["first_reply"].by.get(key, NOTHING),
            "next_reply": found.times["next_reply"].by.get(key, NOTHING), "resolution": found.times["resolution"].by.get(key, NOTHING),
            "kept": found.outcomes.by.get(key, NONE), "opened": found.opened.by.get(key, 0),
        }
        for key in keys
    ]  # fmt: skip
    return sorted(
        lines, key=lambda one: (one["key"] is None, -one["resolution"].count, -one["first_reply"].count, one["name"])
    )


def table_lines(
    asked: Question, found: Overview, names: Names, *, of_course: bool
) -> tuple[list[str], list[list[Any]]]:
    """The table as a file: seconds and whole numbers, all that the page shows and what it leaves out."""
    spreads = [f"{name}_{part}" for name in METRICS for part in Spread.__struct_fields__]
    if of_course:
        head = ["from", *spreads, "promises", "broken", "opened"]
        lines = [
            [utc(start), *_spread_cells([found.times[name].steps.get(place, NOTHING) for name in METRICS]), *_kept_cells(found.outcomes.steps.get(place, NONE)), found.opened.steps.get(place, 0)]
            for place, start in enumerate(asked.asked.period.starts)
        ]  # fmt: skip
        return head, lines
    head = [asked.typed["by"], "name", *spreads, "promises", "broken", "opened"]
    lines = [
        [
            one["key"],
            one["name"],
            *_spread_cells([one[name] for name in METRICS]),
            *_kept_cells(one["kept"]),
            one["opened"],
        ]
        for one in table(asked, found, names)
    ]
    return head, lines


def _spread_cells(spreads: list[Spread]) -> list[Any]:
    return [value for one in spreads for value in msgspec.structs.astuple(one)]


def _kept_cells(kept: Any) -> list[int]:
    return [kept.count, kept.broken]


def _time_card(asked: Question, name: str, one: Course) -> Card:
    now, before = one.now, one.before
    lines = [
        _("business time · 90th percentile %(length)s") % {"length": report_words.length(now.p90_business)},
        _("calendar time: %(median)s · 90th percentile %(length)s") % {
            "median": report_words.length(now.median_calendar, in_days=True), "length": report_words.length(now.p90_calendar, in_days=True),
        },
    ]  # fmt: skip
    return _card(
        name, report_words.length(now.median_business), now.median_business, before.median_business, shown=report_words.length(before.median_business),
        title=_("%(figure)s, median") % {"figure": _(FIGURES[name].title)}, count=_tickets(now.count), lines=lines if now.count else [],
        spark=drawing.spark(_values({place: step.median_business for place, step in one.steps.items()}, asked)),
    )  # fmt: skip


def _volume_card(asked: Question, name: str, one: Volume) -> Card:
    return _card(
        name, number(one.now), one.now, one.before, shown=number(one.before),
        spark=drawing.spark([one.steps.get(place, 0) for place in range(len(asked.asked.period.starts))]),
    )  # fmt: skip


def _card(
    name: str, value: str, now: float | None, before: float | None, *, shown: str, title: str = "", lines: list[str] | None = None, count: str = "",
    spark: list[str] | None = None,
) -> Card:  # fmt: skip
    meant = FIGURES[name]
    return Card(
        name=name, meant=meant, title=title or _(meant.title), value=value, before=shown, lines=lines or [], count=count, spark=spark or [],
        change=report_words.change(now, before, is_share=meant.unit == "share"), tone=report_words.tone(now, before, meant.less_is_better),
    )  # fmt: skip


def _late_lines(late: Spread) -> list[str]:
    if not late.count:
        return []
    return [
        _("Broken ones late by, median: %(business)s business time, %(calendar)s calendar time") % {
            "business": report_words.length(late.median_business), "calendar": report_words.length(late.median_calendar, in_days=True),
        }
    ]  # fmt: skip


def _tickets(count: int) -> str:
    return _("%(n)s measured") % {"n": number(count)}


def _values(steps: dict[int, Any], asked: Question) -> list[Any]:
    return [steps.get(place) for place in range(len(asked.asked.period.starts))]


def _course_of_times(name: str, one: Course, asked: Question) -> Drawn:
    steps = [one.steps.get(place, NOTHING) for place in range(len(asked.asked.period.starts))]
    most = drawing.top([step.p90_business for step in steps], "seconds")
    length = report_words.length
    return _drawn(
        name, asked,
        [drawing.line("p90", _("90th percentile"), [step.p90_business for step in steps], most), drawing.line("median", _("median"), [step.median_business for step in steps], most)],
        [length(round(most)), length(round(most / 2)), length(0)],
        [_("Count"), _("Median, business time"), _("90th percentile, business time"), _("Median, calendar time"), _("90th percentile, calendar time")],
        [[number(step.count), length(step.median_business), length(step.p90_business), length(step.median_calendar, in_days=True), length(step.p90_calendar, in_days=True)] for step in steps],
    )  # fmt: skip


def _course_of_promises(found: Overview, asked: Question) -> Drawn:
    steps = [found.outcomes.steps.get(place, NONE) for place in range(len(asked.asked.period.starts))]
    return _drawn(
        "sla", asked, [drawing.line("median", _("SLA met"), [step.share for step in steps], 1)],
        [report_words.share(1), report_words.share(0.5), report_words.share(0)], [_("SLA met"), _("Promises kept"), _("Promises broken")],
        [[report_words.share(step.share), number(step.kept), number(step.broken)] for step in steps],
    )  # fmt: skip


def _course_of_tickets(found: Overview, asked: Question) -> Drawn:
    count = len(asked.asked.period.starts)
    new = [found.opened.steps.get(place, 0) for place in range(count)]
    solved = [found.times["resolution"].steps.get(place, NOTHING).count for place in range(count)]
    most = drawing.top([*new, *solved], "count")
    return _drawn(
        "opened", asked, [drawing.line("p90", _("Solved"), solved, most), drawing.line("median", _("New tickets"), new, most)],
        [number(round(most)), number(round(most / 2)), number(0)], [_("New tickets"), _("Solved")],
        [[number(a), number(b)] for a, b in zip(new, solved, strict=True)],
    )  # fmt: skip


def _drawn(
    name: str, asked: Question, lines: list[drawing.Line], scale: list[str], head: list[str], steps: list[list[str]]
) -> Drawn:
    starts = [
        moment(start, "time" if asked.asked.period.step == "hour" else "day") for start in asked.asked.period.starts
    ]
    return Drawn(
        name=name, title=_(COURSES[name]), lines=lines, scale=scale, named=[starts[place] for place in drawing.ticks(len(starts))],
        head=[_STEPS[asked.asked.period.step](), *head], steps=[[start, *cells] for start, cells in zip(starts, steps, strict=True)],
        is_empty=not any(value for line in lines for value in line.values),
    )  # fmt: skip


_STEPS = {
    "hour": lambda: _("Hour"),
    "day": lambda: _("Day"),
    "week": lambda: _("Week from"),
    "month": lambda: _("Month from"),
}
