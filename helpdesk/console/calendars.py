"""Calendars: when work is done, a year of each, and what a length of time comes to."""

from collections.abc import Callable
from datetime import date, datetime

from litestar import Controller, Response, get, post
from litestar.response import Template

from helpdesk.console.asked import Id, Me, Name, Text, Typed
from helpdesk.console.calendar_forms import Typed as TypedCalendar
from helpdesk.console.calendar_forms import bars, blank, in_words, typed_in, typed_of, written
from helpdesk.console.days import told_of_days
from helpdesk.console.own import ZONES
from helpdesk.console.rendering import frame, render, see_other
from helpdesk.console.trying_hours import Tried, try_out
from helpdesk.console.year_view import months, year_of, year_view
from helpdesk.kernel.errors import Invalid, NotFound
from helpdesk.kernel.language import _, day_words, moment, reader, speaking, week, weekday
from helpdesk.kernel.lengths import short_length
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import demand
from helpdesk.promises.calendars import (
    OWNERS,
    VERB,
    Owner,
    add_ready_made,
    choose_calendar,
    save_calendar,
    set_default,
    set_in_use,
    users_of,
)
from sla.calendar import Window
from sla.calendars import Calendar, find_calendar, list_calendars, seal_of
from sla.holidays import days_of, list_sets
from sla.hours import hours
from sla.tables import Reason

HOME = "/console/settings/calendars"
EARLIEST, LATEST = 1971, 2190
PAGES: dict[Owner, str] = {
    "team": "/console/teams/%d", "organisation": "/console/organisations/%d", "channel": "/console/channels/%d/texts",
}  # fmt: skip
"""Where the calendar of something is chosen."""


class CalendarsController(Controller):
    path = HOME

    @get("/")
    async def show(self, agent: Me, said: Text = "") -> Template:
        """Calendars with what uses them, and sets of holidays with what keeps them."""
        return await _overview(agent, said=said)

    @post("/default", status_code=200)
    async def choose_default(self, agent: Me, form: Typed) -> Response:
        try:
            await set_default(form.choice("calendar"), by=agent, at=now())
        except Invalid as error:
            return await _overview(agent, errors=error.fields, status=422)
        return see_other(f"{HOME}?said=saved")

    @post("/ready-made", status_code=200)
    async def add_ready(self, agent: Me, form: Typed) -> Response:
        """One of the calendars to begin with, in the zone of who asks."""
        try:
            made = await add_ready_made(
                form.line("kind"), zone=agent.time_zone, language=reader().language, by=agent, at=now()
            )
        except Invalid as error:
            return await _overview(agent, errors=error.fields, status=422)
        return see_other(f"{HOME}/{made}?said=made")

    @get("/new")
    async def new(self, agent: Me) -> Template:
        hours = in_words((Window(9 * 60, 17 * 60),))
        typed = TypedCalendar(zone=agent.time_zone, week=[hours if day in week()[:5] else "" for day in range(7)])
        return await _form(agent, None, typed)

    @post("/new", status_code=200)
    async def create(self, agent: Me, form: Typed) -> Response:
        typed = typed_in(form)
        try:
            made = await save_calendar(None, written(typed), by=agent, at=now())
        except Invalid as error:
            return await _form(agent, None, typed, errors=_placed(error.fields), status=422)
        return see_other(f"{HOME}/{made}?said=saved")

    @get("/{calendar_id:int}")
    async def edit(
        self, agent: Me, calendar_id: Id, said: Text = "", start: Text = "", length: Text = "", end: Text = ""
    ) -> Template:
        """The calendar; with a `start` and a `length` or an `end`, what that comes to."""
        demand(agent, VERB)
        calendar = await find_calendar(calendar_id)
        tried, errors = None, {}
        if start or length or end:
            try:
                tried = try_out(await hours(calendar.version), start, length, end, at=now())
            except Invalid as error:
                errors = error.fields
        asked = {"start": start, "length": length, "end": end}
        return await _form(
            agent, calendar, typed_of(calendar), said=said, tried=tried, asked=asked, errors=errors,
            status=422 if errors else 200,
        )  # fmt: skip

    @post("/{calendar_id:int}", status_code=200)
    async def change(self, agent: Me, calendar_id: Id, form: Typed) -> Response:
        demand(agent, VERB)
        calendar, typed = await find_calendar(calendar_id), typed_in(form)
        reason = Reason.CORRECTION if form.line("reason") == Reason.CORRECTION else Reason.CHANGE
        try:
            if form.line("seen") not in ("", seal_of(calendar)):
                raise Invalid(
                    seen=_("Somebody else has changed this calendar meanwhile. Saving again puts yours in its place.")
                )
            await save_calendar(calendar_id, written(typed), reason=reason, by=agent, at=now())
        except Invalid as error:
            return await _form(agent, calendar, typed, reason=reason.value, errors=_placed(error.fields), status=422)
        return see_other(f"{HOME}/{calendar_id}?said=saved")

    @post("/{calendar_id:int}/use", status_code=200)
    async def use(self, agent: Me, calendar_id: Id, form: Typed) -> Response:
        """Take the calendar out of use, or into it again."""
        try:
            await set_in_use(calendar_id, form.is_checked("use"), by=agent, at=now())
        except Invalid as error:
            calendar = await find_calendar(calendar_id)
            return await _form(agent, calendar, typed_of(calendar), errors=error.fields, status=422)
        return see_other(f"{HOME}?said=saved")

    @post("/of/{owner:str}/{owner_id:int}", status_code=200)
    async def choose(self, agent: Me, owner: Name, owner_id: Id, form: Typed) -> Response:
        """Give a team, an organisation or a channel a calendar of its own, or none."""
        if owner not in PAGES:
            raise NotFound(_("There is nothing here."))
        demand(agent, OWNERS[owner][1])
        await choose_calendar(owner, owner_id, form.choice("calendar"), by=agent, at=now())
        return see_other(PAGES[owner] % owner_id + "?said=saved")

    @get("/{calendar_id:int}/year")
    async def show_year(self, agent: Me, calendar_id: Id, year: Text = "") -> Template:
        """Which days of a year are closed, or not as usual."""
        demand(agent, VERB)
        calendar, at = await find_calendar(calendar_id), now()
        shown = year_shown(year, at)
        days = await days_of(calendar.sets, *span_of(shown))
        drawn = year_view(calendar.rules, days, shown)
        return render(
            "settings/calendar_year.html", **await frame(agent), calendar=calendar, year=shown, months=drawn, today=at.date(),
            days=[one for one in days if not one.is_refused], own_days=_own_days(calendar, shown), weekdays=[weekday(day) for day in week()], day_words=day_words,
        )  # fmt: skip


def year_shown(text: str, at: datetime) -> int:
    """A year of the reader's calendar; this one when none was asked for, or one that nobody has."""
    this = year_of(at.date())
    try:
        asked = int(text)
        return asked if EARLIEST <= next(months(asked))[1][0].year <= LATEST else this
    except ValueError:
        return this


def span_of(year: int) -> tuple[date, date]:
    """Its first and last day."""
    drawn = list(months(year))
    return drawn[0][1][0], drawn[-1][1][-1]


def _own_days(calendar: Calendar, year: int) -> list[tuple[date, str]]:
    first, last = span_of(year)
    own = calendar.own
    return [(day, own.names.get(day, "")) for day in sorted({*own.special, *own.closed}) if first <= day <= last]


def _wall_clock(zone: str) -> Callable[[datetime], str]:
    """An instant in words as the clock of a zone shows it."""

    def local(at: datetime) -> str:
        with speaking(reader().language, zone):
            return moment(at, "full")

    return local


def _placed(errors: dict[str, str]) -> dict[str, str]:
    """At fields that the form has: what concerns the whole week or all seasons stands at the first of them."""
    places = {"week": f"day-{week()[0]}", "seasons": "season-0-first", "special": "special-0-day"}
    return {places.get(name, name): said for name, said in errors.items()}


async def _overview(
    agent: SignedIn, *, errors: dict[str, str] | None = None, said: str = "", status: int = 200
) -> Template:
    demand(agent, VERB)
    return render(
        "settings/calendars.html", status=status, **await frame(agent), calendars=await list_calendars(), users=await users_of(),
        sets=await list_sets(), errors=errors or {}, said=said,
    )  # fmt: skip


async def _form(
    agent: SignedIn, calendar: Calendar | None, typed: TypedCalendar, *, errors: dict[str, str] | None = None, said: str = "",
    reason: str = Reason.CHANGE.value, tried: Tried | None = None, asked: dict[str, str] | None = None, status: int = 200,
) -> Template:  # fmt: skip
    demand(agent, VERB)
    users = (await users_of()).get(calendar.id, []) if calendar else []
    return render(
        "settings/calendar.html", status=status, **await frame(agent), calendar=calendar, typed=typed, bars=bars(typed.week),
        week=[(day, weekday(day)) for day in week()], zones=[(zone, zone) for zone in sorted({*ZONES, typed.zone})],
        sets=await list_sets(), users=users, errors=errors or {}, said=said, reason=reason, tried=tried,
        seen=seal_of(calendar) if calendar else "", asked=asked or {"start": "", "length": "", "end": ""}, told_of_days=told_of_days(), local=_wall_clock(typed.zone),
        short_length=short_length, **blank(),
    )  # fmt: skip
