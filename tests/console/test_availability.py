"""Saying that one is away or out, teams that give tickets out, and who is seen at a ticket: by page."""

from collections.abc import Callable

from helpdesk.following_up import follow
from helpdesk.kernel.database import rows
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.standing import availability_of
from helpdesk.people.tables import Agent
from helpdesk.tickets.assigning import assign
from helpdesk.tickets.tables import Ticket
from tests.cast import hire, make_team
from tests.console.browsing import Browser
from tests.make import a_ticket

Browsers = Callable[[], Browser]


async def said_by(agent: SignedIn) -> tuple[str, int | None]:
    found = await availability_of(agent.id or 0)
    return found["state"], found["replacement"]


async def test_the_menu_of_the_rail_says_who_is_away_and_a_page_who_is_out_and_until_when(browser: Browsers) -> None:
    ben, cleo = await hire("ben"), await hire("cleo")
    page = await browser().sign_in(ben)
    menu = await page.post("/console/availability", {"availability": "away"}, htmx=True)
    assert 'class="standing away" hx-swap-oob="true"' in menu.text
    assert await said_by(ben) == ("away", None)
    out = {"availability": "out", "until": "in 3 days", "replacement": str(cleo.id)}
    assert (await page.post("/console/availability", out)).status_code == 303
    assert await said_by(ben) == ("out", cleo.id)
    shown = (await page.get("/console/availability")).text
    assert "Cleo Dubois stands in." in shown and 'class="standing out"' in shown
    wrong = await page.post("/console/availability", out | {"until": "when pigs fly"})
    assert wrong.status_code == 422 and "when pigs fly" in wrong.text
    himself = await page.post("/console/availability", out | {"replacement": str(ben.id)})
    assert himself.status_code == 422
    assert (await page.post("/console/availability", {"availability": "available"})).status_code == 303
    assert await said_by(ben) == ("available", None)


async def test_a_teams_page_shows_who_has_what_and_keeps_what_was_typed_wrong(browser: Browsers) -> None:
    mani, ben = await hire("mani"), await hire("ben")
    team = await make_team("Billing", ben)
    await rows("UPDATE hd_agent SET capacity = 1 WHERE id = {}", ben.id)
    await assign(await a_ticket(team=team.id), ben.id, by=mani, at=now())
    await a_ticket(team=team.id)
    page = await browser().sign_in(mani)
    shown = (await page.get(f"/console/teams/{team.id}")).text
    assert "1 ticket waits for an agent." in shown and ">full</span>" in shown
    typed = {"name": "Billing", "members": str(ben.id), "leads": str(ben.id), "assignment": "least_loaded"}
    wrong = await page.post(f"/console/teams/{team.id}", typed | {f"capacity-{ben.id}": "many"})
    assert wrong.status_code == 422 and 'value="many"' in wrong.text
    assert (await page.post(f"/console/teams/{team.id}", typed | {f"capacity-{ben.id}": "۱۲"})).status_code == 303
    [kept] = await rows(
        "SELECT t.assignment, m.capacity, m.is_lead FROM hd_team t JOIN hd_membership m ON m.team = t.id"
    )
    assert kept == {"assignment": "least_loaded", "capacity": 12, "is_lead": True}
    assert (await page.post("/console/teams/away", {"away_after_minutes": "2"})).status_code == 422
    assert (await page.post("/console/teams/away", {"away_after_minutes": "30"})).status_code == 303


async def test_admins_set_how_many_an_agent_takes_and_say_that_somebody_is_out(browser: Browsers) -> None:
    alma, ben = await hire("alma"), await hire("ben")
    page = await browser().sign_in(alma)
    path = f"/console/agents/{ben.id}"
    assert (await page.post(f"{path}/capacity", {"capacity": "0"})).status_code == 422
    assert (await page.post(f"{path}/capacity", {"capacity": "7"})).status_code == 303
    assert (await page.post(f"{path}/availability", {"availability": "out"})).status_code == 303
    kept = await Agent.objects().get(Agent.id == ben.id)
    assert kept is not None and (kept.capacity, kept.availability) == (7, "out")
    assert "They are back" in (await page.get(path)).text


async def test_nobody_says_to_be_at_a_ticket_that_they_may_not_see(browser: Browsers) -> None:
    ben, cleo = await hire("ben"), await hire("cleo")
    team = await make_team("Board", cleo, is_private=True)
    ticket, hidden = await a_ticket(), await a_ticket(team=team.id)
    page = await browser().sign_in(ben)
    for number, mode, status in ((ticket.number, "viewing", 204), (hidden.number, "viewing", 404), (1, "here", 422)):
        said = await page.client.post(
            "/console/live/presence",
            json={"ticket": number, "mode": mode, "stay": "a"},
            headers={"x-csrftoken": await page.token()},
        )
        assert said.status_code == status, said.text


async def test_taking_over_needs_a_word_why_and_tells_who_had_the_ticket_and_who_was_writing(browser: Browsers) -> None:
    ben, cleo, mani, lia = await hire("ben"), await hire("cleo"), await hire("mani"), await hire("lia")
    ticket = await a_ticket()
    await assign(ticket, mani.id, by=mani, at=now())
    path = f"/console/tickets/{ticket.number}/take-over"
    assert (await (await browser().sign_in(lia)).post(path, {"note": "Mine"})).status_code == 403
    page = await browser().sign_in(cleo)
    assert (await page.post(path, {"note": " "}, htmx=True)).status_code == 422
    assert (await page.post(path, {"note": "I know her", "writer": str(ben.id)}, htmx=True)).status_code == 200
    kept = await Ticket.objects().get(Ticket.id == ticket.id)
    assert kept is not None and kept.assignee == cleo.id
    [event] = await rows("SELECT id FROM hd_event WHERE kind = 'taken_over'")
    await follow(event["id"])
    told = await rows("SELECT agent FROM hd_notice WHERE event = {} ORDER BY agent", event["id"])
    assert [row["agent"] for row in told] == [ben.id, mani.id]
    assert (await page.post(path, {"note": "Again", "writer": "999999"}, htmx=True)).status_code == 200
    assert (await page.post(path, {"note": "Again", "writer": "9" * 15}, htmx=True)).status_code == 422
    for later in await rows("SELECT id FROM hd_event WHERE kind = 'taken_over' AND followed_at IS NULL"):
        await follow(later["id"])


async def test_what_a_page_asks_for_while_nobody_touches_it_makes_nobody_available(browser: Browsers) -> None:
    ben = await hire("ben")
    page = await browser().sign_in(ben)
    await rows("UPDATE hd_session SET seen_at = now() - interval '40 min'")
    await page.client.get("/console/views?view=mine", headers={"x-by-itself": "1", "hx-request": "true"})
    assert await said_by(ben) == ("away", None)
    await page.get("/console/views?view=mine", htmx=True)
    assert await said_by(ben) == ("available", None), "by themselves, with the next click"
