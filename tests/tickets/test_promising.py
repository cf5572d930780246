"""The clocks of tickets through the verbs of tickets: in the transaction of the change, or not at all."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from helpdesk.kernel.database import rows, transaction
from helpdesk.people.actor import SYSTEM, Actor, SignedIn
from helpdesk.promises.adopting import bring_to_open_tickets
from helpdesk.promises.renaming_tags import rename_tag
from helpdesk.tickets.assigning import move_to_team
from helpdesk.tickets.changing import change, locked
from helpdesk.tickets.editing import prioritise, tag
from helpdesk.tickets.marking_spam import mark_spam, unmark_spam
from helpdesk.tickets.merging import merge_into, unmerge
from helpdesk.tickets.messages import MailFacts, NewMessage, write
from helpdesk.tickets.replying import Draft, note, reply
from helpdesk.tickets.solving import set_status, solve
from helpdesk.tickets.splitting import split
from helpdesk.tickets.tables import Message, Status, Ticket
from helpdesk.tickets.taking_back import take_back
from helpdesk.tickets.undoing import undo
from sla import policies
from sla.calendars import Written as Hours
from sla.calendars import create as create_calendar
from sla.firing import fire
from sla.policies import Written
from sla.targets import Metric, Target
from tests.cast import hire, make_team
from tests.make import a_ticket
from tests.sla.cases import NAMED
from tests.sla.story import minutes

FIRST, NEXT, OWNERSHIP, WORK = Metric.FIRST_REPLY, Metric.NEXT_REPLY, Metric.GROUP_OWNERSHIP, Metric.AGENT_WORK
NINE = datetime(2026, 6, 2, 7, 0, tzinfo=UTC)
"""Tuesday, nine o'clock in Berlin."""

pytestmark = pytest.mark.usefixtures("database")


def later(minutes: int) -> datetime:
    return NINE + timedelta(minutes=minutes)


async def promise(*targets: Target, conditions: dict[str, Any] | None = None, is_internal: bool = False) -> int:
    written = Written(name="Promised", targets=list(targets), is_internal=is_internal)
    if conditions:
        written = msgspec.structs.replace(written, conditions=msgspec.convert(conditions, policies.Conditions))
    return await policies.create(written, by=None, at=NINE, for_open=False)


async def clocks(ticket: Ticket, metric: Metric) -> list[dict[str, Any]]:
    return await rows("SELECT * FROM sla_clock WHERE ticket = {} AND metric = {} ORDER BY id", ticket.id, metric)


async def clock(ticket: Ticket, metric: Metric) -> dict[str, Any]:
    return (await clocks(ticket, metric))[-1]


async def says(ticket: Ticket, at: datetime, text: str = "Hello?", *, is_auto_reply: bool = False) -> Message:
    """The customer, by mail."""
    author = Actor(kind="customer", id=ticket.customer)
    async with transaction():
        held = await locked(ticket.id)
        mail = MailFacts(is_auto_reply=is_auto_reply)
        message = await write(held, NewMessage(author=author, body_text=text, created_at=at, mail=mail))
        await change(ticket, "received", by=author, at=at, message=message.id, always=True, last_message_at=at)
    return message


async def answer(ticket: Ticket, by: SignedIn, at: datetime) -> Message:
    return await reply(ticket, Draft(body_text="Throw water."), by=by, at=at)


async def test_an_answer_keeps_the_promise_and_taken_back_it_has_not() -> None:
    await promise(minutes(FIRST, 60))
    ben, ticket = await hire("ben"), await a_ticket(at=NINE)
    assert (await clock(ticket, FIRST))["due_at"] == later(60)
    message = await answer(ticket, ben, later(10))
    found = await clock(ticket, FIRST)
    assert (found["state"], found["elapsed_business"], found["stopped_by"]) == ("stopped", 600, ben.id)
    assert await take_back(message, by=ben, at=later(11))
    assert (await clock(ticket, FIRST))["due_at"] == later(60)


async def test_a_note_an_automatic_answer_and_the_customers_own_machine_are_no_answers() -> None:
    await promise(minutes(FIRST, 60), minutes(NEXT, 60))
    ben, ticket = await hire("ben"), await a_ticket(at=NINE)
    await note(ticket, Draft(body_text="Who knows this?"), by=ben, at=later(1))
    await says(ticket, later(2), "I am on holiday.", is_auto_reply=True)
    async with transaction():
        held = await locked(ticket.id)
        ours = await write(held, NewMessage(author=SYSTEM, body_text="We have it.", created_at=later(3)))
        await change(held, "answered", by=SYSTEM, at=later(3), message=ours.id, always=True)
    assert (await clock(ticket, FIRST))["state"] == "running"
    await answer(ticket, ben, later(10))
    await says(ticket, later(12), "I am on holiday.", is_auto_reply=True)
    assert not await clocks(ticket, NEXT)
    await says(ticket, later(20))
    assert (await clock(ticket, NEXT))["due_at"] == later(80)


async def test_solving_stops_and_undoing_it_goes_on() -> None:
    await promise(minutes(WORK, 120))
    ben, ticket = await hire("ben"), await a_ticket(at=NINE)
    await set_status(ticket, Status.PENDING, by=ben, at=later(10))
    assert (await clock(ticket, WORK))["state"] == "paused"
    await solve(ticket, by=ben, at=later(30))
    assert (await clock(ticket, WORK))["elapsed_business"] == 600
    await undo(ticket, ticket.version, by=ben, at=later(31))
    assert (await clock(ticket, WORK))["state"] == "paused"
    await solve(ticket, by=ben, at=later(40))
    await set_status(ticket, Status.OPEN, by=ben, at=later(50))
    await prioritise(ticket, "high", by=ben, at=later(51))
    await undo(ticket, ticket.version, by=ben, at=later(52))
    assert (await clock(ticket, Metric.FIRST_RESOLUTION))["stopped_at"] == later(40), "it is not that which was undone"


async def test_priority_and_tags_choose_what_is_promised() -> None:
    await promise(minutes(FIRST, 30), conditions={"all": [{"field": "tags", "op": "has_any", "value": ["vip"]}]})
    await promise(minutes(FIRST, 240), minutes(FIRST, 60, priority="urgent"))
    ben, ticket = await hire("ben"), await a_ticket(at=NINE)
    await prioritise(ticket, "urgent", by=ben, at=later(5))
    assert (await clock(ticket, FIRST))["due_at"] == later(60)
    await tag(ticket, ["vip"], by=ben, at=later(6))
    assert (await clock(ticket, FIRST))["due_at"] == later(30)
    await tag(ticket, [], by=ben, at=later(40))
    found = await clock(ticket, FIRST)
    assert (found["due_at"], found["breach_cause"]) == (later(30), "timer"), "it was broken while it was promised"


async def test_what_is_broken_stays_on_the_ladder_that_it_began() -> None:
    steps = [{"do": "raise_priority"}, {"do": "notify_lead", "after": 10**8}]
    await promise(minutes(FIRST, 60, steps=steps), minutes(FIRST, 30, priority="high", steps=[{"do": "notify_lead"}]))
    ben, ticket = await hire("ben"), await a_ticket(at=NINE)
    for _look in range(2):
        await fire()
    await prioritise(ticket, "high", by=ben, at=later(70))
    found = await clock(ticket, FIRST)
    assert (found["priority"], found["target"], found["escalated"], found["next_fire_kind"]) == ("normal", 3600, 1, "escalation")  # fmt: skip


async def test_a_policy_deleted_is_promised_no_more_at_the_next_change() -> None:
    policy = await promise(minutes(FIRST, 60), minutes(WORK, 60))
    ben, ticket = await hire("ben"), await a_ticket(at=NINE)
    await policies.delete(policy, at=later(1))
    await prioritise(ticket, "high", by=ben, at=later(5))
    assert (await clock(ticket, FIRST))["next_fire_at"] is None
    assert (await clock(ticket, WORK))["state"] == "cancelled"


async def test_teams_own_for_a_while_each() -> None:
    await promise(minutes(OWNERSHIP, 60), is_internal=True)
    ben, ticket = await hire("ben"), await a_ticket(at=NINE)
    sales, support = await make_team("Sales", ben), await make_team("Support", ben)
    for minute, team in ((10, sales), (20, support)):
        await move_to_team(ticket, team.id, by=ben, at=later(minute))
    found = [(one["scope"], one["state"], one["started_at"]) for one in await clocks(ticket, OWNERSHIP)]
    assert found == [(sales.id, "stopped", later(10)), (support.id, "running", later(20))]


async def test_spam_has_no_clocks_and_wrongly_marked_gets_them_back() -> None:
    await promise(minutes(FIRST, 60))
    ben, ticket = await hire("ben"), await a_ticket(at=NINE)
    await mark_spam(ticket, by=ben, at=later(5))
    assert (await clock(ticket, FIRST))["state"] == "cancelled"
    await unmark_spam(ticket, by=ben, at=later(15))
    assert (await clock(ticket, FIRST))["due_at"] == later(60)


async def test_a_merge_moves_the_start_back_and_undone_all_is_as_before() -> None:
    await promise(minutes(FIRST, 240), minutes(NEXT, 240))
    ben, first = await hire("ben"), await a_ticket("Printer", at=NINE)
    second = await a_ticket("Printer again", at=later(10))
    await answer(first, ben, later(5))
    await says(first, later(30))
    await merge_into(second, first, by=ben, at=later(40))
    assert (await clock(first, NEXT))["started_at"] == later(10)
    assert {one["state"] for one in await clocks(second, FIRST)} == {"cancelled"}
    await unmerge(second, by=ben, at=later(50))
    assert (await clock(first, NEXT))["started_at"] == later(30)
    found = await clock(second, FIRST)
    assert (found["state"], found["started_at"], found["due_at"]) == ("running", later(10), later(250))


async def test_what_begins_to_wait_by_a_merge_breaks_at_the_merge() -> None:
    await promise(minutes(NEXT, 60))
    ben, first = await hire("ben"), await a_ticket("Printer", at=NINE)
    second = await a_ticket("Printer again", at=later(10))
    await answer(first, ben, later(5))
    await merge_into(second, first, by=ben, at=later(300))
    found = await clock(first, NEXT)
    assert (found["started_at"], found["breached_at"], found["breach_cause"]) == (later(10), later(300), "merged")


async def test_updates_that_are_promised_late_forget_a_solution_that_was_a_slip() -> None:
    await promise(minutes(Metric.PERIODIC_UPDATE, 60, priority="urgent"))
    ben, ticket = await hire("ben"), await a_ticket(at=NINE)
    await answer(ticket, ben, later(5))
    await solve(ticket, by=ben, at=later(10))
    await undo(ticket, ticket.version, by=ben, at=later(11))
    await prioritise(ticket, "urgent", by=ben, at=later(20))
    assert (await clock(ticket, Metric.PERIODIC_UPDATE))["due_at"] == later(65)


async def test_what_is_split_off_begins_anew() -> None:
    await promise(minutes(FIRST, 60), minutes(NEXT, 60))
    ben, ticket = await hire("ben"), await a_ticket(at=NINE)
    message = await says(ticket, later(20), "And another thing.")
    made = await split(ticket, message.id, subject="Another thing", with_following=False, by=ben, at=later(45))
    assert (await clock(made, FIRST))["due_at"] == later(105)
    assert (await clock(ticket, FIRST))["due_at"] == later(60)


async def test_calendars_of_the_policy_the_team_and_the_default_one() -> None:
    ber, night = [await create_calendar(Hours(name=name, own=NAMED[name]), by=None, at=NINE) for name in ("BER", "NGT")]
    await rows("UPDATE sla_settings SET default_calendar = {}, edition = edition + 1", ber)
    await promise(minutes(FIRST, 60, calendar="team"), minutes(WORK, 60, is_business=False))
    ben = await hire("ben")
    team = await make_team("Night", ben)
    await rows("UPDATE hd_team SET calendar = {} WHERE id = {}", night, team.id)
    evening = NINE + timedelta(hours=10)
    plain, theirs = await a_ticket(at=evening), await a_ticket(at=evening, team=team.id)
    assert (await clock(plain, FIRST))["due_at"] == NINE + timedelta(days=1, hours=1)
    assert (await clock(theirs, FIRST))["due_at"] == evening + timedelta(hours=4)
    assert (await clock(plain, WORK))["due_at"] == evening + timedelta(hours=1)


async def test_what_fails_leaves_no_clock_behind() -> None:
    await promise(minutes(FIRST, 60))
    ben, ticket = await hire("ben"), await a_ticket(at=NINE)
    before = await rows("SELECT * FROM sla_clock_event ORDER BY id")

    async def fails() -> None:
        async with transaction():
            await answer(ticket, ben, later(5))
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        await fails()
    assert await rows("SELECT * FROM sla_clock_event ORDER BY id") == before
    assert (await clock(ticket, FIRST))["state"] == "running"


async def test_what_a_machine_opened_has_no_clocks_until_a_customer_writes_on_it() -> None:
    ticket = await a_ticket(at=NINE)
    await rows("DELETE FROM sla_clock")
    ticket.is_automatic = True
    await ticket.save()
    await set_status(ticket, Status.OPEN, by=SYSTEM, at=later(1))
    assert not await rows("SELECT FROM sla_clock")
    await says(ticket, later(20))
    started = await rows("SELECT metric, started_at FROM sla_clock ORDER BY metric")
    assert {row["metric"]: row["started_at"] for row in started} == {
        FIRST: later(20),
        Metric.FIRST_RESOLUTION: later(20),
    }


async def test_an_open_ticket_keeps_what_it_was_promised_and_new_ones_get_what_is_new() -> None:
    """A version for new tickets alone, narrower and without the waiting time, takes nothing away from open ones."""
    policy = await promise(minutes(FIRST, 60), minutes(WORK, 60))
    ben, ticket = await hire("ben"), await a_ticket(at=NINE)
    narrow = msgspec.convert({"all": [{"field": "tags", "op": "has_any", "value": ["vip"]}]}, policies.Conditions)
    written = Written(name="Renamed", targets=[minutes(FIRST, 30)], conditions=narrow)
    await policies.change(policy, written, by=None, at=later(1), for_open=False)
    await prioritise(ticket, "high", by=ben, at=later(5))
    assert (await clock(ticket, FIRST))["due_at"] == later(60) and (await clock(ticket, WORK))["state"] == "running"
    fresh = await a_ticket("Another", at=later(6))
    assert (await clock(fresh, FIRST))["due_at"] is None
    await tag(fresh, ["vip"], by=ben, at=later(7))
    assert (await clock(fresh, FIRST))["due_at"] == later(36)


async def test_a_policy_for_new_tickets_is_for_those_that_are_opened_after_it() -> None:
    """Of its versions an older ticket has the newest that there was, or the newest for all."""
    before = await a_ticket("Before", at=later(-10))
    vip = {"all": [{"field": "tags", "op": "has_any", "value": ["vip"]}]}
    policy = await promise(minutes(FIRST, 60), minutes(WORK, 90), conditions=vip)
    ben, ticket = await hire("ben"), await a_ticket(at=NINE)
    second = msgspec.structs.replace((await policies.find_policy(policy)).written, targets=[minutes(FIRST, 30)])
    await policies.change(policy, second, by=None, at=later(1), for_open=False)
    for one in (before, ticket):
        await tag(one, ["vip"], by=ben, at=later(5))
    assert [(await clock(one, FIRST))["target"] for one in (before, ticket)] == [None, 3600]

    await policies.set_active(policy, False)
    await bring_to_open_tickets(at=later(6))
    assert (await clock(ticket, FIRST))["target"] is None
    await policies.set_active(policy, True)
    await bring_to_open_tickets(at=later(7))
    assert [(await clock(one, FIRST))["target"] for one in (before, ticket)] == [None, 3600], (
        "as if it had never been off"
    )
    assert (await clock(ticket, WORK))["due_at"] == later(90)

    mani = await hire("mani")
    for was, becomes in (("vip", "gold"), ("gold", "vip"), ("vip", "gold")):
        await rename_tag(was, becomes, by=mani, at=later(8))
    assert (await policies.find_policy(policy)).number == 2 + 3 * 2, "each of the two in other words, each time"
    for one in (before, ticket):
        await prioritise(one, "high", by=ben, at=later(9))
    assert [(await clock(one, FIRST))["target"] for one in (before, ticket)] == [None, 3600], "the same in other words"
    third = msgspec.structs.replace((await policies.find_policy(policy)).written, targets=[minutes(FIRST, 120)])
    await policies.change(policy, third, by=None, at=later(10), for_open=True)
    for one in (before, ticket):
        await prioritise(one, "low", by=ben, at=later(11))
    assert [(await clock(one, FIRST))["target"] for one in (before, ticket)] == [7200, 7200]
