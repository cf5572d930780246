"""The loop of a scheduler: when it fires, when it holds back, and when it does not believe the clock."""

from datetime import UTC, datetime, timedelta
from unittest import mock

import pytest

from helpdesk.channels.tables import Channel
from helpdesk.health import queue_lags, readiness
from helpdesk.intake.accepting import accept, nudged
from helpdesk.kernel.database import rows
from helpdesk.kernel.time import now
from helpdesk.promises import firing
from helpdesk.promises.firing import LONGEST_PAUSE, SHORTEST_PAUSE, WHILE_HELD_BACK, Firing
from sla.firing import fire
from sla.timekeeping import CONFIRMED_AFTER, Look, Timekeeper
from tests.make import a_ticket
from tests.sla.due import HOUR, a_policy, lines, many_due

NOON = datetime(2026, 6, 2, 12, tzinfo=UTC)


def looks(*said: float) -> list[str]:
    """The troubles that there are when the clock says so many seconds past noon at second 0, 1, 2 …"""
    keeper = Timekeeper()
    return [
        keeper.look(Look(NOON + timedelta(seconds=one), float(place), place + 0.01), written_at=NOON)
        for place, one in enumerate(said)
    ]  # fmt: skip


def test_a_clock_that_runs_evenly_is_believed() -> None:
    assert looks(*range(100)) == [""] * 100


def test_one_that_jumps_is_not_believed_until_it_runs_evenly_for_a_minute() -> None:
    """E9."""
    ahead = looks(0, 1, *range(3602, 3602 + 70))
    assert ahead[:3] == ["", "", "the database's clock jumped ahead by 3600 s"]
    assert [bool(one) for one in ahead[2:]] == [True] * int(CONFIRMED_AFTER) + [False] * 10
    back = looks(100, 101, 52, 53)
    assert back == ["", "", *["the database's clock went back by 50 s"] * 2]


def test_who_starts_behind_what_was_written_does_not_believe_it() -> None:
    assert looks(-30)[0] == "the database's clock went back by 30 s"


def test_who_starts_with_a_clock_far_from_its_own_does_not_believe_it() -> None:
    keeper = Timekeeper()
    found = [
        keeper.look(Look(NOON + timedelta(seconds=3600 + place), place, place + 0.01, ours=NOON), written_at=NOON)
        for place in range(70)
    ]
    assert found[0] == "the database's clock is +3600 s from ours"
    assert [bool(one) for one in found] == [True] * int(CONFIRMED_AFTER) + [False] * 10


def test_an_answer_that_was_long_in_coming_is_no_jump() -> None:
    keeper = Timekeeper()
    waits = [(0.0, 400.0, 399.0), (400.2, 400.21, 400.2), (400.4, 401.0, 400.5)]
    found = [
        keeper.look(Look(NOON + timedelta(seconds=said), began, ended), written_at=None) for began, ended, said in waits
    ]
    assert found == [""] * 3


@pytest.mark.usefixtures("database")
async def test_it_sleeps_until_the_next_clock_and_no_longer_than_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    await a_policy()
    assert await Firing().step() == LONGEST_PAUSE
    monkeypatch.setattr(firing, "LONGEST_PAUSE", 7200.0)
    await a_ticket(at=now())
    assert 3000 < await Firing().step() <= 3605
    await a_ticket(at=now() - HOUR - timedelta(seconds=6))
    assert await Firing().step() == SHORTEST_PAUSE
    assert len(await lines()) == 1


@pytest.mark.usefixtures("database")
async def test_what_is_due_is_judged_by_the_look_that_was_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock may jump between the two."""
    await a_policy()
    await many_due(2, due=now() - timedelta(minutes=1))
    assert await fire(at=now() - timedelta(minutes=2)) == (0, [])
    monkeypatch.setattr(firing, "fire", seen := mock.AsyncMock(return_value=(0, [])))
    await Firing().step()
    assert now() - timedelta(seconds=30) < seen.call_args.kwargs["at"] <= now()


@pytest.mark.usefixtures("database")
async def test_a_mail_that_came_in_time_is_waited_for_though_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    await a_policy()
    await many_due(1, due=now() - timedelta(minutes=1))
    channel = await Channel.objects().first()
    assert channel
    mail = await accept(b"Subject: x\r\n\r\nx", channel=channel, envelope_from="", envelope_to=["a@b"], source="smtp")
    await nudged()
    loop = Firing()
    await rows("UPDATE hd_raw_message SET received_at = now() - interval '10 minutes' WHERE id = {}", mail)
    assert await loop.step() == WHILE_HELD_BACK
    assert not await lines(), "after the start it is waited for however old it is"
    monkeypatch.setattr(firing, "HELD_BACK", timedelta())
    assert await loop.step() == SHORTEST_PAUSE
    assert len(await lines()) == 1


@pytest.mark.usefixtures("database")
async def test_health_knows_what_is_overdue_and_that_firing_halts() -> None:
    await a_policy()
    await many_due(3, due=now() - timedelta(minutes=2))
    overdue = (await queue_lags())["clocks"]
    assert (overdue.waiting, 110 < overdue.lag < 130) == (3, True)
    loop = Firing()
    loop.time.look(Look(now() + HOUR, 0.0, 0.1), written_at=None)
    assert await loop.step() == LONGEST_PAUSE
    assert not await lines()
    assert "went back" in (await readiness()).warnings[0]
    assert await Firing().step() == LONGEST_PAUSE, "one that starts meanwhile halts, too"
    assert not await lines()
