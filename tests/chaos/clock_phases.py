"""What is done to clocks, and what must come of it; E4, E5, E6 and E9 as the specification of promised times counts them."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from helpdesk.kernel.conditions import Conditions, Line
from helpdesk.kernel.leases import LEASE
from sla.calendar import Rules, Window
from sla.targets import Metric, Target, Warning
from tests.chaos.clock_desk import AGENTS, METRICS, ClockDesk
from tests.chaos.clock_mails import Told, read
from tests.chaos.without import APART

BEFORE, AFTER = timedelta(minutes=-15), timedelta(seconds=5)
"""When what is made fires, from its due time: a warning, a breach."""
SCHEDULERS = [f"scheduler {place}" for place in range(3)]
NAMED = 40
"""Promises of one agent and policy at most: a mail names fifty of each policy, so each is named somewhere."""

_UNFIRED = "SELECT count(*) FROM sla_clock WHERE next_fire_at <= now()"
_UNFOLLOWED = "SELECT (SELECT count(*) FROM sla_clock_event WHERE follows AND followed_at IS NULL) + (SELECT count(*) FROM hd_event WHERE followed_at IS NULL)"
_UNTOLD = f"""
SELECT 3 * ({_UNFIRED}) + 2 * ({_UNFOLLOWED}) + (SELECT count(*) FROM hd_notice WHERE due_at IS NOT NULL)
    + (SELECT count(*) FROM hd_delivery WHERE kind = 'notice' AND state IN ('queued', 'sending'))
"""
"""Steps: to be fired, followed, mailed."""
_ALL = """
SELECT a.email, t.number, c.metric FROM sla_clock c JOIN hd_ticket t ON t.id = c.ticket JOIN hd_agent a ON a.id = t.assignee WHERE c.cycle = 1
"""


async def after_an_outage(run: ClockDesk, clocks: int) -> None:
    """E5, and far more than that: six hours down, first 5,000 overdue, then all the others at once."""
    versions = [await _gathered(place) for place in range(-(-clocks // (AGENTS * NAMED)))]
    tickets = -(-clocks // len(METRICS))
    few = min(tickets // 2, 5_000 // len(METRICS))
    due = datetime.now(UTC) - timedelta(hours=6)
    count = await run.make_clocks(versions, tickets=(0, few), due=due, fires=BEFORE)
    await run.while_killing(SCHEDULERS, lambda: run.count(_UNFIRED), what=f"E5: {count:,} fired")
    await run.while_killing(["scheduler", "worker"], lambda: run.count(_UNTOLD), what=f"E5: {count:,} told", every=8.0)
    mails = read(run.sink.copies)
    run.say(
        f"E5: {len(mails.told):,} told in {sum(mails.digests.values())} mails to {len(mails.digests)} agents, {mails.warnings} warnings"
    )
    run.expect("E5: breaches", await _breaches(run), count)
    run.expect("E5: told", mails.told.total(), count)
    run.expect("E5: agents who had one mail", len(mails.digests), AGENTS)

    count += await run.make_clocks(versions, tickets=(few, tickets - few), due=due, fires=BEFORE)
    forgetting = asyncio.create_task(_forget(run, count))
    await run.while_killing(
        [*SCHEDULERS, "worker 0", "worker 1"], lambda: run.count(_UNTOLD), what=f"{count:,} fired and told", every=4.0
    )
    forgetting.cancel()
    await _check_all(run, count)


async def _forget(run: ClockDesk, count: int) -> None:
    """When half is told the queues are lost, once."""
    from helpdesk.kernel import redis

    while await _told(run) < count / 2:
        await asyncio.sleep(1)
    await asyncio.to_thread(redis.client().flushall)
    run.say("Redis forgets everything")


async def _check_all(run: ClockDesk, count: int) -> None:
    mails = read(run.sink.copies)
    right: set[Told] = {tuple(row) for row in await run.database.fetch(_ALL)}
    run.say(
        f"{len(mails.told):,} promises named in {sum(mails.digests.values())} mails ({mails.copies} came twice), {mails.apart} apart at least"
    )
    run.expect("clocks", len(right), count)
    run.expect("breaches", await _breaches(run), count)
    run.expect("told in histories", await _told(run), count)
    run.expect("never told to their agent", len(right - mails.told.keys()), 0)
    run.expect("told more than once", sum(times > 1 for times in mails.told.values()), 0)
    run.expect("told to somebody else, or never broken", len(mails.told.keys() - right), 0)
    run.expect("warnings told", mails.warnings, 0)
    if mails.apart and mails.apart < APART - LEASE:  # what a killed worker held arrives that much nearer to the next
        run.wrong.append(f"two mails to one agent within {mails.apart}")
    if mails.copies > run.kills["worker"]:
        run.wrong.append(f"{mails.copies} mails came twice, with {run.kills['worker']} workers killed")


async def answered_in_time(run: ClockDesk, count: int) -> None:
    """E4: answers that were accepted a second before they were due, and worked off before and after the timer."""
    from helpdesk.kernel.time import now
    from helpdesk.people.signing_in import as_agent
    from helpdesk.tickets.replying import Draft, reply
    from tests.make import a_ticket

    opened = now() - timedelta(hours=1) + timedelta(seconds=10 + count * 0.1)
    await _policy("Answers", [_target(Metric.FIRST_REPLY)], at=opened - timedelta(seconds=1))
    tickets = [await a_ticket(at=opened + place * timedelta(seconds=0.05)) for place in range(count)]
    ids = [ticket.id for ticket in tickets]
    agent_id = await run.count("SELECT min(id) FROM hd_agent")
    await run.database.execute(
        "UPDATE hd_ticket SET assignee = $1, updated_at = created_at WHERE id = ANY($2)", agent_id, ids
    )
    agent, waiting = await as_agent(agent_id), set(ids)
    assert agent

    async def answer(place: int) -> None:
        ticket = tickets[place]
        due = ticket.created_at + timedelta(hours=1)
        await asyncio.sleep((due - now()).total_seconds() + run.chance.uniform(0, 15))
        ticket.assignee, ticket.updated_at = agent_id, ticket.created_at
        await reply(ticket, Draft(body_text="It is on its way."), by=agent, at=due - timedelta(seconds=1))
        waiting.discard(ticket.id)

    async def left() -> int:
        return len(waiting) + await run.count(_UNFOLLOWED)

    answering = asyncio.gather(*(answer(place) for place in range(count)))
    await run.while_killing([*SCHEDULERS, "worker"], left, what=f"E4: {count} answered in time", every=3.0)
    await answering
    broken, voided, told = [
        await run.count(f"SELECT count(*) FROM {question}", ids)
        for question in (
            "sla_clock_event e JOIN sla_clock c ON c.id = e.clock WHERE c.metric = 'first_reply' AND e.kind = 'breached' AND c.ticket = ANY($1)",
            "sla_clock_event e JOIN sla_clock c ON c.id = e.clock WHERE c.metric = 'first_reply' AND e.kind = 'breach_voided' AND c.ticket = ANY($1)",
            "hd_notice WHERE kind = 'promise_broken' AND read_at IS NULL AND ticket = ANY($1)",
        )
    ]
    run.say(f"E4: a timer came first to {broken} of {count}, and {voided} of these were taken back")
    run.expect("E4: taken back", voided, broken)
    run.expect("E4: breaches that somebody still hears of", told, 0)
    run.expect("E4: kept", await run.count("SELECT count(*) FROM sla_clock WHERE metric = 'first_reply' AND target = 3600 AND state = 'stopped' AND breached_at IS NULL AND ticket = ANY($1)", ids), count)  # fmt: skip


async def another_calendar(run: ClockDesk, clocks: int) -> None:
    """E6: while so many clocks run, their calendar closes; thousands would have been due before they are planned anew."""
    from helpdesk.kernel.time import now
    from sla import calendars
    from sla.tables import Reason

    calendar = await calendars.create(calendars.Written(name="Office", own=_open(0, 24)), by=None, at=now())
    old = await run.count("SELECT max(id) FROM sla_calendar_version")
    version = await _policy("By the calendar", [_target(one) for one in METRICS])
    tickets, made = await run.count("SELECT count(*) FROM hd_ticket"), 0
    while made < clocks:
        made += await run.make_clocks(
            [version], tickets=(0, tickets), due=now(), fires=AFTER, calendar=old, cycle=2 + made
        )

    async def close() -> datetime:
        await asyncio.sleep(5)
        opens, at = (now().hour + 3) % 24, now()
        closed = calendars.Written(name="Office", own=_open(opens, opens + 1))
        await calendars.change(calendar, closed, reason=Reason.CHANGE, by=None, at=at)
        return at

    closing = asyncio.create_task(close())
    outdated = (
        "SELECT count(*) FROM sla_clock WHERE state = 'running' AND breached_at IS NULL AND calendar_version = $1"
    )
    await run.while_killing(
        SCHEDULERS, lambda: run.count(outdated, old), what=f"E6: {made:,} clocks of a calendar that closes", every=5.0
    )
    at = await closing
    broken = "SELECT count(*) FROM sla_clock_event e JOIN sla_clock c ON c.id = e.clock WHERE e.kind = 'breached' AND c.policy_version = $1"
    before = await run.count(f"{broken} AND c.original_due_at <= $2", version, at)
    run.say(f"E6: {before:,} had been due before it closed, and were broken")
    run.expect(
        "E6: broken by hours that hold no more", await run.count(f"{broken} AND c.original_due_at > $2", version, at), 0
    )


async def a_jump(run: ClockDesk) -> None:
    """E9: the database's time is set an hour ahead, and back."""
    from helpdesk.kernel.time import now
    from helpdesk.promises.firing import firing_halted

    version = await _policy("Of an hour", [_target(one) for one in METRICS])
    right = await _breaches(run)
    for name in SCHEDULERS:
        run.start(name)

    async def make_due(minutes: int, tickets: tuple[int, int], cycle: int) -> int:
        due = now() + timedelta(minutes=minutes)
        return await run.make_clocks([version], tickets=tickets, due=due, fires=AFTER, cycle=cycle)

    right += await make_due(-20, (0, 1), 1_000_000)
    await _until(run, lambda: _breaches(run), right, within=60)
    many = await make_due(15, (1, 100), 1_000_000)
    await run.set_ahead(timedelta(hours=1))
    await asyncio.sleep(8)
    why, broken = await firing_halted(), await _breaches(run) - right
    run.say(f"E9: {many} are due by a clock that jumped, {broken} were broken; health says: {why or 'nothing'}")
    run.expect("E9: broken by a clock that jumped", broken, 0)
    run.expect("E9: an alarm", bool(why), True)
    await run.set_ahead(timedelta())
    right, began = right + await make_due(-20, (0, 1), 1_000_001), time.monotonic()
    await _until(run, lambda: _breaches(run), right, within=120)
    run.say(f"E9: firing goes on {time.monotonic() - began:.0f} s after it was set right")
    run.expect("E9: halted", await firing_halted(), "")
    for name in SCHEDULERS:
        await run.kill(name)


async def _until(run: ClockDesk, ask: Callable[[], Awaitable[int]], right: int, *, within: float) -> None:
    ends = time.monotonic() + within
    while (found := await ask()) != right and time.monotonic() < ends:
        await asyncio.sleep(0.5)
    run.expect("E9: broken", found, right)


async def _gathered(place: int) -> int:
    """A policy of clocks that are made here; no ticket comes under it by itself."""
    targets = [_target(one, warnings=(Warning(percent=75),)) for one in METRICS]
    return await _policy(f"Policy {place}", targets, Conditions(all=[Line("subject", "is", "Never")]))


async def _policy(
    name: str, targets: list[Target], conditions: Conditions | None = None, *, at: datetime | None = None
) -> int:
    """The id of its version; `at`: it is for tickets that are opened from then on."""
    from helpdesk.kernel.time import now
    from sla import policies

    written = policies.Written(name=name, targets=targets, conditions=conditions or Conditions())
    made = await policies.create(written, by=None, at=at or now(), for_open=False)
    return (await policies.find_policy(made)).version


def _target(metric: Metric, *, warnings: tuple[Warning, ...] = ()) -> Target:
    return Target(metric=metric, seconds=3600, is_business=False, entered=(1, "hours"), warnings=warnings)


def _open(begins: int, ends: int) -> Rules:
    day = (Window(begins * 60, ends * 60),)
    return Rules(zone="UTC", week=(day, day, day, day, day, day, day))


async def _breaches(run: ClockDesk) -> int:
    return await run.count("SELECT count(*) FROM sla_clock_event WHERE kind = 'breached'")


async def _told(run: ClockDesk) -> int:
    return await run.count("SELECT count(*) FROM hd_event WHERE kind = 'sla_breached'")
