"""Drafts: what is typed is kept, whatever happens to the window, the ticket or the sending."""

from datetime import timedelta

import pytest

from helpdesk.deliveries.tables import Delivery
from helpdesk.kernel.errors import NotFound
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.tickets import replying, taking_back
from helpdesk.tickets.drafting import (
    Saved,
    Typed,
    discard,
    drafts_follow,
    drafts_of,
    fields_of,
    forget_discarded,
    keep,
    own_once,
    recover,
    restore,
    versions_of,
)
from helpdesk.tickets.replying import Draft, reply
from helpdesk.tickets.tables import Message, Ticket
from helpdesk.tickets.uploading import FORGOTTEN, forget_abandoned, upload
from tests.cast import hire
from tests.make import a_ticket


async def save(
    ticket: Ticket | None, text: str, by: SignedIn, *, version: int = 0, once: str | None = None, kind: str = "reply", **more: object
) -> Saved | None:  # fmt: skip
    typed = Typed(text=text, **more)  # pyright: ignore[reportArgumentType]
    return await keep(
        typed, kind=kind, ticket_id=ticket.id if ticket else None, once=once, version=version, by=by, at=now()
    )


async def text_of(ticket: Ticket | None, by: SignedIn, kind: str = "reply") -> str | None:
    found = (await drafts_of(by, ticket.id if ticket else None)).get(kind)
    return found.text if found else None


async def test_there_is_one_draft_by_author_ticket_and_kind(database: None) -> None:
    ben, cleo, ticket = await hire("ben"), await hire("cleo"), await a_ticket()
    await save(ticket, "Dear", ben)
    await save(ticket, "Dear Dora", ben, version=1, fields={"cc": "eve@stranger.test"})
    await save(ticket, "For us", ben, kind="note")
    await save(ticket, "Mine", cleo)
    await save(None, "A new one", ben, kind="new")
    await save(None, "Another new one", ben, kind="new", version=1)
    mine = await drafts_of(ben, ticket.id)
    assert {kind: one.text for kind, one in mine.items()} == {"reply": "Dear Dora", "note": "For us"}
    assert fields_of(mine["reply"]) == {"cc": "eve@stranger.test"}
    assert (await text_of(ticket, cleo), await text_of(None, ben, "new")) == ("Mine", "Another new one")


async def test_of_two_windows_the_later_stands_and_the_other_is_in_the_history(database: None) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    await save(ticket, "Begun", ben)
    await save(ticket, "Begun, and gone on at home", ben, version=1)
    saved = await save(ticket, "Begun, and gone on at work", ben, version=1)
    assert saved and saved.is_behind and saved.version == 3
    versions = await versions_of(kind="reply", ticket_id=ticket.id, by=ben)
    assert [one["text"] for one in versions] == ["Begun, and gone on at home"]
    await restore(versions[0]["id"], kind="reply", ticket_id=ticket.id, by=ben, at=now())
    assert await text_of(ticket, ben) == "Begun, and gone on at home"
    versions = await versions_of(kind="reply", ticket_id=ticket.id, by=ben)
    assert versions[0]["text"] == "Begun, and gone on at work"


async def test_nobody_restores_what_another_wrote(database: None) -> None:
    ben, cleo, ticket = await hire("ben"), await hire("cleo"), await a_ticket()
    await save(ticket, "A long letter that is lost in a moment, all of it", ben)
    await save(ticket, "", ben, version=1)
    [version] = await versions_of(kind="reply", ticket_id=ticket.id, by=ben)
    await save(ticket, "Mine", cleo)
    with pytest.raises(NotFound):
        await restore(version["id"], kind="reply", ticket_id=ticket.id, by=cleo, at=now())


async def test_a_draft_that_was_emptied_is_gone_and_can_be_had_back(database: None) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    await save(ticket, "Half a page that somebody selected and deleted", ben)
    await save(ticket, "", ben, version=1)
    assert await drafts_of(ben, ticket.id) == {}
    [version] = await versions_of(kind="reply", ticket_id=ticket.id, by=ben)
    await restore(version["id"], kind="reply", ticket_id=ticket.id, by=ben, at=now())
    assert await text_of(ticket, ben) == "Half a page that somebody selected and deleted"


async def test_discarded_comes_back_by_undo_and_a_late_save_of_its_form_does_not(database: None) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    once = own_once("form", ben)
    await save(ticket, "No", ben, once=once)
    await discard(kind="reply", ticket_id=ticket.id, once=once, by=ben, at=now())
    assert await save(ticket, "No!", ben, once=once, version=1) is None
    assert await drafts_of(ben, ticket.id) == {}
    await recover(kind="reply", ticket_id=ticket.id, by=ben)
    assert await text_of(ticket, ben) == "No"
    await discard(kind="reply", ticket_id=ticket.id, once=once, by=ben, at=now() - timedelta(days=8))
    await forget_discarded(at=now())
    await recover(kind="reply", ticket_id=ticket.id, by=ben)
    assert await drafts_of(ben, ticket.id) == {}


async def test_a_save_that_comes_after_its_form_was_sent_is_no_draft(database: None) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    once = own_once("form", ben)
    await save(ticket, "Use water", ben, once=once)
    await reply(ticket, Draft(body_text="Use water", once=once), by=ben, at=now())
    assert await drafts_of(ben, ticket.id) == {}
    assert await save(ticket, "Use wate", ben, once=once, version=1) is None
    assert await drafts_of(ben, ticket.id) == {}


async def test_drafts_go_with_a_ticket_that_is_merged(database: None) -> None:
    ben, cleo = await hire("ben"), await hire("cleo")
    gone, stays = await a_ticket("Twice"), await a_ticket("Once")
    await save(gone, "Written there", ben, uploads=[7])
    await save(stays, "Written here", ben, uploads=[8])
    await save(gone, "Only there", cleo, kind="note")
    for _ in range(2):
        await drafts_follow(gone.id, stays.id, at=now())
    mine = await drafts_of(ben, stays.id)
    assert (mine["reply"].text, mine["reply"].uploads) == ("Written here\n\nWritten there", [8, 7])
    assert await text_of(stays, cleo, "note") == "Only there"
    assert await drafts_of(ben, gone.id) == {}


async def test_files_of_a_draft_are_kept_as_long_as_it_is(database: None) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    long_ago = now() - FORGOTTEN - timedelta(hours=1)
    kept, _lost = [await upload(name, "text/plain", b"x", by=ben, at=long_ago) for name in ("a.txt", "b.txt")]
    await save(ticket, "See the file", ben, uploads=[kept.id])
    await forget_abandoned(at=now())
    assert [one.id for one in await type(kept).objects()] == [kept.id]


@pytest.mark.parametrize("line", ["_post", "change", "sent"])
async def test_whatever_fails_while_sending_leaves_the_draft_and_no_message(
    database: None, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    """As when the process is killed there: all of it is one transaction."""
    ben, ticket = await hire("ben"), await a_ticket()
    await save(ticket, "Use water", ben)

    async def dies(*_args: object, **_named: object) -> None:
        raise RuntimeError("killed")

    monkeypatch.setattr(replying, line, dies)
    with pytest.raises(RuntimeError):
        await reply(ticket, Draft(body_text="Use water"), by=ben, at=now())
    assert await text_of(ticket, ben) == "Use water"
    assert await Message.count() == 1 and await Delivery.count() == 0


@pytest.mark.parametrize("line", ["give_back", "change"])
async def test_whatever_fails_while_taking_back_leaves_the_reply_on_its_way(
    database: None, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    message = await reply(ticket, Draft(body_text="Use water"), by=ben, at=now())

    async def dies(*_args: object, **_named: object) -> None:
        raise RuntimeError("killed")

    monkeypatch.setattr(taking_back, line, dies)
    with pytest.raises(RuntimeError):
        await taking_back.take_back(message, by=ben, at=now())
    assert await drafts_of(ben, ticket.id) == {}
    assert await Delivery.exists().where(Delivery.state == "queued")


async def test_sending_forgets_only_what_its_form_knew(database: None) -> None:
    """Not what another window saved since, nor what one writes while a program of one's own answers."""
    ben, ticket = await hire("ben"), await a_ticket()
    typed = Typed(text="In the other window")
    saved = await keep(typed, kind="reply", ticket_id=ticket.id, once="other", version=0, by=ben, at=now())
    assert saved
    for draft in (
        Draft(body_text="By a program"),
        Draft(body_text="Here", once="here", versions={"reply": saved.version - 1}),
    ):
        await reply(ticket, draft, by=ben, at=now())
        assert (await drafts_of(ben, ticket.id))["reply"].text == "In the other window"
    await reply(ticket, Draft(body_text="In the other window", once="other"), by=ben, at=now())
    assert not await drafts_of(ben, ticket.id)
