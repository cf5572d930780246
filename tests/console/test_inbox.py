"""The inbox: lists, conversations, and the parts that live updates ask for."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from helpdesk.kernel.database import rows
from helpdesk.kernel.time import now
from helpdesk.people.actor import Actor
from helpdesk.people.agents import change_preferences
from helpdesk.tickets.assigning import assign
from helpdesk.tickets.editing import edit
from helpdesk.tickets.joining import join
from helpdesk.tickets.messages import NewMessage
from helpdesk.tickets.replying import Draft, note
from helpdesk.tickets.solving import solve
from helpdesk.tickets.tables import Event, Notice
from tests.cast import hire, make_team
from tests.console.browsing import Browser
from tests.make import a_ticket

Browsers = Callable[[], Browser]
KEYS = re.compile(r'data-key="([me]\d+)"')


async def test_the_inbox_begins_with_ones_own_work(browser: Browsers) -> None:
    ben, ticket = await hire("ben"), await a_ticket("Printer on fire")
    visitor = await browser().sign_in(ben)
    page = await visitor.get("/console")
    assert 'data-view="unassigned"' in page.text and "Printer on fire" in page.text and "Dora Dogan" in page.text
    await assign(ticket, ben.id, by=ben, at=now())
    assert 'data-view="mine"' in (await visitor.get("/console")).text


async def test_a_desk_without_any_ticket_says_what_to_do_next(browser: Browsers) -> None:
    alma, ben = await browser().sign_in(await hire("alma")), await browser().sign_in(await hire("ben"))
    for visitor, wanted in (
        (alma, ("No ticket yet", "/console/settings/guide")),
        (ben, ("support@helpdesk.test</bdi>", "/console/tickets/new")),
    ):
        for view in ("unassigned", "mine", "open"):
            said = (await visitor.get(f"/console?view={view}")).text.partition('class="list-scroll"')[2]
            assert all(words in said for words in wanted), view
    await rows("UPDATE hd_channel SET deactivated_at = now()")
    assert "An administrator adds one" in (await ben.get("/console")).text
    await a_ticket()
    assert "Nothing waits for you" in (await ben.get("/console?view=mine")).text


async def test_a_row_is_unread_until_the_agent_has_read_it(browser: Browsers) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    visitor, base = await browser().sign_in(ben), f"/console/tickets/{ticket.number}"
    opened = await visitor.get(base)
    assert 'data-read-up-to="0"' in opened.text
    assert "ticket unread" in (await visitor.get(f"{base}/row?view=open", htmx=True)).text, "looking reads nothing"
    assert (await visitor.post(f"{base}/reading", {"upto": "1"}, htmx=True)).status_code == 204
    assert "ticket unread" not in (await visitor.get(f"{base}/row?view=open", htmx=True)).text
    assert 'data-read-up-to="1"' in (await visitor.get(base)).text
    answer = await visitor.post(f"{base}/reading", {"view": "open"})
    assert answer.status_code == 303
    assert "ticket unread" in (await visitor.get(f"{base}/row?view=open", htmx=True)).text


async def test_a_solved_ticket_is_not_unread(browser: Browsers) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    await solve(ticket, by=ben, at=now())
    visitor = await browser().sign_in(ben)
    assert (
        "ticket unread" not in (await visitor.get(f"/console/tickets/{ticket.number}/row?view=solved", htmx=True)).text
    )


async def test_a_row_that_left_the_view_is_no_content(browser: Browsers) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    visitor, path = await browser().sign_in(ben), f"/console/tickets/{ticket.number}/row"
    assert (
        (await visitor.get(f"{path}?view=unassigned", htmx=True))
        .text.strip()
        .startswith(f'<li class="ticket unread" id="row-{ticket.number}">')
    )
    await solve(ticket, by=ben, at=now())
    assert (await visitor.get(f"{path}?view=unassigned", htmx=True)).status_code == 204


async def test_pages_of_a_view_follow_each_other_without_gaps(browser: Browsers) -> None:
    ben = await hire("ben")
    for n in range(35):
        await a_ticket(f"Number {n}", at=now() - timedelta(minutes=n))
    visitor = await browser().sign_in(ben)
    first = await visitor.get("/console?view=unassigned")
    more = re.search(r'hx-get="(/console/tickets/rows\?[^"]+)"', first.text)
    assert more
    second = await visitor.get(more[1].replace("&amp;", "&"), htmx=True)
    shown = re.findall(r'id="row-(\d+)"', first.text + second.text)
    assert len(shown) == len(set(shown)) == 35 and "Load more" not in second.text


async def test_a_row_opens_the_conversation_alone_for_htmx(browser: Browsers) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    visitor = await browser().sign_in(ben)
    part = await visitor.get(f"/console/tickets/{ticket.number}?view=unassigned", htmx=True)
    assert "<html" not in part.text and part.text.lstrip().startswith("<title>")
    assert f'id="conversation" data-number="{ticket.number}"' in part.text
    assert '<div id="person-body" hx-swap-oob="true">' in part.text


async def test_a_number_leads_to_its_ticket(browser: Browsers) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    visitor = await browser().sign_in(ben)
    for typed in (str(ticket.number), f"#{ticket.number}", "۱۰۰۱"):
        answer = await visitor.get("/console/tickets", params={"number": typed})
        assert (answer.status_code, answer.headers["location"]) == (302, f"/console/tickets/{ticket.number}")
    for typed in ("9999", "printer", "", "9" * 40):
        answer = await visitor.get("/console/tickets", params={"number": typed})
        assert answer.status_code == 404 and "There is no ticket with this number" in answer.text


async def test_the_timeline_gives_what_is_newer_than_a_key(browser: Browsers) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    visitor, path = await browser().sign_in(ben), f"/console/tickets/{ticket.number}/timeline"
    page = await visitor.get(f"/console/tickets/{ticket.number}")
    assert KEYS.findall(page.text) == ["m1"]
    assert KEYS.findall((await visitor.get(f"{path}?after=m1", htmx=True)).text) == []
    await note(ticket, Draft(body_text="A note"), by=ben, at=now())
    await edit(ticket, {"priority": "high"}, by=ben, at=now())
    fresh = KEYS.findall((await visitor.get(f"{path}?after=m1", htmx=True)).text)
    assert fresh[0] == "m2" and fresh[1].startswith("e") and len(fresh) == 2
    assert KEYS.findall((await visitor.get(f"{path}?after={fresh[1]}", htmx=True)).text) == []
    assert KEYS.findall((await visitor.get(path, htmx=True)).text) == ["m1", *fresh]


async def test_a_mail_that_was_accepted_earlier_but_taken_in_later_is_not_missed(browser: Browsers) -> None:
    """Its time is before that of what the page shows last."""
    ben, ticket = await hire("ben"), await a_ticket(at=now() - timedelta(hours=1))
    await note(ticket, Draft(body_text="Written meanwhile"), by=ben, at=now())
    customer = Actor(kind="customer", id=ticket.customer, name="Dora Dogan")
    late = NewMessage(author=customer, body_text="Accepted before the note", created_at=now() - timedelta(minutes=5))
    await join(ticket, late)
    visitor = await browser().sign_in(ben)
    answer = await visitor.get(f"/console/tickets/{ticket.number}/timeline?after=m2", htmx=True)
    assert "Accepted before the note" in answer.text


async def test_earlier_messages_come_in_pages(browser: Browsers) -> None:
    ben, ticket = await hire("ben"), await a_ticket(at=now() - timedelta(days=2))
    for n in range(60):
        await note(ticket, Draft(body_text=f"Note {n}"), by=ben, at=now() - timedelta(minutes=100 - n))
    visitor = await browser().sign_in(ben)
    page = await visitor.get(f"/console/tickets/{ticket.number}")
    assert len(KEYS.findall(page.text)) == 50
    more = re.search(r'hx-get="(/console/tickets/\d+/timeline\?before=m\d+)"', page.text)
    assert more
    earlier = await visitor.get(more[1], htmx=True)
    keys = KEYS.findall(earlier.text) + KEYS.findall(page.text)
    assert keys == [f"m{n}" for n in range(1, 62)] and "Earlier messages" not in earlier.text


async def test_many_changes_in_a_row_are_one_line(browser: Browsers) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    await edit(ticket, {"priority": "high", "tags": ["vat"], "assignee": ben.id}, by=ben, at=now())
    page = await (await browser().sign_in(ben)).get(f"/console/tickets/{ticket.number}")
    assert (
        "3 changes" in page.text
        and "Ben Weber set priority to <b" in page.text
        and "Ben Weber took the ticket" in page.text
    )


async def test_a_team_shows_its_tickets_to_its_members(browser: Browsers) -> None:
    ben, cleo, mani = await hire("ben"), await hire("cleo"), await hire("mani")
    team = await make_team("Billing", ben)
    await a_ticket(team=team.id)
    for agent, sees in ((ben, True), (cleo, False), (mani, True)):
        page = await (await browser().sign_in(agent)).get("/console/views?view=mine", htmx=True)
        assert (f"view=team%3A{team.id}" in page.text) is sees
    assert "Printer on fire" in (await (await browser().sign_in(ben)).get(f"/console?view=team:{team.id}")).text


async def test_wrong_addresses_are_not_found(browser: Browsers) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    visitor, base = await browser().sign_in(ben), f"/console/tickets/{ticket.number}"
    for path in ("/console?view=nonsense", "/console?view=team:999", f"{base}/timeline/x9", f"{base}/timeline/m99", f"{base}/timeline?after=zz",
                 "/console/tickets/99", "/console/customers/99", "/console/attachments/99", "/console/messages/99/frame"):  # fmt: skip
        assert (await visitor.get(path)).status_code == 404, path
    assert (await visitor.get("/console?view=open&after=rubbish")).status_code == 422


async def test_numbers_that_no_row_can_have_are_not_found(browser: Browsers) -> None:
    alma, ticket = await hire("alma"), await a_ticket()
    visitor, huge, endless = await browser().sign_in(alma), 2**63, "9" * 5000
    for number in (huge, -huge, endless):
        for path in (f"tickets/{number}", f"tickets/{number}/row", f"customers/{number}", f"attachments/{number}", f"messages/{number}/frame",
                     f"mail-log/{number}/raw", f"agents/{number}", f"tickets?number={number}"):  # fmt: skip
            assert (await visitor.get(f"/console/{path}")).status_code == 404, path[:30]
    for path in (f"agents/{2**31}", f"teams/{2**31}", f"channels/{2**31}", f"tickets/rows?view=team:{2**31}", f"?view=team:{endless}",
                 f"tickets/{ticket.number}/row?view=team:{2**31}", f"tickets/{ticket.number}/timeline/m{endless}"):  # fmt: skip
        assert (await visitor.get(f"/console/{path}")).status_code == 404, path[:40]
    assert (await visitor.post(f"/console/tokens/{2**31}/revocation")).status_code == 404
    assert (await visitor.post(f"/console/tickets/{huge}/replies", {"text": "x"})).status_code == 404


async def test_what_the_framework_says_of_an_address_is_not_shown(browser: Browsers) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    await change_preferences(
        ben.id or 0, name=ben.name, language="fa", time_zone="Asia/Tehran", theme="dark", signature=""
    )
    visitor = await browser().sign_in(ben)
    page = await visitor.get(f"/console/tickets/{ticket.number}/timeline/m1?images=maybe", htmx=True)
    assert page.status_code == 422 and "چیزی کم یا نادرست است" in page.text
    assert not re.search(r"Expected|bool|msgspec|images", page.text)


async def test_a_page_costs_the_same_statements_however_much_it_shows(browser: Browsers, queries_at_most: Any) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    visitor = await browser().sign_in(ben)
    for path, most in ((f"/console/tickets/{ticket.number}?view=open", 18), ("/console?view=open", 6), ("/console/tickets/rows?view=open", 2),
                       ("/console/views?view=open", 4), (f"/console/tickets/{ticket.number}/row?view=open", 2), (f"/console/tickets/{ticket.number}/header", 8)):  # fmt: skip
        with queries_at_most(most) as few:
            await visitor.get(path)
        small = len(few)
        for n in range(8):
            await a_ticket(f"More {n}")
            await note(ticket, Draft(body_text=f"Note {n}"), by=ben, at=now())
        with queries_at_most(most) as many:
            await visitor.get(path)
        assert len(many) == small, path
    with queries_at_most(14):
        await visitor.get(f"/console/tickets/{ticket.number}?view=open", htmx=True)


async def test_looking_changes_nothing(browser: Browsers) -> None:
    """Only when the agent was last seen may change."""
    alma, ticket = await hire("alma"), await a_ticket()
    event = await Event.objects().first()
    assert event
    await Notice(agent=alma.id, ticket=ticket.id, event=event.id, kind="assigned", at=now()).save()
    await make_team("Billing", alma)
    visitor = await browser().sign_in(alma)
    from tests.console.test_pages import BY_ROLE, OPEN_TO_ALL

    before = await _all_there_is()
    for path in [*OPEN_TO_ALL, *BY_ROLE, f"/console/tickets/{ticket.number}/replies", "/console/sign-out"]:
        await visitor.get(path)
    assert await _all_there_is() == before


async def _all_there_is() -> dict[str, Any]:
    tables = await rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename LIKE 'hd\\_%'")
    names = sorted(row["tablename"] for row in tables if row["tablename"] != "hd_session")
    return {name: [dict(row) for row in await rows(f"SELECT * FROM {name} ORDER BY 1")] for name in names}
