"""Actions on many tickets: each once, only where the agent may, whatever happens meanwhile; and the one way back."""

import asyncio
from datetime import datetime, timedelta

import asyncpg
import pytest

from helpdesk.deliveries.tables import Delivery
from helpdesk.kernel.database import DEADLOCKS, rows
from helpdesk.kernel.errors import Invalid, NotFound, Refused
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.tickets import bulk
from helpdesk.tickets.bulk import ask_for, ask_for_all, ask_undo, find_bulk, results_of, work_off
from helpdesk.tickets.bulk_actions import Action
from helpdesk.tickets.editing import prioritise, tag
from helpdesk.tickets.posting import Leaving
from helpdesk.tickets.queries import in_view
from helpdesk.tickets.replying import Draft, reply
from helpdesk.tickets.snoozing import snooze
from helpdesk.tickets.solving import set_status
from helpdesk.tickets.splitting import split
from helpdesk.tickets.tables import Event, Message, Status, Ticket
from helpdesk.tickets.taking_back import take_back
from helpdesk.tickets.undoing import undo
from tests.cast import EVE, again, hire, make_team
from tests.make import a_ticket

EVERY_FIELD = (
    "status",
    "priority",
    "team",
    "assignee",
    "tags",
    "snoozed_until",
    "spam_at",
    "trashed_at",
    "merged_into",
)


async def the(number: int) -> Ticket:
    found = await Ticket.objects().get(Ticket.number == number)
    assert found is not None
    return found


async def fields(number: int) -> dict[str, object]:
    ticket = await the(number)
    return {name: getattr(ticket, name) for name in EVERY_FIELD}


async def done_by(by: SignedIn, action: Action, *numbers: int) -> int:
    return await ask_for(list(numbers), action, by=by, at=now())


async def test_every_action_is_done_and_undone_as_if_it_had_not_been(database: None) -> None:
    ben, team = await hire("ben"), await make_team("Sales")
    for _ in range(3):
        await a_ticket()
    await tag(await the(1002), ["vat"], by=ben, at=now())
    before = {number: await fields(number) for number in (1001, 1002, 1003)}
    later = now() + timedelta(days=1)
    actions = [
        Action("assignee", ben.id), Action("assignee", None), Action("team", team.id), Action("status", "solved"),
        Action("priority", "urgent"), Action("tag", ["Late", "vat"]), Action("untag", ["vat"]), Action("snooze", later),
        Action("spam"), Action("trash"), Action("merge", 1003),
    ]  # fmt: skip
    for action in actions:
        asked = await done_by(ben, action, 1001, 1002)
        state = await find_bulk(asked, of=ben)
        assert (state.all, state.done, state.troubles) == (2, 2, 0) and state.finished_at, action
        assert [await fields(n) for n in (1001, 1002)] != [before[1001], before[1002]] or action.value is None, action
        for _ in range(2):
            await ask_undo(asked, by=ben, at=now())
        state = await find_bulk(asked, of=ben)
        assert state.undone_at and state.undone == state.changed and not state.troubles, action
        assert {number: await fields(number) for number in before} == before, action
    assert (await the(1002)).tags == ["vat"]


async def test_what_does_not_go_says_why_and_the_others_go(database: None) -> None:
    ben, cleo = await hire("ben"), await hire("cleo")
    secret = await make_team("Secret", cleo, is_private=True)
    ben = await again(ben)
    for team in (None, secret.id, None, None):
        await a_ticket(team=team)
    await set_status(await the(1003), Status.CLOSED, by=ben, at=now())
    await set_status(await the(1004), Status.SOLVED, by=ben, at=now())
    asked = await done_by(ben, Action("status", "solved"), 1001, 1002, 1003, 1004, 9999, 1001)
    state = await find_bulk(asked, of=ben)
    assert (state.all, state.changed, state.troubles) == (5, 1, 3)
    told = {row["number"]: row["trouble"] for row in await results_of(asked, most=10)}
    assert "closed ticket stays closed" in told[1003] and told[1001] == told[1004] == ""
    assert told[1002] == told[9999] == "There is no ticket with this number, or you may not see it."
    assert (await the(1001)).status == "solved" and (await the(1002)).status == "new"
    with pytest.raises(NotFound):
        await find_bulk(asked, of=cleo)
    with pytest.raises(NotFound):
        await ask_undo(asked, by=cleo, at=now())


async def test_what_could_work_on_none_is_refused_at_once(database: None) -> None:
    ben, lia = await hire("ben"), await hire("lia")
    await a_ticket()
    wrong = [
        Action("assignee", 99), Action("team", 99), Action("status", "lost"), Action("status", "new"), Action("priority", "x"),
        Action("tag", [" "]), Action("tag", ["x" * 51]), Action("snooze", now() - timedelta(minutes=1)),
    ]  # fmt: skip
    for action in wrong:
        with pytest.raises(Invalid):
            await done_by(ben, action, 1001)
    with pytest.raises(Invalid):
        await done_by(ben, Action("spam"))
    with pytest.raises(Invalid):
        await ask_for_all(in_view("open", ben), Action("merge", 1001), by=ben, at=now())
    for action in (Action("status", "solved"), Action("trash")):
        with pytest.raises(Refused):
            await done_by(lia, action, 1001)
    assert not await rows("SELECT FROM hd_bulk")


async def test_many_are_left_to_workers_who_share_them_and_do_each_once(
    database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "AT_ONCE", 3)
    monkeypatch.setattr(bulk, "SLICE", 4)
    ben = await hire("ben")
    for _ in range(10):
        await a_ticket()
    [last] = await rows("SELECT max(id) AS id FROM hd_ticket")
    await a_ticket("Came later")
    asked = await ask_for_all(in_view("open", ben), Action("priority", "high"), by=ben, at=now(), highest=last["id"])
    assert (state := await find_bulk(asked, of=ben)).is_under_way and (state.all, state.done) == (10, 0)
    while (await find_bulk(asked, of=ben)).is_under_way:
        await asyncio.gather(*(work_off(asked) for _ in range(3)))
    await work_off(asked)
    assert await Event.count().where(Event.kind == "prioritised") == 10
    assert (await the(1011)).priority == "normal"
    await ask_undo(asked, by=ben, at=now())
    while (await find_bulk(asked, of=ben)).is_under_way:
        await asyncio.gather(*(work_off(asked) for _ in range(3)))
    assert await Event.count().where(Event.kind == "reverted") == 10
    assert await Ticket.count().where(Ticket.priority == "normal") == 11


async def test_undoing_in_the_midst_stops_what_is_not_done_yet(database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "AT_ONCE", 1)
    monkeypatch.setattr(bulk, "SLICE", 2)
    ben = await hire("ben")
    for _ in range(5):
        await a_ticket()
    asked = await ask_for_all(in_view("open", ben), Action("trash"), by=ben, at=now())
    await work_off(asked)
    await ask_undo(asked, by=ben, at=now())
    for _ in range(3):
        await work_off(asked)
    state = await find_bulk(asked, of=ben)
    assert (state.done, state.undone, state.is_under_way) == (2, 2, False)
    assert (
        await Event.count().where(Event.kind == "trashed") == await Event.count().where(Event.kind == "restored") == 2
    )
    assert not await Ticket.exists().where(Ticket.trashed_at.is_not_null())


async def test_undoing_keeps_what_somebody_changed_since_and_names_it(database: None) -> None:
    ben, cleo = await hire("ben"), await hire("cleo")
    for _ in range(3):
        await a_ticket()
    asked = await done_by(ben, Action("priority", "high"), 1001, 1002, 1003)
    await prioritise(await the(1002), "low", by=cleo, at=now())
    await tag(await the(1003), ["mine"], by=cleo, at=now())
    await ask_undo(asked, by=ben, at=now())
    assert [(await the(number)).priority for number in (1001, 1002, 1003)] == ["normal", "low", "normal"]
    [kept] = await results_of(asked, most=10, only_troubles=True)
    assert kept["number"] == 1002 and "changed meanwhile" in kept["trouble"]
    late = await done_by(ben, Action("trash"), 1001)
    await rows("UPDATE hd_bulk SET finished_at = now() - interval '11 minutes' WHERE id = {}", late)
    with pytest.raises(Invalid, match="ten minutes"):
        await ask_undo(late, by=ben, at=now())


async def test_who_may_no_more_does_no_more(database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "AT_ONCE", 1)
    monkeypatch.setattr(bulk, "SLICE", 1)
    ben = await hire("ben")
    for _ in range(4):
        await a_ticket()
    asked = await ask_for_all(in_view("open", ben), Action("trash"), by=ben, at=now())
    await work_off(asked)
    await rows("UPDATE hd_agent SET role = 'light_agent' WHERE id = {}", ben.id)
    await work_off(asked)
    await rows("UPDATE hd_agent SET deactivated_at = now() WHERE id = {}", ben.id)
    await work_off(asked)
    [row] = await rows("SELECT finished_at, undone_at FROM hd_bulk")
    assert row["finished_at"] and row["undone_at"]
    assert await Ticket.count().where(Ticket.trashed_at.is_not_null()) == 1
    told = await results_of(asked, most=10, only_troubles=True)
    assert ["Your role does not allow this" in one["trouble"] for one in told] == [True]


async def test_a_fault_of_ours_stops_one_ticket_and_no_other(database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    ben = await hire("ben")
    for _ in range(2):
        await a_ticket()
    real = bulk.act

    async def breaking(ticket: Ticket, action: Action, *, by: SignedIn, at: datetime) -> int | None:
        version = await real(ticket, action, by=by, at=at)
        if ticket.number == 1001:
            raise ZeroDivisionError
        return version

    monkeypatch.setattr(bulk, "act", breaking)
    asked = await done_by(ben, Action("trash"), 1001, 1002)
    [told] = await results_of(asked, most=10, only_troubles=True)
    assert told["number"] == 1001 and "fault of the helpdesk" in told["trouble"]
    assert (await the(1001)).trashed_at is None and (await the(1002)).trashed_at


async def test_a_ticket_that_lost_a_deadlock_is_tried_again(database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    ben = await hire("ben")
    for _ in range(2):
        await a_ticket()
    real, tries = bulk.act, 0

    async def losing(ticket: Ticket, action: Action, *, by: SignedIn, at: datetime) -> int | None:
        nonlocal tries
        tries += 1
        version = await real(ticket, action, by=by, at=at)
        if tries <= DEADLOCKS:
            raise asyncpg.DeadlockDetectedError
        return version

    monkeypatch.setattr(bulk, "act", losing)
    asked = await done_by(ben, Action("trash"), 1001, 1002)
    assert await results_of(asked, most=10, only_troubles=True) == [] and tries == 2 + DEADLOCKS
    assert await Event.count().where(Event.kind == "trashed") == 2


async def test_a_split_is_undone_unless_somebody_went_on_with_it(database: None) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    for text in ("One", "Two"):
        await reply(ticket, Draft(body_text=text), by=ben, at=now())
    await set_status(ticket, Status.SOLVED, by=ben, at=now())
    said = [one.id for one in await Message.objects().where(Message.ticket == ticket.id).order_by(Message.id)]
    first = await split(ticket, said[1], subject="Else", with_following=False, by=ben, at=now())
    assert await undo(first, 1, by=ben, at=now()) and not await undo(first, 1, by=ben, at=now())
    back = await Message.objects().where(Message.ticket == ticket.id).order_by(Message.id)
    assert [one.id for one in back] == said and (await the(1001)).status == "solved"
    second = await split(ticket, said[2], subject="Else", with_following=False, by=ben, at=now())
    await prioritise(second, "high", by=ben, at=now())
    with pytest.raises(Invalid):
        await undo(second, 1, by=ben, at=now())


async def test_held_replies_leave_once_whatever_is_done_to_their_tickets_together(database: None) -> None:
    """Held for undo on one, until tomorrow unless the customer writes on the other: merged, parted, trashed, and taken back."""
    ben = await hire("ben")
    first, second, _third = await a_ticket(), await a_ticket(), await a_ticket(who=EVE)
    held = await reply(first, Draft(body_text="Held"), by=ben, at=now())
    tomorrow = Leaving(later=now() + timedelta(days=1), unless_answered=True)
    waits = await reply(second, Draft(body_text="Waits"), by=ben, at=now(), leaving=tomorrow)
    await snooze(second, now() + timedelta(days=2), by=ben, at=now())
    merged = await done_by(ben, Action("merge", 1003), 1001, 1002)
    assert await take_back(held, by=ben, at=now())
    await ask_undo(merged, by=ben, at=now())
    asked = await done_by(ben, Action("status", "solved"), 1001, 1002)
    await ask_undo(asked, by=ben, at=now())
    assert await take_back(waits, by=ben, at=now()) and await take_back(waits, by=ben, at=now()) is None
    states = sorted([(one.message_id, one.state) for one in await Delivery.objects()])
    assert states == [(held.id, "cancelled"), (waits.id, "cancelled")]
    assert (await the(1002)).status == "new"
