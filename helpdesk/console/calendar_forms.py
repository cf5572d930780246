"""The form of a calendar: what was typed as it stands in the fields, and what it means."""

from collections.abc import Iterable
from datetime import date
from typing import Any

import msgspec

from helpdesk.console.forms import Form
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.hours_text import BadHours, read_windows, windows_in_words
from helpdesk.kernel.language import _, digits
from helpdesk.kernel.typed_days import read_day, typed_day
from sla.calendar import Rules, Season, Week, Window, Windows
from sla.calendars import Calendar, Written

MOST_ROWS = 420
BLANK_DAYS = 3
DAYS = range(7)


class SeasonTyped(msgspec.Struct):
    name: str = ""
    first: str = ""
    last: str = ""
    days: list[str] = msgspec.field(default_factory=lambda: [""] * 7)
    ramadan: str = ""
    """As `estimated 2027-02-08 2027-03-09`: it is Ramadan as long as these are its days; empty: it is none."""

    @property
    def is_blank(self) -> bool:
        return not any((self.name, self.first, self.last, *self.days))

    @property
    def title(self) -> str:
        if self.ramadan and not self.name:
            return _("Ramadan (estimated)") if self.ramadan.startswith("estimated") else _("Ramadan")
        return self.name or _("Season")


class DayTyped(msgspec.Struct):
    day: str = ""
    name: str = ""
    hours: str = ""


class Typed(msgspec.Struct):
    """A calendar as it stands in its form, the days of a week Monday first."""

    name: str = ""
    zone: str = ""
    is_always: bool = False
    week: list[str] = msgspec.field(default_factory=lambda: [""] * 7)
    seasons: list[SeasonTyped] = []
    special: list[DayTyped] = []
    sets: list[int] = []


def typed_of(calendar: Calendar) -> Typed:
    own = calendar.own
    return Typed(
        name=calendar.name,
        zone=own.zone,
        is_always=own.is_always,
        week=_words(own.week),
        seasons=[
            SeasonTyped(
                one.name, digits(typed_day(one.first)), digits(typed_day(one.last)), _words(one.week), _ramadan(one)
            )
            for one in sorted(own.seasons, key=lambda one: (-one.rank, one.first))
        ],
        special=[
            DayTyped(digits(typed_day(day)), own.names.get(day, ""), in_words(own.special.get(day, ())))
            for day in sorted({*own.special, *own.closed})
        ],
        sets=calendar.sets,
    )


def typed_in(form: Form) -> Typed:
    """As it was sent; rows that are empty are left out."""
    seasons = [
        SeasonTyped(
            form.line(f"season-{row}-name"), form.line(f"season-{row}-first"), form.line(f"season-{row}-last"),
            [form.line(f"season-{row}-day-{day}") for day in DAYS], form.line(f"season-{row}-ramadan"),
        ) for row in _numbered(form, "season-%d-first")
    ]  # fmt: skip
    special = [
        DayTyped(form.line(f"special-{row}-day"), form.line(f"special-{row}-name"), form.line(f"special-{row}-hours"))
        for row in _numbered(form, "special-%d-day")
    ]
    return Typed(
        name=form.line("name"), zone=form.line("zone"), is_always=form.line("kind") == "always",
        week=[form.line(f"day-{day}") for day in DAYS], seasons=[one for one in seasons if not one.is_blank],
        special=[one for one in special if one.day or one.name or one.hours], sets=form.wholes("sets"),
    )  # fmt: skip


def written(typed: Typed) -> Written:
    """What it means; raises Invalid at `day-0`, `season-0-first`, `season-0-day-6`, `special-0-hours` and the like."""
    errors: dict[str, str] = {}
    week = _read_week(typed.week, "day-%d", errors)
    seasons = [_read_season(one, row, len(typed.seasons), errors) for row, one in enumerate(typed.seasons)]
    special: dict[date, Windows] = {}
    names: dict[date, str] = {}
    for row, one in enumerate(typed.special):
        day = _read_day(one.day, f"special-{row}-day", errors)
        windows = _read_windows(one.hours, f"special-{row}-hours", errors)
        if day in special:
            errors[f"special-{row}-day"] = _("Give each day once.")
        elif day:
            special[day], names[day] = windows, one.name
    if not typed.is_always and not errors and not any(week) and not any(any(one.week) for one in seasons if one):
        errors["day-0"] = _("Give hours of one day at least.")
    if errors:
        raise Invalid(**errors)
    own = Rules(
        zone=typed.zone, week=week, is_always=typed.is_always, seasons=tuple(one for one in seasons if one),
        special={day: windows for day, windows in special.items() if windows},
        closed=frozenset(day for day, windows in special.items() if not windows), names=names,
    )  # fmt: skip
    return Written(name=typed.name, own=own, sets=typed.sets)


def in_words(windows: Windows) -> str:
    return windows_in_words([(one.start, one.end) for one in windows])


def bars(texts: Iterable[str]) -> list[list[tuple[int, int]]]:
    """Of each day what is drawn of it: beginnings and lengths in minutes, what goes over midnight on the next one, too."""
    errors: dict[str, str] = {}
    week = [_read_windows(text, "", errors) for text in texts]
    drawn = [[(one.start, min(one.end, 1440) - one.start) for one in day] for day in week]
    for day, windows in enumerate(week):
        drawn[(day + 1) % 7] += [(0, one.end - 1440) for one in windows if one.end > 1440]
    return drawn


def _read_season(typed: SeasonTyped, row: int, count: int, errors: dict[str, str]) -> Season | None:
    """Of seasons that overlap the upper one holds."""
    first = _read_day(typed.first, f"season-{row}-first", errors)
    last = _read_day(typed.last, f"season-{row}-last", errors)
    week = _read_week(typed.days, f"season-{row}-day-%d", errors)
    if first and last and last < first:
        errors[f"season-{row}-last"] = _("A season ends on its first day or later.")
    if not first or not last:
        return None
    season = Season(first, last, week, rank=count - row, name=typed.name)
    ramadans = (msgspec.structs.replace(season, ramadan=state) for state in ("announced", "estimated"))
    return next((one for one in ramadans if _ramadan(one) == typed.ramadan), season)


def _ramadan(season: Season) -> str:
    return f"{season.ramadan} {season.first} {season.last}" if season.ramadan else ""


def _read_week(texts: list[str], field: str, errors: dict[str, str]) -> Week:
    mon, tue, wed, thu, fri, sat, sun = (_read_windows(text, field % day, errors) for day, text in enumerate(texts))
    return mon, tue, wed, thu, fri, sat, sun


def _read_windows(text: str, field: str, errors: dict[str, str]) -> Windows:
    try:
        return tuple(Window(start, end) for start, end in read_windows(text, over_midnight=True))
    except BadHours as error:
        errors[field] = str(error)
        return ()


def _read_day(text: str, field: str, errors: dict[str, str]) -> date | None:
    try:
        return read_day(text)
    except (ValueError, OverflowError):
        errors[field] = _("Write a day as 2026-12-24 or 1405-10-03.")
        return None


def _numbered(form: Form, name: str) -> Iterable[int]:
    return (row for row in range(MOST_ROWS) if form.has(name % row))


def _words(week: Week) -> list[str]:
    return [in_words(day) for day in week]


def blank() -> dict[str, Any]:
    """Rows that a form has for what is yet to be typed."""
    return {"blank_season": SeasonTyped(), "blank_days": [DayTyped()] * BLANK_DAYS}
