"""Settings: what can be changed, by whom, and what is said when it cannot."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from helpdesk import sink
from helpdesk.channels.tables import Channel
from helpdesk.deliveries.tables import Delivery
from helpdesk.kernel.time import now
from helpdesk.people.signing_in import whose_token
from helpdesk.people.tables import Agent, ApiToken, Membership, Team
from helpdesk.tickets.tables import Notice, Ticket
from tests.cast import hire
from tests.console.browsing import Browser
from tests.make import a_ticket

Browsers = Callable[[], Browser]
PASSWORD = "unrelated words work"


async def test_an_admin_invites_somebody_by_mail_and_link(browser: Browsers) -> None:
    visitor = await browser().sign_in(await hire("alma"))
    typed = {"name": "Nora", "email": "nora@helpdesk.test", "role": "agent", "language": "fa"}
    answer = await visitor.post("/console/agents/new", typed)
    assert answer.status_code == 200 and "/console/welcome/" in answer.text
    assert await Delivery.count() == 1 and await Agent.exists().where(Agent.email == "nora@helpdesk.test")
    twice = await visitor.post("/console/agents/new", typed)
    assert twice.status_code == 422 and 'id="email-error"' in twice.text and 'value="Nora"' in twice.text


async def test_the_last_admin_stays_one(browser: Browsers) -> None:
    alma = await hire("alma")
    visitor = await browser().sign_in(alma)
    for path, data in (
        (f"/console/agents/{alma.id}", {"name": "Alma", "role": "agent"}),
        (f"/console/agents/{alma.id}/activity", {}),
    ):
        answer = await visitor.post(path, data)
        assert answer.status_code == 422 and "last administrator" in answer.text


async def test_deactivating_ends_the_sessions(browser: Browsers) -> None:
    alma, ben = await hire("alma"), await hire("ben")
    his, hers = await browser().sign_in(ben), await browser().sign_in(alma)
    assert (await hers.post(f"/console/agents/{ben.id}/activity")).status_code == 303
    assert (await his.get("/console")).status_code == 302
    assert (await hers.post(f"/console/agents/{ben.id}/activity", {"active": "1"})).status_code == 303
    row = await Agent.objects().get(Agent.id == ben.id)
    assert row and row.deactivated_at is None


async def test_teams_are_made_and_changed(browser: Browsers) -> None:
    mani, ben = await hire("mani"), await hire("ben")
    visitor = await browser().sign_in(mani)
    answer = await visitor.post("/console/teams/new", {"name": "Billing", "private": "1", "leads": str(ben.id)})
    assert answer.status_code == 303
    team = await Team.objects().first()
    assert team and team.is_private
    member = await Membership.objects().first()
    assert member and member.agent == ben.id and member.is_lead
    twin = await visitor.post("/console/teams/new", {"name": "Billing", "members": str(ben.id)})
    assert twin.status_code == 422 and "name-error" in twin.text and f'value="{ben.id}" checked' in twin.text
    assert (await visitor.post(f"/console/teams/{team.id}", {"name": "Money"})).status_code == 303
    assert await Membership.count() == 0


async def test_mailboxes_are_added_changed_and_taken_out_of_use(browser: Browsers) -> None:
    visitor = await browser().sign_in(await hire("alma"))
    typed = {
        "name": "Sales",
        "address": "Sales@Helpdesk.test",
        "language": "fa",
        "team": "",
        "signature": "Bye",
        "acknowledges": "1",
    }
    assert (await visitor.post("/console/channels/new", typed)).status_code == 303
    sales = await Channel.objects().get(Channel.address == "sales@helpdesk.test")
    assert sales and sales.acknowledges and not sales.is_plus_addressed
    for wrong in ({"address": "x"}, {"address": "support@helpdesk.test"}, {"address": "a+b@helpdesk.test"}):
        answer = await visitor.post("/console/channels/new", typed | wrong)
        assert answer.status_code == 422 and "address-error" in answer.text and "Bye</textarea>" in answer.text
    assert (await visitor.post(f"/console/channels/{sales.id}/use")).status_code == 303
    assert (await visitor.post("/console/channels/1/use")).status_code == 422
    assert (await visitor.post(f"/console/channels/{sales.id}/use", {"use": "1"})).status_code == 303


async def test_a_token_is_shown_once_and_works_until_it_is_revoked(browser: Browsers) -> None:
    ben = await hire("ben")
    visitor = await browser().sign_in(ben)
    assert (await visitor.post("/console/tokens", {"name": ""})).status_code == 422
    page = await visitor.post("/console/tokens", {"name": "shop"})
    token = re.search(r"hd_[\w-]{40,}", page.text)
    assert token and token[0] not in (await visitor.get("/console/tokens")).text
    assert await whose_token(token[0], at=now())
    row = await ApiToken.objects().first()
    assert row
    await visitor.post(f"/console/tokens/{row.id}/revocation")
    assert await whose_token(token[0], at=now()) is None


async def test_preferences_hold_from_the_next_page(browser: Browsers) -> None:
    visitor = await browser().sign_in(await hire("ben"))
    typed = {
        "name": "Ben",
        "language": "fa",
        "time_zone": "Asia/Tehran",
        "theme": "dark",
        "signature": "Ben\r\nSupport",
    }
    assert (await visitor.post("/console/preferences", typed)).status_code == 303
    page = await visitor.get("/console/preferences")
    assert (
        'lang="fa" dir="rtl" data-theme="dark" data-time-zone="Asia/Tehran"' in page.text
        and "Ben\nSupport" in page.text
    )
    wrong = await visitor.post("/console/preferences", typed | {"time_zone": "Mars/Base"})
    assert wrong.status_code == 422 and "time_zone-error" in wrong.text


async def test_a_ticket_is_opened_for_a_caller_or_by_mail(browser: Browsers) -> None:
    visitor = await browser().sign_in(await hire("ben"))
    typed = {
        "email": "Eve@Stranger.test",
        "name": "Eve",
        "subject": "Lost parcel",
        "text": "Where is it?",
        "priority": "high",
        "team": "",
    }
    call = await visitor.post("/console/tickets/new", typed | {"kind": "call"})
    assert call.status_code == 303 and await Delivery.count() == 0
    mail = await visitor.post("/console/tickets/new", typed | {"kind": "mail"})
    assert mail.status_code == 303 and await Delivery.count() == 1
    assert await Ticket.count() == 2
    wrong = await visitor.post(
        "/console/tickets/new",
        {"email": "x", "subject": "", "text": "Kept", "kind": "mail", "priority": "normal"},
        files=[("files", ("a.txt", b"one", "text/plain"))],
    )
    assert "a.txt" in wrong.text and 'name="attachment_ids"' in wrong.text
    assert wrong.status_code == 422 and "Kept</textarea>" in wrong.text
    assert all(f"{name}-error" in wrong.text for name in ("email", "subject", "team"))


async def test_a_customer_is_corrected_beside_the_ticket(browser: Browsers) -> None:
    ticket = await a_ticket()
    visitor = await browser().sign_in(await hire("ben"))
    typed = {
        "name": "Dora D.",
        "organisation": "Dogan Ltd",
        "language": "fa",
        "notes": "Prefers mail.",
        "ticket": str(ticket.number),
    }
    part = await visitor.post("/console/customers/1", typed, htmx=True)
    assert (
        part.status_code == 200
        and "Dogan Ltd" in part.text
        and "Prefers mail." in part.text
        and "<html" not in part.text
    )
    wrong = await visitor.post("/console/customers/1", typed | {"name": "x" * 201}, htmx=True)
    assert wrong.status_code == 422 and "name-error" in wrong.text
    assert (await visitor.post("/console/customers/1", {"name": "Dora"})).headers[
        "location"
    ] == "/console/customers/1?said=saved"
    assert (await visitor.post("/console/customers/99", {"name": "Dora"})).status_code == 404


async def test_two_who_correct_a_customer_lose_nothing_of_each_other(browser: Browsers) -> None:
    visitor = await browser().sign_in(await hire("ben"))
    await a_ticket()
    seen = {"seen_name": "Dora Dogan", "seen_organisation": "", "seen_language": "en", "seen_notes": ""}
    typed = {"name": "Dora Dogan", "organisation": "", "language": "en", "notes": ""}
    await visitor.post("/console/customers/1", typed | seen | {"notes": "Calls at nine."})
    await visitor.post("/console/customers/1", typed | seen | {"name": "Dora D."})
    page = await visitor.get("/console/customers/1")
    assert "Dora D." in page.text
    assert "Calls at nine." in page.text
    conflict = await visitor.post("/console/customers/1", typed | seen | {"notes": "Never call."})
    assert conflict.status_code == 409
    assert "Calls at nine." in conflict.text
    assert "Never call." in conflict.text


async def test_an_open_ticket_reads_its_notices_by_a_request_of_its_own(browser: Browsers) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    from helpdesk.following_up import follow
    from helpdesk.tickets.assigning import assign
    from helpdesk.tickets.tables import Event

    cleo = await hire("cleo")
    await assign(ticket, ben.id, by=cleo, at=now())
    for event in await Event.objects():
        await follow(event.id)
    visitor = await browser().sign_in(ben)
    assert "Printer on fire" in (await visitor.get("/console/notices")).text
    assert "1 notice" in (await visitor.get("/console/notices/bell", htmx=True)).text
    path = f"/console/tickets/{ticket.number}/notices/read"
    for htmx in (True, False):
        page = await visitor.get(f"/console/tickets/{ticket.number}", htmx=htmx)
        assert f'hx-post="{path}" hx-trigger="load" hx-target="#bell"' in page.text
    assert await Notice.count().where(Notice.read_at.is_null()) == 1, "looking changes nothing"
    assert f'action="{path}"' in (await visitor.get("/console/notices")).text
    assert (await (await browser().sign_in(cleo)).post(path)).status_code == 303
    assert await Notice.count().where(Notice.read_at.is_null()) == 1, "each agent reads their own"
    bell = await visitor.post(path, htmx=True)
    assert bell.status_code == 200 and 'class="bell"' in bell.text and "badge" not in bell.text
    assert await Notice.count().where(Notice.read_at.is_null()) == 0
    assert path not in (await visitor.get(f"/console/tickets/{ticket.number}")).text


async def test_a_mailbox_out_of_use_stays_so_on_a_form_with_an_error(browser: Browsers) -> None:
    visitor = await browser().sign_in(await hire("alma"))
    typed = {"name": "Sales", "address": "sales@helpdesk.test", "language": "en", "team": ""}
    await visitor.post("/console/channels/new", typed)
    await visitor.post("/console/channels/2/use")
    answer = await visitor.post("/console/channels/2", typed | {"name": ""})
    assert answer.status_code == 422 and "Use it again" in answer.text and "Take out of use" not in answer.text
    assert (await visitor.post("/console/channels/99", typed)).status_code == 404


async def test_the_demos_sent_mail_is_for_administrators_and_only_where_there_is_some(
    browser: Browsers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It holds the links that set everybody's passwords."""
    monkeypatch.setattr(sink, "folder", lambda: tmp_path / "sink")
    alma, mani = await browser().sign_in(await hire("alma")), await browser().sign_in(await hire("mani"))
    assert "/console/sink" not in (await alma.get("/console/preferences")).text.split("<main")[0].split('id="views"')[1]
    (tmp_path / "sink").mkdir()
    name = "20261121T100000.000000Z-1.eml"
    (tmp_path / "sink" / name).write_bytes(b"From: a@b.test\r\nSubject: Set your password\r\n\r\nlink")
    assert 'href="/console/sink"' in (await alma.get("/console/preferences")).text
    assert 'href="/console/sink"' not in (await mani.get("/console/preferences")).text
    for path in ("/console/sink", f"/console/sink/{name}"):
        assert "Set your password" in (await alma.get(path)).text
        assert (await mani.get(path)).status_code == 403
