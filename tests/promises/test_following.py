"""What was promised and is over: whom it is told, and what is done about it (docs/sla.md)."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from helpdesk.following_up import follow_clocks
from helpdesk.kernel.database import rows
from helpdesk.kernel.time import now
from helpdesk.people.actor import SYSTEM, SignedIn
from helpdesk.promises import following
from helpdesk.tickets import telling
from helpdesk.tickets.assigning import assign
from helpdesk.tickets.replying import Draft, reply
from helpdesk.tickets.solving import set_status
from helpdesk.tickets.tables import Ticket
from sla.targets import Step, Warning
from tests.cast import hire, make_team
from tests.make import a_ticket
from tests.noticed import follow_all, fresh, given, kinds_of_notices, mails, tell_all
from tests.sla.due import HOUR, MINUTE, a_policy, fired_through, lines, move_back

pytestmark = pytest.mark.usefixtures("database")


async def run_out(at: datetime | None = None) -> None:
    """What schedulers and workers do, each job twice."""
    for line in await fired_through():
        for _ in range(2):
            await following.follow([line], at=at or now())
        await follow_all()


async def promised(ticket: Ticket, kind: str) -> list[dict[str, Any]]:
    """What the ticket's history tells of promised times."""
    found = await rows("SELECT changes FROM hd_event WHERE ticket = {} AND kind = {} ORDER BY id", ticket.id, kind)
    return [msgspec.json.decode(row["changes"])["promised"][1] for row in found]


async def theirs(agent: SignedIn, *, since: timedelta, team: int | None = None) -> Ticket:
    """A ticket of theirs that the customer wrote so long ago."""
    ticket = await a_ticket(at=now() - since, team=team)
    await assign(ticket, agent.id, by=SYSTEM, at=now() - since)
    await rows("UPDATE hd_event SET followed_at = now()")
    return await fresh(ticket)


async def test_whose_ticket_it_is_hears_of_the_warning_and_of_the_breach_once() -> None:
    await a_policy(warnings=(Warning(percent=75),))
    ben = await hire("ben")
    ticket = await theirs(ben, since=45 * MINUTE)
    await run_out()
    assert await kinds_of_notices(ben) == ["promise_warned"]
    await move_back(ticket, 16 * MINUTE)
    await run_out()
    assert await kinds_of_notices(ben) == ["promise_broken", "promise_warned"]
    [told] = await promised(ticket, "sla_breached")
    assert (told["metric"], told["cause"], told["policy"], told["target"]) == ("first_reply", "timer", "Standard", 3600)
    after = await fresh(ticket)
    assert (after.version, after.updated_at) == (ticket.version, ticket.updated_at), "the ticket itself is as it was"
    await tell_all(now() + 3 * MINUTE)
    [(_to, _subject, text)] = await mails()
    assert "First reply: The promised time is over" in text


async def test_a_ticket_of_nobody_is_told_to_its_team() -> None:
    await a_policy()
    ben, cleo = await hire("ben"), await hire("cleo")
    team = await make_team("Sales", ben)
    await a_ticket(at=now() - HOUR - MINUTE, team=team.id)
    await rows("UPDATE hd_event SET followed_at = now()")
    await run_out()
    assert (await kinds_of_notices(ben), await kinds_of_notices(cleo)) == (["promise_broken"], [])


async def test_who_answers_before_they_are_told_is_not_told_outside_the_centre() -> None:
    await a_policy()
    ben = await hire("ben")
    ticket = await theirs(ben, since=HOUR + MINUTE)
    await run_out()
    await reply(ticket, Draft(body_text="Throw water."), by=ben, at=now())
    await tell_all(now() + 3 * MINUTE)
    assert await mails() == []


async def test_what_cannot_be_followed_holds_up_nothing_that_is_followed_with_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await a_policy()
    ben = await hire("ben")
    tickets = [await theirs(ben, since=HOUR + MINUTE) for _ in range(2)]
    record = following.record

    async def failing(ticket: Ticket, *given: Any, **more: Any) -> int:
        if ticket.id == tickets[0].id:
            raise ValueError("no such ticket")
        return await record(ticket, *given, **more)

    monkeypatch.setattr(following, "record", failing)
    found = await fired_through()
    await follow_clocks(found)
    assert await kinds_of_notices(ben) == [], "all or nothing, and then one by one"
    for line in found:
        with suppress(ValueError):
            await follow_clocks([line])
    assert [len(await promised(ticket, "sla_breached")) for ticket in tickets] == [0, 1]
    assert await kinds_of_notices(ben) == ["promise_broken"], "told with it, in one step"


async def test_a_policy_is_told_of_by_the_name_that_it_has_now() -> None:
    policy = await a_policy()
    first, second = await a_ticket(at=now() - HOUR - MINUTE), await a_ticket(at=now() - HOUR + MINUTE)
    await run_out()
    await rows("UPDATE sla_policy SET name = 'Gold' WHERE id = {}", policy)
    await move_back(second, 2 * MINUTE)
    await run_out()
    assert [(await promised(one, "sla_breached"))[0]["policy"] for one in (first, second)] == ["Standard", "Gold"]


async def test_what_was_answered_before_the_worker_came_to_it_is_history_alone() -> None:
    await a_policy()
    ben = await hire("ben")
    ticket = await theirs(ben, since=HOUR + MINUTE)
    [line] = await fired_through()
    await reply(ticket, Draft(body_text="Throw water."), by=ben, at=now())
    await follow_clocks([line])
    await follow_all()
    assert (len(await promised(ticket, "sla_breached")), await kinds_of_notices(ben)) == (1, [])


@pytest.mark.parametrize("is_known", [True, False])
async def test_an_answer_that_had_come_in_time_takes_the_breach_back(is_known: bool) -> None:
    """E4: accepted at 59:59, worked off after the timer; who has heard of the breach hears that it was none."""
    await a_policy()
    ben = await hire("ben")
    ticket = await theirs(ben, since=HOUR + MINUTE)
    await run_out()
    if is_known:
        await tell_all(now() + 3 * MINUTE)
    await rows("UPDATE hd_ticket SET updated_at = created_at WHERE id = {}", ticket.id)
    await reply(
        await fresh(ticket), Draft(body_text="Throw water."), by=ben, at=ticket.created_at + HOUR - timedelta(seconds=1)
    )
    found = await rows("SELECT id FROM sla_clock_event WHERE follows AND followed_at IS NULL")
    await follow_clocks([line["id"] for line in found])
    await follow_all()
    [clock] = await rows("SELECT * FROM sla_clock WHERE ticket = {} AND metric = 'first_reply'", ticket.id)
    assert (clock["state"], clock["breached_at"], clock["epoch"]) == ("stopped", None, 1)
    assert len(await promised(ticket, "sla_voided")) == 1
    assert await kinds_of_notices(ben) == (["promise_kept"] if is_known else [])


async def test_after_an_outage_each_has_one_mail_of_all_and_no_warning() -> None:
    """E5, small: six hours down."""
    await a_policy(warnings=(Warning(percent=50), Warning(percent=75)))
    agents = [await hire(name) for name in ("ben", "cleo")]
    for place in range(8):
        await theirs(agents[place % 2], since=6 * HOUR + place * MINUTE)
    await run_out()
    assert len(await lines()) == 8
    assert await kinds_of_notices(agents[0]) == ["promise_late"] * 4
    await tell_all(now() + 3 * MINUTE)
    assert await mails() == [], "gathered for a while"
    await rows("UPDATE hd_notice SET due_at = due_at + interval '3 minutes' WHERE id = (SELECT max(id) FROM hd_notice)")
    await tell_all(now() + 6 * MINUTE)
    sent = await mails()
    assert sorted(to for to, _subject, _text in sent) == ["ben@helpdesk.test", "cleo@helpdesk.test"]
    assert {subject for _to, subject, _text in sent} == {"4 promised times ran out some time ago"}
    assert all("Standard: 4" in text for _to, _subject, text in sent)
    await theirs(agents[0], since=6 * HOUR)
    await run_out()
    await tell_all(now() + 12 * MINUTE)
    assert len(await mails()) == 2, "no more than one in ten minutes"
    await tell_all(now() + 17 * MINUTE)
    assert len(await mails()) == 3


async def test_what_is_gathered_keeps_back_nothing_that_is_due(monkeypatch: pytest.MonkeyPatch) -> None:
    await a_policy()
    ben = await hire("ben")
    await theirs(ben, since=6 * HOUR)
    await run_out()
    await given(ben, subject="Just assigned")
    monkeypatch.setattr(telling, "_MOST", 1)
    await tell_all(now() + 3 * MINUTE)
    [(_to, subject, _text)] = await mails()
    assert "Just assigned" in subject


async def test_what_is_over_for_more_than_a_day_is_history_alone() -> None:
    await a_policy()
    ben = await hire("ben")
    ticket = await theirs(ben, since=26 * HOUR)
    await run_out()
    assert (len(await promised(ticket, "sla_breached")), await kinds_of_notices(ben)) == (1, [])


async def test_the_ladder_is_climbed_by_the_verbs_of_tickets() -> None:
    ben, cleo, mani = await hire("ben"), await hire("cleo"), await hire("mani")
    team, second = await make_team("Sales", ben, cleo), await make_team("Second line")
    await rows("UPDATE hd_membership SET is_lead = true WHERE agent = {}", cleo.id)
    steps = (
        Step(do="notify_assignee"), Step(do="notify_lead", after=1), Step(do="notify", agent=mani.id, after=2),
        Step(do="raise_priority", after=3), Step(do="assign", agent=cleo.id, after=4), Step(do="move", team=second.id, after=5),
    )  # fmt: skip
    await a_policy(steps=steps)
    ticket = await theirs(ben, since=HOUR + MINUTE, team=team.id)
    await run_out()
    after = await fresh(ticket)
    assert (after.priority, after.assignee, after.team) == ("high", cleo.id, second.id)
    assert await kinds_of_notices(ben) == ["promise_broken"], "not twice at once"
    assert await kinds_of_notices(mani) == ["promise_escalated"]
    assert await kinds_of_notices(cleo) == ["assigned", "promise_escalated"]
    assert [one["skipped"] for one in await promised(ticket, "sla_escalated")] == [""] * 6


async def test_a_step_that_is_late_that_names_nobody_or_that_came_true_is_left_out_and_says_so() -> None:
    ben, cleo = await hire("ben"), await hire("cleo")
    steps = (
        Step(do="notify_lead"),
        Step(do="assign", agent=cleo.id, after=1),
        Step(do="assign", agent=ben.id, after=2),
    )
    await a_policy(steps=steps)
    await rows("UPDATE hd_agent SET deactivated_at = now() WHERE id = {}", cleo.id)
    ticket = await theirs(ben, since=HOUR + MINUTE)
    await run_out()
    assert [one["skipped"] for one in await promised(ticket, "sla_escalated")] == ["nobody", "gone", "done"]
    other = await theirs(ben, since=3 * HOUR)
    await run_out()
    assert [one["skipped"] for one in await promised(other, "sla_escalated")] == ["late"] * 3
    third = await theirs(ben, since=HOUR + MINUTE)
    found = await fired_through()
    await set_status(third, "solved", by=ben, at=now())
    await follow_clocks(found)
    assert await promised(third, "sla_escalated") == [], "solved meanwhile"
