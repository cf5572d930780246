"""Who hears of what, by which ways and when: by the rows, as the workers do it."""

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from helpdesk.channels.email.composing import compose
from helpdesk.channels.web_push.encrypting import application_keys
from helpdesk.channels.web_push.tables import Push
from helpdesk.deliveries.queueing import Letter
from helpdesk.deliveries.tables import Delivery
from helpdesk.following_up import follow
from helpdesk.kernel import redis
from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.time import now
from helpdesk.nudging import SWEEPS, nudge_waiting
from helpdesk.people.actor import SYSTEM, Actor, SignedIn
from helpdesk.people.sessions import open_session
from helpdesk.people.signing_in import whose_session
from helpdesk.tickets import noticing, telling
from helpdesk.tickets.assigning import assign, move_to_team
from helpdesk.tickets.followers import follow as follow_ticket
from helpdesk.tickets.joining import join
from helpdesk.tickets.merging import merge_into
from helpdesk.tickets.messages import NewMessage
from helpdesk.tickets.muting import mute
from helpdesk.tickets.notice_centre import notices_of
from helpdesk.tickets.notice_choices import choose_ways, ways_of
from helpdesk.tickets.notice_kinds import CENTRE, EVERYWHERE, KINDS, NOWHERE, TOPICS
from helpdesk.tickets.notice_mails import call_off, forget_old_notice_mails
from helpdesk.tickets.noticing import MAIL_AFTER, forget_old_notices, read_notices
from helpdesk.tickets.quiet_hours import Quiet, check, choose_quiet_hours, end_of_quiet
from helpdesk.tickets.redacting import Redaction, redact
from helpdesk.tickets.tables import Event, Message, Notice, Ticket
from helpdesk.tickets.telling import MAILS_APART, PUSHES_APART, tell
from helpdesk.tickets.trashing import trash
from tests.cast import again, hire, make_team
from tests.make import a_ticket
from tests.noticed import kinds_of_notices

TEHRAN = ZoneInfo("Asia/Tehran")
LATER = MAIL_AFTER + timedelta(seconds=5)


async def follow_all() -> None:
    for event in await Event.select(Event.id).where(Event.followed_at.is_null()).order_by(Event.id):
        await follow(event["id"])


async def tell_all(at: datetime) -> None:
    """Each notice's job, and each once more."""
    for notice in [*await Notice.select(Notice.id).order_by(Notice.id)] * 2:
        await tell(notice["id"], at=at)


async def says(ticket: Ticket, text: str) -> None:
    """The customer writes once more."""
    author = Actor(kind="customer", id=ticket.customer, name="Dora Dogan")
    await join(ticket, NewMessage(author=author, body_text=text, created_at=now()))
    await follow_all()


async def mails() -> list[tuple[str, str, str]]:
    """Whom a mail of notices is to, its subject and its words."""
    sent = await Delivery.objects().where(Delivery.kind == "notice").order_by(Delivery.id)
    letters = [msgspec.json.decode(one.mail, type=Letter).mail for one in sent]
    return [(one.to[0].addr, one.subject, one.text) for one in letters]


async def fresh(ticket: Ticket) -> Ticket:
    found = await Ticket.objects().get(Ticket.id == ticket.id)
    assert found is not None
    return found


async def a_device(agent: SignedIn) -> None:
    token = await open_session(agent.id or 0, address="127.0.0.1", user_agent="test", at=now())
    known = await whose_session(token, at=now())
    assert known
    await rows(
        """INSERT INTO hd_push_subscription (session, agent, endpoint, p256dh, auth, application_key, shows_text, created_at)
        VALUES ({}, {}, {}, 'k', 'a', {}, true, now())""",
        known.session_id, agent.id, f"https://push.example.com/{agent.name}", next(iter(application_keys())),
    )  # fmt: skip


async def given(agent: SignedIn, *, by: SignedIn | None = None, subject: str = "Printer on fire") -> Ticket:
    """A ticket that was assigned, and its notice."""
    ticket = await a_ticket(subject)
    await assign(ticket, agent.id, by=by or SYSTEM, at=now())
    await follow_all()
    return ticket


def test_every_kind_belongs_to_a_topic() -> None:
    assert {kind.topic for kind in KINDS.values()} == TOPICS.keys()


async def test_each_hears_of_what_concerns_them_once_and_nobody_of_their_own_doing(database: None) -> None:
    ben, cleo, mani, lia = await hire("ben"), await hire("cleo"), await hire("mani"), await hire("lia")
    team = await make_team("Sales", ben, lia)
    await choose_ways({"opened": CENTRE}, by=ben)
    ticket = await a_ticket(team=team.id)
    await follow_all()
    assert (await kinds_of_notices(ben), await kinds_of_notices(lia)) == (["opened"], []), "as each chose"
    await says(ticket, "Are you there?")
    assert (await kinds_of_notices(ben), await kinds_of_notices(lia)) == (["team_reply", "opened"], ["team_reply"])
    await assign(ticket, cleo.id, by=cleo, at=now())
    await follow_all()
    assert await kinds_of_notices(cleo) == [], "they took it themselves"
    for follower in (mani, cleo):
        await follow_ticket(ticket, by=follower)
    await says(ticket, "It burns still.")
    assert await kinds_of_notices(cleo) == ["customer_replied"], "one notice, though they follow it, too"
    assert await kinds_of_notices(mani) == ["followed_reply"]
    assert len(await kinds_of_notices(ben)) == 2, "it is no longer nobody's"
    await rows("UPDATE hd_event SET followed_at = NULL WHERE id = (SELECT max(id) FROM hd_event)")
    before = await Notice.count()
    await follow_all()
    assert await Notice.count() == before, "an event that is followed once more tells nobody anew"
    why = {"by": "absence", "absent": [cleo.id]}
    await assign(ticket, ben.id, by=SYSTEM, at=now(), why=why)
    await follow_all()
    assert (await kinds_of_notices(ben))[0] == "handed_over" and (await kinds_of_notices(cleo))[0] == "passed_on"
    other = await a_ticket()
    await move_to_team(other, team.id, by=mani, at=now())
    await follow_all()
    assert (await kinds_of_notices(ben))[0] == "moved"


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


async def test_who_may_no_longer_see_or_hear_is_told_nothing(database: None) -> None:
    ben, cleo, mani = await hire("ben"), await hire("cleo"), await hire("mani")
    secret = await make_team("Secret", cleo, is_private=True)
    tickets = {what: await given(ben, subject=what) for what in ("hidden", "spam", "muted", "merged", "unwanted")}
    await assign(tickets["hidden"], None, by=mani, at=now())
    await move_to_team(tickets["hidden"], secret.id, by=mani, at=now())
    await trash(tickets["spam"], by=mani, at=now())
    survivor = await a_ticket("The secret one")
    await merge_into(tickets["merged"], survivor, by=mani, at=now())
    await move_to_team(survivor, secret.id, by=mani, at=now())
    await mute(tickets["muted"], by=mani, at=now())
    await rows("UPDATE hd_notice SET kind = 'customer_replied', by_mail = true WHERE ticket = {}", tickets["muted"].id)
    await rows("UPDATE hd_notice SET kind = 'mentioned' WHERE ticket = {}", tickets["unwanted"].id)
    await choose_ways({"mentioned": NOWHERE}, by=ben)
    ben = await again(ben)
    await a_device(ben)
    await tell_all(now() + LATER)
    assert await mails() == [] and await Push.count() == 0
    assert not await Notice.exists().where(Notice.due_at.is_not_null())
    listed = [group["subject"] for group in (await notices_of(ben)).rows]
    assert "hidden" not in listed and "The secret one" not in listed and "spam" not in listed


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


@pytest.mark.parametrize("gives_up", [False, True])
async def test_in_quiet_hours_everything_waits_in_the_centre_and_comes_together_afterwards(
    database: None, gives_up: bool
) -> None:
    ben = await hire("ben")
    await a_device(ben)
    every_day = frozenset(range(7))
    begin = now()
    here = begin.astimezone(UTC)
    minute = here.hour * 60 + here.minute
    await choose_quiet_hours(
        Quiet(begins=(minute - 60) % 1440, ends=(minute + 60) % 1440, days=every_day), by=ben, at=begin
    )
    for number in range(2):
        await given(ben, subject=f"At night {number}")
    await tell_all(begin + LATER)
    assert await Push.count() == 0 and await mails() == [] and len(await kinds_of_notices(ben)) == 2
    if gives_up:
        await choose_quiet_hours(None, by=ben, at=begin + LATER)
    await tell_all(begin + (LATER if gives_up else timedelta(minutes=61)))
    assert await Push.count() == 2 and [subject for _to, subject, _text in await mails()] == ["News of 2 tickets"]


async def test_who_leaves_hears_nothing_and_old_notices_go(database: None) -> None:
    ben = await hire("ben")
    await given(ben)
    await rows("UPDATE hd_agent SET deactivated_at = now() WHERE id = {}", ben.id)
    await tell_all(now() + LATER)
    assert await mails() == []
    await read_notices(ben.id or 0, at=now() - timedelta(days=91))
    await forget_old_notices(at=now())
    assert await Notice.count() == 0


async def test_of_very_many_notices_the_latest_are_kept_and_what_is_still_to_be_told(
    database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(noticing, "MOST_KEPT", 2)
    ben, cleo = await hire("ben"), await hire("cleo")
    for agent in (ben, ben, ben, ben, cleo):
        await given(agent)
    ids = [row["id"] for row in await rows("SELECT id FROM hd_notice ORDER BY id")]
    await rows("UPDATE hd_notice SET due_at = NULL WHERE id <> {}", ids[0])
    await forget_old_notices(at=now())
    assert [row["id"] for row in await rows("SELECT id FROM hd_notice ORDER BY id")] == [ids[0], *ids[2:]]


async def test_choices_are_kept_where_they_differ(database: None) -> None:
    ben = await hire("ben")
    standard = {key: one.ways for key, one in TOPICS.items()}
    await choose_ways(standard | {"woken": NOWHERE, "nonsense": NOWHERE}, by=ben)
    assert await ways_of(ben.id or 0) == standard | {"woken": NOWHERE}
    [kept] = await rows("SELECT topic FROM hd_notice_choice")
    assert kept["topic"] == "woken"
    await choose_ways(standard, by=ben)
    assert await rows("SELECT FROM hd_notice_choice") == []


NIGHTS = Quiet(begins=18 * 60, ends=8 * 60, days=frozenset({5, 6, 0, 1, 2}), whole_days=frozenset({3, 4}))
"""Of the Iranian week: from Saturday to Wednesday the nights, Thursday and Friday wholly."""


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2026-11-22 12:00", None),  # a Sunday at noon
        ("2026-11-22 17:59", None),
        ("2026-11-22 18:00", "2026-11-23 08:00"),
        ("2026-11-23 07:59", "2026-11-23 08:00"),
        ("2026-11-23 08:00", None),
        ("2026-11-25 20:00", "2026-11-28 00:00"),  # Wednesday evening: the nights and the days off are one
        ("2026-11-27 10:00", "2026-11-28 00:00"),
        ("2026-11-28 07:00", None),  # Saturday morning: Friday's night was not chosen
    ],
)
def test_quiet_hours_are_those_of_the_clock_on_the_wall(at: str, until: str | None) -> None:
    def there(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=TEHRAN)

    assert end_of_quiet(NIGHTS, there(at), TEHRAN) == (there(until) if until else None)


def test_a_night_in_which_the_clocks_change_ends_in_the_morning() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    saturdays = Quiet(begins=22 * 60, ends=7 * 60, days=frozenset({5}))
    for night, morning in (("2026-03-28T23:00", "2026-03-29T07:00"), ("2026-10-24T23:00", "2026-10-25T07:00")):
        at, until = (datetime.fromisoformat(one).replace(tzinfo=berlin) for one in (night, morning))
        assert end_of_quiet(saturdays, at, berlin) == until.astimezone(UTC)


def test_quiet_hours_end() -> None:
    week = frozenset(range(7))
    for never in (Quiet(whole_days=week), Quiet(begins=60, ends=60, days=week), Quiet(days=frozenset({9}))):
        with pytest.raises(Invalid):
            check(never)
    check(Quiet(begins=60, ends=59, days=week))


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
