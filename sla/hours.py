"""The hours of a calendar, for whoever measures by them: read once in a process, since a version never changes."""

from functools import cache

import msgspec

from helpdesk.kernel.database import rows
from sla.calendar import Hours, Rules

KEPT = 256
"""Versions in memory; each is some tens of kilobytes once it has been asked."""

NO_WINDOWS = ((), (), (), (), (), (), ())

_kept: dict[int, Hours] = {}
_newest: dict[int, int] = {}
"""Versions by calendar, as of one edition."""
_calendars: dict[int, int] = {}
"""Calendars by version: for ever."""
_edition = -1


@cache
def always() -> Hours:
    """All time counts."""
    return Hours(Rules(zone="UTC", week=NO_WINDOWS, is_always=True))


async def hours(version: int | None) -> Hours:
    """Those of one version of a calendar, None being all time; raises LookupError when there is no such version."""
    if version is None:
        return always()
    found = _kept.pop(version, None) or await _read(version)
    _kept[version] = found
    if len(_kept) > KEPT:
        _kept.pop(next(iter(_kept)), None)
    return found


async def current(calendar: int | None, *, edition: int | None = None) -> tuple[int | None, Hours]:
    """The newest version of a calendar with its hours; None being all time. Raises LookupError for an unknown calendar.

    `edition` is that of the settings, for who has just read it; what is remembered holds for one edition. Not for the
    transaction that changes a calendar: what it sees may never be.
    """
    global _edition
    if calendar is None:
        return None, always()
    edition = await read_edition() if edition is None else edition
    if edition != _edition:
        _newest.clear()
        _edition = edition
    version = _newest.get(calendar)
    if version is None:
        version = await _version(calendar)
        if edition == _edition:
            _newest[calendar] = version
    return version, await hours(version)


async def newest(version: int | None, *, edition: int) -> tuple[int | None, Hours]:
    """The newest version of the calendar that a version is of, with its hours; None being all time."""
    return await current(await calendar_of(version), edition=edition)


async def calendar_of(version: int | None) -> int | None:
    """Which calendar a version is of; None being all time."""
    if version is not None and version not in _calendars:
        found = await rows("SELECT calendar FROM sla_calendar_version WHERE id = {}", version)
        _calendars[version] = found[0]["calendar"]
    return None if version is None else _calendars[version]


async def read_edition() -> int:
    """One more with each change of calendars, holidays or policies."""
    return (await rows("SELECT edition FROM sla_settings"))[0]["edition"]


async def _version(calendar: int) -> int:
    found = await rows(
        "SELECT v.id FROM sla_calendar c JOIN sla_calendar_version v ON v.calendar = c.id AND v.number = c.version "
        "WHERE c.id = {}",
        calendar,
    )
    if not found:
        raise LookupError(f"no calendar {calendar}")
    return found[0]["id"]


async def _read(version: int) -> Hours:
    found = await rows("SELECT rules FROM sla_calendar_version WHERE id = {}", version)
    if not found:
        raise LookupError(f"no version {version} of a calendar")
    return Hours(msgspec.json.decode(found[0]["rules"], type=Rules))


def forget() -> None:
    """All that is remembered: for another database under the same process, as tests have it."""
    global _edition
    _kept.clear()
    _newest.clear()
    _calendars.clear()
    _edition = -1
