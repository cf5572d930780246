"""The page that tells where a mail is, and what can be done about it there."""

from collections.abc import Callable
from datetime import datetime

import pytest

from helpdesk.console.days import read_day, write_day
from helpdesk.console.reasons import in_words
from helpdesk.intake.senders import set_rule
from helpdesk.intake.tables import SenderRule
from helpdesk.intake.taking_in import take_in
from helpdesk.intake.turning_away import Tally
from helpdesk.kernel.database import rows
from helpdesk.kernel.language import Reader, set_reader
from helpdesk.kernel.time import now
from helpdesk.tickets.tables import Ticket
from tests.cast import hire
from tests.console.browsing import Browser
from tests.intake.test_taking_in import a_mail, fate_of, receive

Browsers = Callable[[], Browser]


async def test_a_mail_is_found_with_its_fate_and_why(browser: Browsers) -> None:
    await receive(a_mail())
    await receive(a_mail())
    tally = Tally()
    tally.note(source="smtp", peer="192.0.2.9", envelope_from="dora@customer.test", envelope_to="nobody@helpdesk.test",
               reason="there is no such mailbox", size=None)  # fmt: skip
    await tally.flush()
    visitor = await browser().sign_in(await hire("mani"))
    page = (await visitor.get("/console/mail-log?q=dora@customer.test")).text
    assert page.count('class="log-row"') == 3
    assert "The same mail came before, as number 1." in page and "There is no such mailbox here." in page
    assert 'href="/console/tickets/1001#item-m1"' in page and "/source" not in page, (
        "the raw mail is for administrators"
    )
    for asked, rows_shown in (("fate=duplicate", 1), ("fate=refused", 1), ("q=eve", 0), ("mailbox=1", 2), ("q=2", 1),
                              ("since=2999-01-01", 0), ("since=1405-01-01", 3), ("since=rubbish", 0), ("before=x~y", 3),
                              ("mailbox=99999999999999999999", 3), ("before=2999-01-01T00:00:00~1", 3)):  # fmt: skip
        answer = await visitor.get(f"/console/mail-log?{asked}")
        assert answer.status_code == 200 and answer.text.count('class="log-row"') == rows_shown, asked


async def test_a_day_that_is_none_is_told_instead_of_nothing_found(browser: Browsers) -> None:
    visitor = await browser().sign_in(await hire("mani"))
    page = (await visitor.get("/console/mail-log?since=rubbish&until=1404-13-45")).text
    assert page.count('aria-invalid="true"') == 2 and "Days as " in page
    assert "Nothing found" not in page and 'value="rubbish"' in page


async def test_the_log_goes_on_where_a_page_ends(browser: Browsers) -> None:
    for number in range(52):
        await receive(a_mail(mail_id=f"m{number}@x.test", Subject=f"Order {number}"), then=False)
    visitor = await browser().sign_in(await hire("alma"))
    page = (await visitor.get("/console/mail-log?q=dora")).text
    assert page.count('class="log-row"') == 50
    path = page.split('<div class="more"><a class="btn small" href="')[1].split('"')[0].replace("&amp;", "&")
    assert (await visitor.get(path)).text.count('class="log-row"') == 2


async def test_the_raw_mail_is_shown_as_text_to_administrators_alone(browser: Browsers) -> None:
    await receive(a_mail("<script>alert(1)</script>", Subject="=?utf-8?b?2LPZhNin2YU=?="))
    hers, his = await browser().sign_in(await hire("alma")), await browser().sign_in(await hire("mani"))
    page = await hers.get("/console/mail-log/1/source")
    assert (
        "&lt;script&gt;" in page.text and "<script>alert" not in page.text and '<dd dir="auto">سلام</dd>' in page.text
    )
    assert (
        (await his.get("/console/mail-log/1/source")).status_code
        == (await his.get("/console/mail-log/1/raw")).status_code
        == 403
    )
    await rows("UPDATE hd_raw_message SET content = '', forgotten_at = now()")
    assert (
        (await hers.get("/console/mail-log/1/source")).status_code
        == (await hers.get("/console/mail-log/1/raw")).status_code
        == 404
    )
    assert "Not kept any more" in (await hers.get("/console/mail-log")).text


async def test_a_blocked_mail_is_taken_in_by_one_click(browser: Browsers) -> None:
    alma, mani = await hire("alma"), await hire("mani")
    await set_rule("customer.test", is_allowed=False, by=alma, at=now())
    blocked = await receive(a_mail())
    assert (blocked.fate, blocked.reason, await Ticket.count()) == ("blocked", "blocked: customer.test", 0)
    visitor = await browser().sign_in(mani)
    page = (await visitor.get("/console/mail-log?fate=blocked")).text
    assert "Its sender is blocked by the rule customer.test." in page and "Take in anyway" in page
    answer = await visitor.post("/console/mail-log/1/take-in", {"unblock": str(blocked.sender_rule)})
    assert answer.status_code == 303 and await SenderRule.count() == 0
    await take_in(1)
    assert (await fate_of(1)).fate == "ticket" and await Ticket.count() == 1
    assert "Taken in anyway by" in (await visitor.get("/console/mail-log")).text
    assert (await visitor.post("/console/mail-log/1/take-in")).status_code == 404


async def test_a_mail_in_quarantine_is_run_again_by_administrators(browser: Browsers) -> None:
    await receive(a_mail(), then=False)
    await rows(
        "UPDATE hd_raw_message SET fate = 'quarantined', taken_in_at = now(), reason = 'it took longer than 10 s'"
    )
    hers, his = await browser().sign_in(await hire("alma")), await browser().sign_in(await hire("mani"))
    assert "Run again" not in (await his.get("/console/mail-log")).text
    assert (await his.post("/console/mail-log/1/take-in")).status_code == 403
    assert "Reading it took longer than 10 seconds." in (await hers.get("/console/mail-log")).text
    assert (await hers.post("/console/mail-log/1/take-in")).status_code == 303
    await take_in(1)
    assert (await fate_of(1)).fate == "ticket"


@pytest.mark.parametrize(
    ("language", "typed", "begins"),
    [
        ("fa", "۱۴۰۵/۰۹/۰۱", "2026-11-21T20:30:00+00:00"),
        ("en", "2026-11-22", "2026-11-21T20:30:00+00:00"),
        ("en", "2026-02-30", None),
        ("fa", "1404-13-01", None),
        ("en", "yesterday", None),
    ],
)
def test_a_day_is_typed_in_either_calendar(language: str, typed: str, begins: str | None) -> None:
    set_reader(Reader(language, "Asia/Tehran"))
    try:
        found = read_day(typed)
        assert found == (datetime.fromisoformat(begins) if begins else None)
        if found:
            assert read_day(write_day(found)) == found
    finally:
        set_reader(Reader())


def test_reasons_are_said_in_words_and_unknown_ones_as_they_are() -> None:
    assert in_words("signed address or Message-ID", "reply").startswith("It answers a mail of ours")
    assert in_words("something new; filtered: VIP", "ticket") == "something new Filters that acted: VIP."
    assert in_words("", "ticket").startswith("It names no mail")
