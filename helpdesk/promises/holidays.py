"""Who may say which days are holidays: sets are kept, imported and told of in the audit log."""

import asyncio
from collections.abc import Mapping
from datetime import datetime

import httpx

from helpdesk.kernel.database import transaction
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _
from helpdesk.kernel.outbound import NotAllowed
from helpdesk.people.actor import SignedIn
from helpdesk.people.auditing import About, record
from helpdesk.people.permissions import demand
from helpdesk.promises.calendars import VERB
from sla import holidays, refreshing
from sla.countries import country_days
from sla.holiday_files import Found, Unreadable, read_days
from sla.holidays import Day, find_set, years_around
from sla.tables import HolidaySource, Reason

LARGEST_FILE = 2 * 1024 * 1024
LONGEST_ADDRESS = 1_000


async def add_set(name: str, *, by: SignedIn, at: datetime) -> int:
    """An empty set; its id. Raises Invalid at `name`."""
    return await _add(name, [], HolidaySource.MANUAL, "", by=by, at=at)


async def add_country(name: str, place: str, language: str, *, by: SignedIn, at: datetime) -> int:
    """The official holidays of a country or a part of it, which the scheduler keeps up to date. Raises Invalid at `place` or `name`."""
    demand(by, VERB)
    days = await country_days(place, years_around(at), language)
    return await _add(name, days, HolidaySource.COUNTRY, place, language=language, by=by, at=at)


async def add_file(name: str, content: bytes, *, by: SignedIn, at: datetime) -> tuple[int, list[str]]:
    """The days of a calendar file, which is not kept; the set's id, and what was left out. Raises Invalid at `file` or `name`."""
    demand(by, VERB)
    found = await read_file(content, at=at)
    return await _add(name, found.days, HolidaySource.ICALENDAR, "", by=by, at=at), found.left_out


async def add_address(name: str, address: str, *, by: SignedIn, at: datetime) -> tuple[int, list[str]]:
    """The days of a calendar file at an address, which the scheduler fetches each day. Raises Invalid at `address` or `name`."""
    demand(by, VERB)
    if len(address) > LONGEST_ADDRESS:
        raise Invalid(address=_("The address is too long."))
    try:
        fetched = await refreshing.fetch(address, "", at=at)
    except (NotAllowed, httpx.InvalidURL) as error:
        raise Invalid(
            address=_("Enter a public address that begins with https:// (%(why)s).") % {"why": error}
        ) from error
    except OSError as error:
        raise Invalid(address=_("Nobody answers there in time (%(why)s).") % {"why": str(error)[:200]}) from error
    except Unreadable as error:
        raise Invalid(address=str(error)) from error
    found = fetched[0] if fetched else Found([], [])
    made = await _add(name, found.days, HolidaySource.ICALENDAR, address, by=by, at=at)
    return made, found.left_out


async def read_file(content: bytes, *, at: datetime) -> Found:
    """The days of a file that somebody sent; raises Invalid at `file`."""
    if len(content) > LARGEST_FILE:
        raise Invalid(file=_("The file is larger than 2 MB."))
    try:
        return await asyncio.to_thread(read_days, content, *refreshing.window(at))
    except Unreadable as error:
        raise Invalid(file=str(error)) from error


async def rename_set(set_id: int, name: str, *, by: SignedIn, at: datetime) -> None:
    demand(by, VERB)
    async with transaction():
        before = await find_set(set_id)
        await holidays.rename_set(set_id, name)
        after = await find_set(set_id)
        if before.name != after.name:
            await _tell(by, at, set_id, after.name, {"name": (before.name, after.name)})


async def delete_set(set_id: int, *, by: SignedIn, at: datetime) -> None:
    """Raises Invalid at `set` while a calendar keeps it, NotFound."""
    demand(by, VERB)
    async with transaction():
        before = await find_set(set_id)
        await holidays.delete_set(set_id)
        await _tell(by, at, set_id, before.name, {"name": (before.name, None)})


async def save_day(
    set_id: int, day_id: int | None, day: Day, *, reason: Reason = Reason.CHANGE, by: SignedIn, at: datetime
) -> None:
    """Change a day, or add one. Raises Invalid at `day`, `name` or `windows`, NotFound."""
    demand(by, VERB)
    async with transaction():
        await holidays.save_day(set_id, day_id, day, reason=reason, by=by.id, at=at)
        await _tell(by, at, set_id, (await find_set(set_id)).name, {"days": (None, f"{day.day} {day.name}"[:200])})


async def judge_days(
    set_id: int, ids: list[int], counts: bool, *, reason: Reason = Reason.CHANGE, by: SignedIn, at: datetime
) -> None:
    """Say of days that they count, or that they do not."""
    demand(by, VERB)
    async with transaction():
        named = [f"{one.day} {one.name}" for one in await holidays.days_of([set_id]) if one.id in ids]
        await holidays.judge_days(set_id, ids, counts, reason=reason, by=by.id, at=at)
        if named:
            told = {"approved_days" if counts else "refused_days": (None, named[:50])}
            await _tell(by, at, set_id, (await find_set(set_id)).name, told)


async def refresh_now(set_id: int, *, by: SignedIn, at: datetime) -> None:
    """What the scheduler does each day; raises Invalid at `set` when it fails."""
    demand(by, VERB)
    found = await find_set(set_id)
    if found.source is HolidaySource.MANUAL or not found.detail:
        raise Invalid(set=_("This set is kept by hand."))
    await refreshing.refresh(set_id, found.source, found.detail, found.language, "", at=at)
    after = await find_set(set_id)
    if after.problem:
        raise Invalid(set=after.problem_words)


async def _add(
    name: str, days: list[Day], source: HolidaySource, detail: str, *, language: str = "", by: SignedIn, at: datetime
) -> int:
    demand(by, VERB)
    async with transaction():
        made = await holidays.create_set(name, days, at=at, source=source, detail=detail, language=language)
        await _tell(by, at, made, name, {"name": (None, name)}, kind="holidays_added")
    return made


async def _tell(
    by: SignedIn, at: datetime, set_id: int, name: str, changes: Mapping[str, tuple[object, object]], *, kind: str = "holidays_changed"
) -> None:  # fmt: skip
    await record(kind, by=by, at=at, about=About("holiday_set", set_id, name), changes=changes)
