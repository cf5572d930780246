"""Actions on many tickets from the list: with and without scripts, on a selection, on a whole view, and back."""

import re
from collections.abc import Callable

import pytest

from helpdesk.console import bulk as console_bulk
from helpdesk.kernel.database import rows
from helpdesk.kernel.time import now
from helpdesk.tickets import bulk
from helpdesk.tickets.marking_spam import mark_spam
from helpdesk.tickets.tables import Ticket
from tests.cast import EVE, hire
from tests.console.browsing import Browser
from tests.make import a_ticket

Browsers = Callable[[], Browser]
BULK = "/console/bulk"


async def the(number: int) -> Ticket:
    found = await Ticket.objects().get(Ticket.number == number)
    assert found is not None
    return found


async def test_selected_tickets_are_changed_and_one_press_takes_it_back(browser: Browsers) -> None:
    for _ in range(3):
        await a_ticket()
    visitor = await browser().sign_in(await hire("ben"))
    page = (await visitor.get("/console?view=open")).text
    assert page.count('name="ticket"') == 3 and 'id="bulk"' in page
    two = {"ticket": ["1001", "1002"], "view": "open"}
    answer = await visitor.post(BULK, two | {"do": "status:solved"}, htmx=True)
    assert answer.status_code == 200 and answer.headers["hx-trigger-after-swap"] == "bulk-asked"
    assert (
        "<b" in answer.text and "Solved" in answer.text and "2 tickets" in answer.text and "data-seconds" in answer.text
    )
    assert [(await the(n)).status for n in (1001, 1002, 1003)] == ["solved", "solved", "new"]
    undone = await visitor.post(f"{BULK}/1/undo", htmx=True)
    assert "taken back" in undone.text and [(await the(n)).status for n in (1001, 1002)] == ["new", "new"]
    same = await visitor.post(BULK, two | {"do": "priority:normal"}, htmx=True)
    assert "all were so already" in same.text and "/undo" not in same.text


async def test_every_button_of_the_bar_does_what_it_says(browser: Browsers) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    await rows("INSERT INTO hd_team (name, created_at) VALUES ('Sales', now())")
    visitor = await browser().sign_in(ben)
    page = (await visitor.get("/console?view=open")).text
    buttons = re.findall(r'name="do" value="([^"]+)"', page)
    assert {one.partition(":")[0] for one in buttons} >= {"assignee", "team", "status", "priority", "tag", "untag", "snooze", "wake", "spam", "trash"}  # fmt: skip
    for do in buttons:
        sent = {"ticket": str(ticket.number), "do": do, "tags": "vat، late", "until": "tomorrow 9am"}
        answer = await visitor.post(BULK, sent, htmx=True)
        assert answer.status_code == 200 and "did not go" not in answer.text, do
        await rows("UPDATE hd_ticket SET status = 'open'")
        if do == "tag":
            assert (await the(1001)).tags == ["late", "vat"]
    changed = await the(1001)
    assert changed.trashed_at and changed.spam_at and changed.tags == [] and changed.snoozed_until
    for view, do in (("trash", "restore"), ("spam", "no_spam")):
        assert f'value="{do}"' in (await visitor.get(f"/console?view={view}")).text
        await visitor.post(BULK, {"ticket": "1001", "do": do})
    restored = await the(1001)
    assert restored.trashed_at is None and restored.spam_at is None


async def test_without_scripts_the_result_is_a_page_that_says_what_did_not_go(browser: Browsers) -> None:
    await a_ticket()
    await rows("UPDATE hd_ticket SET status = 'closed', closed_at = now()")
    await a_ticket()
    visitor = await browser().sign_in(await hire("ben"))
    answer = await visitor.post(BULK, {"ticket": ["1001", "1002"], "do": "status:open", "view": "open"})
    assert answer.status_code == 303 and answer.headers["location"] == f"{BULK}/1"
    page = (await visitor.get(f"{BULK}/1")).text
    assert "A closed ticket stays closed." in page and "1 did not go" in page and "done" in page
    assert f'href="{BULK}/1"' in (await visitor.get(BULK)).text
    assert (await visitor.post(f"{BULK}/1/undo")).headers["location"] == f"{BULK}/1"
    page = (await visitor.get(f"{BULK}/1")).text
    assert (
        re.search(r"<h1[^>]*>.*taken back.*</h1>", page) and ">done<" not in page and (await the(1002)).status == "new"
    )
    assert "Printer on fire</bdi>" in page
    cleo = await browser().sign_in(await hire("cleo"))
    for path in (f"{BULK}/1", f"{BULK}/1/state"):
        assert (await cleo.get(path)).status_code == 404


async def test_a_whole_view_is_what_it_held_when_it_was_counted(browser: Browsers) -> None:
    ben = await hire("ben")
    for subject in ("Printer", "Toner", "Printer again"):
        await a_ticket(subject)
    await mark_spam(await a_ticket("Printer offer"), by=ben, at=now())
    visitor = await browser().sign_in(ben)
    for view, count in (("open", 3), ("search:printer", 2), ("search:1002", 1)):
        whole = await visitor.get(f"{BULK}/whole", htmx=True, params={"view": view})
        assert f"{count} ticket" in whole.text and f">{count} selected<" in whole.text, view
        highest = re.search(r'name="highest" value="(\d+)"', whole.text)
        assert highest
        late = await a_ticket("Printer came later")
        sent = {"whole": "1", "highest": highest[1], "view": view, "do": "priority:high"}
        assert f"{count} ticket" in (await visitor.post(BULK, sent, htmx=True)).text
        assert (await the(late.number)).priority == "normal"
        await rows("UPDATE hd_ticket SET priority = 'normal'")
        await rows("DELETE FROM hd_ticket_words WHERE ticket = {}", late.id)
        await rows("UPDATE hd_ticket SET trashed_at = now() WHERE id = {}", late.id)
    asked = await visitor.post(BULK, {"whole": "1", "highest": "2", "view": "open", "do": "trash"}, htmx=True)
    assert (
        "<dialog" in asked.text
        and "2 tickets: all of the view “All open”" in asked.text
        and 'name="sure"' in asked.text
    )
    asked = await visitor.post(BULK, {"whole": "1", "highest": "2", "view": "open", "do": "status:solved"})
    assert "sure-title" not in asked.text and "Yes, with 2 tickets" in asked.text and (await the(1001)).status == "new"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(console_bulk, "MOST", 1)
        many = await visitor.post(BULK, {"whole": "1", "highest": "2", "view": "open", "do": "trash"}, htmx=True)
        assert many.status_code == 422 and "narrow them down" in many.text
    sent = dict(re.findall(r'name="(\w+)" value="([^"]*)"', asked.text.partition('action="/console/bulk"')[2]))
    assert (await visitor.post(BULK, sent)).status_code == 303
    assert [(await the(n)).status for n in (1001, 1002, 1003)] == ["solved", "solved", "new"]
    for view in ("search:", "search:is:nothing"):
        refused = await visitor.post(BULK, {"whole": "1", "view": view, "do": "trash"}, htmx=True)
        assert refused.status_code == 422
    assert (await visitor.post(BULK, {"whole": "1", "view": "lost", "do": "trash"}, htmx=True)).status_code == 422


async def test_what_is_under_way_shows_how_far_it_is_on_every_page(browser: Browsers) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bulk, "AT_ONCE", 1)
        patch.setattr(bulk, "SLICE", 2)
        for _ in range(3):
            await a_ticket()
        visitor = await browser().sign_in(await hire("ben"))
        answer = await visitor.post(BULK, {"whole": "1", "view": "open", "do": "priority:urgent"}, htmx=True)
        assert "0 of 3 tickets" in answer.text and "load delay:1s" in answer.text
        assert f"{BULK}/1/state" in (await visitor.get("/console")).text
        await bulk.work_off(1)
        assert "2 of 3 tickets" in (await visitor.get(f"{BULK}/1/state", htmx=True)).text
        assert "every 2s" in (await visitor.get(f"{BULK}/1")).text
        await bulk.work_off(1)
    done = (await visitor.get(f"{BULK}/1/state", htmx=True)).text
    assert "3 tickets" in done and "hx-trigger" not in done
    assert f"{BULK}/1/state" not in (await visitor.get("/console")).text


async def test_merging_asks_which_goes_on_and_whether_customers_may_be_mixed(browser: Browsers) -> None:
    for who in (EVE, EVE, ("dora@customer.test", "Dora Dogan")):
        await a_ticket(who=who)
    visitor = await browser().sign_in(await hire("ben"))
    chosen = {"ticket": ["1001", "1002", "1003"]}
    page = (await visitor.post(f"{BULK}/merge", chosen)).text
    assert page.count('type="radio"') == 3 and "different customers" in page
    refused = await visitor.post(BULK, chosen | {"do": "merge", "into": "1002"})
    assert refused.status_code == 422 and "different customers" in refused.text
    assert 'value="1002" required checked' in refused.text
    assert (await visitor.post(BULK, chosen | {"do": "merge", "into": "1002", "sure": "1"})).status_code == 303
    assert {(await the(n)).merged_into for n in (1001, 1003)} == {(await the(1002)).id}
    merged = (
        await visitor.post(f"{BULK}/merge", chosen | {"ticket": ["1001", "1002", (await a_ticket()).number]})
    ).text
    assert "1 of those you chose was merged already" in merged
    await visitor.post(f"{BULK}/1/undo")
    assert {(await the(n)).merged_into for n in (1001, 1003)} == {None}
    await rows("UPDATE hd_ticket SET status = 'closed', closed_at = now() WHERE number = 1001")
    closed = (await visitor.post(f"{BULK}/merge", chosen)).text
    assert 'value="1001" required disabled' in closed and "A closed ticket takes no messages" in closed
    for sent in ({"ticket": "1001"}, {"whole": "1", "view": "open"}):
        assert (await visitor.post(f"{BULK}/merge", sent, htmx=True)).status_code == 422


async def test_nonsense_and_people_who_may_not_change_nothing(browser: Browsers) -> None:
    await a_ticket()
    visitor, light = await browser().sign_in(await hire("ben")), await browser().sign_in(await hire("lia"))
    wrong = [
        {"do": "trash"}, {"ticket": "1001"}, {"ticket": "1001", "do": "explode"}, {"ticket": "1001", "do": "assignee:x"},
        {"ticket": "1001", "do": "assignee:99999999999"}, {"ticket": "1001", "do": "snooze:whenever"}, {"ticket": "1001", "do": "snooze"},
        {"ticket": "1001", "do": "tag", "tags": ""}, {"ticket": "1001", "do": "merge", "into": "999"}, {"ticket": "1001", "do": "status:lost"},
    ]  # fmt: skip
    for sent in wrong:
        for htmx in (True, False):
            answer = await visitor.post(BULK, sent, htmx=htmx)
            assert answer.status_code == 422 and 'role="alert"' in answer.text, sent
    assert not await rows("SELECT FROM hd_bulk")
    assert 'name="ticket"' not in (await light.get("/console?view=open")).text
    for path in (BULK, f"{BULK}/merge"):
        assert (await light.post(path, {"ticket": "1001", "do": "trash"})).status_code == 403
    assert (await light.get(BULK)).status_code == 403
