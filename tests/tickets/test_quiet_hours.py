"""When agents are left in peace."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from helpdesk.channels.web_push.tables import Push
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.time import now
from helpdesk.tickets.quiet_hours import Quiet, check, choose_quiet_hours, end_of_quiet
from tests.cast import hire
from tests.noticed import LATER, a_device, given, kinds_of_notices, mails, tell_all

TEHRAN = ZoneInfo("Asia/Tehran")
NIGHTS = Quiet(begins=18 * 60, ends=8 * 60, days=frozenset({5, 6, 0, 1, 2}), whole_days=frozenset({3, 4}))
"""Of the Iranian week: from Saturday to Wednesday the nights, Thursday and Friday wholly."""


@pytest.mark.parametrize("gives_up", [False, True])
async def test_in_quiet_hours_everything_waits_in_the_centre_and_comes_together_afterwards(
    database: None, gives_up: bool
) -> None:
    ben = await hire("ben")
    await a_device(ben)
    every_day = frozenset(range(7))
    begin = now()
    here = begin.astimezone(UTC)
    minute = here.hour * 60 + here.minute
    await choose_quiet_hours(
        Quiet(begins=(minute - 60) % 1440, ends=(minute + 60) % 1440, days=every_day), by=ben, at=begin
    )
    for number in range(2):
        await given(ben, subject=f"At night {number}")
    await tell_all(begin + LATER)
    assert await Push.count() == 0 and await mails() == [] and len(await kinds_of_notices(ben)) == 2
    if gives_up:
        await choose_quiet_hours(None, by=ben, at=begin + LATER)
    await tell_all(begin + (LATER if gives_up else timedelta(minutes=61)))
    assert await Push.count() == 2 and [subject for _to, subject, _text in await mails()] == ["News of 2 tickets"]


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2026-11-22 12:00", None),  # a Sunday at noon
        ("2026-11-22 17:59", None),
        ("2026-11-22 18:00", "2026-11-23 08:00"),
        ("2026-11-23 07:59", "2026-11-23 08:00"),
        ("2026-11-23 08:00", None),
        ("2026-11-25 20:00", "2026-11-28 00:00"),  # Wednesday evening: the nights and the days off are one
        ("2026-11-27 10:00", "2026-11-28 00:00"),
        ("2026-11-28 07:00", None),  # Saturday morning: Friday's night was not chosen
    ],
)
def test_quiet_hours_are_those_of_the_clock_on_the_wall(at: str, until: str | None) -> None:
    def there(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=TEHRAN)

    assert end_of_quiet(NIGHTS, there(at), TEHRAN) == (there(until) if until else None)


def test_a_night_in_which_the_clocks_change_ends_in_the_morning() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    saturdays = Quiet(begins=22 * 60, ends=7 * 60, days=frozenset({5}))
    for night, morning in (("2026-03-28T23:00", "2026-03-29T07:00"), ("2026-10-24T23:00", "2026-10-25T07:00")):
        at, until = (datetime.fromisoformat(one).replace(tzinfo=berlin) for one in (night, morning))
        assert end_of_quiet(saturdays, at, berlin) == until.astimezone(UTC)


def test_quiet_hours_end() -> None:
    week = frozenset(range(7))
    for never in (Quiet(whole_days=week), Quiet(begins=60, ends=60, days=week), Quiet(days=frozenset({9}))):
        with pytest.raises(Invalid):
            check(never)
    check(Quiet(begins=60, ends=59, days=week))
