"""Signing in and out, invitations and new passwords."""

from collections.abc import Callable

import pytest

from helpdesk.console.signing_in import own_path
from helpdesk.deliveries.tables import Delivery
from helpdesk.kernel.database import rows
from helpdesk.kernel.time import now
from helpdesk.people.links import INVITATION, first_admin_link, make_link
from helpdesk.people.signing_in import change_password
from helpdesk.people.tables import Agent, Role, Session
from helpdesk.web.visits import session_cookie
from tests.cast import hire
from tests.console.browsing import Browser

Browsers = Callable[[], Browser]
PASSWORD = "unrelated words work"


async def test_signing_in_opens_a_session_and_goes_on(browser: Browsers) -> None:
    ben = await hire("ben")
    await change_password(ben.id or 0, PASSWORD)
    visitor = browser()
    answer = await visitor.post(
        "/console/sign-in", {"email": "Ben@Helpdesk.test", "password": PASSWORD, "next": "/console/tickets/7?view=open"}
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/tickets/7?view=open")
    cookie = next(one for one in answer.headers.get_list("set-cookie") if one.startswith(f"{session_cookie()}="))
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "Path=/" in cookie
    assert (await visitor.get("/console")).status_code == 200
    out = await visitor.post("/console/sign-out")
    assert out.status_code == 303 and await Session.count() == 0
    assert (await visitor.get("/console")).status_code == 302


async def test_every_failure_says_the_same_and_keeps_the_address(browser: Browsers) -> None:
    ben = await hire("ben")
    await change_password(ben.id or 0, PASSWORD)
    visitor = browser()
    said = set()
    for email in ("ben@helpdesk.test", "nobody@helpdesk.test"):
        answer = await visitor.post("/console/sign-in", {"email": email, "password": "wrong"})
        assert (
            answer.status_code == 422
            and email in answer.text
            and "wrong" not in answer.text.split("<form")[1].split("password-error")[0]
        )
        said.add(answer.text.replace(email, "").replace(await visitor.token(), ""))
    assert len(said) == 1


async def test_too_many_tries_wait(browser: Browsers) -> None:
    await hire("ben")
    visitor = browser()
    answers = [
        await visitor.post("/console/sign-in", {"email": "ben@helpdesk.test", "password": "x"}) for _ in range(11)
    ]
    assert [answer.status_code for answer in answers] == [422] * 10 + [429]
    assert "minutes" in answers[-1].text and int(answers[-1].headers["retry-after"]) > 0


@pytest.mark.parametrize(
    "path",
    [
        "//evil.test",
        "/\\evil.test",
        "https://evil.test",
        "/portal",
        "/consolex",
        "javascript:x",
        "/console/sign-in",
        "/console/../x\n",
    ],
)
def test_next_leads_only_into_the_console(path: str) -> None:
    assert own_path(path) == "/console"


async def test_the_first_admin_makes_their_account(browser: Browsers) -> None:
    link = await first_admin_link(at=now())
    assert link
    path = link.removeprefix("http://localhost:8000")
    visitor = browser()
    page = await visitor.get(path)
    assert page.status_code == 200 and 'name="email"' in page.text and page.headers["referrer-policy"] == "no-referrer"
    weak = await visitor.post(
        path, {"email": "alma@helpdesk.test", "name": "Alma", "password": "short", "language": "fa"}
    )
    assert weak.status_code == 422 and 'value="Alma"' in weak.text and "password-error" in weak.text
    made = await visitor.post(
        path, {"email": "alma@helpdesk.test", "name": "Alma", "password": PASSWORD, "language": "fa"}
    )
    assert (made.status_code, made.headers["location"]) == (303, "/console/settings/guide")
    alma = await Agent.objects().first()
    assert alma and (alma.role, alma.language) == (Role.ADMIN, "fa")
    assert 'dir="rtl"' in (await visitor.get("/console")).text
    assert (await browser().get(path)).status_code == 404


async def test_an_invitation_asks_for_a_password_only(browser: Browsers) -> None:
    ben = await hire("ben")
    path = (await make_link(INVITATION, ben.id, at=now())).removeprefix("http://localhost:8000")
    page = await browser().get(path)
    assert "Ben Weber" in page.text and 'id="email"' not in page.text
    made = await browser().post(path, {"password": PASSWORD})
    assert made.status_code == 303
    row = await Agent.objects().get(Agent.id == ben.id)
    assert row and row.password_hash


async def test_a_forgotten_password_answers_the_same_for_every_address(browser: Browsers) -> None:
    await hire("ben")
    visitor = browser()
    said = set()
    for email in ("ben@helpdesk.test", "nobody@helpdesk.test"):
        answer = await visitor.post("/console/new-password", {"email": email})
        assert answer.status_code == 200
        said.add(answer.text.replace(email, ""))
    assert len(said) == 1
    assert [row["to_addresses"] for row in await rows("SELECT to_addresses FROM hd_delivery")] == [
        ["ben@helpdesk.test"]
    ]
    for _ in range(4):
        await visitor.post("/console/new-password", {"email": "ben@helpdesk.test"})
    assert await Delivery.count() == 3


async def test_the_language_of_the_door_is_remembered(browser: Browsers) -> None:
    visitor = browser()
    answer = await visitor.client.get(
        "/language/fa", headers={"referer": "http://localhost:8000/console/sign-in?next=/console"}
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/sign-in?next=/console")
    assert 'lang="fa" dir="rtl"' in (await visitor.get("/console/sign-in")).text
    elsewhere = await visitor.client.get("/language/en", headers={"referer": "https://evil.test/x"})
    assert elsewhere.headers["location"] == "/console/sign-in"
    assert "set-cookie" not in (await visitor.client.get("/language/xx")).headers


async def test_a_form_without_its_token_is_refused(browser: Browsers) -> None:
    ben = await hire("ben")
    visitor = await browser().sign_in(ben)
    assert (await visitor.client.post("/console/sign-out")).status_code == 403
    assert await Session.count() == 1
