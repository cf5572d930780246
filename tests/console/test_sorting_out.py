"""Spam, trash and blocked senders from an open ticket, with a way back from each."""

import re
from collections.abc import Callable

from helpdesk.intake.senders import set_rule
from helpdesk.intake.tables import ErasedTicket, SenderRule
from helpdesk.intake.taking_in import take_in
from helpdesk.kernel.time import now
from helpdesk.tickets.tables import Ticket
from tests.cast import hire
from tests.console.browsing import Browser
from tests.intake.test_taking_in import a_mail, only_ticket, receive
from tests.make import a_ticket

Browsers = Callable[[], Browser]
PATH = "/console/tickets/1001"
SURE = {"sure": "1"}


async def test_spam_is_marked_its_sender_blocked_and_both_are_undone(browser: Browsers) -> None:
    await receive(a_mail())
    visitor = await browser().sign_in(await hire("ben"))
    answer = await visitor.post(f"{PATH}/spam", {"spam": "1", "block": "1"}, htmx=True)
    assert (
        answer.status_code == 200
        and "This ticket is spam" in answer.text
        and "dora@customer.test is blocked" in answer.text
    )
    assert (await only_ticket()).spam_at and (await receive(a_mail(mail_id="m2@x.test"))).fate == "blocked"
    assert "1001" in (await visitor.get("/console?view=spam")).text
    assert "row-1001" not in (await visitor.get("/console?view=open")).text
    rule = re.search(r'name="rule" value="(\d+)"', answer.text)
    assert rule
    undone = await visitor.post(f"{PATH}/spam", {"rule": rule[1]}, htmx=True)
    assert "This ticket is spam" not in undone.text and (await only_ticket()).spam_at is None
    assert await SenderRule.count() == 0
    told = (await visitor.get(PATH)).text
    assert "Ben Weber marked the ticket as spam" in told and "Ben Weber said that this is no spam" in told


async def test_a_sender_is_blocked_without_a_word_on_the_ticket(browser: Browsers) -> None:
    await receive(a_mail(sender="Dora <dora+shop@customer.test>"))
    visitor = await browser().sign_in(await hire("ben"))
    answer = await visitor.post(f"{PATH}/sender-block", {"block": "1"}, htmx=True)
    assert answer.status_code == 200
    [rule] = await SenderRule.objects()
    assert (rule.pattern, rule.is_allowed, rule.note) == ("dora@customer.test", False, "Ticket #1001")
    assert (await visitor.post(f"{PATH}/sender-block", {"rule": str(rule.id)})).status_code == 303
    assert await SenderRule.count() == 0 and (await only_ticket()).spam_at is None


async def test_an_agent_changes_no_rule_of_somebody_else(browser: Browsers) -> None:
    await receive(a_mail())
    mani = await hire("mani")
    others = await set_rule("eve@spam.test", is_allowed=False, by=mani, at=now())
    ours = await set_rule("dora@customer.test", is_allowed=True, by=mani, at=now(), note="a partner")
    visitor = await browser().sign_in(await hire("ben"))
    for rule in (others, ours):
        await visitor.post(f"{PATH}/sender-block", {"rule": str(rule)}, htmx=True)
    refused = await visitor.post(f"{PATH}/sender-block", {"block": "1"}, htmx=True)
    assert refused.status_code == 422 and "This sender is always allowed" in refused.text
    await set_rule("dora@customer.test", is_allowed=False, by=mani, at=now(), note="a pest")
    assert (await visitor.post(f"{PATH}/sender-block", {"block": "1"}, htmx=True)).status_code == 200
    assert {(one.pattern, one.is_allowed, one.note) for one in await SenderRule.objects()} == {
        ("eve@spam.test", False, ""), ("dora@customer.test", False, "a pest"),
    }  # fmt: skip


async def test_a_mailbox_of_ours_is_not_blocked(browser: Browsers) -> None:
    await a_ticket(who=("support@helpdesk.test", "Ourselves"))
    visitor = await browser().sign_in(await hire("ben"))
    for path, data in (("sender-block", {"block": "1"}), ("spam", {"spam": "1", "block": "1"})):
        for htmx in (True, False):
            answer = await visitor.post(f"{PATH}/{path}", data, htmx=htmx)
            assert answer.status_code == 422 and "This would block a mailbox of your own." in answer.text
    assert (await only_ticket()).spam_at is None


async def test_a_ticket_goes_to_the_trash_comes_out_and_is_erased(browser: Browsers) -> None:
    await a_ticket()
    his, hers = await browser().sign_in(await hire("ben")), await browser().sign_in(await hire("alma"))
    answer = await his.post(f"{PATH}/trash", {"trash": "1"}, htmx=True)
    assert (
        "This ticket is in the trash" in answer.text and "Undo" in answer.text and "Erase for good" not in answer.text
    )
    assert (await his.post(f"{PATH}/erasure", SURE)).status_code == 403
    assert (await his.post(f"{PATH}/trash")).status_code == 303
    assert (await hers.post(f"{PATH}/erasure", SURE, htmx=True)).status_code == 422, "not in the trash any more"
    await hers.post(f"{PATH}/trash", {"trash": "1"})
    assert "Erase for good" in (await hers.get(PATH)).text
    asked = await hers.post(f"{PATH}/erasure")
    assert asked.status_code == 200 and 'name="sure"' in asked.text and await Ticket.count() == 1, "it asks first"
    answer = await hers.post(f"{PATH}/erasure", SURE)
    assert answer.status_code == 303 and "said=erased" in answer.headers["location"]
    assert await Ticket.count() == 0 and await ErasedTicket.exists().where(ErasedTicket.number == 1001)
    assert "The ticket was erased." in (await hers.get(answer.headers["location"])).text


async def test_light_agents_neither_block_nor_throw_away(browser: Browsers) -> None:
    await a_ticket()
    visitor = await browser().sign_in(await hire("lia"))
    assert "Mark as spam" not in (await visitor.get(PATH)).text
    for path, data in (
        ("spam", {"spam": "1"}),
        ("trash", {"trash": "1"}),
        ("sender-block", {"block": "1"}),
        ("erasure", {}),
    ):
        assert (await visitor.post(f"{PATH}/{path}", data)).status_code == 403, path


async def test_an_allowed_sender_comes_in_past_a_blocked_domain(browser: Browsers) -> None:
    alma = await hire("alma")
    await set_rule("*.test", is_allowed=False, by=alma, at=now())
    await set_rule("dora@customer.test", is_allowed=True, by=alma, at=now())
    assert (await receive(a_mail())).fate == "ticket"
    blocked = await receive(a_mail(sender="eve@stranger.test", mail_id="m3@x.test"), sender="eve@stranger.test")
    assert blocked.fate == "blocked"
    await take_in(blocked.id)
    assert await Ticket.count() == 1
