"""Tickets merged, and merges undone, also while others act on them."""

import asyncio
from contextvars import Context
from datetime import timedelta

import pytest

from helpdesk.deliveries.tables import Delivery
from helpdesk.following_up import follow, settle
from helpdesk.intake.erasing import remove
from helpdesk.kernel.database import rows, transaction
from helpdesk.kernel.errors import Invalid, NotFound, Refused
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.tickets.assigning import assign, move_to_team
from helpdesk.tickets.changing import locked, locked_survivor
from helpdesk.tickets.drafting import Typed, drafts_of, keep
from helpdesk.tickets.merging import find_survivor, hindrances, merge_into, unmerge
from helpdesk.tickets.queries import find_ticket, in_view, page_of
from helpdesk.tickets.replying import Draft, note, reply
from helpdesk.tickets.solving import solve
from helpdesk.tickets.tables import Event, Follower, Message, Notice, Status, Ticket
from helpdesk.tickets.taking_back import take_back, try_again
from tests.cast import again, hire, make_team
from tests.make import a_ticket


async def as_it_is(ticket: Ticket) -> Ticket:
    found = await Ticket.objects().get(Ticket.id == ticket.id)
    assert found is not None
    return found


async def texts(ticket: Ticket) -> list[str]:
    found = await rows("SELECT body_text FROM hd_message WHERE ticket = {} ORDER BY created_at, id", ticket.id)
    return [row["body_text"] for row in found]


async def two() -> tuple[SignedIn, Ticket, Ticket]:
    at = now() - timedelta(hours=1)
    first = await a_ticket("Printer", text="It burns.", at=at)
    second = await a_ticket("Printer again", text="It still burns.", at=at + timedelta(minutes=5))
    return await hire("ben"), first, second


async def everything(*tickets: Ticket) -> list[object]:
    """What undoing must bring back."""
    ids = [ticket.id for ticket in tickets]
    columns = "status, solved_at, merged_into, first_replied_at, last_message_at, preview, assignee, team, tags, snoozed_until"
    return [
        await rows(f"SELECT id, {columns} FROM hd_ticket WHERE id = ANY({{}}) ORDER BY id", ids),
        await rows("SELECT id, ticket FROM hd_message ORDER BY id"),
        await rows("SELECT id, ticket_id FROM hd_delivery ORDER BY id"),
        await rows("SELECT ticket, agent FROM hd_follower ORDER BY ticket, agent"),
        await rows("SELECT id, ticket FROM hd_notice ORDER BY id"),
        await rows("SELECT agent, ticket, kind, text FROM hd_draft ORDER BY id"),
    ]


async def test_the_messages_move_and_the_merged_ticket_is_a_door(database: None) -> None:
    ben, first, second = await two()
    survivor = await merge_into(second, first, by=ben, at=now())
    assert survivor.id == first.id
    assert await texts(first) == ["It burns.", "It still burns."] and await texts(second) == []
    assert (await as_it_is(first)).preview == "It still burns."
    assert (await find_survivor(await as_it_is(second))).id == first.id
    shown = await page_of(in_view("open", ben), seen_by=ben)
    assert [row["number"] for row in shown.rows] == [first.number]
    kinds = await Event.select(Event.ticket, Event.kind).where(Event.kind.like("merged%")).order_by(Event.id)
    assert kinds == [{"ticket": first.id, "kind": "merged"}, {"ticket": second.id, "kind": "merged_into"}]


async def test_undoing_brings_back_exactly_what_was(database: None) -> None:
    ben, first, second = await two()
    cleo, at = await hire("cleo"), now()
    await reply(second, Draft(body_text="Throw water."), by=ben, at=at)
    await assign(second, cleo.id, by=ben, at=at)
    await solve(first, by=ben, at=at)
    await Follower(ticket=second.id, agent=cleo.id).save()
    event = await Event.objects().where(Event.ticket == second.id, Event.kind == "assigned").first()
    assert event is not None
    await Notice(agent=cleo.id, ticket=second.id, event=event.id, kind="assigned", at=at).save()
    await keep(Typed(text="I was about"), kind="note", ticket_id=second.id, once=None, version=0, by=ben, at=at)
    before = await everything(first, second)
    await merge_into(second, first, by=ben, at=at)
    merged = await as_it_is(first)
    assert (merged.status, merged.solved_at, merged.first_replied_at) == (Status.OPEN, None, at)
    assert [row["ticket"] for row in await rows("SELECT ticket FROM hd_follower")] == [second.id, first.id]
    assert "note" in await drafts_of(ben, first.id)
    assert await Delivery.count().where(Delivery.ticket_id == first.id) == 1
    assert await unmerge(second, by=ben, at=at)
    assert await everything(first, second) == before
    assert not await unmerge(second, by=ben, at=at)


async def test_what_came_after_stays_with_the_survivor(database: None) -> None:
    ben, first, second = await two()
    await merge_into(second, first, by=ben, at=now())
    await note(first, Draft(body_text="They are the same."), by=ben, at=now())
    await unmerge(second, by=ben, at=now())
    assert await texts(first) == ["It burns.", "They are the same."] and await texts(second) == ["It still burns."]
    assert (await as_it_is(first)).preview == "It burns."


async def test_nothing_is_written_to_a_merged_ticket(database: None) -> None:
    ben, first, second = await two()
    stale = await find_ticket(second.number, seen_by=ben)
    await merge_into(second, first, by=ben, at=now())
    for write in (reply, note):
        with pytest.raises(Invalid, match=f"#{first.number}"):
            await write(stale, Draft(body_text="Too late"), by=ben, at=now())
    assert await Message.count() == 2


async def test_a_chain_of_merges_comes_apart_in_any_order(database: None) -> None:
    ben, first, second = await two()
    third = await a_ticket("Printer, third", text="Ashes.")
    before = await everything(first, second, third)
    await merge_into(first, second, by=ben, at=now())
    await merge_into(second, third, by=ben, at=now())
    assert len(await texts(third)) == 3
    await unmerge(first, by=ben, at=now())
    assert await texts(first) == ["It burns."] and await texts(third) == ["It still burns.", "Ashes."]
    await unmerge(second, by=ben, at=now())
    assert await everything(first, second, third) == before


async def test_merging_into_a_merged_ticket_leads_to_its_survivor(database: None) -> None:
    ben, first, second = await two()
    third = await a_ticket("Printer, third")
    await merge_into(second, first, by=ben, at=now())
    assert (await merge_into(third, second, by=ben, at=now())).id == first.id
    with pytest.raises(Invalid, match="into itself"):
        await merge_into(first, second, by=ben, at=now())
    with pytest.raises(Invalid, match="merged into another one already"):
        await merge_into(second, await a_ticket("Other"), by=ben, at=now())


async def test_two_merges_in_opposite_directions_are_one(database: None) -> None:
    ben = await hire("ben")
    for _ in range(5):
        one, other = await a_ticket("One"), await a_ticket("Other")
        found = await asyncio.gather(
            merge_into(await as_it_is(one), await as_it_is(other), by=ben, at=now()),
            merge_into(await as_it_is(other), await as_it_is(one), by=ben, at=now()),
            return_exceptions=True,
        )
        assert sum(isinstance(result, Invalid) for result in found) == 1
        ends = {(await as_it_is(one)).merged_into, (await as_it_is(other)).merged_into}
        assert len(ends) == 2 and None in ends


async def test_a_merge_while_replies_are_written_loses_none(database: None) -> None:
    ben, first, second = await two()

    async def one(text: str) -> str | None:
        try:
            return (
                await note(await find_ticket(second.number, seen_by=ben), Draft(body_text=text), by=ben, at=now())
            ).body_text
        except Invalid:
            return None

    written, *_rest = await asyncio.gather(
        asyncio.gather(*(one(f"note {n}") for n in range(4))), merge_into(second, first, by=ben, at=now())
    )
    assert set(await texts(first)) == {"It burns.", "It still burns."} | {text for text in written if text}
    assert await texts(second) == []


async def test_private_teams_keep_what_is_theirs(database: None) -> None:
    ben, first, second = await two()
    cleo = await hire("cleo")
    secret = await make_team("Legal", ben, is_private=True)
    ben = await again(ben)
    await move_to_team(first, secret.id, by=ben, at=now())
    for one, other in ((first, second), (second, first)):
        with pytest.raises(Invalid, match="private team"):
            await merge_into(one, other, by=ben, at=now())
    await move_to_team(second, secret.id, by=ben, at=now())
    await Follower(ticket=second.id, agent=cleo.id).save()
    await merge_into(second, first, by=ben, at=now())
    with pytest.raises(NotFound):
        await find_ticket(first.number, seen_by=await again(cleo))


async def test_what_cannot_be_merged_is_refused(database: None) -> None:
    ben, first, second = await two()
    lia = await hire("lia")
    with pytest.raises(Refused):
        await merge_into(second, first, by=lia, at=now())
    with pytest.raises(Refused):
        await unmerge(second, by=lia, at=now())
    await rows("UPDATE hd_ticket SET status = 'closed' WHERE id = {}", first.id)
    with pytest.raises(Invalid, match="closed"):
        await merge_into(second, first, by=ben, at=now())
    await rows("UPDATE hd_ticket SET status = 'open', trashed_at = now() WHERE id = {}", first.id)
    with pytest.raises(Invalid, match="trash"):
        await merge_into(second, first, by=ben, at=now())
    erased = second.id + 1
    told = await hindrances([first.id, second.id, erased], [second.id, erased])
    assert told == {second.id: "", erased: "This ticket was erased."}


async def test_a_reply_is_taken_back_after_the_merge_that_moved_it(database: None) -> None:
    ben, first, second = await two()
    await solve(first, by=ben, at=now())
    message = await reply(second, Draft(body_text="Throw water."), by=ben, at=now(), status=Status.SOLVED)
    await merge_into(second, first, by=ben, at=now())
    assert await take_back(message, by=ben, at=now()) is not None
    survivor, door = await as_it_is(first), await as_it_is(second)
    assert survivor.status == Status.SOLVED and survivor.trashed_at is None and door.trashed_at is None
    assert "reply" in await drafts_of(ben, first.id)


async def _sent(message: Message) -> Delivery:
    await rows("UPDATE hd_delivery SET state = 'sent', sent_at = now() WHERE message_id = {}", message.id)
    delivery = await Delivery.objects().get(Delivery.message_id == message.id)
    assert delivery is not None
    return delivery


async def waits_for_a_lock(most: int) -> None:
    """Until so many sessions wait."""
    waiting = (
        "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    while (await rows(waiting))[0]["n"] < most:
        await asyncio.sleep(0.01)


async def test_a_merge_and_the_end_of_a_delivery_do_not_wait_crosswise(database: None) -> None:
    """While the merge is about to move the delivery, its end waits for the ticket, and holds nothing that the merge wants."""
    ben, first, second = await two()
    delivery = await _sent(await reply(second, Draft(body_text="Throw water."), by=ben, at=now()))
    async with transaction():
        await locked(second.id)
        telling = asyncio.create_task(settle(delivery.id), context=Context())
        await waits_for_a_lock(1)
        await merge_into(second, first, by=ben, at=now())
    await telling
    assert await Event.count().where(Event.ticket == first.id, Event.kind == "delivered") == 1


async def test_sending_again_waits_for_the_ticket_before_it_touches_the_delivery(database: None) -> None:
    ben, first, second = await two()
    message = await reply(second, Draft(body_text="Throw water."), by=ben, at=now())
    await rows("UPDATE hd_delivery SET state = 'failed' WHERE message_id = {}", message.id)
    async with transaction():
        await locked(second.id)
        trying = asyncio.create_task(try_again(message, by=ben, at=now()), context=Context())
        await waits_for_a_lock(1)
        await merge_into(second, first, by=ben, at=now())
    assert await trying
    assert await Event.count().where(Event.ticket == first.id, Event.kind == "sent_again") == 1


async def test_a_mail_for_a_merged_ticket_and_the_undoing_of_its_merge_do_not_wait_crosswise(database: None) -> None:
    """The survivor's id is the lower one: undoing takes it first, and so must the mail."""
    ben, first, second = await two()
    await merge_into(second, first, by=ben, at=now())

    async def come_in() -> int:
        async with transaction():
            return (await locked_survivor(second.id)).id

    async with transaction():
        await locked(first.id)
        coming = asyncio.create_task(come_in(), context=Context())
        await waits_for_a_lock(1)
        assert await unmerge(second, by=ben, at=now())
    assert await coming == second.id


async def said(by: SignedIn, ticket: Ticket) -> str | None:
    draft = (await drafts_of(by, ticket.id)).get("reply")
    return draft.text if draft else None


async def write_on(ticket: Ticket, text: str, by: SignedIn, *, version: int = 0, html: str | None = None) -> None:
    await keep(
        Typed(text=text, html=html), kind="reply", ticket_id=ticket.id, once="f", version=version, by=by, at=now()
    )


async def test_drafts_of_both_are_joined_by_a_merge_and_apart_again_when_it_is_undone(database: None) -> None:
    ben, first, second = await two()
    await write_on(first, "Water", ben, html="<b>Water</b>")
    await write_on(second, "Fire", ben, html="<i>Fire</i>")
    await merge_into(second, first, by=ben, at=now())
    assert await said(ben, first) == "Water\n\nFire" and await said(ben, second) is None
    await unmerge(second, by=ben, at=now())
    assert await said(ben, first) == "Water" and await said(ben, second) == "Fire"
    assert [row["html"] for row in await rows("SELECT html FROM hd_draft ORDER BY id")] == [
        "<b>Water</b>",
        "<i>Fire</i>",
    ]


async def test_joined_drafts_that_were_gone_on_with_or_sent_are_not_taken_apart(database: None) -> None:
    ben, first, second = await two()
    await write_on(first, "Water", ben)
    await write_on(second, "Fire", ben)
    await merge_into(second, first, by=ben, at=now())
    await write_on(first, "Water\n\nFire\n\nAsh", ben, version=2)
    await unmerge(second, by=ben, at=now())
    assert await said(ben, first) == "Water\n\nFire\n\nAsh" and await said(ben, second) == "Fire"
    await merge_into(second, first, by=ben, at=now())
    versions = (await drafts_of(ben, first.id))["reply"].version
    await reply(first, Draft(body_text="All", versions={"reply": versions}), by=ben, at=now())
    await unmerge(second, by=ben, at=now())
    assert await said(ben, first) is None and await said(ben, second) is None


async def test_what_a_page_of_a_merged_ticket_saves_is_the_survivors(database: None) -> None:
    ben, first, second = await two()
    await merge_into(second, first, by=ben, at=now())
    await write_on(second, "Still typing", ben)
    assert await said(ben, first) == "Still typing" and await said(ben, second) is None


async def test_following_an_event_and_erasing_its_ticket_do_not_wait_crosswise(database: None) -> None:
    """Whoever is told of the event gets a notice, which wants the ticket to stay."""
    ben, _first, second = await two()
    await assign(second, (await hire("cleo")).id, by=ben, at=now())
    event = await Event.objects().where(Event.kind == "assigned").first()
    assert event is not None
    async with transaction():
        await rows("SELECT FROM hd_ticket WHERE id = {} FOR UPDATE", second.id)
        following = asyncio.create_task(follow(event.id), context=Context())
        await waits_for_a_lock(1)
        await remove([second.id], reason="trash", by=None, at=now())
    await following
    assert await Notice.count() == 0
