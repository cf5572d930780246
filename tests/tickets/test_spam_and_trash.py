"""Spam and trash: out of the lists, taken back, come out by a new mail, erased in time with nothing left but a line."""

from datetime import timedelta
from typing import Any

import pytest

from helpdesk.deliveries.tables import Delivery
from helpdesk.intake.erasing import erase, erase_what_is_due, list_erased
from helpdesk.intake.forgetting import forget_old_mails
from helpdesk.intake.tables import RawMessage
from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import Refused
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.tickets.marking_spam import mark_spam, unmark_spam
from helpdesk.tickets.queries import VIEWS, in_view, page_of
from helpdesk.tickets.tables import Attachment, Event, Message, Notice, Ticket
from helpdesk.tickets.trashing import restore, trash
from tests.cast import hire
from tests.intake.test_taking_in import a_mail, acknowledgements, answered_ticket, fate_of, only_ticket, receive
from tests.make import a_ticket

pytestmark = pytest.mark.usefixtures("database")
LATER = timedelta(days=31)


async def views_of(number: int, agent: SignedIn) -> set[str]:
    """The views that show the ticket."""
    found = set()
    for view in VIEWS:
        page = await page_of(in_view(view, agent), seen_by=agent)
        found |= {view} if number in {row["number"] for row in page.rows} else set()
    return found


async def test_spam_and_trash_are_views_of_their_own() -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    assert await views_of(ticket.number, ben) == {"open", "unassigned"}
    assert await mark_spam(ticket, by=ben, at=now())
    assert not await mark_spam(ticket, by=ben, at=now())
    assert await views_of(ticket.number, ben) == {"spam"}
    await trash(ticket, by=ben, at=now())
    assert await views_of(ticket.number, ben) == {"trash"}
    await restore(ticket, by=ben, at=now())
    await unmark_spam(ticket, by=ben, at=now())
    assert await views_of(ticket.number, ben) == {"open", "unassigned"}
    kinds = [row["kind"] for row in await rows("SELECT kind FROM hd_event ORDER BY id")]
    assert kinds == ["opened", "marked_spam", "trashed", "restored", "unmarked_spam"]


async def test_nothing_more_is_said_to_spam_by_itself() -> None:
    await receive(a_mail())
    [queued] = await acknowledgements()
    await mark_spam(await only_ticket(), by=await hire("ben"), at=now())
    [delivery] = await Delivery.objects().where(Delivery.id == queued["id"])
    assert delivery.state == "cancelled"


async def test_a_mail_to_the_trash_comes_out_of_it_and_spam_stays_spam() -> None:
    ticket, delivery = await answered_ticket()
    ben = await hire("cleo")
    await mark_spam(ticket, by=ben, at=now())
    await trash(ticket, by=ben, at=now())
    await receive(a_mail("Still there?", mail_id="m2@customer.test", In_Reply_To=f"<{delivery.mail_id}>"))
    found = await only_ticket()
    assert found.trashed_at is None and found.spam_at is not None
    assert await Message.count().where(Message.ticket == found.id) == 3


async def test_spam_rings_for_nobody() -> None:
    from helpdesk.following_up import follow

    ticket, delivery = await answered_ticket()
    cleo = await hire("cleo")
    await rows("UPDATE hd_ticket SET assignee = {}", cleo.id)
    await mark_spam(ticket, by=cleo, at=now())
    await receive(a_mail("Buy!", mail_id="m2@customer.test", In_Reply_To=f"<{delivery.mail_id}>"))
    for row in await rows("SELECT id FROM hd_event ORDER BY id"):
        await follow(row["id"])
    assert await Notice.count() == 0


async def left() -> dict[str, Any]:
    tables = (Ticket, Message, Event, Attachment, Delivery)
    return {table._meta.tablename: await table.count() for table in tables}


async def test_erasing_leaves_a_line_and_the_row_of_the_log() -> None:
    ticket, _delivery = await answered_ticket()
    alma, ben = await hire("alma"), await hire("cleo")
    await trash(ticket, by=ben, at=now())
    assert await erase_what_is_due(at=now() + timedelta(days=29)) == 0
    assert await erase_what_is_due(at=now() + LATER) == 1
    assert set((await left()).values()) == {0}
    [raw] = await RawMessage.objects()
    assert (raw.content, raw.subject, raw.ticket, raw.erased_ticket, raw.fate) == (b"", "", None, 1001, "ticket")
    [line] = await list_erased()
    assert (line["number"], line["reason"], line["erased_by"]) == (1001, "trash", None)
    another = await receive(a_mail())
    assert another.fate == "ticket", "the same mail again is no copy of one that is gone"
    assert not await erase(await only_ticket(), by=alma, at=now()), "neither spam nor in the trash"
    await mark_spam(await only_ticket(), by=ben, at=now())
    with pytest.raises(Refused):
        await erase(await only_ticket(), by=ben, at=now())
    assert await erase(await only_ticket(), by=alma, at=now())
    assert {one["number"]: one["erased_by"] for one in await list_erased()} == {1001: None, 1002: "Alma Admin"}


async def test_what_is_written_to_or_leaving_is_not_erased() -> None:
    spam, leaving = await a_ticket("Spam"), await a_ticket("Leaving")
    ben = await hire("ben")
    await mark_spam(spam, by=ben, at=now())
    await trash(leaving, by=ben, at=now())
    await rows("UPDATE hd_ticket SET last_message_at = {} WHERE id = {}", now() + timedelta(days=20), spam.id)
    await Delivery(
        kind="reply",
        state="sending",
        ticket_id=leaving.id,
        message_id=None,
        to=["d@x.test"],
        left_to=[],
        mail_id="m@x",
        mail="{}",
    ).save()
    assert await erase_what_is_due(at=now() + LATER) == 0
    await rows("UPDATE hd_installation SET trash_kept_days = 0")
    try:
        assert await erase_what_is_due(at=now() + 9 * LATER) == 0
    finally:
        await rows("UPDATE hd_installation SET trash_kept_days = 30")


async def test_those_merged_into_it_and_links_to_it_go_too() -> None:
    kept, gone, merged = await a_ticket("Kept"), await a_ticket("Gone"), await a_ticket("Merged")
    await rows("UPDATE hd_ticket SET merged_into = {} WHERE id = {}", gone.id, merged.id)
    await rows("UPDATE hd_ticket SET follow_up_of = {} WHERE id = {}", gone.id, kept.id)
    await trash(gone, by=await hire("ben"), at=now())
    assert await erase_what_is_due(at=now() + LATER) == 1
    [ticket] = await Ticket.objects()
    assert ticket.id == kept.id and ticket.follow_up_of is None
    assert {one["number"] for one in await list_erased()} == {gone.number, merged.number}


async def test_old_mails_are_forgotten_and_their_rows_stay() -> None:
    old = await receive(a_mail())
    unread = await receive(a_mail(mail_id="m2@customer.test"), then=False)
    await rows("UPDATE hd_raw_message SET fate = 'quarantined', taken_in_at = now() WHERE id = {}", unread.id)
    assert await forget_old_mails(at=now() + timedelta(days=364)) == 0
    assert await forget_old_mails(at=now() + timedelta(days=366)) == 1
    kept = await fate_of(old.id)
    assert kept.content == b"" and kept.forgotten_at is not None and kept.ticket is not None and kept.subject
    assert (await fate_of(unread.id)).content, "what nobody could read waits for somebody who can"
