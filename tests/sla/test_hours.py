"""What is read of calendars is remembered, and no longer than it holds."""

from datetime import UTC, datetime

import msgspec
import pytest

from helpdesk.kernel.database import rows
from sla import hours
from sla.calendar import Rules
from sla.tables import Calendar, CalendarVersion, Settings
from tests.sla.cases import WORK, week

pytestmark = pytest.mark.usefixtures("database")

TUESDAY = datetime(2026, 6, 2, 7, tzinfo=UTC)
DAYS = week((WORK, "9-17"))


async def _version(calendar: int, number: int, zone: str) -> int:
    made = CalendarVersion(
        calendar=calendar,
        number=number,
        rules=msgspec.json.encode(Rules(zone, DAYS)).decode(),
        effective_from=TUESDAY,
    )
    await made.save()
    return made.id


async def _calendar() -> tuple[int, int]:
    made = Calendar(name="Office", created_at=TUESDAY)
    await made.save()
    return made.id, await _version(made.id, 1, "Europe/Berlin")


async def test_the_newest_version_counts_as_soon_as_the_edition_has_changed():
    calendar, first = await _calendar()
    version, found = await hours.current(calendar)
    assert version == first and found.is_open(TUESDAY)

    second = await _version(calendar, 2, "Asia/Tehran")
    await Calendar.update({Calendar.version: 2}).where(Calendar.id == calendar)
    assert (await hours.current(calendar))[0] == first
    await Settings.update({Settings.edition: Settings.edition + 1}, force=True)
    version, found = await hours.current(calendar)
    assert version == second and found.rules.zone == "Asia/Tehran"
    assert (await hours.hours(first)).rules.zone == "Europe/Berlin"


async def test_without_a_calendar_all_time_counts():
    assert await hours.current(None) == (None, hours.always())
    assert (await hours.hours(None)).elapsed(TUESDAY, TUESDAY.replace(hour=9)) == 7200


async def test_a_version_is_read_once_in_a_process():
    _calendar_id, version = await _calendar()
    found = await hours.hours(version)
    await rows("DELETE FROM sla_calendar_version")
    assert await hours.hours(version) is found
    with pytest.raises(LookupError):
        await hours.hours(version + 1)
