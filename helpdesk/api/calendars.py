"""/calendars: when work is done, and sums of open time."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

import msgspec
from litestar import get, patch, post
from litestar.params import JSONBody, QueryParameter
from msgspec import UNSET, Meta, UnsetType

from helpdesk.api.problems import problems
from helpdesk.api.requests import (
    WITHOUT_NUL,
    Caller,
    Cursor,
    Limit,
    Moment,
    PathSmallId,
    SmallId,
    Time,
    id_from_cursor,
    moment_of,
    page,
    set_fields,
)
from helpdesk.kernel.database import transaction
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _
from helpdesk.kernel.time import now
from helpdesk.promises.calendars import save_calendar, set_default, set_in_use
from sla import calendar as business
from sla import calendars
from sla.calendar import Rules, Windows
from sla.calendars import Written, find_calendar
from sla.hours import hours
from sla.naming import LONGEST_NAME
from sla.tables import Reason

Name = Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME, pattern=WITHOUT_NUL)]
Zone = Annotated[str, Meta(min_length=1, max_length=64, pattern=WITHOUT_NUL)]
DayName = Annotated[str, Meta(max_length=200, pattern=WITHOUT_NUL)]
Clock = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$", max_length=5)]
Rank = Annotated[int, Meta(ge=-1000, le=1000)]
Sets = Annotated[list[SmallId], Meta(max_length=100)]
MOST_SECONDS = 20 * 366 * 86_400
Seconds = Annotated[int, QueryParameter(ge=0, le=MOST_SECONDS)]
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2199, 1, 1, tzinfo=UTC)
LONGEST = 20 * 366
"""Days between which open time is summed up at most."""


class OpenWindow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """By the wall clock of the calendar's zone. An end that is not later is of the next morning; 24:00 is midnight."""

    start: Clock
    end: Clock


OpenWindows = Annotated[list[OpenWindow], Meta(max_length=12)]
OpenWeek = Annotated[list[OpenWindows], Meta(min_length=7, max_length=7)]


class OpenSeason(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Another week from a date to a date, both included; of several the highest rank holds. With `ramadan` it is Ramadan: its days
    are kept up to date, and later years added; `estimated` until they are announced."""

    name: DayName = ""
    first: date
    last: date
    rank: Rank = 0
    ramadan: Literal["", "estimated", "announced"] = ""
    week: OpenWeek


class SpecialDay(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Other hours on one date; without windows it is closed."""

    day: date
    name: DayName = ""
    windows: OpenWindows = []


Seasons = Annotated[list[OpenSeason], Meta(max_length=40)]
SpecialDays = Annotated[list[SpecialDay], Meta(max_length=400)]


class BusinessCalendar(msgspec.Struct, frozen=True, kw_only=True):
    """`week` has seven lists of windows, Monday first. With `always`, nothing is ever closed. `holiday_sets` are ids."""

    id: int
    name: str
    version: int
    time_zone: str
    always: bool
    week: list[list[OpenWindow]]
    seasons: list[OpenSeason]
    special_days: list[SpecialDay]
    holiday_sets: list[int]
    is_default: bool
    is_active: bool
    created_at: Moment
    effective_from: Moment


class CalendarPage(msgspec.Struct, frozen=True):
    items: list[BusinessCalendar]
    next: str | None


class NewCalendar(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    name: Name
    time_zone: Zone
    always: bool = False
    week: OpenWeek = msgspec.field(default_factory=lambda: [[] for _day in range(7)])
    seasons: Seasons = []
    special_days: SpecialDays = []
    holiday_sets: Sets = []
    is_default: bool = False


class CalendarPatch(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Lists are all of them from now on. `reason` says whether it was right until now (`change`), or wrong (`correction`): then
    what was measured is measured again."""

    name: Name | UnsetType = UNSET
    time_zone: Zone | UnsetType = UNSET
    always: bool | UnsetType = UNSET
    week: OpenWeek | UnsetType = UNSET
    seasons: Seasons | UnsetType = UNSET
    special_days: SpecialDays | UnsetType = UNSET
    holiday_sets: Sets | UnsetType = UNSET
    is_default: bool | UnsetType = UNSET
    is_active: bool | UnsetType = UNSET
    reason: Reason = Reason.CHANGE


class AddedTime(msgspec.Struct, frozen=True, kw_only=True):
    """`end` is when so many open seconds have passed; null when they never do, with the reason."""

    start: Moment
    seconds: int
    end: Moment | None
    reason: str | None


class ElapsedTime(msgspec.Struct, frozen=True, kw_only=True):
    """Open seconds, and all of them."""

    start: Moment
    end: Moment
    seconds: int
    calendar_seconds: int


@get("/calendars", tags=["sla"])
async def get_calendars(agent: Caller, limit: Limit = 50, cursor: Cursor = None) -> CalendarPage:
    """All calendars, the oldest first, those out of use included."""
    after = id_from_cursor(cursor)
    found = sorted((one for one in await calendars.list_calendars() if one.id > after), key=lambda one: one.id)
    shown, following = page(found, limit, lambda one: one.id)
    return CalendarPage([_shown(one) for one in shown], following)


@post("/calendars", tags=["sla"], responses=problems(403))
async def create_calendar(data: JSONBody[NewCalendar], agent: Caller) -> BusinessCalendar:
    """Add a calendar; for managers and administrators."""
    async with transaction():
        with _named_as_sent():
            made = await save_calendar(None, _written(set_fields(data)), by=agent, at=now())
        if data.is_default:
            await set_default(made, by=agent, at=now())
        return _shown(await find_calendar(made))


@get("/calendars/{calendar_id:int}", tags=["sla"], responses=problems(404))
async def get_calendar(calendar_id: PathSmallId, agent: Caller) -> BusinessCalendar:
    """One calendar."""
    return _shown(await find_calendar(calendar_id))


@patch("/calendars/{calendar_id:int}", tags=["sla"], responses=problems(403, 404))
async def update_calendar(calendar_id: PathSmallId, data: JSONBody[CalendarPatch], agent: Caller) -> BusinessCalendar:
    """Change what is sent; rules that differ are a new version."""
    async with transaction():
        before = _shown(await find_calendar(calendar_id))
        sent = set_fields(data)
        if sent.get("is_active") is True:
            await set_in_use(calendar_id, True, by=agent, at=now())
        if set(sent) - {"is_active", "is_default", "reason"}:
            written = _written(msgspec.structs.asdict(before) | sent)
            with _named_as_sent():
                await save_calendar(calendar_id, written, reason=data.reason, by=agent, at=now())
        if data.is_default is not UNSET and data.is_default != before.is_default:
            await set_default(calendar_id if data.is_default else None, by=agent, at=now())
        if sent.get("is_active") is False:
            await set_in_use(calendar_id, False, by=agent, at=now())
        return _shown(await find_calendar(calendar_id))


@get("/calendars/{calendar_id:int}/add", tags=["sla"], responses=problems(404))
async def add_time(calendar_id: PathSmallId, agent: Caller, seconds: Seconds, start: Time = None) -> AddedTime:
    """When so many open seconds have passed since `start`, or since now."""
    found, since = await find_calendar(calendar_id), _instant(start, "start")
    end = (await hours(found.version)).add(since, seconds)
    reason = None if end else _("No open time is ahead, or not enough of it within twenty years.")
    return AddedTime(start=since, seconds=seconds, end=end, reason=reason)


@get("/calendars/{calendar_id:int}/elapsed", tags=["sla"], responses=problems(404))
async def measure_time(calendar_id: PathSmallId, agent: Caller, start: Time = None, end: Time = None) -> ElapsedTime:
    """Open seconds from `start` to `end`; none when the end is not later. What is not given is now."""
    found, since, until = await find_calendar(calendar_id), _instant(start, "start"), _instant(end, "end")
    if (until - since).days > LONGEST:
        raise Invalid(end=_("At most twenty years are measured at once."))
    seconds = (await hours(found.version)).elapsed(since, until)
    return ElapsedTime(
        start=since, end=until, seconds=seconds, calendar_seconds=max(0, int((until - since).total_seconds()))
    )


@contextmanager
def _named_as_sent() -> Iterator[None]:
    """Errors at the fields that the client knows."""
    names = {"zone": "time_zone", "special": "special_days", "sets": "holiday_sets"}
    try:
        yield
    except Invalid as error:
        raise Invalid(**{names.get(name, name): said for name, said in error.fields.items()}) from error


def _instant(text: str | None, name: str) -> datetime:
    found = moment_of(text, name) or now()
    if not EARLIEST <= found < LATEST:
        raise Invalid(**{name: _("Give a time between 1970 and 2199.")})
    return found


def _written(sent: dict[str, Any]) -> Written:
    special: list[SpecialDay] = sent.get("special_days", [])
    days = [one.day for one in special]
    if len(set(days)) < len(days):
        raise Invalid(special_days=_("Give each day once."))
    own = Rules(
        zone=sent["time_zone"],
        week=_week(sent.get("week", [[]] * 7)),
        seasons=tuple(
            business.Season(one.first, one.last, _week(one.week), rank=one.rank, name=one.name, ramadan=one.ramadan)
            for one in sent.get("seasons", [])
        ),
        special={one.day: _windows(one.windows) for one in special if one.windows},
        closed=frozenset(one.day for one in special if not one.windows),
        is_always=sent.get("always", False),
        names={one.day: one.name for one in special},
    )
    return Written(name=sent["name"], own=own, sets=sent.get("holiday_sets", []))


def _week(week: list[list[OpenWindow]]) -> business.Week:
    mon, tue, wed, thu, fri, sat, sun = (_windows(one) for one in week)
    return mon, tue, wed, thu, fri, sat, sun


def _windows(windows: list[OpenWindow]) -> Windows:
    found: list[business.Window] = []
    for one in windows:
        start, end = _minutes(one.start), _minutes(one.end)
        found.append(business.Window(start, end if end > start else end + business.MINUTES))
    return tuple(found)


def _minutes(text: str) -> int:
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)


def _clock(minute: int) -> str:
    minute = minute if minute <= business.MINUTES else minute - business.MINUTES
    return f"{minute // 60:02}:{minute % 60:02}"


def _open(windows: Windows) -> list[OpenWindow]:
    return [OpenWindow(_clock(one.start), _clock(one.end)) for one in windows]


def _shown(one: calendars.Calendar) -> BusinessCalendar:
    own = one.own
    return BusinessCalendar(
        id=one.id, name=one.name, version=one.number, time_zone=own.zone, always=own.is_always, week=[_open(day) for day in own.week],
        seasons=[
            OpenSeason(name=it.name, first=it.first, last=it.last, rank=it.rank, ramadan=it.ramadan, week=[_open(day) for day in it.week])
            for it in own.seasons
        ],
        special_days=[
            SpecialDay(day=day, name=own.names.get(day, ""), windows=_open(own.special.get(day, ())))
            for day in sorted({*own.special, *own.closed})
        ],
        holiday_sets=one.sets, is_default=one.is_default, is_active=one.deactivated_at is None, created_at=one.created_at,
        effective_from=one.effective_from,
    )  # fmt: skip
