"""Merging, splitting and snoozing from the pages, with their ways back."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from helpdesk.following_up import follow as follow_up
from helpdesk.kernel.database import rows
from helpdesk.kernel.time import now
from helpdesk.tickets.queries import find_ticket
from helpdesk.tickets.relating import alike
from helpdesk.tickets.snoozing import UNTIL_REPLY, wake_what_is_due
from helpdesk.tickets.tables import Event, Follower, Message, Notice, Status, Ticket
from tests.cast import EVE, again, hire, make_team
from tests.console.browsing import Browser
from tests.intake.test_taking_in import a_mail, receive
from tests.make import a_ticket

Browsers = Callable[[], Browser]
FIRST, SECOND = "/console/tickets/1001", "/console/tickets/1002"


async def the(number: int) -> Ticket:
    found = await Ticket.objects().get(Ticket.number == number)
    assert found is not None
    return found


async def test_a_ticket_is_merged_its_number_opens_the_other_and_the_merge_is_undone(browser: Browsers) -> None:
    await a_ticket("Printer", text="It burns.")
    await a_ticket("Printer again", text="It still burns.")
    visitor = await browser().sign_in(await hire("ben"))
    page = (await visitor.get(f"{SECOND}/merge")).text
    assert 'value="1001"' in page and "Other tickets of Dora Dogan" in page
    answer = await visitor.post(f"{SECOND}/merge", {"into": "1001"})
    assert answer.status_code == 303 and answer.headers["location"].startswith(f"{FIRST}?")
    opened = (await visitor.get(answer.headers["location"])).text
    assert 'data-number="1001"' in opened and "Ticket #1002 was merged into this one." in opened
    assert "It still burns." in opened and "merged ticket" in opened
    door = await visitor.get(f"{SECOND}?view=open")
    assert door.headers["location"] == f"{FIRST}?view=open&merged=1002"
    assert '/1002/unmerge"' in (await visitor.get(door.headers["location"])).text
    in_its_place = await visitor.get(f"{SECOND}?view=open", htmx=True)
    assert in_its_place.headers["hx-push-url"] == f"{FIRST}?view=open&merged=1002"
    assert "unmerge" not in (await visitor.get(f"{FIRST}?merged=1001")).text
    reloaded = (await visitor.get(f"{SECOND}/merge")).text
    assert "was merged into #1001 already" in reloaded and 'name="into"' not in reloaded
    assert (await visitor.post(f"{SECOND}/unmerge")).status_code == 303
    assert 'data-number="1002"' in (await visitor.get(SECOND)).text
    assert "It still burns." not in (await visitor.get(f"{FIRST}/timeline", htmx=True)).text


async def test_another_customers_ticket_asks_once_more(browser: Browsers) -> None:
    await a_ticket("Printer")
    await a_ticket("Printer", who=EVE)
    visitor = await browser().sign_in(await hire("ben"))
    asked = await visitor.post(f"{SECOND}/merge", {"typed": "۱۰۰۱"})
    assert asked.status_code == 200 and "different customers" in asked.text
    assert (await the(1002)).merged_into is None
    await visitor.post(f"{SECOND}/merge", {"into": "1001", "sure": "1"})
    assert (await the(1002)).merged_into == (await the(1001)).id


async def test_what_cannot_be_merged_says_why(browser: Browsers) -> None:
    await a_ticket("Printer")
    visitor = await browser().sign_in(await hire("ben"))
    for typed, words in (
        ("", "Choose a ticket"),
        ("999", "no ticket with this number"),
        ("1001", "into itself"),
        ("one", "type its number"),
    ):
        answer = await visitor.post(f"{FIRST}/merge", {"typed": typed})
        assert answer.status_code == 422 and words in answer.text
        assert not typed or re.search(
            rf'name="typed"[^>]* value="{typed}"[^>]* autofocus aria-invalid', answer.text, re.DOTALL
        )
    lia = await browser().sign_in(await hire("lia"))
    assert (await lia.get(f"{FIRST}/merge")).status_code == 403
    assert (await lia.post(f"{FIRST}/merge", {"into": "1001"})).status_code == 403


async def test_only_what_can_be_merged_is_offered_and_a_refusal_keeps_the_choice(browser: Browsers) -> None:
    ben = await hire("ben")
    await a_ticket("Printer")
    await a_ticket("Salary", team=(await make_team("Pay", ben, is_private=True)).id)
    await a_ticket("Old printer")
    await Ticket.update({Ticket.status: Status.CLOSED}).where(Ticket.number == 1003)
    visitor = await browser().sign_in(await again(ben))
    page = (await visitor.get(f"{FIRST}/merge")).text
    assert (
        re.search(r'value="1002" disabled aria-describedby="reason-1002"', page) and "belongs to a private team" in page
    )
    assert 'value="1001"' not in page and 'value="1003"' not in page
    await a_ticket("Printer again")
    await Ticket.update({Ticket.spam_at: now()}).where(Ticket.number == 1004)
    refused = await visitor.post(f"{FIRST}/merge", {"into": "1002", "q": "a"})
    assert refused.status_code == 422 and 'name="q" value="a"' in refused.text and 'id="into-error"' in refused.text


@pytest.mark.parametrize(
    ("one", "other", "are_alike"),
    [
        ("Printer on fire", "RE: Fwd: printer on fire", True),
        ("Invoice", "Invoices", True),
        ("سفارش نرسیده است", "پاسخ: سفارش نرسیده‌است", True),
        ("Order 1234 is late", "Order 1299 is late", False),
        ("My VPN", "Holiday request", False),
        ("", "", False),
    ],
)
def test_subjects_are_alike_that_say_the_same(one: str, other: str, are_alike: bool) -> None:
    assert alike(one, other) is are_alike


async def test_similar_tickets_are_offered_until_somebody_wants_no_more(browser: Browsers) -> None:
    await a_ticket("Printer on fire")
    await a_ticket("Re: printer on fire", at=now() - timedelta(days=9))
    await a_ticket("Holiday request")
    visitor = await browser().sign_in(await hire("ben"))
    assert "may be about the same" in (await visitor.get(FIRST)).text
    await visitor.post(f"{FIRST}/similar/dismissed", htmx=True)
    assert "may be about the same" not in (await visitor.get(FIRST)).text
    assert "may be about the same" in (await visitor.get(SECOND)).text
    assert "may be about the same" not in (await visitor.get("/console/tickets/1003")).text


async def test_a_mail_that_answers_a_merged_ticket_joins_the_survivor(browser: Browsers) -> None:
    await receive(a_mail(mail_id="one@x.test", subject="One"))
    await receive(a_mail(mail_id="two@x.test", subject="Two"))
    visitor = await browser().sign_in(await hire("ben"))
    await visitor.post(f"{SECOND}/replies", {"text": "We look into it.", "mode": "reply"})
    [delivery] = await rows("SELECT mail_id FROM hd_delivery WHERE kind = 'reply'")
    await visitor.post(f"{SECOND}/merge", {"into": "1001"})
    fate = await receive(a_mail(mail_id="three@x.test", subject="Re: Two", in_reply_to=delivery["mail_id"]))
    assert fate.fate == "reply"
    [written] = await rows("SELECT ticket FROM hd_message ORDER BY id DESC LIMIT 1")
    assert written["ticket"] == (await the(1001)).id


async def test_a_message_is_split_off_with_those_after_it(browser: Browsers) -> None:
    ticket = await a_ticket("Printer", text="It burns.")
    visitor = await browser().sign_in(await hire("ben"))
    for text in ("About the invoice", "And its address"):
        await visitor.post(f"{FIRST}/notes", {"text": text})
    first, second, _third = await Message.objects().where(Message.ticket == ticket.id).order_by(Message.id)
    page = (await visitor.get(f"/console/messages/{second.id}/split")).text
    assert "About the invoice" in page and "The message after it, too" in page
    refused = await visitor.post(f"/console/messages/{first.id}/split", {"subject": "All", "following": "1"})
    assert refused.status_code == 422 and "Nothing would stay behind" in refused.text
    made = await visitor.post(f"/console/messages/{second.id}/split", {"subject": "Invoice", "following": "1"})
    assert made.headers["location"].startswith(SECOND)
    opened = (await visitor.get(SECOND)).text
    assert (
        "Invoice" in opened
        and "And its address" in opened
        and "It burns." not in (await visitor.get(f"{SECOND}/timeline", htmx=True)).text
    )
    assert "split this ticket off from" in opened and "Split off from" in opened
    assert "split messages off into ticket" in (await visitor.get(FIRST)).text
    await visitor.post(f"{SECOND}/merge", {"into": "1001"})
    assert await Message.count().where(Message.ticket == ticket.id) == 3


async def test_a_ticket_is_snoozed_in_ones_own_words_and_undone(browser: Browsers) -> None:
    await a_ticket()
    visitor = await browser().sign_in(await hire("ben"))
    understood = await visitor.get("/console/snooze/preview?until=tomorrow+9am", htmx=True)
    assert "09:00" in understood.text
    assert "not understood" in (await visitor.get("/console/snooze/preview?until=soonish", htmx=True)).text
    answer = await visitor.post(f"{FIRST}/snooze", {"until": "tomorrow 9am"}, htmx=True)
    assert "Snoozed until" in answer.text and (await the(1001)).snoozed_until is not None
    version = re.search(r'/undo".*?name="version" value="(\d+)"', answer.text, re.DOTALL)
    assert version
    await visitor.post(f"{FIRST}/undo", {"version": version[1]}, htmx=True)
    assert (await the(1001)).snoozed_until is None
    for data in ({"until": "yesterday"}, {"until": ""}, {"moment": "2020-01-01T00:00:00Z"}, {"moment": "noon"}):
        assert (await visitor.post(f"{FIRST}/snooze", data, htmx=True)).status_code == 422
    told = (await visitor.get(FIRST)).text
    assert "snoozed the ticket until" in told and "took a change back" in told


async def test_a_snooze_ends_by_itself_once_and_its_agent_is_told(browser: Browsers) -> None:
    ticket, ben = await a_ticket(), await hire("ben")
    visitor = await browser().sign_in(ben)
    await visitor.post(f"{FIRST}/snooze", {"until": "in 1 hour"})
    later = now() + timedelta(hours=2)
    assert await wake_what_is_due(at=now()) == 0
    assert [await wake_what_is_due(at=later), await wake_what_is_due(at=later)] == [1, 0]
    assert (await the(1001)).snoozed_until is None

    for event in await Event.objects().where(Event.ticket == ticket.id):
        await follow_up(event.id)
    [notice] = await Notice.objects()
    assert (notice.agent, notice.kind) == (ben.id, "woken")
    assert "The snooze is over" in (await visitor.get(FIRST)).text


async def test_the_customers_message_ends_a_snooze(browser: Browsers) -> None:
    await receive(a_mail(mail_id="one@x.test"))
    visitor = await browser().sign_in(await hire("ben"))
    await visitor.post(f"{FIRST}/replies", {"text": "We look into it.", "mode": "reply"})
    await visitor.post(f"{FIRST}/snooze", {"reply": "1"})
    assert (await the(1001)).snoozed_until == UNTIL_REPLY
    assert "Until the customer writes" in (await visitor.get(FIRST)).text
    [delivery] = await rows("SELECT mail_id FROM hd_delivery WHERE kind = 'reply'")
    await receive(a_mail(mail_id="two@x.test", in_reply_to=delivery["mail_id"]))
    assert (await the(1001)).snoozed_until is None
    assert "ended the snooze" in (await visitor.get(FIRST)).text


async def test_solving_ends_a_snooze_and_what_is_solved_cannot_be_snoozed(browser: Browsers) -> None:
    await a_ticket()
    visitor = await browser().sign_in(await hire("ben"))
    await visitor.post(f"{FIRST}/snooze", {"reply": "1"})
    await visitor.post(f"{FIRST}/solution")
    solved = await the(1001)
    assert (solved.status, solved.snoozed_until) == (Status.SOLVED, None)
    refused = await visitor.post(f"{FIRST}/snooze", {"reply": "1"}, htmx=True)
    assert refused.status_code == 422 and "Reopen it first" in refused.text


async def test_undo_takes_back_ones_own_change_and_nobody_elses(browser: Browsers) -> None:
    await a_ticket()
    ben, cleo = [await browser().sign_in(await hire(name)) for name in ("ben", "cleo")]
    answer = await ben.post(f"{FIRST}/priority", {"version": "1", "priority": "high"}, htmx=True)
    assert "Priority: High" in answer.text
    assert (await cleo.post(f"{FIRST}/undo", {"version": "2"}, htmx=True)).status_code == 404
    await cleo.post(f"{FIRST}/priority", {"version": "2", "priority": "urgent"}, htmx=True)
    refused = await ben.post(f"{FIRST}/undo", {"version": "2"}, htmx=True)
    assert refused.status_code == 422 and "changed meanwhile" in refused.text and (await the(1001)).priority == "urgent"
    await cleo.post(f"{FIRST}/undo", {"version": "3"}, htmx=True)
    await ben.post(f"{FIRST}/undo", {"version": "2"}, htmx=True)
    assert (await the(1001)).priority == "normal"
    await ben.post(f"{FIRST}/assignment/me", {"version": str((await the(1001)).version)}, htmx=True)
    taken = await the(1001)
    assert taken.status == Status.OPEN
    await ben.post(f"{FIRST}/undo", {"version": str(taken.version)}, htmx=True)
    assert ((await the(1001)).status, (await the(1001)).assignee) == (Status.NEW, None)


async def test_agents_follow_a_ticket_and_see_who_does(browser: Browsers) -> None:
    ticket, ben = await a_ticket(), await hire("ben")
    visitor = await browser().sign_in(ben)
    answer = await visitor.post(f"{FIRST}/following", {"follow": "1"}, htmx=True)
    assert "Follow no more" in answer.text
    await visitor.post(f"{FIRST}/following", {"follow": "1"}, htmx=True)
    assert await Follower.count().where(Follower.ticket == ticket.id) == 1
    await visitor.post(f"{FIRST}/following", htmx=True)
    assert await Follower.count() == 0
    assert (await find_ticket(1001, seen_by=ben)).id == ticket.id


async def test_known_tags_are_offered(browser: Browsers) -> None:
    await a_ticket()
    visitor = await browser().sign_in(await hire("ben"))
    await visitor.post(f"{FIRST}/tags", {"version": "1", "tags": "vat, urgent"})
    assert (await visitor.get("/console/tags")).json() == ["urgent", "vat"]


async def test_followers_are_told_when_the_customer_answers(browser: Browsers) -> None:
    await receive(a_mail(mail_id="one@x.test"))
    cleo = await hire("cleo")
    visitor = await browser().sign_in(cleo)
    await visitor.post(f"{FIRST}/following", {"follow": "1"})
    await visitor.post(f"{FIRST}/replies", {"text": "We look into it.", "mode": "reply"})
    [delivery] = await rows("SELECT mail_id FROM hd_delivery WHERE kind = 'reply'")
    await receive(a_mail(mail_id="two@x.test", in_reply_to=delivery["mail_id"]))
    for event in await Event.objects():
        await follow_up(event.id)
    assert [(one.agent, one.kind) for one in await Notice.objects()] == [(cleo.id, "followed_reply")]
