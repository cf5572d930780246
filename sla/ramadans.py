"""Seasons that are Ramadan: each year has one, on days that are estimates until they are announced.

A calendar that has one has those of the years ahead, too. Whoever changes the days of one has taken it over: it is no
season of Ramadan any more (`console.calendar_forms`). Who wants none removes them all.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import partial

import msgspec
import structlog

from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import Invalid
from sla.calendar import Rules, Season
from sla.calendar_checking import MOST_SEASONS
from sla.calendars import change_own
from sla.countries import ramadans
from sla.holidays import years_around

Ramadan = tuple[date, date, bool]
"""First and last day, and whether they are estimates."""

ABOUT = timedelta(days=15)
"""A season that begins and ends this close to a Ramadan is that one, taken over by somebody."""

log = structlog.get_logger(__name__)

_WITH_ONE = "SELECT id FROM sla_calendar WHERE deactivated_at IS NULL AND own @? '$.seasons[*] ? (@.ramadan != \"\")'"


async def keep_ramadans(*, at: datetime) -> int:
    """Bring them up to date in all calendars in use; how many were changed. Done twice it changes nothing."""
    found = await rows(_WITH_ONE)
    if not found:
        return 0
    again, changed = partial(kept, known=await ramadans(years_around(at)), today=at.date()), 0
    for row in found:
        try:
            changed += await change_own(row["id"], again, at=at)
        except Invalid as error:  # the others have theirs all the same
            log.warning("ramadan_not_kept", calendar=row["id"], problem=error.fields)
    return changed


def kept(rules: Rules, known: Sequence[Ramadan], today: date) -> Rules:
    """The rules with Ramadans as they are known now: those that are over stay as they were, and the last one's week goes on."""
    newest = max((one for one in rules.seasons if one.ramadan), key=lambda one: one.last, default=None)
    if newest is None:
        return rules
    seasons = [_as_known(one, known) if one.ramadan and one.last >= today else one for one in rules.seasons]
    ahead = [_on(newest, one) for one in known if one[0] > newest.last and not _is_taken_over(one, rules.seasons)]
    return msgspec.structs.replace(rules, seasons=tuple([*seasons, *ahead][:MOST_SEASONS]))


def _is_taken_over(days: Ramadan, seasons: Sequence[Season]) -> bool:
    first, last, _is_estimated = days
    return any(abs(one.first - first) < ABOUT and abs(one.last - last) < ABOUT for one in seasons)


def _as_known(season: Season, known: Sequence[Ramadan]) -> Season:
    same = [one for one in known if one[0] <= season.last and season.first <= one[1]]
    return _on(season, same[0]) if same else season


def _on(season: Season, days: Ramadan) -> Season:
    first, last, is_estimated = days
    return msgspec.structs.replace(season, first=first, last=last, ramadan="estimated" if is_estimated else "announced")
