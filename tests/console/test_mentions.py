"""Names and numbers in notes: who is told, who follows, what the page shows, and the view of mentions."""

from collections.abc import Callable
from typing import Any

import pytest

from helpdesk.console.marking import marked
from helpdesk.following_up import follow
from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import NotFound
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.tickets.naming import names_of, said_in
from helpdesk.tickets.notice_centre import notices_of
from helpdesk.tickets.queries import find_ticket
from helpdesk.tickets.replying import Draft, note
from helpdesk.tickets.tables import Message
from helpdesk.tickets.taking_back import take_back
from tests.cast import again, hire, make_team
from tests.console.browsing import Browser
from tests.make import a_ticket

NewBrowser = Callable[[], Browser]
AGENTS = [
    {"id": 1, "name": "Ben Weber", "email": "ben@helpdesk.test"}, {"id": 2, "name": "علی‌رضا محمدی", "email": "ali@helpdesk.test"},
    {"id": 3, "name": "Ann", "email": "ann@one.test"}, {"id": 4, "name": "Ann Lee", "email": "ann@two.test"}, {"id": 5, "name": "ann lee", "email": "lee@two.test"},
]  # fmt: skip
TEAMS = [{"id": 7, "name": "Key accounts"}, {"id": 8, "name": "Ann"}]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("@Ben Weber, look", {"Ben Weber": (1,)}),
        ("Ask @ben weber's or (@BEN@helpdesk.test)", {"ben weber": (1,), "BEN@helpdesk.test": (1,)}),
        ("@علیرضا محمدي ببین", {}),
        ("@علي‌رضا محمدي ببین", {"علي‌رضا محمدي": (2,)}),
        ("@Ann and @Ann Lee", {"Ann": (3,), "Ann Lee": (4, 5)}),
        ("@Key accounts!", {"Key accounts": 7}),
        ("@ben and @ann", {"ben": (1,), "ann": (3,)}),
        ("mail x@ben or x@Ben Weber, @Benny, @Ben\nWeber @@ben", {"Ben": (1,)}),
        ("@Nobody @", {}),
    ],
)
def test_a_name_is_the_longest_that_fits_folded_as_the_search_folds(text: str, said: dict[str, Any]) -> None:
    found = {text[one.start + 1 : one.end]: one.named.team or one.named.agents for one in said_in(text, names_of(AGENTS, TEAMS))}  # fmt: skip
    assert found == said


def test_chips_and_links_stand_in_text_alone_and_stay_escaped() -> None:
    mentions = [{"said": "Ben <W>", "agent": 1, "team": None}, {"said": "Ann", "agent": None, "team": None}]
    tickets = {7: {"number": 7, "subject": '"><script>', "status": "open"}}
    page = '<p title="a > #7 @Ann">@Ben &lt;W&gt; &amp; @Ann #7 ۷ #۷ x#7 #78 <a href="#7">#7</a> <code>@Ann</code></p>'
    shown = str(marked(page, mentions, tickets, 1))
    assert shown.startswith('<p title="a > #7 @Ann"><bdi class="mention me">@Ben &lt;W&gt;</bdi> &amp; ')
    assert '<bdi class="mention untold" title="Was not told: may not see this ticket.">@Ann</bdi>' in shown
    assert shown.count('href="/console/tickets/7"') == 2 and "<script>" not in shown
    assert '<a href="#7">#7</a> <code>@Ann</code></p>' in shown
    assert str(marked("<p>plain</p>", [], {}, 1)) == "<p>plain</p>"


async def told(text: str, number: int, *, by: SignedIn) -> set[int]:
    """Who has a notice after the note."""
    await note(await find_ticket(number, seen_by=by), Draft(body_text=text), by=by, at=now())
    for event in await rows("SELECT id FROM hd_event WHERE followed_at IS NULL ORDER BY id"):
        await follow(event["id"])
    return {row["agent"] for row in await rows("SELECT agent FROM hd_notice WHERE kind = 'mentioned'")}


async def followers() -> set[int]:
    return {row["agent"] for row in await rows("SELECT agent FROM hd_follower")}


async def test_who_is_named_is_told_once_follows_and_finds_the_ticket_among_mentions(browser: NewBrowser) -> None:
    ben, cleo, lia = await hire("ben"), await hire("cleo"), await hire("lia")
    await make_team("Sales", cleo, lia)
    ticket, other = await a_ticket("Plates"), await a_ticket("Cups")
    assert await told(f"@Cleo Dubois, see #{other.number}. @Sales @Ben Weber", ticket.number, by=ben) == {
        cleo.id,
        lia.id,
    }
    assert await followers() == {cleo.id}, "by name alone"
    page = await browser().sign_in(await again(cleo))
    assert '<span class="count">1</span>' in (await page.get("/console/views?view=mentions", htmx=True)).text.partition("Mentions")[2][:90]  # fmt: skip
    assert "You are mentioned here" in (await page.get("/console?view=mentions")).text
    shown = (await page.get(f"/console/tickets/{ticket.number}")).text
    assert '<bdi class="mention me">@Cleo Dubois</bdi>' in shown and '<bdi class="mention me">@Sales</bdi>' in shown
    assert f'href="/console/tickets/{other.number}" title="Cups"' in shown
    assert '<bdi class="mention">@Ben Weber</bdi>' in shown and "untold" not in shown
    await rows("UPDATE hd_message SET undone_at = now() WHERE audience = 'internal'")
    assert "Plates" not in (await page.get("/console?view=mentions")).text, "the note was taken back"
    await rows("UPDATE hd_message SET undone_at = NULL")
    [newest] = await rows("SELECT max(id) AS id FROM hd_message WHERE ticket = {}", ticket.id)
    await page.post(f"/console/tickets/{ticket.number}/reading", {"upto": str(newest["id"])}, htmx=True)
    seen = (await page.get("/console?view=mentions")).text
    assert "You are mentioned here" not in seen and "Plates" in seen and "Cups" not in seen
    assert (
        "unread" not in (await page.get("/console/views?view=mentions", htmx=True)).text.partition("Mentions")[0][-80:]
    )


async def test_who_may_not_see_the_ticket_is_not_told_unless_who_writes_may_let_them_in(browser: NewBrowser) -> None:
    ben, cleo, mani = await hire("ben"), await hire("cleo"), await hire("mani")
    secret = await make_team("Secret", cleo, is_private=True)
    ticket = await a_ticket(team=secret.id)
    cleo = await again(cleo)
    page = await browser().sign_in(cleo)
    options = (await page.get(f"/console/tickets/{ticket.number}/mentions/options?q=b", htmx=True)).text
    assert 'aria-disabled="true"' in options and "may not see this ticket" in options
    assert await told("@Ben Weber, what is this?", ticket.number, by=cleo) == set()
    assert await followers() == set()
    assert 'mention untold" title="Was not told' in (await page.get(f"/console/tickets/{ticket.number}")).text

    manager = await browser().sign_in(mani)
    options = (await manager.get(f"/console/tickets/{ticket.number}/mentions/options?q=ben", htmx=True)).text
    assert "will be able to see this ticket" in options and "aria-disabled" not in options
    assert await told("@Ben Weber, please help.", ticket.number, by=mani) == {ben.id}
    assert await followers() == {ben.id} and await find_ticket(ticket.number, seen_by=await again(ben))
    stranger = await browser().sign_in(await hire("lia"))
    assert (await stranger.get(f"/console/tickets/{ticket.number}/mentions/options", htmx=True)).status_code == 404


async def test_a_note_that_is_taken_back_takes_back_whom_it_let_in_and_what_they_were_told(browser: NewBrowser) -> None:
    ben, cleo, mani = await hire("ben"), await hire("cleo"), await hire("mani")
    secret = await make_team("Secret", cleo, is_private=True)
    ticket = await a_ticket(team=secret.id)
    await rows("INSERT INTO hd_follower (ticket, agent) VALUES ({}, {})", ticket.id, cleo.id)
    assert await told("@Ben Weber and @Cleo Dubois", ticket.number, by=mani) == {ben.id, cleo.id}
    [message] = await Message.objects().where(Message.audience == "internal")
    manager = await browser().sign_in(mani)
    assert (await manager.post(f"/console/messages/{message.id}/undo", htmx=True)).status_code == 200
    assert await followers() == {cleo.id}, "who followed before, follows still"
    with pytest.raises(NotFound):
        await find_ticket(ticket.number, seen_by=await again(ben))
    assert (await notices_of(cleo, only_unread=False)).rows == []
    assert not await rows("SELECT FROM hd_notice WHERE read_at IS NULL OR due_at IS NOT NULL")
    found = await find_ticket(ticket.number, seen_by=mani)
    second = await note(found, Draft(body_text="@Cleo Dubois, once more"), by=mani, at=now())
    await take_back(second, by=mani, at=now())
    for event in await rows("SELECT id FROM hd_event WHERE followed_at IS NULL ORDER BY id"):
        await follow(event["id"])
    assert len(await rows("SELECT FROM hd_notice")) == 2, "it was gone before anybody was told"


async def test_numbers_lead_to_tickets_that_the_reader_may_see_with_one_statement(
    browser: NewBrowser, queries_at_most: Callable[[int], Any]
) -> None:
    ben, cleo = await hire("ben"), await hire("cleo")
    secret = await make_team("Secret", cleo, is_private=True)
    ticket, hidden = await a_ticket(text="As in #1002, #1003 and #999."), await a_ticket("Hidden", team=secret.id)
    open_one = await a_ticket("Open one")
    for text in (f"#{hidden.number}", f"#{open_one.number}", "<b>#1003</b>"):
        await note(ticket, Draft(body_text=text), by=ben, at=now())
    page = await browser().sign_in(await again(ben))
    with queries_at_most(40) as asked:
        shown = (await page.get(f"/console/tickets/{ticket.number}")).text
    assert len([one for one in asked if "number, subject, status FROM hd_ticket" in one]) == 1
    assert shown.count('title="Open one"') == 3 and "Hidden" not in shown
    member = await browser().sign_in(await again(cleo))
    assert 'title="Hidden"' in (await member.get(f"/console/tickets/{ticket.number}")).text
