"""Mails of notices that must not leave any more, or have left with words that are to go."""

from datetime import timedelta

import pytest

from helpdesk.channels.web_push.tables import Push
from helpdesk.deliveries.tables import Delivery
from helpdesk.kernel.database import rows
from helpdesk.kernel.time import now
from helpdesk.tickets.merging import merge_into
from helpdesk.tickets.notice_choices import choose_ways
from helpdesk.tickets.notice_kinds import CENTRE, EVERYWHERE
from helpdesk.tickets.notice_mails import call_off, forget_old_notice_mails
from helpdesk.tickets.noticing import read_notices
from helpdesk.tickets.recalling import call_off_stale
from helpdesk.tickets.redacting import Redaction, redact
from helpdesk.tickets.replying import Draft, note
from helpdesk.tickets.tables import Message
from helpdesk.tickets.taking_back import take_back
from tests.cast import hire, make_team
from tests.make import a_ticket
from tests.noticed import LATER, a_device, follow_all, fresh, given, kinds_of_notices, mails, says, tell_all


async def test_a_redacted_or_erased_ticket_is_told_of_no_more(database: None) -> None:
    ben = await hire("ben")
    await choose_ways({"replied": EVERYWHERE}, by=ben)
    await a_device(ben)
    tickets = [await given(ben, subject=f"Secret {number}") for number in range(2)]
    for ticket in tickets:
        await says(ticket, "My PIN is 4711")
    await tell_all(now() + LATER)
    assert await Push.count() == 2 and "News of 2 tickets" in (await mails())[0][1]
    await call_off([tickets[0].id])
    assert await Push.count() == 1 and (await mails())[0][1:] == ("", "")
    [sent] = await Delivery.objects().where(Delivery.kind == "notice")
    assert sent.state == "cancelled"
    await read_notices(ben.id or 0, at=now(), ticket_id=tickets[0].id)
    await tell_all(now() + LATER)
    [_gone, (_to, subject, text)] = await mails()
    assert "Secret 1" in subject and "4711" in text, "what it told of besides is told anew"
    await rows("UPDATE hd_delivery SET state = 'sent'")
    await call_off([tickets[1].id])
    assert [told[1:] for told in await mails()] == [("", ""), ("", "")], "a mail that has left is kept without words"
    assert {one.state for one in await Delivery.objects().where(Delivery.kind == "notice")} == {"sent"}
    await tell_all(now() + LATER)
    assert len(await mails()) == 2


async def test_a_redaction_finds_the_mail_of_a_notice_that_a_merge_left_behind(database: None) -> None:
    ben, mani = await hire("ben"), await hire("mani")
    source, survivor = await given(ben, subject="Secret 4711"), await a_ticket()
    await tell_all(now() + LATER)
    assert "4711" in (await mails())[0][1]
    await read_notices(ben.id or 0, at=now())
    await merge_into(await fresh(source), await fresh(survivor), by=mani, at=now())
    survivor = await fresh(survivor)
    message = await Message.objects().where(Message.ticket == survivor.id).order_by(Message.id).first()
    assert message is not None
    await redact(survivor, message.id, Redaction(passages=["4711"]), by=mani, at=now())
    [(_to, subject, text)] = await mails()
    assert (subject, text) == ("", "")


async def test_a_mail_that_found_no_server_for_half_a_day_is_called_off_and_goes_in_time(database: None) -> None:
    ben = await hire("ben")
    await given(ben)
    await tell_all(now() + LATER)
    for later, state in ((timedelta(hours=11), "queued"), (timedelta(hours=13), "cancelled")):
        await forget_old_notice_mails(at=now() + later)
        [sent] = await Delivery.objects().where(Delivery.kind == "notice")
        assert sent.state == state
    await forget_old_notice_mails(at=now() + timedelta(days=31))
    assert not await Delivery.exists().where(Delivery.kind == "notice")
    assert await kinds_of_notices(ben) == ["assigned"]


async def deliveries() -> list[str]:
    """How far each mail of notices is, once its job has run."""
    sent = await Delivery.select(Delivery.id).where(Delivery.kind == "notice").order_by(Delivery.id)
    for one in sent:
        await call_off_stale(one["id"])
    return [row["state"] for row in await rows("SELECT state FROM hd_delivery WHERE kind = 'notice' ORDER BY id")]


@pytest.mark.parametrize("why", ["taken back", "read", "let go", "no longer theirs to see", "no more mails of it"])
async def test_a_mail_that_must_not_leave_any_more_is_called_off_and_the_rest_of_it_comes(
    database: None, why: str
) -> None:
    ben, cleo = await hire("ben"), await hire("cleo")
    other = await given(ben, by=cleo, subject="Printer on fire")
    ticket = await a_ticket("Salaries")
    written = await note(ticket, Draft(body_text="@Ben Weber, their PIN is 4711."), by=cleo, at=now())
    await follow_all()
    await tell_all(now() + LATER)
    [(_to, subject, text)] = await mails()
    assert "News of 2 tickets" in subject and "4711" in text and await deliveries() == ["queued"]
    match why:
        case "taken back":
            assert await take_back(written, by=cleo, at=now())
        case "read":
            await read_notices(ben.id or 0, at=now(), ticket_id=ticket.id)
        case "let go":
            await rows("UPDATE hd_agent SET deactivated_at = now() WHERE id = {}", ben.id)
        case "no longer theirs to see":
            private = await make_team("Pay", cleo, is_private=True)
            await rows("UPDATE hd_ticket SET team = {} WHERE id = {}", private.id, ticket.id)
            await rows("DELETE FROM hd_follower")
        case _:
            await choose_ways({"mentioned": CENTRE}, by=ben)
    assert await deliveries() == ["cancelled"]
    await tell_all(now() + LATER)
    left = (await mails())[1:]
    assert [(f"#{other.number}" in subject, "4711" in text) for _to, subject, text in left] == [(True, False)] * (
        why != "let go"
    )


async def test_an_attempt_that_came_to_nothing_is_not_made_again_with_words_that_were_removed_meanwhile(
    database: None,
) -> None:
    ben, mani = await hire("ben"), await hire("mani")
    ticket = await given(ben, subject="Secret 4711")
    await tell_all(now() + LATER)
    await rows("UPDATE hd_delivery SET state = 'sending', sending_until = now() + interval '1 minute', attempts = 1")
    message = await Message.objects().where(Message.ticket == ticket.id).order_by(Message.id).first()
    assert message is not None
    await redact(await fresh(ticket), message.id, Redaction(passages=["4711"]), by=mani, at=now())
    assert await deliveries() == ["sending"] and (await mails())[0][1:] == ("", "")
    await rows("UPDATE hd_delivery SET sending_until = now() - interval '1 minute'")  # the worker was killed
    assert await deliveries() == ["cancelled"]
    await tell_all(now() + LATER)
    assert len(await mails()) == 1, "it may have arrived"
