"""When notices reach devices and mailboxes, and that each does once."""

import asyncio
from datetime import timedelta

import msgspec
import pytest

from helpdesk.channels.email.composing import compose
from helpdesk.channels.web_push.tables import Push
from helpdesk.deliveries.queueing import Letter
from helpdesk.deliveries.tables import Delivery
from helpdesk.kernel import redis
from helpdesk.kernel.database import rows
from helpdesk.kernel.time import now
from helpdesk.nudging import SWEEPS, nudge_waiting
from helpdesk.tickets import telling
from helpdesk.tickets.notice_choices import choose_ways
from helpdesk.tickets.notice_kinds import EVERYWHERE
from helpdesk.tickets.noticing import read_notices
from helpdesk.tickets.tables import Notice
from helpdesk.tickets.telling import MAILS_APART, PUSHES_APART, tell
from tests.cast import hire
from tests.noticed import LATER, a_device, given, kinds_of_notices, mails, says, tell_all


async def test_a_notice_goes_to_devices_at_once_and_by_mail_when_nobody_has_read_it(database: None) -> None:
    ben, cleo = await hire("ben"), await hire("cleo")
    await a_device(ben)
    ticket = await given(ben, by=cleo)
    await tell_all(now())
    [pushed] = await Push.objects()
    assert (pushed.title, pushed.url) == (f"#{ticket.number} Printer on fire", f"/console/tickets/{ticket.number}")
    assert pushed.body == "Cleo Dubois: A ticket was assigned to you" and pushed.tag == f"ticket-{ticket.number}"
    assert await mails() == [], "not before somebody could read it"
    await tell_all(now() + LATER)
    [(to, subject, text)] = await mails()
    assert (to, subject) == (ben.email, f"#{ticket.number} Printer on fire")
    assert "Cleo Dubois: A ticket was assigned to you" in text and f"/console/tickets/{ticket.number}" in text
    assert "/console/preferences/notices" in text and await Push.count() == 1
    assert not await Notice.exists().where(Notice.due_at.is_not_null()), "nothing is left"


async def test_a_device_that_may_show_no_text_does_not_learn_which_ticket_it_is(database: None) -> None:
    ben = await hire("ben")
    await a_device(ben)
    await rows("UPDATE hd_push_subscription SET shows_text = false")
    await given(ben)
    await tell_all(now())
    [pushed] = await Push.objects()
    assert (pushed.title, pushed.body, pushed.url, pushed.tag) == ("", "", "/console", "news")


async def test_what_was_read_is_told_no_further(database: None) -> None:
    ben = await hire("ben")
    await a_device(ben)
    ticket = await given(ben)
    await read_notices(ben.id or 0, at=now(), ticket_id=ticket.id)
    await tell_all(now() + LATER)
    assert await Push.count() == 0 and await mails() == []
    await given(ben)
    newest = await Notice.select(Notice.id).order_by(Notice.id, ascending=False).first()
    await given(ben, subject="While they looked")
    assert newest
    await read_notices(ben.id or 0, at=now(), upto=newest["id"])
    assert len(await kinds_of_notices(ben)) == 1, "what came while they looked is unread"


async def test_mails_of_a_ticket_are_five_minutes_apart_and_none_is_lost(database: None) -> None:
    ben = await hire("ben")
    await choose_ways({"replied": EVERYWHERE}, by=ben)
    ticket = await given(ben)
    await says(ticket, "One")
    begin = now() + LATER
    await tell_all(begin)
    assert len(await mails()) == 1 and "> One" in (await mails())[0][2], "both in one mail"
    await says(ticket, "Two\nlines")
    await rows("UPDATE hd_notice SET at = {} WHERE mailed_at IS NULL", begin)
    await tell_all(begin + LATER)
    assert len(await mails()) == 1
    await tell_all(begin + MAILS_APART)
    assert len(await mails()) == 2 and "Dora Dogan: A customer answered" in (await mails())[1][2]
    assert "> Two\n> lines" in (await mails())[1][2] and "One" not in (await mails())[1][2]


async def test_a_mail_of_notices_is_answered_by_no_machine_and_holds_no_html_of_a_customer(database: None) -> None:
    ben = await hire("ben")
    await choose_ways({"replied": EVERYWHERE}, by=ben)
    ticket = await given(ben, subject="Bcc: all\n<b>Printer</b>")
    await says(ticket, "<script>alert(1)</script> <img src=https://track.test/x.png>")
    await tell_all(now() + LATER)
    [sent] = await Delivery.objects().where(Delivery.kind == "notice")
    raw = compose(msgspec.json.decode(sent.mail, type=Letter).mail).decode()
    head = raw.partition("\r\n\r\n")[0]
    assert "Auto-Submitted: auto-generated" in head and "X-Auto-Response-Suppress: All" in head
    assert "List-Unsubscribe: <" in head and "\r\nBcc:" not in head and sent.envelope_from == ""
    assert (sent.ticket_id, sent.message_id) == (None, None), "no answer to it joins the ticket"
    assert "<script>" not in (msgspec.json.decode(sent.mail, type=Letter).mail.html or "")


async def test_many_at_once_are_one_mail_and_one_push(database: None) -> None:
    ben = await hire("ben")
    await a_device(ben)
    await given(ben, subject="First")
    begin = now()
    await tell_all(begin)
    for number in range(5):
        await given(ben, subject=f"Ticket {number}")
    await tell_all(begin + PUSHES_APART / 2)
    assert await Push.count() == 1, "what follows on its heels comes together"
    await tell_all(begin + PUSHES_APART + timedelta(seconds=1))
    titles = [one.title for one in await Push.objects().order_by(Push.id)]
    assert len(titles) == 2 and titles[1] == "News of 5 tickets"
    await tell_all(now() + LATER)
    [(_to, subject, text)] = await mails()
    assert subject == "News of 6 tickets" and "Ticket 4" in text and text.count("/console/tickets/") == 6


async def test_a_worker_that_dies_before_it_tells_leaves_a_row_that_the_scheduler_finds(
    database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    ben = await hire("ben")
    await a_device(ben)
    await given(ben)
    redis.client().flushdb()  # the job that was sent after the commit is lost
    await rows("UPDATE hd_notice SET due_at = now() - interval '1 min', at = at - interval '5 min'")
    [sweep] = [one for one in SWEEPS if one.name == "notices"]
    assert await nudge_waiting(sweep)() == 1 and redis.client().llen("dramatiq:events") == 1

    async def die(*_asked: object, **_more: object) -> int:
        raise ConnectionError("killed")

    with monkeypatch.context() as dying:
        dying.setattr(telling, "mail", die)
        with pytest.raises(ConnectionError):
            await tell_all(now())
    assert await Push.count() == 0, "what was half told is told as a whole, later"
    [notice] = await Notice.select(Notice.id)
    await asyncio.gather(*(tell(notice["id"], at=now()) for _worker in range(4)))
    assert await Push.count() == 1 and len(await mails()) == 1
