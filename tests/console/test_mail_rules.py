"""Senders, filters and retention by page; what a filter does to a mail that comes."""

from collections.abc import Callable

import msgspec
import pytest

from helpdesk.intake import judging
from helpdesk.intake.tables import MailFilter, SenderRule
from helpdesk.intake.taking_in import take_in
from helpdesk.kernel.database import rows
from helpdesk.kernel.settings import settings
from helpdesk.people.tables import Installation
from helpdesk.tickets.tables import Event, Ticket
from tests.cast import hire, make_team
from tests.console.browsing import Browser
from tests.intake.test_taking_in import SUPPORT, a_mail, acknowledgements, answered_ticket, only_ticket, receive

Browsers = Callable[[], Browser]
PARTNER = {"name": "Partner", "field-0": "from", "test-0": "contains", "value-0": "@customer.test"}


async def test_senders_are_blocked_allowed_and_removed(browser: Browsers) -> None:
    visitor = await browser().sign_in(await hire("mani"))
    assert (await visitor.post("/console/senders", {"pattern": "@Spam.test", "note": "junk"})).status_code == 303
    assert (await visitor.post("/console/senders", {"pattern": "*.ok.test", "allowed": "1"})).status_code == 303
    assert [(one.pattern, one.is_allowed) for one in await SenderRule.objects().order_by(SenderRule.id)] == [
        ("spam.test", False), ("*.ok.test", True),
    ]  # fmt: skip
    page = (await visitor.get("/console/senders?q=spam")).text
    assert "spam.test" in page and "*.ok.test" not in page and "junk" in page
    assert (await visitor.post("/console/senders", {"pattern": "spam.test", "allowed": "1"})).status_code == 303
    assert await SenderRule.count() == 2, "it was turned round"
    for wrong in ("", "*", "*.", "a b.test", "eve@", "@", "helpdesk.test", SUPPORT, "x" * 400 + ".test"):
        answer = await visitor.post("/console/senders", {"pattern": wrong})
        assert answer.status_code == 422 and "pattern-error" in answer.text, wrong
    assert (await visitor.post("/console/senders/1/removal")).status_code == 303
    assert await SenderRule.count() == 1


async def test_a_filter_sets_what_it_says_before_the_ticket_exists(browser: Browsers) -> None:
    alma, ben = await hire("alma"), await hire("ben")
    team = await make_team("Partners", ben)
    visitor = await browser().sign_in(alma)
    typed = PARTNER | {
        "team": str(team.id),
        "assignee": str(ben.id),
        "priority": "high",
        "tags": "VIP، partner",
        "language": "fa",
    }
    assert (await visitor.post("/console/filters/new", typed)).status_code == 303
    raw = await receive(a_mail())
    ticket = await only_ticket()
    assert (ticket.team, ticket.assignee, ticket.priority, ticket.tags, ticket.language, ticket.status) == (
        team.id, ben.id, "high", ["partner", "vip"], "fa", "open",
    )  # fmt: skip
    assert (raw.fate, raw.reason) == ("ticket", "filtered: Partner")
    assert {row["actor_kind"] for row in await Event.select(Event.actor_kind).where(Event.kind != "opened")} == {"rule"}
    assert (await visitor.get("/console/tickets/1001")).status_code == 200
    await rows("UPDATE hd_agent SET deactivated_at = now() WHERE id = {}", ben.id)
    await rows("DELETE FROM hd_team")
    again = await receive(a_mail(mail_id="m2@x.test"))
    assert again.fate == "ticket", "who is gone is passed over"


async def test_filters_are_ordered_switched_off_and_removed(browser: Browsers) -> None:
    visitor = await browser().sign_in(await hire("alma"))
    for name, priority in (("One", "low"), ("Two", "urgent")):
        await visitor.post("/console/filters/new", PARTNER | {"name": name, "priority": priority})
    await receive(a_mail())
    assert (await only_ticket()).priority == "urgent"
    await visitor.post("/console/filters/2/up")
    second = await receive(a_mail(mail_id="m2@x.test"))
    assert second.reason == "filtered: Two, One"
    await visitor.post("/console/filters/1/use")
    page = (await visitor.get("/console/filters")).text
    assert page.index("Two") < page.index("One") and "Switch on" in page
    assert (await receive(a_mail(mail_id="m3@x.test"))).reason == "filtered: Two"
    assert (await visitor.post("/console/filters/2", PARTNER | {"name": "Three", "drop": "1"})).status_code == 303
    dropped = await receive(a_mail(mail_id="m4@x.test"))
    assert (dropped.fate, dropped.reason, dropped.ticket) == ("dropped", "dropped by the filter: Three", None)
    await visitor.post("/console/filters/2/removal")
    assert await MailFilter.count() == 1
    assert (await visitor.post(f"/console/mail-log/{dropped.id}/take-in")).status_code == 303
    await take_in(dropped.id)
    assert await Ticket.count() == 4


async def test_a_dropped_mail_gets_no_answer_and_an_answer_of_ours_is_never_dropped(browser: Browsers) -> None:
    _ticket, delivery = await answered_ticket()
    visitor = await browser().sign_in(await hire("alma"))
    await visitor.post("/console/filters/new", PARTNER | {"drop": "1"})
    before = len(await acknowledgements())
    joined = await receive(a_mail("More", mail_id="m2@customer.test", In_Reply_To=f"<{delivery.mail_id}>"))
    assert joined.fate == "reply"
    assert (await receive(a_mail(mail_id="m3@customer.test"))).fate == "dropped"
    assert len(await acknowledgements()) == before and await Ticket.count() == 1


async def test_a_filter_is_tried_out_on_the_last_mails(browser: Browsers) -> None:
    await receive(a_mail(List_Id="<news.shop.test>"))
    await receive(a_mail(mail_id="m2@x.test", sender="eve@stranger.test"), sender="eve@stranger.test")
    visitor = await browser().sign_in(await hire("alma"))
    typed = {"name": "", "field-1": "header", "header-1": "List-Id", "test-1": "exists", "field-7": "from", "test-7": "matches",
             "value-7": "*@stranger.test", "automatic": "1", "try": "1"}  # fmt: skip
    both = await visitor.post("/console/filters/new", typed | {"every": "any"})
    assert (
        both.status_code == 200
        and "2 of the last 2 mails would match" in both.text
        and 'value="*@stranger.test"' in both.text
    )
    assert "0 of the last 2 mails would match" in (await visitor.post("/console/filters/new", typed)).text
    assert await MailFilter.count() == 0


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        ({"name": " "}, "name"),
        ({"field-0": ""}, "conditions"),
        ({"test-0": "at_least"}, "conditions"),
        ({"field-0": "rubbish"}, "conditions"),
        ({"value-0": ""}, "conditions"),
        ({"field-0": "header"}, "conditions"),
        ({"field-0": "size", "test-0": "at_least", "value-0": "many"}, "conditions"),
        ({"priority": ""}, "actions"),
        ({"priority": "highest"}, "priority"),
        ({"team": "99"}, "team"),
        ({"assignee": "99"}, "assignee"),
        ({"language": "xx"}, "language"),
        ({"tags": "x" * 60}, "tags"),
    ],
)
async def test_a_filter_that_will_not_do_says_where(browser: Browsers, wrong: dict[str, str], place: str) -> None:
    visitor = await browser().sign_in(await hire("alma"))
    answer = await visitor.post("/console/filters/new", PARTNER | {"priority": "low"} | wrong)
    assert answer.status_code == 422 and f'id="{place}-error"' in answer.text, answer.text
    assert await MailFilter.count() == 0


async def test_spam_headers_count_only_from_a_trusted_server_and_where_the_mailbox_listens(
    browser: Browsers, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = await browser().sign_in(await hire("alma"))
    assert (await receive(a_mail(X_Spam_Flag="YES"))).fate == "ticket" and (await only_ticket()).spam_at is None
    trusting = msgspec.structs.replace(settings(), trusted_mx="mx.helpdesk.test")
    monkeypatch.setattr(judging, "settings", lambda: trusting)
    before = len(await acknowledgements())
    await receive(a_mail(mail_id="m2@x.test", X_Spam_Status="Yes, score=9"))
    assert await Ticket.count().where(Ticket.spam_at.is_not_null()) == 1 and len(await acknowledgements()) == before
    assert (await visitor.post("/console/senders", {"pattern": "customer.test", "allowed": "1"})).status_code == 303
    await receive(a_mail(mail_id="m3@x.test", X_Spam_Flag="YES"))
    await visitor.post("/console/senders/1/removal")
    assert (await visitor.post("/console/keeping", {"trash_kept_days": "۷", "raw_kept_days": "0"})).status_code == 303
    await receive(a_mail(mail_id="m4@x.test", X_Spam_Flag="YES"))
    assert await Ticket.count().where(Ticket.spam_at.is_not_null()) == 1
    row = await Installation.objects().first()
    assert row and (row.trash_kept_days, row.raw_kept_days) == (7, 0)
    assert (
        await visitor.post("/console/keeping", {"trash_kept_days": "soon", "raw_kept_days": "0"})
    ).status_code == 422
    await rows("UPDATE hd_installation SET trash_kept_days = 30, raw_kept_days = 365")
