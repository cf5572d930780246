"""What a timer finds due is fired once, whoever else is at it (docs/sla.md)."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from helpdesk.kernel.database import rows, transaction
from helpdesk.kernel.time import now
from helpdesk.tickets.replying import Draft, reply
from sla import hours, ledger, moves, policies
from sla.clock import Terms
from sla.firing import DUE, fire
from sla.targets import Step, Warning
from tests.cast import hire
from tests.make import a_ticket
from tests.sla.due import HOUR, a_policy, fired_through, lines, many_due, move_back

pytestmark = pytest.mark.usefixtures("database")


async def fire_and_die() -> None:
    async with transaction():
        await fire()
        raise RuntimeError("killed")


async def test_two_schedulers_fire_each_clock_once() -> None:
    """E1."""
    await a_policy()
    await many_due(1000, due=now() - HOUR / 60)
    first, second = await asyncio.gather(fired_through(), fired_through())
    assert len(first) + len(second) == len({*first, *second}) == 1000
    assert len({row["clock"] for row in await lines()}) == 1000


async def test_one_that_is_killed_while_it_fires_leaves_all_to_the_next() -> None:
    """E2."""
    await a_policy()
    await many_due(20, due=now() - HOUR / 60)
    with pytest.raises(RuntimeError, match="killed"):
        await fire_and_die()
    assert not await lines()
    assert len(await fired_through()) == 20


async def test_an_answer_and_the_timer_at_the_same_moment_end_in_one_outcome() -> None:
    """E3: whoever comes first, a clock is never both broken and kept."""
    await a_policy()
    ben = await hire("ben")
    for _ in range(12):
        ticket = await a_ticket(at=now() - HOUR - timedelta(seconds=10))
        await asyncio.gather(reply(ticket, Draft(body_text="Throw water."), by=ben, at=now()), fire())
        [clock] = await rows("SELECT * FROM sla_clock WHERE ticket = {} AND metric = 'first_reply'", ticket.id)
        broken = await rows("SELECT cause FROM sla_clock_event WHERE clock = {} AND kind = 'breached'", clock["id"])
        assert (clock["state"], clock["next_fire_at"]) == ("stopped", None)
        assert len(broken) == 1
        assert clock["breached_at"] == clock["due_at"]


async def test_a_late_scheduler_tells_of_the_breach_and_of_no_warning_before_it() -> None:
    await a_policy(warnings=(Warning(percent=50), Warning(percent=75)))
    await a_ticket(at=now() - 3 * HOUR)
    assert len(await fired_through()) == 1
    assert [row["threshold"] for row in await lines("superseded")] == [0, 1]
    assert not await lines("warned")
    [broken] = await lines()
    assert (broken["at"], broken["cause"]) == (broken["due_at"], "timer")


async def test_a_warning_comes_before_the_breach_and_the_ladder_behind_it() -> None:
    steps = (Step(do="notify_assignee", after=60), Step(do="notify_lead", after=120))
    await a_policy(warnings=(Warning(percent=50),), steps=steps)
    ticket = await a_ticket(at=now() - HOUR / 2 - timedelta(seconds=1))
    await fired_through()
    assert len(await lines("warned")) == 1
    await move_back(ticket, HOUR / 2 + timedelta(minutes=1, seconds=2))
    await fired_through()
    assert (len(await lines()), [row["threshold"] for row in await lines("escalated")]) == (1, [0])
    await move_back(ticket, timedelta(minutes=1))
    await fired_through()
    assert [row["threshold"] for row in await lines("escalated")] == [0, 1]
    assert not await rows("SELECT FROM sla_clock WHERE next_fire_at IS NOT NULL")


async def test_while_a_mail_waits_that_came_in_time_nothing_is_broken() -> None:
    await a_policy(warnings=(Warning(percent=50),))
    ticket = await a_ticket(at=now() - HOUR - timedelta(seconds=10))
    assert (await fire(unless_due_since=now() - timedelta(seconds=20)))[0] == 0
    assert (await fire(unless_due_since=now() - timedelta(seconds=5)))[0] == 1
    assert [row["metric"] for row in await lines()] == ["first_reply"]
    assert ticket.id


async def test_a_clock_that_cannot_be_reckoned_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    await a_policy()
    await many_due(3, due=now() - HOUR / 60)
    fire_one, asked = moves.fire, iter([True, False, False])

    def broken(*given: Any) -> None:
        if next(asked):
            raise ValueError("no such hour")
        fire_one(*given)

    monkeypatch.setattr(moves, "fire", broken)
    assert len(await fired_through()) == 2
    [left] = await rows("SELECT next_fire_at > now() AS is_later FROM sla_clock WHERE state = 'running' AND breached_at IS NULL AND metric = 'next_reply'")  # fmt: skip
    assert left["is_later"]


async def test_a_policy_that_was_switched_off_fires_nothing_any_more() -> None:
    policy = await a_policy()
    await many_due(3, due=now() - HOUR / 60)
    await policies.set_active(policy, False)
    assert await fired_through() == []


async def test_a_clock_that_is_there_already_is_dropped_and_stops_nothing() -> None:
    await a_policy()
    ticket, by = await a_ticket(), Terms(hours=hours.always())
    one, same = (moves.start("next_reply", now(), by, cause=cause) for cause in ("", "late"))
    async with transaction():
        await ledger.write([ledger.Stored(ticket.id, one), ledger.Stored(ticket.id, same)])
    assert [row["cause"] for row in await lines("started") if row["metric"] == "next_reply"] == [""]


async def test_the_claim_reads_no_more_of_the_index_than_is_due() -> None:
    """E12: the time is a condition of the index, not a filter behind it."""
    async with transaction():
        await rows("SET LOCAL enable_seqscan = off")
        plan = "\n".join(row["QUERY PLAN"] for row in await rows(f"EXPLAIN {DUE}", now(), now(), 500))
    assert "Index Cond: (next_fire_at <=" in plan
