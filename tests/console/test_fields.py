"""Changing a ticket's fields: conflicts are told per field, with both values."""

from collections.abc import Callable

from helpdesk.kernel.time import now
from helpdesk.tickets.editing import edit
from helpdesk.tickets.merging import merge_into
from helpdesk.tickets.tables import Ticket
from tests.cast import hire, make_team
from tests.console.browsing import Browser
from tests.make import a_ticket

Browsers = Callable[[], Browser]


async def _now(ticket: Ticket) -> Ticket:
    found = await Ticket.objects().get(Ticket.id == ticket.id)
    assert found
    return found


async def test_each_field_changes_with_its_form(browser: Browsers) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    team = await make_team("Billing", ben)
    visitor, base = await browser().sign_in(ben), f"/console/tickets/{ticket.number}"
    for field, value in {
        "priority": "high", "team": str(team.id), "assignee": str(ben.id), "tags": "VAT, billing،vat", "status": "pending", "subject": " A  new one ",
    }.items():  # fmt: skip
        answer = await visitor.post(
            f"{base}/{field}", {field: value, "version": str((await _now(ticket)).version)}, htmx=True
        )
        assert answer.status_code == 200 and 'id="conversation-header"' in answer.text, field
        assert answer.headers["hx-trigger"] == "timeline"
    found = await _now(ticket)
    assert (found.priority, found.team, found.assignee, found.tags, found.status, found.subject) == (
        "high", team.id, ben.id, ["billing", "vat"], "pending", "A new one",
    )  # fmt: skip


async def test_without_scripts_a_change_leads_back_to_the_ticket(browser: Browsers) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    visitor = await browser().sign_in(ben)
    answer = await visitor.post(f"/console/tickets/{ticket.number}/priority", {"priority": "low", "version": "1"})
    assert answer.status_code == 303 and answer.headers["location"].startswith(f"/console/tickets/{ticket.number}")


async def test_a_conflict_shows_both_values_and_mine_can_be_kept(browser: Browsers) -> None:
    ben, cleo, ticket = await hire("ben"), await hire("cleo"), await a_ticket()
    await edit(ticket, {"priority": "urgent"}, by=cleo, at=now())
    visitor, path = await browser().sign_in(ben), f"/console/tickets/{ticket.number}/priority"
    answer = await visitor.post(path, {"priority": "low", "version": "1"}, htmx=True)
    assert answer.status_code == 409
    for words in (
        "Cleo Dubois",
        "Urgent",
        "Low",
        "Keep mine",
        "Take theirs",
        'hx-swap-oob="true"',
        'name="version" value="2"',
    ):
        assert words in answer.text, words
    assert (await visitor.post(path, {"priority": "low", "version": "1"})).status_code == 409
    kept = await visitor.post(path, {"priority": "low", "version": "2"}, htmx=True)
    assert kept.status_code == 200 and "conflict" not in kept.text
    assert (await _now(ticket)).priority == "low"


async def test_another_field_is_no_conflict(browser: Browsers) -> None:
    ben, cleo, ticket = await hire("ben"), await hire("cleo"), await a_ticket()
    await edit(ticket, {"priority": "urgent"}, by=cleo, at=now())
    visitor = await browser().sign_in(ben)
    answer = await visitor.post(f"/console/tickets/{ticket.number}/tags", {"tags": "vat", "version": "1"}, htmx=True)
    assert answer.status_code == 200 and (await _now(ticket)).tags == ["vat"]


async def test_values_that_cannot_be_are_refused_with_words(browser: Browsers) -> None:
    ben, lia, ticket = await hire("ben"), await hire("lia"), await a_ticket()
    visitor, base = await browser().sign_in(ben), f"/console/tickets/{ticket.number}"
    for field, value in (
        ("priority", "huge"),
        ("status", "new"),
        ("status", "x"),
        ("team", "99"),
        ("assignee", str(lia.id)),
        ("subject", " "),
    ):
        answer = await visitor.post(f"{base}/{field}", {field: value}, htmx=True)
        assert answer.status_code == (200 if (field, value) == ("status", "new") else 422), (field, value)
    assert (await _now(ticket)).version == 1


async def test_solve_and_reopen(browser: Browsers) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    visitor, path = await browser().sign_in(ben), f"/console/tickets/{ticket.number}/solution"
    assert (await visitor.post(path, htmx=True)).status_code == 200
    assert (await _now(ticket)).status == "solved"
    assert (await visitor.delete(path)).status_code == 200
    assert (await _now(ticket)).status == "open"


async def test_a_stale_page_of_a_merged_ticket_changes_nothing_there(browser: Browsers) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    visitor, path = await browser().sign_in(ben), f"/console/tickets/{ticket.number}"
    await merge_into(ticket, await a_ticket("The same"), by=ben, at=now())
    version = (await _now(ticket)).version
    for answer in (
        await visitor.post(f"{path}/solution", htmx=True),
        await visitor.delete(f"{path}/solution"),
        await visitor.post(f"{path}/snooze", {"reply": "1"}, htmx=True),
    ):
        assert answer.status_code == 422 and "merged into another one" in answer.text
    assert (await _now(ticket)).version == version


async def test_light_agents_change_nothing(browser: Browsers) -> None:
    lia, ticket = await hire("lia"), await a_ticket()
    visitor, base = await browser().sign_in(lia), f"/console/tickets/{ticket.number}"
    assert "<select" not in (await visitor.get(f"{base}/header", htmx=True)).text.split('id="person-body"')[0]
    for field, value in (
        ("priority", "high"),
        ("status", "solved"),
        ("team", ""),
        ("assignee", ""),
        ("tags", "x"),
        ("subject", "x"),
        ("solution", ""),
        ("assignment/me", ""),
    ):
        assert (await visitor.post(f"{base}/{field}", {field: value})).status_code == 403, field
    assert (await visitor.post("/console/customers/1", {"name": "x"})).status_code == 403
    assert (await _now(ticket)).version == 1


async def test_what_cannot_be_read_clears_nothing(browser: Browsers) -> None:
    ben, alma = await hire("ben"), await hire("alma")
    team = await make_team("Billing", ben)
    ticket = await a_ticket(team=team.id)
    await edit(ticket, {"assignee": ben.id, "tags": ["vat"]}, by=ben, at=now())
    visitor, base = await browser().sign_in(alma), f"/console/tickets/{ticket.number}"
    for field in ("team", "assignee"):
        for typed in ({}, {field: "x"}, {field: "-1"}, {field: str(2**40)}):
            answer = await visitor.post(f"{base}/{field}", typed, htmx=True)
            assert answer.status_code == 422 and "Choose one of the list." in answer.text, (field, typed)
    assert (await visitor.post(f"{base}/tags", {}, htmx=True)).status_code == 422
    found = await _now(ticket)
    assert (found.team, found.assignee, found.tags) == (team.id, ben.id, ["vat"])
    new = {"email": "eve@stranger.test", "subject": "Parcel", "text": "Where?", "priority": "low", "kind": "call"}
    box = {"name": "Support", "address": "support@helpdesk.test", "language": "en"}
    for path, form in (("/console/tickets/new", new), ("/console/channels/1", box)):
        answer = await visitor.post(path, form | {"team": "x"})
        assert answer.status_code == 422 and 'id="team-error"' in answer.text, path
    for field in ("team", "assignee"):
        await visitor.post(f"{base}/{field}", {field: ""}, htmx=True)
    found = await _now(ticket)
    assert (found.team, found.assignee) == (None, None)


async def test_what_leaves_ones_own_sight_leads_to_the_view(browser: Browsers) -> None:
    ben, cleo = await hire("ben"), await hire("cleo")
    board = await make_team("Board", cleo, is_private=True)
    visitor = await browser().sign_in(ben)
    for htmx in (True, False):
        ticket = await a_ticket()
        path = f"/console/tickets/{ticket.number}/team?view=open"
        answer = await visitor.post(path, {"team": str(board.id)}, htmx=htmx)
        place = answer.headers["hx-redirect" if htmx else "location"]
        assert (answer.status_code, place) == (200 if htmx else 303, "/console?view=open&said=moved")
        assert (await _now(ticket)).team == board.id
    page = await visitor.get(place)
    assert page.status_code == 200 and "You do not see this ticket any more" in page.text
    new = {"email": "eve@stranger.test", "subject": "Parcel", "text": "Where?", "priority": "low", "kind": "call"}
    opened = await visitor.post("/console/tickets/new", new | {"team": str(board.id)})
    assert (opened.status_code, opened.headers["location"]) == (303, "/console?view=mine&said=opened")
    assert "its team is private" in (await visitor.get(opened.headers["location"])).text
