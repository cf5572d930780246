"""Who may say when work is done: calendars are kept, chosen and told of in the audit log."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

import msgspec

from helpdesk.kernel.database import rows, transaction
from helpdesk.kernel.errors import Invalid, NotFound
from helpdesk.kernel.language import _
from helpdesk.people.actor import SignedIn
from helpdesk.people.auditing import About, differences, record
from helpdesk.people.permissions import demand
from sla import calendars, holidays, ready_made, sweeping
from sla.calendars import Calendar, Written, find_calendar
from sla.countries import country_days, ramadans
from sla.holidays import years_around
from sla.tables import HolidaySource, Reason

VERB = "manage_calendars"
Owner = Literal["team", "organisation", "channel"]
OWNERS: dict[str, tuple[str, str]] = {
    "team": ("hd_team", "manage_teams"), "organisation": ("hd_organisation", VERB), "channel": ("hd_channel", "manage_channels"),
}  # fmt: skip
"""Whose work has a calendar of its own: the table, and what one must be allowed to choose it."""


class Choice(msgspec.Struct, frozen=True):
    """A calendar of its own, or None; what can be chosen, by name; and the default one's name, or ""."""

    chosen: int | None
    calendars: dict[int, str]
    default: str


async def save_calendar(
    calendar_id: int | None, written: Written, *, reason: Reason = Reason.CHANGE, by: SignedIn, at: datetime
) -> int:
    """Change a calendar, or add one; its id. Raises Invalid at the field, NotFound.

    As a correction, what was measured is measured again; as a change, it holds from now on.
    """
    demand(by, VERB)
    async with transaction():
        if calendar_id is None:
            saved = await calendars.create(written, by=by.id, at=at)
            await _tell(by, at, saved, written.name, {"name": (None, written.name)}, kind="calendar_added")
            return saved
        before = await find_calendar(calendar_id)
        is_new = await calendars.change(calendar_id, written, reason=reason, by=by.id, at=at)
        after = await find_calendar(calendar_id)
        changes = differences(_told(before), _told(after))
        if is_new and reason is Reason.CORRECTION:
            changes["correction"] = (None, True)
        await _tell(by, at, calendar_id, after.name, changes)
    return calendar_id


async def set_in_use(calendar_id: int, is_in_use: bool, *, by: SignedIn, at: datetime) -> None:
    """Offer it no longer, or again; raises Invalid at `calendar`, NotFound."""
    demand(by, VERB)
    async with transaction():
        before = await find_calendar(calendar_id)
        if not is_in_use and (users := (await users_of()).get(calendar_id)):
            raise Invalid(calendar=_("It is still used by %(users)s.") % {"users": _(", ").join(users)})
        await calendars.set_active(calendar_id, is_in_use, at=at)
        was = before.deactivated_at is None
        await _tell(by, at, calendar_id, before.name, differences({"is_in_use": was}, {"is_in_use": is_in_use}))


async def set_default(calendar_id: int | None, *, by: SignedIn, at: datetime) -> None:
    """What counts where nothing else is said; None: all time. Running clocks follow in the background."""
    demand(by, VERB)
    async with transaction():
        before = next((one for one in await calendars.list_calendars() if one.is_default), None)
        if calendar_id == (before.id if before else None):
            return
        await sweeping.sweep_measured(None)
        await calendars.set_default(calendar_id)
        after = (await find_calendar(calendar_id)).name if calendar_id is not None else None
        changes = {"default_calendar": (before.name if before else None, after)}
        await record("settings_changed", by=by, at=at, changes=changes)


async def choose_calendar(owner: Owner, owner_id: int, calendar_id: int | None, *, by: SignedIn, at: datetime) -> None:
    """Give a team, an organisation or a channel a calendar of its own; None: it has none. Raises Invalid at `calendar`, NotFound.

    Running clocks follow in the background; none is measured by a channel's.
    """
    table, verb = OWNERS[owner]
    demand(by, verb)
    async with transaction():
        found = await rows(f"SELECT name, calendar FROM {table} WHERE id = {{}} FOR UPDATE", owner_id)
        if not found:
            raise NotFound(_("There is nothing here."))
        [before] = found
        if calendar_id == before["calendar"]:
            return
        if calendar_id is not None:
            await _demand_in_use(calendar_id)
        await rows(f"UPDATE {table} SET calendar = {{}} WHERE id = {{}}", calendar_id, owner_id)
        if owner != "channel":
            await sweeping.sweep_measured(before["calendar"], **{owner: owner_id})
        names = {one.id: one.name for one in await calendars.list_calendars()}
        changes = {"calendar": (names.get(before["calendar"]), names.get(calendar_id or 0))}
        await record(f"{owner}_changed", by=by, at=at, about=About(owner, owner_id, before["name"]), changes=changes)


async def choice_of(owner: Owner, owner_id: int) -> Choice:
    """What the page of a team, an organisation or a channel offers."""
    table, _verb = OWNERS[owner]
    found = await rows(f"SELECT calendar FROM {table} WHERE id = {{}}", owner_id)
    chosen = found[0]["calendar"] if found else None
    offered = [one for one in await calendars.list_calendars() if one.deactivated_at is None or one.id == chosen]
    return Choice(
        chosen, {one.id: one.name for one in offered}, next((one.name for one in offered if one.is_default), "")
    )


async def users_of() -> dict[int, list[str]]:
    """Names of what is measured by each calendar, policies aside: they say it in their targets."""
    found = await rows(
        """SELECT calendar, name FROM hd_team WHERE calendar IS NOT NULL
        UNION ALL SELECT calendar, name FROM hd_organisation WHERE calendar IS NOT NULL AND merged_into IS NULL
        UNION ALL SELECT calendar, name FROM hd_channel WHERE calendar IS NOT NULL
        UNION ALL SELECT (one ->> 'calendar')::int, p.name FROM sla_policy p
            JOIN sla_policy_version v ON v.policy = p.id AND v.number = p.version, jsonb_array_elements(v.targets) AS one
            WHERE p.deleted_at IS NULL AND jsonb_typeof(one -> 'calendar') = 'number'
        ORDER BY 2"""
    )
    users: dict[int, list[str]] = {}
    for row in found:
        if row["name"] not in users.setdefault(row["calendar"], []):
            users[row["calendar"]].append(row["name"])
    return users


async def add_ready_made(kind: str, *, zone: str, language: str, by: SignedIn, at: datetime) -> int:
    """A calendar to begin with, of `always`, `office` or `iran`; its id. Raises Invalid at `kind` or `zone`."""
    demand(by, VERB)
    if kind == "always":
        return await save_calendar(None, Written(name=_("Around the clock"), own=ready_made.always(zone)), by=by, at=at)
    if kind == "office":
        return await save_calendar(None, Written(name=_("Office hours"), own=ready_made.office(zone)), by=by, at=at)
    if kind != "iran":
        raise Invalid(kind=_("There is no such calendar."))
    years = years_around(at)
    months, days = await ramadans(years), await country_days(ready_made.IRAN, years, language)
    async with transaction():
        known = [
            one.id for one in await holidays.list_sets() if one.source == HolidaySource.COUNTRY and one.detail == ready_made.IRAN
        ]  # fmt: skip
        kept = known[0] if known else await _add_set(_("Holidays of Iran"), days, language, by=by, at=at)
        written = Written(name=_("Iranian week"), own=ready_made.iran(months), sets=[kept])
        return await save_calendar(None, written, by=by, at=at)


async def _add_set(name: str, days: list[holidays.Day], language: str, *, by: SignedIn, at: datetime) -> int:
    made = await holidays.create_set(
        name, days, at=at, source=HolidaySource.COUNTRY, detail=ready_made.IRAN, language=language
    )
    about = About("holiday_set", made, name)
    await record("holidays_added", by=by, at=at, about=about, changes={"name": (None, name)})
    return made


async def _demand_in_use(calendar_id: int) -> None:
    try:
        await calendars.demand_in_use(calendar_id)
    except NotFound as error:
        raise Invalid(calendar=str(error)) from error


def _told(calendar: Calendar) -> dict[str, object]:
    return {"name": calendar.name, "version": calendar.number}


async def _tell(
    by: SignedIn, at: datetime, calendar_id: int, name: str, changes: Mapping[str, tuple[object, object]], *, kind: str = "calendar_changed"
) -> None:  # fmt: skip
    if changes:
        await record(kind, by=by, at=at, about=About("calendar", calendar_id, name), changes=changes)
