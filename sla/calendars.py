"""Calendars as they are kept. What somebody writes and the holidays of the sets make the rules of a version, which never
changes again; a new one is made only when the rules differ.

Locks are taken in one order: sets of holidays, calendars, settings.
"""

from collections.abc import Callable
from datetime import date, datetime
from hashlib import sha256
from typing import Any

import msgspec

from helpdesk.kernel.database import rows, transaction
from helpdesk.kernel.errors import Invalid, NotFound
from helpdesk.kernel.language import _
from sla.calendar import Rules, Window, Windows
from sla.calendar_checking import bare, checked
from sla.naming import checked_name
from sla.tables import Reason
from sla.zones import offsets_around, tzdata_version

MOST = 500

_LIST = """
SELECT c.id, c.name, c.own, c.version AS number, c.created_at, c.deactivated_at, v.id AS version, v.rules, v.effective_from,
    c.id IS NOT DISTINCT FROM (SELECT default_calendar FROM sla_settings) AS is_default,
    ARRAY(SELECT holiday_set FROM sla_calendar_holidays WHERE calendar = c.id ORDER BY holiday_set) AS sets
FROM sla_calendar c JOIN sla_calendar_version v ON v.calendar = c.id AND v.number = c.version
"""


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody says that a calendar is: its own rules, and the sets of holidays that it keeps."""

    name: str
    own: Rules
    sets: list[int] = []


class Calendar(Written, frozen=True, kw_only=True):
    id: int
    number: int
    """Of its newest version."""
    version: int
    """Its newest version's id."""
    rules: Rules
    """With the holidays of its sets."""
    is_default: bool
    created_at: datetime
    effective_from: datetime
    deactivated_at: datetime | None


def seal_of(calendar: Calendar) -> str:
    """The same as long as nobody writes something else; holidays of its sets, which come by themselves, play no part."""
    own = calendar.own
    days = [sorted(own.special.items()), sorted(own.names.items()), sorted(own.closed)]
    rest = msgspec.structs.replace(own, special={}, names={}, closed=frozenset())
    return sha256(msgspec.json.encode((calendar.name, sorted(calendar.sets), rest, days))).hexdigest()[:16]


async def list_calendars() -> list[Calendar]:
    """By name, those out of use behind the others."""
    found = await rows(f"{_LIST} ORDER BY c.deactivated_at IS NOT NULL, lower(c.name), c.id")
    return [_calendar(row) for row in found]


async def find_calendar(calendar_id: int) -> Calendar:
    """One in use or not; raises NotFound."""
    found = await rows(f"{_LIST} WHERE c.id = {{}}", calendar_id)
    if not found:
        raise NotFound(_("There is no such calendar."))
    return _calendar(found[0])


async def create(written: Written, *, by: int | None, at: datetime) -> int:
    """Add a calendar; its id. Raises Invalid at the field."""
    name, own = checked_name(written.name), checked(written.own)
    async with transaction():
        await _hold_sets(written.sets)
        [found] = await rows("SELECT count(*) AS count FROM sla_calendar")
        if found["count"] >= MOST:
            raise Invalid(name=_("There are too many calendars."))
        [made] = await rows(
            "INSERT INTO sla_calendar (name, own, version, created_at) VALUES ({}, {}, 0, {}) RETURNING id",
            name, _json(own), at,
        )  # fmt: skip
        await _keep_sets(made["id"], written.sets)
        await _renew(made["id"], Reason.CHANGE, by=by, at=at)
    return made["id"]


async def change(calendar_id: int, written: Written, *, reason: Reason, by: int | None, at: datetime) -> bool:
    """What it is from now on, or as a correction; whether its rules differ, so that a version was made. Raises Invalid, NotFound."""
    name, own = checked_name(written.name), checked(written.own)
    async with transaction():
        await _hold_sets(written.sets)
        await _hold(calendar_id)
        await rows("UPDATE sla_calendar SET name = {}, own = {} WHERE id = {}", name, _json(own), calendar_id)
        await _keep_sets(calendar_id, written.sets)
        return await _renew(calendar_id, reason, by=by, at=at)


async def change_own(calendar_id: int, changed: Callable[[Rules], Rules], *, at: datetime) -> bool:
    """Let its own rules become others from now on, by nobody's hand; whether they differ. Raises Invalid, NotFound."""
    async with transaction():
        await _hold(calendar_id)
        before = (await find_calendar(calendar_id)).own
        after = checked(changed(before))
        if after == before:
            return False
        await rows("UPDATE sla_calendar SET own = {} WHERE id = {}", _json(after), calendar_id)
        await _renew(calendar_id, Reason.CHANGE, by=None, at=at)
        return True


async def set_active(calendar_id: int, is_active: bool, *, at: datetime) -> None:
    """Offer it no longer, or again; raises NotFound, and Invalid at `calendar` for the default one."""
    async with transaction():
        await _hold(calendar_id)
        if not is_active and (await find_calendar(calendar_id)).is_default:
            raise Invalid(calendar=_("This is the default calendar. Choose another default first."))
        await rows(
            "UPDATE sla_calendar SET deactivated_at = {} WHERE id = {} AND (deactivated_at IS NULL) <> {}",
            None if is_active else at, calendar_id, is_active,
        )  # fmt: skip


async def set_default(calendar_id: int | None) -> None:
    """What counts where nothing else is said; None: all time. Raises NotFound, and Invalid at `calendar` for one out of use."""
    async with transaction():
        if calendar_id is not None:
            await demand_in_use(calendar_id)
        await rows(
            "UPDATE sla_settings SET default_calendar = {}, edition = edition + 1 WHERE default_calendar IS DISTINCT FROM {}",
            calendar_id, calendar_id,
        )  # fmt: skip


async def demand_in_use(calendar_id: int) -> None:
    """Keep it in use until the transaction ends; raises NotFound, and Invalid at `calendar`."""
    await _hold(calendar_id)
    if (await find_calendar(calendar_id)).deactivated_at is not None:
        raise Invalid(calendar=_("This calendar is out of use. Choose another one."))


async def renew_with(set_id: int, *, reason: Reason, by: int | None, at: datetime) -> int:
    """New versions of the calendars that keep a set, where their rules differ now; how many. In the set's transaction."""
    keeping = await rows(
        """SELECT id FROM sla_calendar WHERE id IN (SELECT calendar FROM sla_calendar_holidays WHERE holiday_set = {})
        ORDER BY id FOR UPDATE""",
        set_id,
    )
    return sum([await _renew(row["id"], reason, by=by, at=at) for row in keeping])


async def make_version(calendar_id: int, rules: Rules, *, reason: Reason, by: int | None, at: datetime) -> None:
    """A version whatever the one before says; whoever calls holds the calendar."""
    zone = [list(one) for one in offsets_around(rules.zone, at)]
    await rows(
        """WITH calendar AS (UPDATE sla_calendar SET version = version + 1, offsets = {}, tzdata = {} WHERE id = {}
            RETURNING id, version, tzdata)
        INSERT INTO sla_calendar_version (calendar, number, rules, reason, tzdata, made_by, effective_from)
        SELECT id, version, {}, {}, tzdata, {}::int, {} FROM calendar""",
        _json(zone), tzdata_version(), calendar_id, _json(rules), reason.value, by, at,
    )  # fmt: skip
    await rows("UPDATE sla_settings SET edition = edition + 1")


async def _renew(calendar_id: int, reason: Reason, *, by: int | None, at: datetime) -> bool:
    [row] = await rows(
        """SELECT c.own, v.rules FROM sla_calendar c LEFT JOIN sla_calendar_version v ON v.calendar = c.id AND v.number = c.version
        WHERE c.id = {}""",
        calendar_id,
    )
    rules = await _with_holidays(calendar_id, msgspec.json.decode(row["own"], type=Rules))
    if row["rules"] and bare(msgspec.json.decode(row["rules"], type=Rules)) == bare(rules):
        return False
    await make_version(calendar_id, rules, reason=reason, by=by, at=at)
    return True


async def _with_holidays(calendar_id: int, own: Rules) -> Rules:
    """The rules with what counts of the sets. A day of its own goes before theirs; among theirs, closed before a part of it."""
    if own.is_always:
        return own
    found = await rows(
        """SELECT DISTINCT h.day, h.name, h.windows FROM sla_holiday h
        JOIN sla_calendar_holidays k ON k.holiday_set = h.holiday_set
        WHERE k.calendar = {} AND h.is_approved ORDER BY h.day, h.name""",
        calendar_id,
    )
    closed: set[date] = set()
    parts: dict[date, Windows] = {}
    names: dict[date, list[str]] = {}
    for row in found:
        day = row["day"]
        if day in own.special or day in own.closed:
            continue
        windows = tuple(Window(start, end) for start, end in msgspec.json.decode(row["windows"]))
        names.setdefault(day, []).append(row["name"])
        if not windows:
            closed.add(day)
        elif day in parts:
            parts[day] = _both(parts[day], windows)
        else:
            parts[day] = windows
    closed |= {day for day, windows in parts.items() if not windows}
    return msgspec.structs.replace(
        own,
        special=own.special | {day: windows for day, windows in parts.items() if day not in closed},
        closed=own.closed | closed,
        names={day: "; ".join(dict.fromkeys(one)) for day, one in names.items()} | own.names,
    )


def _both(one: Windows, other: Windows) -> Windows:
    """When two holidays leave open only a part of the day, what both leave."""
    shared = [Window(max(a.start, b.start), min(a.end, b.end)) for a in one for b in other]
    return tuple(window for window in shared if window.start < window.end)


async def _hold(calendar_id: int) -> None:
    if not await rows("SELECT FROM sla_calendar WHERE id = {} FOR UPDATE", calendar_id):
        raise NotFound(_("There is no such calendar."))


async def _hold_sets(sets: list[int]) -> None:
    """No day of theirs changes until the transaction ends; raises Invalid at `sets`."""
    found = await rows("SELECT id FROM sla_holiday_set WHERE id = ANY({}::int[]) ORDER BY id FOR SHARE", sets)
    if len(found) != len(set(sets)):
        raise Invalid(sets=_("There is no such set of holidays."))


async def _keep_sets(calendar_id: int, sets: list[int]) -> None:
    await rows(
        "DELETE FROM sla_calendar_holidays WHERE calendar = {} AND holiday_set <> ALL({}::int[])", calendar_id, sets
    )
    await rows(
        """INSERT INTO sla_calendar_holidays (calendar, holiday_set) SELECT {}, unnest({}::int[])
        ON CONFLICT (calendar, holiday_set) DO NOTHING""",
        calendar_id, sorted(set(sets)),
    )  # fmt: skip


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _calendar(row: dict[str, Any]) -> Calendar:
    read = {name: msgspec.json.decode(row[name]) for name in ("own", "rules")}
    return msgspec.convert(row | read, Calendar)
