"""Calendars and policies change under clocks that run (docs/sla.md)."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from helpdesk.kernel.conditions import Conditions, Line
from helpdesk.kernel.database import rows, transaction
from helpdesk.kernel.time import now
from helpdesk.people.actor import SYSTEM
from helpdesk.promises import adopting
from helpdesk.promises.adopting import bring_to_open_tickets
from helpdesk.promises.calendars import choose_calendar, set_default
from helpdesk.promises.pinning import set_due
from helpdesk.promises.replanning import replan_what_is_outdated
from helpdesk.tickets import promising
from helpdesk.tickets.handing_over import hand_over
from helpdesk.tickets.retagging import retag
from helpdesk.tickets.tables import Ticket
from sla import calendars, policies, sweeping
from sla.calendar import Rules, Window
from sla.firing import fire
from sla.hours import NO_WINDOWS
from sla.policies import Written
from sla.tables import Reason
from sla.targets import Metric, Target
from tests.cast import hire, make_team
from tests.make import a_ticket
from tests.sla.due import HOUR, MINUTE, a_policy, fired_through, lines

pytestmark = pytest.mark.usefixtures("database")
DAY = (Window(0, 1440),)
ALWAYS, NEVER = Rules(zone="UTC", week=(DAY, DAY, DAY, DAY, DAY, DAY, DAY)), Rules(zone="UTC", week=NO_WINDOWS)


async def by_calendar(rules: Rules, *, seconds: int = 3600) -> calendars.Calendar:
    """A policy of an hour by a calendar with such rules; both are as old as can be."""
    old = datetime(2026, 1, 1, tzinfo=UTC)
    made = await calendars.create(calendars.Written(name="Office", own=rules), by=None, at=old)
    target = Target(metric=Metric.FIRST_REPLY, seconds=seconds, calendar=made, entered=(1, "hours"))
    await policies.create(Written(name="Standard", targets=[target]), by=None, at=old, for_open=False)
    return await calendars.find_calendar(made)


async def changed(calendar: calendars.Calendar, rules: Rules, reason: Reason = Reason.CHANGE) -> None:
    await calendars.change(
        calendar.id, calendars.Written(name="Office", own=rules), reason=reason, by=None, at=now() - MINUTE
    )  # fmt: skip


async def clock(ticket: Ticket) -> dict[str, object]:
    [found] = await rows("SELECT * FROM sla_clock WHERE ticket = {} AND metric = 'first_reply'", ticket.id)
    return found


async def test_clocks_of_a_changed_calendar_are_planned_anew_and_broken_by_it_no_more() -> None:
    """E6, small: what was due an instant before the change stays; all else waits for the hours that hold."""
    calendar = await by_calendar(ALWAYS)
    late, running = await a_ticket(at=now() - HOUR - 5 * MINUTE), await a_ticket(at=now() - HOUR + 10 * MINUTE)
    await changed(calendar, NEVER)
    assert await replan_what_is_outdated() == 2
    assert await replan_what_is_outdated() == 0
    assert [row["cause"] for row in await lines()] == ["timer"]
    after = await clock(running)
    assert (after["due_at"], after["next_fire_at"], after["consumed"]) == (None, None, 49 * 60)
    assert (await clock(late))["breached_at"]
    assert (await fire())[0] == 0


async def test_a_timer_that_comes_before_the_planning_asks_for_the_newest_hours_itself() -> None:
    calendar = await by_calendar(ALWAYS)
    await a_ticket(at=now() - HOUR - MINUTE / 2)
    await changed(calendar, NEVER)
    assert await fired_through() == []
    assert not await lines()


async def test_a_correction_measures_again_and_takes_back_what_was_never_late() -> None:
    calendar = await by_calendar(ALWAYS)
    ticket = await a_ticket(at=now() - 3 * HOUR)
    assert len(await fired_through()) == 1
    await changed(calendar, NEVER, Reason.CORRECTION)
    assert await replan_what_is_outdated() == 1
    after = await clock(ticket)
    assert (after["consumed"], after["breached_at"], after["epoch"], after["escalated"]) == (0, None, 1, 0)
    [voided] = await lines("breach_voided")
    assert (voided["cause"], voided["follows"]) == ("correction", True)
    await changed(calendar, ALWAYS, Reason.CORRECTION)
    await replan_what_is_outdated()
    assert 3 * 3600 <= int(str((await clock(ticket))["consumed"])) < 3 * 3600 + 60, "and again"
    await rows(
        "UPDATE sla_clock SET next_fire_at = next_fire_at - interval '6 seconds', due_at = due_at - interval '6 seconds'"
    )
    assert len(await fired_through()) == 1, "late from now on, not in the past"


async def test_a_correction_leaves_alone_what_other_versions_measured() -> None:
    calendar = await by_calendar(ALWAYS, seconds=5 * 3600)
    ticket = await a_ticket(at=now() - 3 * HOUR)
    await calendars.change(
        calendar.id, calendars.Written(name="Office", own=NEVER), reason=Reason.CHANGE, by=None, at=now() - HOUR
    )  # fmt: skip
    await replan_what_is_outdated()
    await changed(calendar, ALWAYS, Reason.CORRECTION)
    await replan_what_is_outdated()
    used = int(str((await clock(ticket))["consumed"]))
    assert 3 * 3600 <= used < 3 * 3600 + 60, "two hours by the first, one hour by what the second should have been"


async def test_a_policy_reaches_open_tickets_when_that_was_asked_for() -> None:
    policy = await a_policy()
    ticket = await a_ticket(at=now() - MINUTE)
    [before] = await policies.list_policies()
    shorter = [msgspec.structs.replace(before.targets[0], seconds=1800)]
    await policies.change(policy, Written(name="Standard", targets=shorter), by=None, at=now(), for_open=False)
    await bring_to_open_tickets(at=now())
    assert (await clock(ticket))["target"] == 3600
    shorter = [msgspec.structs.replace(before.targets[0], seconds=900)]
    await policies.change(policy, Written(name="Standard", targets=shorter), by=None, at=now(), for_open=True)
    assert await bring_to_open_tickets(at=now()) == 1
    await bring_to_open_tickets(at=now())
    assert (await clock(ticket))["target"] == 900
    assert (await policies.find_policy(policy)).is_being_applied is False


@pytest.mark.parametrize("end", [policies.delete, policies.set_active])
async def test_a_policy_that_is_gone_ends_its_clocks_and_nobody_hears_of_it_any_more(end: object) -> None:
    """E8."""
    policy = await a_policy()
    ticket = await a_ticket(at=now() - HOUR - MINUTE)
    await (policies.delete(policy, at=now()) if end is policies.delete else policies.set_active(policy, False))
    assert await bring_to_open_tickets(at=now()) == 1
    after = await clock(ticket)
    assert (after["target"], after["next_fire_at"], after["state"]) == (None, None, "running"), "measured for reports"
    assert await fired_through() == []
    assert await bring_to_open_tickets(at=now()) == 0


async def test_one_ticket_that_cannot_be_brought_along_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    policy = await a_policy()
    first, second = await a_ticket(), await a_ticket()
    follow = promising.follow

    async def fails_once(ticket: Ticket, kind: str, **more: Any) -> list[int]:
        if ticket.id == first.id:
            raise RuntimeError("never thought of")
        return await follow(ticket, kind, **more)

    monkeypatch.setattr(promising, "follow", fails_once)
    await policies.set_active(policy, False)
    assert await bring_to_open_tickets(at=now()) == 2
    assert [(await clock(one))["target"] for one in (first, second)] == [3600, None]


async def test_another_calendar_by_choice_reaches_running_clocks_and_the_one_before_breaks_nothing_until_then() -> None:
    mani = await hire("mani")
    team = (await make_team("Sales", mani)).id
    never, always = [
        await calendars.create(calendars.Written(name="Office", own=own), by=None, at=now() - HOUR)
        for own in (NEVER, ALWAYS)
    ]
    by_never = (await calendars.find_calendar(never)).version
    target = Target(metric=Metric.FIRST_REPLY, seconds=3600, calendar="team", entered=(1, "hours"))
    await policies.create(Written(name="Standard", targets=[target]), by=None, at=now() - 2 * HOUR, for_open=False)
    late, theirs = await a_ticket(at=now() - HOUR - MINUTE), await a_ticket(at=now() - MINUTE, team=team)
    await set_default(never, by=mani, at=now())
    assert await fired_through() == [], "all time counted until now; what is late by that waits to be measured anew"
    assert await bring_to_open_tickets(at=now()) == 2
    assert await bring_to_open_tickets(at=now()) == 0
    assert (await clock(theirs))["next_fire_at"] is None
    assert ((await clock(late))["breached_at"] is not None, len(await lines())) == (True, 1), "it was before the choice"
    await choose_calendar("team", team, always, by=mani, at=now())
    assert await bring_to_open_tickets(at=now()) == 1
    assert (await clock(theirs))["due_at"] and (await clock(late))["calendar_version"] == by_never
    await choose_calendar("team", team, None, by=mani, at=now())
    await bring_to_open_tickets(at=now())
    assert (await clock(theirs))["calendar_version"] == by_never


async def test_a_teams_choice_puts_off_the_clocks_of_no_other_team() -> None:
    mani = await hire("mani")
    calendar = await by_calendar(ALWAYS)
    team, others = (await make_team("Sales", mani)).id, (await make_team("Help", mani)).id
    await set_default(calendar.id, by=mani, at=now())
    await bring_to_open_tickets(at=now())
    theirs, of_another = [await a_ticket(at=now() - HOUR - MINUTE, team=one) for one in (team, others)]
    await choose_calendar("team", team, calendar.id, by=mani, at=now())
    await fired_through()
    assert ((await clock(theirs))["breached_at"], (await clock(of_another))["breached_at"] is not None) == (None, True)


async def test_what_is_reached_late_is_broken_by_no_hours_that_had_ended() -> None:
    target = Target(metric=Metric.FIRST_REPLY, seconds=3600, entered=(1, "hours"))
    await policies.create(Written(name="Standard", targets=[target]), by=None, at=now() - 2 * HOUR, for_open=False)
    mani, ticket = await hire("mani"), await a_ticket(at=now() - HOUR + MINUTE)
    never = await calendars.create(calendars.Written(name="Closed", own=NEVER), by=None, at=now() - HOUR)
    await set_default(never, by=mani, at=now())
    assert await bring_to_open_tickets(at=now() + 5 * MINUTE) == 1
    after = await clock(ticket)
    assert (after["breached_at"], after["due_at"], await lines()) == (None, None, [])
    assert 59 * 60 <= int(str(after["consumed"])) < 3600


async def test_each_ticket_is_brought_along_at_its_own_instant_and_there_is_an_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await a_policy()
    first, second = await a_ticket(), await a_ticket()
    follow, seen = promising.follow, list[datetime]()

    async def watched(ticket: Ticket, kind: str, **more: Any) -> list[int]:
        seen.append(more["at"])
        return await follow(ticket, kind, **more)

    monkeypatch.setattr(promising, "follow", watched)
    for tickets in ([first.id, second.id], [second.id]):
        await sweeping.sweep_tickets(tickets)
    monkeypatch.setattr(adopting, "AT_ONCE", 0.0)
    assert await bring_to_open_tickets() == 2, "the second sweep waits for the next time"
    assert seen[0] < seen[1]


async def test_a_due_time_is_set_by_hand_while_the_clocks_wait_to_be_brought_along() -> None:
    calendar, mani = await by_calendar(ALWAYS), await hire("mani")
    ticket = await a_ticket(at=now() - 10 * MINUTE)
    await changed(calendar, NEVER)
    due = now() + 2 * HOUR
    assert await set_due(ticket, int(str((await clock(ticket))["id"])), due, by=mani, at=now())
    after = await clock(ticket)
    assert (after["due_at"], after["is_pinned"], after["calendar_version"]) == (due, True, calendar.version + 1)


async def test_clocks_follow_what_is_changed_about_many_tickets_at_once() -> None:
    """Tags everywhere, and merged organisations."""
    [[organisation], [other]] = [
        await rows(
            "INSERT INTO hd_organisation (name, sort_key, created_at) VALUES ({}, {}, now()) RETURNING id", name, name
        )
        for name in ("Acme", "Acme Ltd")
    ]
    asked = (
        Line(field="tags", op="has_any", value=["vip"]),
        Line(field="organisation", op="is", value=organisation["id"]),
    )
    for place, line in enumerate(asked):
        target = Target(metric=Metric.FIRST_REPLY, seconds=1800 * (place + 1), is_business=False, entered=(1, "hours"))
        await policies.create(
            Written(name=line.field, conditions=Conditions(all=[line]), targets=[target]),
            by=None,
            at=now() - HOUR,
            for_open=False,
        )
    tagged, theirs = await a_ticket(), await a_ticket()
    await rows("UPDATE hd_ticket SET tags = {} WHERE id = {}", ["gold"], tagged.id)
    await rows("UPDATE hd_ticket SET organisation = {} WHERE id = {}", other["id"], theirs.id)
    await retag("gold", "vip", by=await hire("mani"), at=now())
    async with transaction():
        await hand_over(
            "organisation", other["id"], organisation["id"], kind="organisation_merged", by=SYSTEM, at=now(), told={}
        )
    assert await bring_to_open_tickets(at=now()) == 2
    assert [(await clock(one))["target"] for one in (tagged, theirs)] == [1800, 3600]
