"""One's own account: what is asked again, nothing typed lost, and who is signed in where."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest

from helpdesk.deliveries.tables import Delivery
from helpdesk.kernel.database import rows
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.codes import code_at, step_of
from helpdesk.people.signing_in import change_password, whose_session
from helpdesk.people.tables import Agent, Session
from helpdesk.web.visits import session_cookie
from tests.cast import hire
from tests.console.browsing import HTMX, Browser

Browsers = Callable[[], Browser]
PASSWORD, BETTER = "unrelated words work", "another good one"


async def signed_in(browser: Browsers, name: str = "ben") -> tuple[Browser, SignedIn]:
    agent = await hire(name)
    await change_password(agent.id or 0, PASSWORD)
    return await browser().sign_in(agent), agent


async def grow_stale() -> None:
    """A quarter of an hour passes since everybody signed in."""
    await rows("UPDATE hd_session SET proved_at = {}", now() - timedelta(minutes=15))


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of a page's form, as a browser sends them."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page)
    return {name: unescape(value) for name, value in found}


async def test_what_matters_asks_again_and_goes_on_with_what_was_typed(browser: Browsers) -> None:
    visitor, alma = await signed_in(browser, "alma")
    await grow_stale()
    typed = {"name": "Nora <Naz>", "email": "nora@helpdesk.test", "role": "agent", "language": "fa"}
    asked = await visitor.post("/console/agents/new", typed)
    assert asked.status_code == 403 and 'name="_password"' in asked.text
    assert not await Agent.exists().where(Agent.email == typed["email"])
    fields = hidden(asked.text)
    assert {name: fields[name] for name in typed} == typed

    wrong = await visitor.post("/console/proof", fields | {"_password": "no"})
    assert wrong.status_code == 422 and "_password-error" in wrong.text and hidden(wrong.text)["name"] == typed["name"]
    before = visitor.client.cookies[session_cookie()]
    right = await visitor.post("/console/proof", hidden(wrong.text) | {"_password": PASSWORD})
    assert (right.status_code, right.headers["location"]) == (307, "/console/agents/new")
    assert visitor.client.cookies[session_cookie()] != before and await whose_session(before, at=now()) is None
    done = await visitor.post("/console/agents/new", fields)  # as a browser repeats it
    assert done.status_code == 200 and await Agent.exists().where(Agent.name == typed["name"])
    assert alma.id


async def test_over_an_open_page_it_is_a_dialog(browser: Browsers) -> None:
    visitor, _alma = await signed_in(browser, "alma")
    await grow_stale()
    answer = await visitor.post("/console/tokens", {"name": "shop"}, htmx=True)
    assert answer.status_code == 422 and answer.headers["hx-retarget"] == "#toasts"
    assert "<dialog" in answer.text and "<html" not in answer.text and HTMX


@pytest.mark.parametrize(
    "then", ["https://evil.test", "//evil.test", "/console/sign-out", "/api/v1/tokens", "/console/proof"]
)
async def test_a_proof_leads_only_to_pages_of_the_console(browser: Browsers, then: str) -> None:
    visitor, _ben = await signed_in(browser)
    answer = await visitor.post("/console/proof", {"_then": then, "_method": "POST", "_password": PASSWORD})
    assert answer.status_code == 404


async def test_a_new_password_makes_a_new_session_and_ends_the_others(browser: Browsers) -> None:
    visitor, ben = await signed_in(browser)
    await browser().sign_in(ben)
    old = visitor.client.cookies[session_cookie()]
    weak = await visitor.post("/console/account/password", {"password": "short", "end_others": "1"})
    assert weak.status_code == 422 and "password-error" in weak.text
    done = await visitor.post("/console/account/password", {"password": BETTER, "end_others": "1"})
    assert done.status_code == 303 and await Session.count() == 1
    assert await whose_session(old, at=now()) is None and (await visitor.get("/console/account")).status_code == 200
    assert await Delivery.count() == 1  # they are told
    await browser().sign_in(ben)
    await visitor.post("/console/account/password", {"password": PASSWORD})
    assert await Session.count() == 2  # only offered


async def test_a_stale_session_cannot_change_the_password_by_itself(browser: Browsers) -> None:
    visitor, ben = await signed_in(browser)
    before = await Agent.objects().get(Agent.id == ben.id)
    await grow_stale()
    assert (await visitor.post("/console/account/password", {"password": BETTER})).status_code == 403
    after = await Agent.objects().get(Agent.id == ben.id)
    assert before and after and before.password_hash == after.password_hash


async def test_an_app_is_set_up_used_and_removed(browser: Browsers) -> None:
    visitor, ben = await signed_in(browser)
    page = await visitor.get("/console/account/factor")
    secret, sealed = re.search(r">([A-Z2-7]{32})<", page.text), hidden(page.text)["enrolment"]
    assert secret and "data:image/svg+xml" in page.text
    wrong = await visitor.post("/console/account/factor", {"enrolment": sealed, "code": "000000"})
    assert wrong.status_code == 422 and secret[1] in wrong.text
    first = code_at(secret[1], step_of(now()) - 1)
    made = await visitor.post("/console/account/factor", {"enrolment": sealed, "code": first})
    codes = re.findall(r"<li>([A-Z2-7-]{19})</li>", made.text)
    assert made.status_code == 200 and len(codes) == 10

    door = browser()
    step = await door.post("/console/sign-in", {"email": ben.email, "password": PASSWORD, "next": "/console/account"})
    assert step.status_code == 200 and session_cookie() not in door.client.cookies
    fields = hidden(step.text)
    bad = await door.post("/console/sign-in/code", fields | {"code": "123456"})
    assert bad.status_code == 422 and "code-error" in bad.text
    done = await door.post("/console/sign-in/code", hidden(bad.text) | {"code": codes[0]})
    assert (done.status_code, done.headers["location"]) == (303, "/console/account")
    again = await door.post("/console/account/recovery-codes")
    assert len(set(re.findall(r"<li>([A-Z2-7-]{19})</li>", again.text)) - set(codes)) == 10
    assert (await door.post("/console/account/factor/removal", {"end_others": "1"})).status_code == 303
    assert [row["kind"] for row in await rows("SELECT kind FROM hd_audit WHERE kind LIKE 'factor%' ORDER BY id")] == [
        "factor_added", "factor_removed",
    ]  # fmt: skip


async def test_who_must_have_one_sets_it_up_at_the_door(browser: Browsers) -> None:
    ben = await hire("ben")
    await change_password(ben.id or 0, PASSWORD)
    await rows("UPDATE hd_installation SET factor_roles = ARRAY['agent']")
    visitor = browser()
    page = await visitor.post("/console/sign-in", {"email": ben.email, "password": PASSWORD})
    assert session_cookie() not in visitor.client.cookies
    secret = re.search(r">([A-Z2-7]{32})<", page.text)
    assert secret
    wrong = await visitor.post("/console/sign-in/factor", hidden(page.text) | {"code": "1"})
    assert wrong.status_code == 422 and secret[1] in wrong.text
    done = await visitor.post(
        "/console/sign-in/factor", hidden(wrong.text) | {"code": code_at(secret[1], step_of(now()))}
    )
    assert done.status_code == 200 and len(re.findall(r"<li>[A-Z2-7-]{19}</li>", done.text)) == 10
    assert (await visitor.get("/console")).status_code == 200


async def test_sessions_are_listed_and_ended(browser: Browsers) -> None:
    visitor, ben = await signed_in(browser)
    other = await browser().sign_in(ben)
    await rows("UPDATE hd_session SET user_agent = 'Mozilla/5.0 (iPhone; CPU) Version/18.0 Safari/605' WHERE id = 2")
    page = await visitor.get("/console/account")
    assert "Safari on iPhone" in page.text and page.text.count("This one") == 1
    assert (await visitor.post("/console/account/sessions/2/end")).status_code == 303
    assert (await other.get("/console")).status_code == 302
    cleo = await browser().sign_in(await hire("cleo"))
    assert (await cleo.post("/console/account/sessions/1/end")).status_code == 403
    third = await browser().sign_in(ben)
    await visitor.post("/console/account/sessions/end-others")
    assert (await third.get("/console")).status_code == 302 and (await visitor.get("/console")).status_code == 200
    alma = await browser().sign_in(await hire("alma"))
    assert "iPhone" not in (await alma.get(f"/console/agents/{ben.id}")).text
    assert (await alma.post(f"/console/agents/{ben.id}/sessions/end")).status_code == 303
    assert (await visitor.get("/console")).status_code == 302


async def test_a_new_address_is_proved_by_a_link_and_the_old_one_is_told(browser: Browsers) -> None:
    visitor, ben = await signed_in(browser)
    taken = await visitor.post("/console/account/address", {"email": "no address"})
    assert taken.status_code == 422 and "email-error" in taken.text
    assert (await visitor.post("/console/account/address", {"email": "Ben.New@Helpdesk.test"})).status_code == 303
    [mail] = await rows("SELECT d.to_addresses, d.mail::text AS letter FROM hd_delivery d")
    assert mail["to_addresses"] == ["ben.new@helpdesk.test"]
    link = re.search(r"/console/account/address/[\w-]+", mail["letter"])
    assert link
    stranger = await browser().sign_in(await hire("cleo"))
    assert (await stranger.post(link[0])).status_code == 404
    assert (await visitor.get(link[0])).status_code == 200
    assert (await browser().get(link[0].replace("account/address", "welcome"))).status_code == 404
    assert (await visitor.post(link[0])).status_code == 303
    row = await Agent.objects().get(Agent.id == ben.id)
    assert row and row.email == "ben.new@helpdesk.test"
    assert [one["to_addresses"] for one in await rows("SELECT to_addresses FROM hd_delivery ORDER BY id")][1] == [
        "ben@helpdesk.test"
    ]
    assert (await visitor.post(link[0])).status_code == 404


async def test_links_to_new_addresses_flood_nobody(browser: Browsers) -> None:
    visitor, _ben = await signed_in(browser)
    answers = [await visitor.post("/console/account/address", {"email": f"victim{n}@elsewhere.test"}) for n in range(7)]
    assert [answer.status_code for answer in answers] == [303] * 5 + [429] * 2
    assert len(await rows("SELECT FROM hd_delivery")) == 5 and int(answers[-1].headers["retry-after"]) > 3000
