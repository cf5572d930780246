"""Calendars and holidays as managers keep them."""

import re
from collections.abc import Callable
from datetime import date

import msgspec
import pytest

from helpdesk.console.calendar_forms import typed_of, written
from helpdesk.customers.organising import save_organisation
from helpdesk.kernel.database import rows
from helpdesk.kernel.time import now
from helpdesk.people.agents import change_preferences
from helpdesk.promises import holidays as keeping
from helpdesk.promises.calendars import choose_calendar, users_of
from sla import calendars, holidays, ready_made
from sla.calendar import Season, Window
from tests.cast import again, hire, make_team
from tests.console.browsing import Browser
from tests.sla.test_holiday_files import event, file

Browsers = Callable[[], Browser]
HOME = "/console/settings/calendars"
DAY = "9–12, 13–17"
OFFICE = {"name": "Office", "zone": "Europe/Berlin", "kind": "hours"} | {f"day-{day}": DAY for day in range(5)}


async def manager(browser: Browsers) -> Browser:
    return await browser().sign_in(await hire("mani"))


async def the_only() -> calendars.Calendar:
    [found] = await calendars.list_calendars()
    return found


async def test_a_calendar_is_written_by_hand_and_shown_as_it_was_typed(browser: Browsers) -> None:
    visitor = await manager(browser)
    typed = OFFICE | {
        "day-6": "22-6", "special-0-day": "1405-10-03", "special-0-name": "Eve", "special-0-hours": "۹ تا ۱۳", "special-1-day": "2026-12-25",
        "season-0-name": "Summer", "season-0-first": "2026-07-01", "season-0-last": "2026-08-31", "season-0-day-0": "8-24",
    }  # fmt: skip
    made = await visitor.post(f"{HOME}/new", typed)
    assert made.status_code == 303, made.text
    own = (await the_only()).own
    assert own.week[0] == (Window(540, 720), Window(780, 1020)) and own.week[6] == (Window(1320, 1800),)
    assert own.special == {date(2026, 12, 24): (Window(540, 780),)} and own.closed == {date(2026, 12, 25)}
    assert own.seasons[0].week[0] == (Window(480, 1440),) and own.names == {date(2026, 12, 24): "Eve"}
    page = await visitor.get(made.headers["location"])
    for words in ('value="9:00–12:00, 13:00–17:00"', 'value="22:00–6:00"', 'value="2026-12-24"', 'value="8:00–24:00"', "from now on"):  # fmt: skip
        assert words in page.text, words
    again = await visitor.post(f"{HOME}/{(await the_only()).id}", typed | {"reason": "correction", "day-0": "9-17"})
    assert again.status_code == 303
    [version] = await rows("SELECT reason FROM sla_calendar_version WHERE number = 2")
    assert version["reason"] == "correction"


async def test_of_two_who_change_a_calendar_the_second_is_told_of_the_first(browser: Browsers) -> None:
    visitor = await manager(browser)
    await visitor.post(f"{HOME}/new", OFFICE)
    url = f"{HOME}/{(await the_only()).id}"

    async def shown() -> str:
        found = re.search(r'name="seen" value="(\w+)"', (await visitor.get(url)).text)
        assert found
        return found[1]

    seen = await shown()
    assert (await visitor.post(url, OFFICE | {"seen": seen, "day-5": "10-12"})).status_code == 303
    late = await visitor.post(url, OFFICE | {"seen": seen, "day-6": "10-12"})
    assert late.status_code == 422 and "changed this calendar meanwhile" in late.text
    assert (await the_only()).own.week[5] == (Window(600, 720),)
    assert (await visitor.post(url, OFFICE | {"seen": await shown(), "day-6": "10-12"})).status_code == 303
    assert (await the_only()).own.week[5] == ()


async def test_seasons_come_back_from_their_form_as_they_were(database: None) -> None:
    week = ready_made.office("UTC").week
    seasons = (
        Season(date(2026, 7, 1), date(2026, 8, 31), week, rank=2, name="Upper"),
        Season(date(2026, 8, 1), date(2026, 8, 31), week, rank=1, name="Lower"),
        Season(date(2027, 2, 8), date(2027, 3, 9), week, ramadan="estimated"),
    )
    own = msgspec.structs.replace(ready_made.office("UTC"), seasons=seasons)
    await calendars.create(calendars.Written(name="Office", own=own), by=None, at=now())
    typed = typed_of(await the_only())
    assert [one.title for one in typed.seasons] == ["Upper", "Lower", "Ramadan (estimated)"]
    assert [(one.rank, one.ramadan) for one in written(typed).own.seasons] == [(3, ""), (2, ""), (1, "estimated")]
    typed.seasons[2].first = "2027-02-09"
    assert not written(typed).own.seasons[2].ramadan, "whose days somebody has changed they are theirs"


@pytest.mark.parametrize(
    ("wrong", "place", "words"),
    [
        ({"day-2": "17-25"}, "day-2", "from 0:00 to 24:00"),
        ({"day-2": "9-9"}, "day-2", "have no length"),
        ({"day-2": "soon"}, "day-2", "Write hours as"),
        ({"zone": "Europe/Atlantis"}, "zone", "no such time zone"),
        ({"special-0-day": "2026-02-30"}, "special-0-day", "Write a day as"),
        ({"season-0-first": "2026-07-02", "season-0-last": "2026-07-01"}, "season-0-last", "ends on its first day"),
        ({f"day-{day}": "" for day in range(5)}, "day-0", "one day at least"),
        ({"name": ""}, "name", "Give it a name"),
    ],
)
async def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(
    browser: Browsers, wrong: dict[str, str], place: str, words: str
) -> None:
    visitor = await manager(browser)
    page = await visitor.post(f"{HOME}/new", OFFICE | wrong)
    assert page.status_code == 422
    assert words in page.text and f'id="{place}-error"' in page.text
    assert await calendars.list_calendars() == []


async def test_ready_made_calendars_come_in_one_click_and_irans_days_by_the_moon_are_approved_at_once(
    browser: Browsers,
) -> None:
    visitor = await manager(browser)
    assert "Until there is one, all hours" in (await visitor.get(HOME)).text
    for kind in ("always", "office", "iran"):
        made = await visitor.post(f"{HOME}/ready-made", {"kind": kind})
        page = await visitor.get(made.headers["location"])
        assert "A calendar to begin with" in page.text
    found = {one.name: one for one in await calendars.list_calendars()}
    iran = found["Iranian week"]
    assert iran.rules.week[3] == (Window(480, 780),) and iran.rules.week[4] == () and len(iran.rules.seasons) >= 4
    assert "wait for approval and do not count yet" in page.text and 'name="season-0-ramadan" value="' in page.text
    [kept] = await holidays.list_sets()
    assert kept.waiting
    approved = await visitor.post(f"{HOME}/holidays/{kept.id}/days/judgement", {"all": "1"})
    assert approved.status_code == 303
    after = await calendars.find_calendar(iran.id)
    assert (await holidays.find_set(kept.id)).waiting == 0 and len(after.rules.closed) > len(iran.rules.closed)


async def test_the_default_is_chosen_and_what_is_used_stays_in_use(browser: Browsers) -> None:
    mani = await hire("mani")
    visitor, team = await browser().sign_in(mani), (await make_team("Sales", mani)).id
    await visitor.post(f"{HOME}/new", OFFICE)
    calendar = await the_only()
    await visitor.post(f"{HOME}/default", {"calendar": str(calendar.id)})
    assert (await the_only()).is_default
    await choose_calendar("team", team, calendar.id, by=mani, at=now())
    await visitor.post(f"{HOME}/default", {"calendar": ""})
    refused = await visitor.post(f"{HOME}/{calendar.id}/use", {})
    assert refused.status_code == 422 and "still used by Sales" in refused.text
    assert "Sales" in (await visitor.get(HOME)).text
    await choose_calendar("team", team, None, by=mani, at=now())
    assert (await visitor.post(f"{HOME}/{calendar.id}/use", {})).status_code == 303
    assert (await the_only()).deactivated_at


async def test_trying_out_says_when_a_length_has_passed_and_of_which_pieces(browser: Browsers) -> None:
    visitor = await manager(browser)
    await visitor.post(f"{HOME}/new", OFFICE)
    url = f"{HOME}/{(await the_only()).id}"
    page = await visitor.get(f"{url}?start=2026-06-05+16:00&length=4")
    assert "Monday 8 June 2026, 12:00" in page.text and page.text.count("June 2026, 9:00") == 0
    assert "Friday 5 June 2026, 16:00" in page.text and "3 h" in page.text
    page = await visitor.get(f"{url}?start=2026-06-05+16:00&end=1405/03/18+12:00")
    assert "there is 4 h of open time" in page.text
    assert (await visitor.get(f"{url}?start=yesterday&length=4")).status_code == 422


async def test_a_year_shows_holidays_in_the_readers_calendar(browser: Browsers) -> None:
    mani = await hire("mani")
    visitor = await browser().sign_in(mani)
    made = await visitor.post(f"{HOME}/holidays/new", {"kind": "manual", "name": "Ours"})
    day = {"day": "2026-06-05", "day_name": "Founding day", "windows": "9-12"}
    await visitor.post(f"{made.headers['location'].partition('?')[0]}/days", day)
    [kept] = await holidays.list_sets()
    await visitor.post(f"{HOME}/new", OFFICE | {"sets": str(kept.id)})
    calendar = await the_only()
    assert calendar.rules.special == {date(2026, 6, 5): (Window(540, 720),)}
    page = await visitor.get(f"{HOME}/{calendar.id}/year?year=2026")
    assert "June" in page.text and "Founding day, open for a part of the day" in page.text
    await change_preferences(mani.id or 0, name="Mani", language="fa", time_zone="Asia/Tehran", theme="system", signature="", goes=mani.goes)  # fmt: skip
    page = await visitor.get(f"{HOME}/{calendar.id}/year?year=1405")
    assert "خرداد" in page.text and "Founding day" in page.text
    assert (await visitor.get(f"{HOME}/{calendar.id}/year?year=99999999")).status_code == 200


async def test_a_calendar_file_is_taken_in_and_what_is_odd_waits(browser: Browsers) -> None:
    visitor = await manager(browser)
    year = now().year
    content = file(
        event(f"DTSTART;VALUE=DATE:{year}1225", "SUMMARY:Christmas"),
        event(f"DTSTART:{year}1226T100000Z", "SUMMARY:Party"),
        event(f"DTSTART;VALUE=DATE:{year}1201", "RRULE:FREQ=WEEKLY", "SUMMARY:Team"),
    )
    made = await visitor.post(
        f"{HOME}/holidays/new", {"kind": "file", "name": "Ours"}, files={"file": ("a.ics", content, "text/calendar")}
    )
    assert made.status_code == 200 and "Team: it repeats otherwise" in made.text
    [kept] = await holidays.list_sets()
    assert (kept.days, kept.waiting) == (2, 1)
    refused = await visitor.post(
        f"{HOME}/holidays/new", {"kind": "file", "name": "x"}, files={"file": ("a.ics", b"no", "text/calendar")}
    )
    assert refused.status_code == 422 and "no calendar file" in refused.text
    inside = await visitor.post(
        f"{HOME}/holidays/new", {"kind": "address", "name": "x", "address": "https://127.0.0.1/x"}
    )
    assert inside.status_code == 422 and "public address" in inside.text
    assert (await visitor.post(f"{HOME}/holidays/{kept.id}/removal", {})).status_code == 303
    assert await holidays.list_sets() == []


async def test_agents_keep_no_calendars(browser: Browsers) -> None:
    ben = await hire("ben")
    visitor = await browser().sign_in(ben)
    for path in (HOME, f"{HOME}/new", f"{HOME}/holidays/new"):
        assert (await visitor.get(path)).status_code == 403
    assert (await visitor.post(f"{HOME}/new", OFFICE)).status_code == 403
    made = await keeping.add_set("Ours", by=await again(await hire("alma")), at=now())
    assert (await visitor.post(f"{HOME}/holidays/{made}/days/judgement", {"all": "1"})).status_code == 403


async def test_a_team_an_organisation_and_a_channel_have_calendars_of_their_own(browser: Browsers) -> None:
    alma = await hire("alma")
    visitor = await browser().sign_in(alma)
    await visitor.post(f"{HOME}/new", OFFICE)
    calendar = await the_only()
    team = (await make_team("Sales", alma)).id
    organisation = await save_organisation(None, name="Customer Ltd", domains=[], by=alma, at=now())
    pages = {"team": f"/console/teams/{team}", "organisation": f"/console/organisations/{organisation}", "channel": "/console/channels/1/texts"}  # fmt: skip
    for (owner, page), owner_id in zip(pages.items(), (team, organisation, 1), strict=True):
        chosen = await visitor.post(f"{HOME}/of/{owner}/{owner_id}", {"calendar": str(calendar.id)})
        assert chosen.headers["location"] == f"{page}?said=saved"
        shown = (await visitor.get(page)).text
        assert f'<option value="{calendar.id}" selected>Office' in shown
    assert (await users_of())[calendar.id] == ["Customer Ltd", "Sales", "Support"]
    assert (await visitor.post(f"{HOME}/of/agent/1", {"calendar": ""})).status_code == 404
    assert (await visitor.post(f"{HOME}/of/team/{team}", {"calendar": "77"})).status_code == 422
    light = await browser().sign_in(await hire("ben"))
    assert (await light.post(f"{HOME}/of/organisation/{organisation}", {"calendar": ""})).status_code == 403
    assert "calendar-choice" not in (await light.get(pages["organisation"])).text
