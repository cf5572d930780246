"""The managers' page: what it shows, in both languages, as a file, and who may see it."""

import csv
import io
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from html import unescape

import pytest
from persiantools.jdatetime import JalaliDate

from helpdesk.console import reports
from helpdesk.console.report_words import change, length, share, tone
from helpdesk.kernel.language import speaking
from helpdesk.people.tables import Agent
from helpdesk.reports.figures import FIGURES
from helpdesk.reports.periods import Days, chosen, named
from tests.console.browsing import Browser
from tests.reports.conftest import BERLIN, FRIDAY, Desk

WEEK = "period=custom&from=2026-06-01&to=2026-06-05"


async def manager(desk: Desk, browser: Callable[[], Browser], who: str = "mani", **changes: str) -> Browser:
    await Agent.update({**changes, "time_zone": "Europe/Berlin"}).where(Agent.id == desk.people[who].id)
    return await browser().sign_in(desk.people[who])


def words_of(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


async def test_it_shows_each_figure_with_both_times_its_definition_and_its_tickets(
    desk: Desk, browser: Callable[[], Browser]
) -> None:
    page = await (await manager(desk, browser)).get(f"/console/reports?{WEEK}")
    said = words_of(page.text)
    assert page.status_code == 200
    assert "First reply, median" in said and "1 h 30 min" in said
    assert "business time · 90th percentile 2 h" in said
    assert "calendar time: 1 h 30 min · 90th percentile 18 h" in said
    assert "33.3%" in said and "2 of 6 promises" in said
    assert "Broken ones late by, median: 1 h business time, 17 h calendar time" in said
    assert "1 Jun – 5 Jun 2026, compared with 27 May – 31 May 2026. Days begin at midnight in Europe/Berlin" in said
    for name in FIGURES:
        if name not in ("achieved", "breached", "overdue"):
            assert f'href="/console/reports/{name}?' in page.text, name
    assert FIGURES["sla"].definition in unescape(page.text)
    assert "Sales" in said and "Board" in said


async def test_a_figure_leads_to_exactly_its_tickets(desk: Desk, browser: Callable[[], Browser]) -> None:
    mani = await manager(desk, browser)
    page = await mani.get(f"/console/reports?{WEEK}")
    path = re.search(r'href="(/console/reports/breached\?[^"]*cause=late_stop[^"]*)"', page.text)
    assert path
    listed = await mani.get(unescape(path[1]))
    assert listed.text.count("<tr>") == 1 + 3
    said = words_of(listed.text)
    assert "First reply · 1 h of business time promised · late by 30 min business time, 30 min calendar time" in said
    for name in FIGURES:
        assert (await mani.get(f"/console/reports/{name}?{WEEK}")).status_code == 200, name
    assert (await mani.get("/console/reports/nothing")).status_code == 404
    assert (await mani.get("/console/reports/sla?after=nonsense")).status_code == 422


async def test_persian_readers_have_their_weeks_months_digits_and_direction(
    desk: Desk, browser: Callable[[], Browser]
) -> None:
    page = await (await manager(desk, browser, language="fa")).get(
        "/console/reports?period=custom&from=۱۴۰۵/۰۳/۱۱&to=1405-03-15"
    )
    said = words_of(page.text)
    assert 'dir="rtl"' in page.text
    assert "۱۱ خرداد – ۱۵ خرداد ۱۴۰۵" in said
    assert "۳۳٫۳٪" in said and "۱ ساعت" in said


async def test_files_hold_the_rows_and_are_harmless_to_spreadsheets(
    desk: Desk, browser: Callable[[], Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    mani = await manager(desk, browser)
    file = await mani.get(f"/console/reports/first_reply/rows.csv?{WEEK}")
    assert file.headers["content-type"].startswith("text/csv") and file.content.startswith(b"\xef\xbb\xbf")
    lines = list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))
    assert [line["subject"] for line in lines] == ["'=Formula", "Lost parcel", "Invoice"]
    assert [(line["elapsed_business"], line["elapsed_calendar"]) for line in lines] == [
        ("7200", "64800"),
        ("5400", "5400"),
        ("1800", "1800"),
    ]
    monkeypatch.setattr(reports, "MOST_LINES", 1)
    assert "more lines in the file" in words_of((await mani.get(f"/console/reports?{WEEK}&by=agent")).text)
    table = await mani.get(f"/console/reports/table.csv?{WEEK}&by=agent")
    named_lines = {line["name"]: line for line in csv.DictReader(io.StringIO(table.content.decode("utf-8-sig")))}
    assert named_lines["Ben Weber"]["first_reply_count"] == "2" and len(named_lines) > 2, "all, whatever the page shows"
    course = await mani.get(f"/console/reports/table.csv?{WEEK}&table=course")
    assert len(course.text.splitlines()) == 1 + 5


async def test_agents_see_what_they_did_themselves_and_light_agents_nothing(
    desk: Desk, browser: Callable[[], Browser]
) -> None:
    ben = await manager(desk, browser, "ben")
    page = await ben.get(f"/console/reports?{WEEK}&agent={desk.people['cleo'].id}&by=agent")
    said = words_of(page.text)
    assert "My figures" in said and "2 measured" in said and "Cleo" not in said
    listed = await ben.get(f"/console/reports/first_reply?{WEEK}&agent={desk.people['cleo'].id}")
    assert "Invoice" in listed.text and "Lost parcel" not in listed.text
    lia = await manager(desk, browser, "lia")
    assert (await lia.get("/console/reports")).status_code == 403
    assert 'href="/console/reports"' not in (await lia.get("/console")).text


async def test_an_empty_desk_says_what_to_do_and_days_that_are_none_are_told(
    desk: Desk, browser: Callable[[], Browser]
) -> None:
    mani = await manager(desk, browser)
    assert "Nothing in this period" in (await mani.get("/console/reports?period=today")).text
    wrong = await mani.get("/console/reports?period=custom&from=tomorrow&to=2026-06-05")
    assert wrong.status_code == 200 and "Write a day like" in wrong.text
    begun = await mani.get("/console/reports?period=custom")
    assert re.search(r'name="from"[^>]* value="\d{4}-\d\d-\d\d"', begun.text) and "Write a day" not in begun.text
    reversed_ = await mani.get("/console/reports?period=custom&from=2026-06-05&to=2026-06-01")
    assert "The last day is before the first." in reversed_.text
    nonsense = "team=x&agent=-1&priority=none&by=subject&count=maybe&course=up&channel=99999999999"
    assert (await mani.get(f"/console/reports?{nonsense}")).status_code == 200


@pytest.mark.parametrize(
    ("name", "language", "first", "behind", "before"),
    [
        ("today", "en", date(2026, 6, 5), date(2026, 6, 6), Days(date(2026, 6, 4), date(2026, 6, 5))),
        ("7d", "en", date(2026, 5, 30), date(2026, 6, 6), Days(date(2026, 5, 23), date(2026, 5, 30))),
        ("week", "en", date(2026, 6, 1), date(2026, 6, 6), Days(date(2026, 5, 25), date(2026, 5, 30))),
        ("week", "fa", date(2026, 5, 30), date(2026, 6, 6), Days(date(2026, 5, 23), date(2026, 5, 30))),
        ("last-month", "en", date(2026, 5, 1), date(2026, 6, 1), Days(date(2026, 4, 1), date(2026, 5, 1))),
        ("last-month", "fa", date(2026, 4, 21), date(2026, 5, 22), Days(date(2026, 3, 21), date(2026, 4, 21))),
        ("last-quarter", "fa", JalaliDate(1404, 10, 1).to_gregorian(), JalaliDate(1405, 1, 1).to_gregorian(), Days(JalaliDate(1404, 7, 1).to_gregorian(), JalaliDate(1404, 10, 1).to_gregorian())),
    ],
)  # fmt: skip
def test_periods_are_civil_days_of_the_readers_calendar(
    name: str, language: str, first: date, behind: date, before: Days
) -> None:
    found = named(name, at=FRIDAY, zone=BERLIN, language=language)
    assert (found.days, found.before) == (Days(first, behind), before)


def test_a_day_has_23_or_25_hours_when_clocks_change() -> None:
    for day, hours in ((date(2026, 3, 29), 23), (date(2026, 10, 25), 25)):
        found = chosen(day, day, zone=BERLIN, language="en")
        assert (len(found.starts), found.until - found.since) == (hours, timedelta(hours=hours))
    week = chosen(date(2026, 3, 28), date(2026, 3, 30), zone=BERLIN, language="en")
    assert [start.isoformat()[:16] for start in week.starts] == [
        "2026-03-27T23:00",
        "2026-03-28T23:00",
        "2026-03-29T22:00",
    ]
    years = chosen(date(2024, 1, 15), date(2026, 1, 14), zone=BERLIN, language="fa")
    assert years.step == "month"
    assert years.starts[1] == datetime.combine(JalaliDate(1402, 11, 1).to_gregorian(), datetime.min.time(), BERLIN)


def test_changes_are_said_in_words_and_tell_whether_they_are_good() -> None:
    assert [length(s) for s in (None, 0, 42, 1_860, 16_800)] == ["–", "0 min", "42 s", "31 min", "4 h 40 min"]
    assert length(5 * 86_400 + 7_200, in_days=True) == "5 d 2 h"
    assert [share(part) for part in (None, 1, 0.942)] == ["–", "100%", "94.2%"]
    assert [change(82, 100), change(100, 100), change(1, 0), change(0.942, 0.928, is_share=True)] == [
        "−18%",
        "",
        "",
        "+1.4 pt",
    ]
    assert [tone(82, 100, True), tone(106, 100, True), tone(1, 2, None)] == ["good", "warn", ""]
    with speaking("fa"):
        assert (change(82, 100), share(0.942)) == ("\u200e−۱۸٪", "۹۴٫۲٪")
