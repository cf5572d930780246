"""Sets of holidays: made by hand, of a country, or from a calendar file; their days, approved or not."""

from datetime import datetime
from typing import Any

from babel import Locale
from litestar import Controller, Response, get, post
from litestar.response import Template

from helpdesk.console.asked import Id, Me, Text, Typed
from helpdesk.console.calendar_forms import in_words
from helpdesk.console.calendars import HOME as CALENDARS
from helpdesk.console.calendars import span_of, year_shown
from helpdesk.console.days import told_of_days
from helpdesk.console.forms import Form
from helpdesk.console.rendering import frame, render, see_other
from helpdesk.console.year_view import year_view
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.hours_text import BadHours, read_windows
from helpdesk.kernel.language import _, day_words, reader, week, weekday
from helpdesk.kernel.text import sort_key
from helpdesk.kernel.time import now
from helpdesk.kernel.typed_days import read_day
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import demand
from helpdesk.promises import holidays
from helpdesk.promises.calendars import VERB
from helpdesk.promises.holidays import LARGEST_FILE
from sla.calendar import Window
from sla.countries import countries
from sla.holidays import Day, days_of, find_set
from sla.tables import Reason

HOME = f"{CALENDARS}/holidays"


class HolidaysController(Controller):
    path = HOME
    request_max_body_size = LARGEST_FILE + 256 * 1024

    @get("/new")
    async def new(self, agent: Me) -> Template:
        return await _new(agent, {"kind": "country", "place": "IR" if reader().language == "fa" else ""})

    @post("/new", status_code=200)
    async def create(self, agent: Me, form: Typed) -> Response:
        typed = {name: form.line(name) for name in ("kind", "name", "place", "part", "address")}
        if form.has("redraw"):
            return await _new(agent, typed | {"kind": "country", "part": ""})
        try:
            made, left_out = await _create(typed, form, by=agent, at=now())
        except Invalid as error:
            return await _new(agent, typed, errors=error.fields, status=422)
        if left_out:
            return await _page(agent, made, said="made", left_out=left_out)
        return see_other(f"{HOME}/{made}?said=made")

    @get("/{set_id:int}")
    async def show(self, agent: Me, set_id: Id, year: Text = "", said: Text = "") -> Template:
        return await _page(agent, set_id, year=year, said=said)

    @post("/{set_id:int}", status_code=200)
    async def rename(self, agent: Me, set_id: Id, form: Typed) -> Response:
        try:
            await holidays.rename_set(set_id, form.line("name"), by=agent, at=now())
        except Invalid as error:
            return await _page(agent, set_id, errors=error.fields, status=422)
        return see_other(f"{HOME}/{set_id}?said=saved")

    @post("/{set_id:int}/days", status_code=200)
    async def add_day(self, agent: Me, set_id: Id, form: Typed) -> Response:
        typed = {name: form.line(name) for name in ("day", "day_name", "windows", "reason")}
        try:
            await holidays.save_day(set_id, None, _day(typed), reason=_reason(form), by=agent, at=now())
        except Invalid as error:
            errors = {{"name": "day_name"}.get(name, name): told for name, told in error.fields.items()}
            return await _page(agent, set_id, typed=typed, errors=errors, status=422)
        return see_other(f"{HOME}/{set_id}?said=saved")

    @post("/{set_id:int}/days/judgement", status_code=200)
    async def judge(self, agent: Me, set_id: Id, form: Typed) -> Response:
        """The chosen days count, or they do not; with `all` every day that waits."""
        demand(agent, VERB)
        ids = form.wholes("day")
        if form.is_checked("all"):
            ids = [one.id for one in await days_of([set_id]) if one.waits]
        await holidays.judge_days(set_id, ids, form.line("counts") != "no", reason=_reason(form), by=agent, at=now())
        return see_other(f"{HOME}/{set_id}?said=saved")

    @post("/{set_id:int}/refresh", status_code=200)
    async def refresh(self, agent: Me, set_id: Id) -> Response:
        """Fetch it now instead of with the next day."""
        try:
            await holidays.refresh_now(set_id, by=agent, at=now())
        except Invalid as error:
            return await _page(agent, set_id, errors=error.fields, status=422)
        return see_other(f"{HOME}/{set_id}?said=fetched")

    @post("/{set_id:int}/removal", status_code=200)
    async def remove(self, agent: Me, set_id: Id) -> Response:
        try:
            await holidays.delete_set(set_id, by=agent, at=now())
        except Invalid as error:
            return await _page(agent, set_id, errors=error.fields, status=422)
        return see_other(f"{CALENDARS}?said=removed")


async def _create(typed: dict[str, str], form: Form, *, by: SignedIn, at: datetime) -> tuple[int, list[str]]:
    demand(by, VERB)
    name = typed["name"]
    match typed["kind"]:
        case "country":
            place = typed["place"] + (f"-{typed['part']}" if typed["part"] else "")
            named = name or dict(await _places()).get(typed["place"], typed["place"])
            return await holidays.add_country(named, place, reader().language, by=by, at=at), []
        case "address":
            return await holidays.add_address(name, typed["address"], by=by, at=at)
        case "file":
            files = [await one.read(LARGEST_FILE + 1) for one in form.files("file")]
            if not files:
                raise Invalid(file=_("Choose a calendar file (.ics)."))
            return await holidays.add_file(name, files[0], by=by, at=at)
        case _:
            return await holidays.add_set(name, by=by, at=at), []


def _day(typed: dict[str, str]) -> Day:
    """Raises Invalid at `day` or `windows`."""
    try:
        day = read_day(typed["day"])
    except (ValueError, OverflowError) as error:
        raise Invalid(day=_("Write a day as 2026-12-24 or 1405-10-03.")) from error
    try:
        windows = tuple(Window(start, end) for start, end in read_windows(typed["windows"], over_midnight=True))
    except BadHours as error:
        raise Invalid(windows=str(error)) from error
    return Day(day, typed["day_name"], windows)


def _reason(form: Form) -> Reason:
    return Reason.CORRECTION if form.line("reason") == Reason.CORRECTION else Reason.CHANGE


async def _places() -> list[tuple[str, str]]:
    """Codes of countries with their names in the reader's language, sorted by these."""
    names = Locale(reader().language).territories
    found = [(code, names.get(code, code)) for code in await countries()]
    return sorted(found, key=lambda one: sort_key(one[1]))


async def _new(
    agent: SignedIn, typed: dict[str, str], *, errors: dict[str, str] | None = None, status: int = 200
) -> Template:
    demand(agent, VERB)
    country = (await countries()).get(typed.get("place", ""))
    parts = sorted(country.parts.items(), key=lambda part: sort_key(part[1])) if country else []
    blank = {"kind": "", "name": "", "place": "", "part": "", "address": ""}
    return render(
        "settings/new_holidays.html", status=status, **await frame(agent), typed=blank | typed, places=await _places(), parts=parts,
        errors=errors or {},
    )  # fmt: skip


async def _page(agent: SignedIn, set_id: int, *, year: str = "", status: int = 200, **more: Any) -> Template:
    demand(agent, VERB)
    found, at = await find_set(set_id), now()
    shown = year_shown(year, at)
    days = await days_of([set_id], *span_of(shown))
    context: dict[str, Any] = {
        "typed": {"day": "", "day_name": "", "windows": "", "reason": ""}, "errors": {}, "said": "", "left_out": [],
    }  # fmt: skip
    return render(
        "settings/holiday_set.html", status=status, **await frame(agent), set=found, days=days, year=shown, today=at.date(),
        months=year_view(None, days, shown), weekdays=[weekday(day) for day in week()], in_words=in_words, day_words=day_words,
        told_of_days=told_of_days(), **(context | more),
    )  # fmt: skip
