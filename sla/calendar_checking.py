"""What may be written down as a calendar: rules as they are kept, with what is wrong said at its field."""

from collections.abc import Iterable
from datetime import date
from functools import cache
from zoneinfo import available_timezones

import msgspec

from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.hours_text import DAY, merged
from helpdesk.kernel.language import _, digits
from sla.calendar import Rules, Season, Week, Window, Windows

MOST_WINDOWS, MOST_SEASONS, MOST_DAYS = 12, 40, 400
LONGEST_NAME = 200
FIRST, LAST = date(1970, 1, 1), date(2199, 12, 31)


def checked(rules: Rules) -> Rules:
    """The rules in the one form in which equal ones are the same; raises Invalid at `zone`, `week`, `seasons` or `special`.

    Windows are in order and merged where they overlap or touch, seasons by rank and date, names without spare blanks.
    """
    if not is_zone(rules.zone):
        raise Invalid(zone=_("There is no such time zone."))
    if rules.is_always:
        empty: Week = ((), (), (), (), (), (), ())
        return Rules(zone=rules.zone, week=empty, is_always=True)
    if len(rules.seasons) > MOST_SEASONS:
        raise Invalid(seasons=_("At most %(n)s seasons.") % {"n": digits(MOST_SEASONS)})
    if len(rules.special) + len(rules.closed) > MOST_DAYS:
        raise Invalid(
            special=_("At most %(n)s special days; put holidays into a set of holidays.") % {"n": digits(MOST_DAYS)}
        )
    _demand_days({*rules.special, *rules.closed}, "special")
    named = {day: _name(name, "special") for day, name in rules.names.items() if name.strip()}
    return Rules(
        zone=rules.zone,
        week=_week(rules.week, "week"),
        seasons=tuple(
            sorted(map(_season, rules.seasons), key=lambda one: (one.rank, one.first, one.last, one.name, one.week))
        ),
        special={
            day: _windows(hours, "special") for day, hours in sorted(rules.special.items()) if day not in rules.closed
        },
        closed=rules.closed,
        names={day: named[day] for day in sorted(named) if day in rules.special or day in rules.closed},
    )


def bare(rules: Rules) -> Rules:
    """Without names: what decides when it is open. What a season is called, or is, is not a part of that either."""
    seasons = tuple(msgspec.structs.replace(one, name="", ramadan="") for one in rules.seasons)
    return msgspec.structs.replace(rules, seasons=seasons, names={})


def is_zone(name: str) -> bool:
    """Whether it names a place (`Europe/Berlin`) or UTC: others are old names, or have no rules of a place."""
    return name in zone_names()


@cache
def zone_names() -> frozenset[str]:
    return frozenset(
        one for one in available_timezones() if "/" in one and not one.startswith(("posix/", "right/"))
    ) | {"UTC"}


def _season(season: Season) -> Season:
    _demand_days((season.first, season.last), "seasons")
    if season.last < season.first:
        raise Invalid(seasons=_("A season ends on its first day or later."))
    if not -1000 <= season.rank <= 1000:
        raise Invalid(seasons=_("The rank of a season is between -1000 and 1000."))
    return msgspec.structs.replace(season, week=_week(season.week, "seasons"), name=_name(season.name, "seasons"))


def _week(week: Week, field: str) -> Week:
    mon, tue, wed, thu, fri, sat, sun = (_windows(one, field) for one in week)
    return mon, tue, wed, thu, fri, sat, sun


def _windows(windows: Windows, field: str) -> Windows:
    if len(windows) > MOST_WINDOWS:
        raise Invalid(**{field: _("At most %(n)s windows a day.") % {"n": digits(MOST_WINDOWS)}})
    for one in windows:
        if not 0 <= one.start < DAY or not one.start < one.end <= one.start + DAY:
            raise Invalid(
                **{field: _("Windows are minutes after midnight: 0 ≤ start < 1440, and an end at most a day later.")}
            )
    return tuple(Window(start, end) for start, end in merged([(one.start, one.end) for one in windows]))


def _demand_days(days: Iterable[date], field: str) -> None:
    if any(not FIRST <= day <= LAST for day in days):
        raise Invalid(**{field: _("Days lie between 1970 and 2199.")})


def _name(name: str, field: str) -> str:
    tidy = " ".join(name.split())
    if len(tidy) > LONGEST_NAME:
        raise Invalid(**{field: _("A name has at most %(n)s letters.") % {"n": digits(LONGEST_NAME)}})
    return tidy
