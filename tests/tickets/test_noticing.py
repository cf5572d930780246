"""Who hears of what, and in which ways: by the rows, as the workers do it."""

from datetime import timedelta

import pytest

from helpdesk.channels.web_push.tables import Push
from helpdesk.kernel.database import rows
from helpdesk.kernel.time import now
from helpdesk.people.actor import SYSTEM
from helpdesk.tickets import noticing
from helpdesk.tickets.assigning import assign, move_to_team
from helpdesk.tickets.followers import follow as follow_ticket
from helpdesk.tickets.merging import merge_into
from helpdesk.tickets.muting import mute
from helpdesk.tickets.notice_centre import notices_of
from helpdesk.tickets.notice_choices import choose_ways, ways_of
from helpdesk.tickets.notice_kinds import CENTRE, KINDS, NOWHERE, TOPICS
from helpdesk.tickets.noticing import forget_old_notices, read_notices
from helpdesk.tickets.tables import Notice
from helpdesk.tickets.trashing import trash
from tests.cast import again, hire, make_team
from tests.make import a_ticket
from tests.noticed import LATER, a_device, follow_all, given, kinds_of_notices, mails, says, tell_all


def test_every_kind_belongs_to_a_topic() -> None:
    assert {kind.topic for kind in KINDS.values()} == {key for key, topic in TOPICS.items() if topic.is_of_tickets}


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
