"""Calendars and holidays as they are kept: a version for each difference, and none without one."""

import asyncio
from datetime import UTC, date, datetime

import msgspec
import pytest

from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import speaking
from helpdesk.kernel.outbound import Answer
from sla import calendars, holidays, hours, ready_made, refreshing, zone_rules
from sla.calendar import Offset, Rules, Season, Window
from sla.calendars import Written, find_calendar
from sla.countries import country_days, ramadans
from sla.holidays import Day
from sla.ramadans import keep_ramadans, kept
from sla.tables import HolidaySource, Reason
from tests.sla.cases import WORK, week, windows
from tests.sla.test_holiday_files import event, file

pytestmark = pytest.mark.usefixtures("database")

AT = datetime(2026, 6, 1, 8, tzinfo=UTC)
BERLIN = Rules("Europe/Berlin", week((WORK, "9-17")))
FRIDAY = date(2026, 6, 5)


async def make(own: Rules = BERLIN, *sets: int) -> int:
    return await calendars.create(Written(name="Office", own=own, sets=list(sets)), by=None, at=AT)


async def change(calendar: int, own: Rules, *sets: int, reason: Reason = Reason.CHANGE) -> bool:
    written = Written(name="Office", own=own, sets=list(sets))
    return await calendars.change(calendar, written, reason=reason, by=None, at=AT)


async def versions(calendar: int) -> list[tuple[int, str]]:
    found = await rows("SELECT number, reason FROM sla_calendar_version WHERE calendar = {} ORDER BY number", calendar)
    return [(row["number"], row["reason"]) for row in found]


async def test_a_change_is_a_version_and_an_edition_and_the_same_rules_are_none():
    edition = await hours.read_edition()
    calendar = await make()
    same = msgspec.structs.replace(
        BERLIN, week=week((WORK, "9-12 11-17")), seasons=(), names={FRIDAY: "named without being special"}
    )
    assert not await change(calendar, same)
    assert await versions(calendar) == [(1, "change")] and await hours.read_edition() == edition + 1
    assert await change(calendar, msgspec.structs.replace(BERLIN, week=week((WORK, "9-16"))), reason=Reason.CORRECTION)
    assert await versions(calendar) == [(1, "change"), (2, "correction")]
    found = await find_calendar(calendar)
    assert (found.number, found.rules.week[0]) == (2, windows("9-16"))
    assert (await hours.current(calendar))[0] == found.version


async def test_holidays_are_resolved_and_a_day_of_its_own_goes_before_them():
    days = [
        Day(FRIDAY, "Closed"), Day(FRIDAY, "Half", windows("9-12")), Day(date(2026, 6, 8), "Own"),
        Day(date(2026, 6, 9), "Half", windows("9-12")), Day(date(2026, 6, 10), "Waits", is_approved=False),
    ]  # fmt: skip
    one = await holidays.create_set("One", days, at=AT)
    other = await holidays.create_set("Other", [Day(date(2026, 6, 9), "Late", windows("11-15"))], at=AT)
    own = msgspec.structs.replace(BERLIN, special={date(2026, 6, 8): windows("10-11")})
    found = await find_calendar(await make(own, one, other))
    assert found.rules.closed == {FRIDAY}
    assert found.rules.special == {date(2026, 6, 8): windows("10-11"), date(2026, 6, 9): windows("11-12")}
    assert found.rules.names == {FRIDAY: "Closed; Half", date(2026, 6, 9): "Half; Late"}
    assert found.own.special == own.special and found.sets == [one, other]


async def test_a_day_that_is_added_approved_or_refused_makes_versions_of_the_calendars_that_keep_it():
    kept = await holidays.create_set("Kept", [Day(FRIDAY, "Moon", is_estimated=True, is_approved=False)], at=AT)
    calendar, other = await make(BERLIN, kept), await make()
    [moon] = await holidays.days_of([kept])
    assert moon.waits
    await holidays.judge_days(kept, [moon.id], True, reason=Reason.CHANGE, by=None, at=AT)
    assert (await find_calendar(calendar)).rules.closed == {FRIDAY}
    await holidays.save_day(kept, None, Day(date(2026, 6, 7), "Sunday"), reason=Reason.CORRECTION, by=None, at=AT)
    with pytest.raises(Invalid):
        await holidays.save_day(kept, None, Day(FRIDAY, "Moon"), reason=Reason.CHANGE, by=None, at=AT)
    await holidays.judge_days(kept, [moon.id], False, reason=Reason.CHANGE, by=None, at=AT)
    assert [reason for _number, reason in await versions(calendar)] == ["change", "change", "correction", "change"]
    assert await versions(other) == [(1, "change")]
    with pytest.raises(Invalid):
        await holidays.delete_set(kept)


async def test_a_set_that_changes_while_a_calendar_takes_it_up_is_not_missed():
    kept = await holidays.create_set("Kept", [], at=AT)
    calendar = await make()
    await asyncio.gather(
        change(calendar, BERLIN, kept),
        holidays.save_day(kept, None, Day(FRIDAY, "Closed"), reason=Reason.CHANGE, by=None, at=AT),
    )
    assert (await find_calendar(calendar)).rules.closed == {FRIDAY}


async def test_the_default_calendar_stays_in_use():
    calendar, other = await make(), await make()
    await calendars.set_default(calendar)
    with pytest.raises(Invalid):
        await calendars.set_active(calendar, False, at=AT)
    await calendars.set_default(None)
    await calendars.set_active(calendar, False, at=AT)
    with pytest.raises(Invalid):
        await calendars.set_default(calendar)
    assert [one.id for one in await calendars.list_calendars()] == [other, calendar]


@pytest.mark.parametrize(
    ("own", "field"),
    [
        (Rules("Europe/Atlantis", week()), "zone"),
        (Rules("UTC", week(), seasons=(Season(FRIDAY, date(2026, 6, 1), week()),)), "seasons"),
        (Rules("UTC", ((Window(600, 600),), (), (), (), (), (), ())), "week"),
        (Rules("UTC", ((Window(600, 2041),), (), (), (), (), (), ())), "week"),
        (Rules("UTC", week(), special={date(1900, 1, 1): ()}), "special"),
    ],
)
async def test_what_is_no_calendar_is_refused_at_its_field(own: Rules, field: str):
    with pytest.raises(Invalid) as refused:
        await make(own)
    assert list(refused.value.fields) == [field]


async def test_irans_days_by_the_moon_wait_until_somebody_approves_them():
    days = await country_days("IR", [2027], "fa")
    by_name = {one.name: one for one in days}
    assert not by_name["عید سعید فطر"].is_approved and by_name["عید سعید فطر"].is_estimated
    assert by_name["روز طبیعت"].is_approved
    assert (date(2026, 2, 19), date(2026, 3, 20), False) in await ramadans(range(2026, 2028))
    assert len(await country_days("DE-BY", [2026], "de")) > len(await country_days("DE", [2026], "de"))
    with pytest.raises(Invalid):
        await country_days("XX", [2026], "en")


def test_ramadans_become_as_they_are_announced_and_go_on_where_there_is_one():
    first = [(date(2026, 2, 19), date(2026, 3, 20), False), (date(2027, 2, 9), date(2027, 3, 10), True)]
    rules = ready_made.iran(first)
    announced = [(date(2026, 2, 20), date(2026, 3, 20), False), (date(2027, 2, 8), date(2027, 3, 9), False), (date(2028, 1, 28), date(2028, 2, 26), True)]  # fmt: skip
    after = kept(rules, announced, date(2026, 6, 1))
    assert [(one.first, one.last, one.ramadan) for one in after.seasons] == [
        (date(2026, 2, 19), date(2026, 3, 20), "announced"),
        (date(2027, 2, 8), date(2027, 3, 9), "announced"),
        (date(2028, 1, 28), date(2028, 2, 26), "estimated"),
    ]
    assert after.seasons[2].week == rules.seasons[1].week
    assert kept(BERLIN, announced, date(2026, 6, 1)) == BERLIN
    longer = msgspec.structs.replace(after.seasons[2], first=date(2028, 1, 27), last=date(2028, 2, 28), ramadan="")
    winter = msgspec.structs.replace(longer, first=date(2027, 12, 1), last=date(2028, 3, 20), name="Winter")
    by_hand = msgspec.structs.replace(after, seasons=(*after.seasons[:2], longer))
    assert kept(by_hand, announced, date(2026, 6, 1)) == by_hand, "the last one that is known is somebody's, too"
    by_hand = msgspec.structs.replace(after, seasons=(*after.seasons[:2], winter))
    assert len(kept(by_hand, announced, date(2026, 6, 1)).seasons) == 4, "what merely lies around it is none"


async def test_calendars_with_a_ramadan_have_those_of_the_years_ahead_and_no_version_without_need():
    ahead = await ramadans(range(2026, 2028))
    nowhere, iran, other = await make(ready_made.iran(ahead)), await make(ready_made.iran(ahead)), await make()
    await rows(
        """UPDATE sla_calendar SET own = jsonb_set(own, ARRAY['zone'], '"Gone/Nowhere"') WHERE id = {}""", nowhere
    )
    assert [await keep_ramadans(at=AT), await keep_ramadans(at=AT)] == [1, 0]
    assert [one.first.year for one in (await find_calendar(iran)).own.seasons] == [2026, 2027, 2028, 2029]
    assert (await versions(iran), await versions(other)) == ([(1, "change"), (2, "change")], [(1, "change")])


async def test_an_import_leaves_what_somebody_decided_and_what_is_past():
    days = [Day(date(2026, 5, 1), "Past"), Day(date(2026, 7, 1), "Gone"), Day(date(2026, 7, 2), "Refused"), Day(date(2026, 7, 3), "Moon", is_estimated=True, is_approved=False)]  # fmt: skip
    kept = await holidays.create_set("Country", days, at=AT, source=HolidaySource.COUNTRY, detail="XX")
    by_name = {one.name: one.id for one in await holidays.days_of([kept])}
    await holidays.judge_days(kept, [by_name["Refused"]], False, reason=Reason.CHANGE, by=None, at=AT)
    await holidays.save_day(kept, None, Day(date(2026, 7, 4), "By hand"), reason=Reason.CHANGE, by=None, at=AT)
    given = [Day(date(2026, 7, 2), "Refused"), Day(date(2026, 7, 3), "Moon"), Day(date(2026, 7, 5), "New")]
    for _twice in range(2):
        await holidays.take_over(kept, given, at=AT)
    found = {one.name: one.is_approved for one in await holidays.days_of([kept])}
    assert found == {"Past": True, "Refused": False, "Moon": True, "By hand": True, "New": True}


async def test_a_feed_is_fetched_once_a_day_and_a_failed_try_deletes_nothing(monkeypatch: pytest.MonkeyPatch):
    kept = await holidays.create_set(
        "Feed", [], at=AT, source=HolidaySource.ICALENDAR, detail="webcal://days.test/a.ics"
    )
    await rows("UPDATE sla_holiday_set SET tried_at = NULL")
    answers = [
        Answer(200, {"etag": '"1"'}, file(event("DTSTART;VALUE=DATE:20260605", "SUMMARY:Feast"))),
        Answer(500, {}), Answer(200, {}, file(event("DTSTART;VALUE=DATE:20200101", "SUMMARY:Old"))), Answer(304, {}),
    ]  # fmt: skip
    asked: list[tuple[str, str | None]] = []

    async def ask(_method: str, url: str, *, headers: dict[str, str], within: float) -> Answer:
        asked.append((url, headers.get("if-none-match")))
        return answers.pop(0)

    monkeypatch.setattr(refreshing, "ask", ask)
    tried = [await refreshing.refresh_holidays(at=AT.replace(hour=hour)) for hour in (8, 9)]
    problems, persian = [], []
    for day, hour in ((2, 8), (2, 9), (2, 10)):
        tried.append(await refreshing.refresh_holidays(at=AT.replace(day=day, hour=hour)))
        problems.append((await holidays.find_set(kept)).problem_words)
        with speaking("fa"):
            persian.append((await holidays.find_set(kept)).problem_words)
    assert tried == [1, 0, 1, 1, 1]
    assert problems == ["The server there answers HTTP 500.", "The calendar file has no days of these years.", ""]
    assert persian[0].startswith("سرور آن نشانی") and persian[2] == ""
    assert asked == [("https://days.test/a.ics", None)] + [("https://days.test/a.ics", '"1"')] * 3
    assert [one.name for one in await holidays.days_of([kept])] == ["Feast"]


async def test_a_feed_inside_is_never_asked():
    kept = await holidays.create_set(
        "Feed", [], at=AT, source=HolidaySource.ICALENDAR, detail="https://127.0.0.1/a.ics"
    )
    await rows("UPDATE sla_holiday_set SET tried_at = NULL")
    await refreshing.refresh_holidays(at=AT)
    assert "no public address" in (await holidays.find_set(kept)).problem_words


async def test_whatever_fails_with_one_set_the_others_are_brought_up_to_date(monkeypatch: pytest.MonkeyPatch):
    kept = [
        await holidays.create_set(
            f"Feed {n}", [], at=AT, source=HolidaySource.ICALENDAR, detail=f"https://days.test/{n}"
        )
        for n in range(3)
    ]
    await rows("UPDATE sla_holiday_set SET tried_at = NULL")

    async def ask(_method: str, url: str, **_more: object) -> Answer:
        if url.endswith("0"):
            await rows("DELETE FROM sla_holiday_set WHERE id = {}", kept[0])
        if url.endswith("1"):
            raise RuntimeError("never thought of")
        return Answer(200, {}, file(event("DTSTART;VALUE=DATE:20260605", "SUMMARY:Feast")))

    monkeypatch.setattr(refreshing, "ask", ask)
    assert await refreshing.refresh_holidays(at=AT) == 3
    assert {one.name: one.problem_words for one in await holidays.list_sets()} == {
        "Feed 1": "never thought of",
        "Feed 2": "",
    }


async def test_new_rules_of_zones_correct_only_calendars_whose_openings_differ():
    """E10: as if an older tzdata had thought that summer time ends a week later in Berlin."""
    office, always = await make(), await make(msgspec.structs.replace(BERLIN, is_always=True))
    sunday = await make(msgspec.structs.replace(BERLIN, week=week(("Sat", "9-17"))))
    tehran = await make(Rules("Asia/Tehran", week((WORK, "9-17"))))
    [row] = await rows("SELECT offsets FROM sla_calendar WHERE id = {}", office)
    known = [Offset(*one) for one in msgspec.json.decode(row["offsets"])]
    number = next(n for n, one in enumerate(known) if one.seconds == 7200 and one.until > AT.timestamp())
    late = known[number].until + 5 * 86_400
    known[number : number + 2] = [known[number]._replace(until=late), known[number + 1]._replace(since=late)]
    await rows("UPDATE sla_calendar SET tzdata = '2020a'")
    await rows(
        "UPDATE sla_calendar SET offsets = {} WHERE id = ANY({})",
        msgspec.json.encode([list(one) for one in known]).decode(), [office, always, sunday],
    )  # fmt: skip
    assert await zone_rules.look_at_zone_rules(at=AT) == [office]
    assert await versions(office) == [(1, "change"), (2, "correction")]
    assert await versions(tehran) == [(1, "change")]
    assert await zone_rules.look_at_zone_rules(at=AT) == []
