"""Lines 1 to 9 of our checklist of ASVS 5 (docs/security.md): cookies, sessions, proofs."""

import re
from collections.abc import Callable
from typing import Any, cast

import httpx
import pytest
from httpx import ASGITransport, AsyncClient
from litestar import Litestar

from helpdesk.kernel.database import rows
from helpdesk.kernel.time import now
from helpdesk.kernel.tokens import digest, new_token
from helpdesk.people.sessions import open_session
from helpdesk.people.signing_in import change_password
from helpdesk.web.visits import session_cookie
from tests.cast import hire
from tests.console.browsing import Browser

Browsers = Callable[[], Browser]
PASSWORD = "unrelated words work"
WANTS_PROOF: list[tuple[str, str, dict[str, str]]] = [
    ("POST", "/console/account/password", {"password": "other unrelated words"}),
    ("POST", "/console/account/address", {"email": "new@helpdesk.test"}),
    ("POST", "/console/account/recovery-codes", {}),
    ("GET", "/console/account/factor", {}),
    ("POST", "/console/account/factor", {"enrolment": "x", "code": "000000"}),
    ("POST", "/console/account/factor/removal", {}),
    ("POST", "/console/tokens", {"name": "mine"}),
    ("POST", "/console/agents/new", {"email": "n@helpdesk.test", "name": "N", "role": "agent", "language": "en"}),
    ("POST", "/console/agents/{ben}", {"name": "Ben", "role": "admin"}),
    ("POST", "/console/agents/{ben}/activity", {}),
    ("POST", "/console/agents/{ben}/invitation", {}),
    ("POST", "/console/agents/{ben}/factor/reset", {}),
    ("POST", "/console/agents/{ben}/provider/removal", {}),
    ("POST", "/console/security", {"session_idle_minutes": "480", "session_days": "7", "shortest_password": "8"}),
    ("POST", "/console/security/provider", {"name": "P", "issuer": "https://p.test", "client_id": "x"}),
    ("POST", "/console/security/provider/removal", {}),
]


async def test_b01_the_cookie_of_a_session_is_bound_to_this_host_and_there_is_no_other_way_in(
    https_app: Litestar, database: None
) -> None:
    ben = await hire("ben")
    await change_password(ben.id or 0, PASSWORD)
    async with AsyncClient(transport=ASGITransport(app=cast("Any", https_app)), base_url="https://desk.test") as client:
        page = await client.get("/console/sign-in")
        token = re.search(r'name="csrf-token" content="([^"]+)"', page.text)
        assert token
        form = {"_csrf_token": token[1], "email": ben.email, "password": PASSWORD}
        answer = await client.post("/console/sign-in", data=form)
        assert answer.status_code == 303, answer.text
        set_cookies = [*page.headers.get_list("set-cookie"), *answer.headers.get_list("set-cookie")]
        for cookie in set_cookies:
            name, _, attributes = cookie.lower().partition("=")
            assert name.startswith("__host-"), cookie
            for wanted in ("secure", "httponly", "samesite=lax", "path=/"):
                assert wanted in attributes.replace("; ", ";").split(";"), cookie
            assert "domain=" not in attributes
        assert (await client.get("/console")).status_code == 200
        client.cookies.delete(session_cookie())
        assert client.cookies
        assert (await client.get("/console")).status_code == 302


def test_b02_a_token_has_256_random_bits() -> None:
    made = {new_token() for _ in range(1000)}
    assert len(made) == 1000
    assert {len(one) for one in made} == {43}


async def test_b03_signing_in_and_proving_give_a_new_token_and_the_old_one_is_dead(browser: Browsers) -> None:
    ben = await hire("ben")
    await change_password(ben.id or 0, PASSWORD)
    visitor = browser()
    planted = new_token()
    visitor.client.cookies.set(session_cookie(), planted, domain="localhost.local")
    await visitor.post("/console/sign-in", {"email": ben.email, "password": PASSWORD})
    first = _session(visitor)
    assert first not in ("", planted)
    form = {"_then": "/console/account", "_method": "GET", "_password": PASSWORD}
    assert (await visitor.post("/console/proof", form)).status_code == 303
    assert _session(visitor) != first
    assert await rows("SELECT FROM hd_session WHERE token_hash = {}", digest(first)) == []


async def test_b04_a_cookie_that_was_signed_out_opens_nothing_when_it_is_played_again(browser: Browsers) -> None:
    visitor = await browser().sign_in(await hire("ben"))
    kept = _session(visitor)
    await visitor.post("/console/sign-out")
    visitor.client.cookies.set(session_cookie(), kept, domain="localhost.local")
    answer = await visitor.get("/console")
    assert (answer.status_code, answer.headers["location"].split("?")[0]) == (302, "/console/sign-in")
    assert (await visitor.get("/console", htmx=True)).status_code == 401
    assert (await visitor.get("/console/live")).status_code in (302, 401)


@pytest.mark.parametrize("what", ["pages", "token"])
async def test_b05_who_is_deactivated_is_out_with_the_next_request(browser: Browsers, what: str) -> None:
    alma, ben = await hire("alma"), await hire("ben")
    admin, visitor = await browser().sign_in(alma), await browser().sign_in(ben)
    made = re.search(r"hd_[\w-]{43}", (await visitor.post("/console/tokens", {"name": "mine"})).text)
    assert made
    bearer = {"authorization": f"Bearer {made[0]}"}
    assert (await visitor.client.get("/api/v1/tickets", headers=bearer)).status_code == 200
    await admin.post(f"/console/agents/{ben.id}/activity")
    if what == "pages":
        assert (await visitor.get("/console")).status_code == 302
    else:
        assert (await visitor.client.get("/api/v1/tickets", headers=bearer)).status_code == 401


async def test_b09_what_changes_the_way_in_wants_a_proof_that_the_server_checks(browser: Browsers) -> None:
    alma, ben = await hire("alma"), await hire("ben")
    await change_password(alma.id or 0, PASSWORD)
    visitor = await browser().sign_in(alma)
    await rows("UPDATE hd_session SET proved_at = now() - interval '11 minutes'")
    before = await _ways_in()
    for method, path, form in WANTS_PROOF:
        path = path.format(ben=ben.id)
        answer = await (visitor.get(path) if method == "GET" else visitor.post(path, form))
        assert answer.status_code == 403, path
        assert 'action="/console/proof"' in answer.text, path
    assert await _ways_in() == before


async def test_b09_another_session_is_opened_for_nobody_by_a_session_alone(browser: Browsers) -> None:
    """A proof is the session's own: that of another one of the same person does not count."""
    ben = await hire("ben")
    fresh, stale = browser(), browser()
    await fresh.sign_in(ben)
    token = await open_session(ben.id or 0, address="127.0.0.1", user_agent="test", at=now())
    stale.client.cookies.set(session_cookie(), token, domain="localhost.local")
    await rows("UPDATE hd_session SET proved_at = now() - interval '1 hour' WHERE token_hash = {}", digest(token))
    assert (await fresh.post("/console/tokens", {"name": "mine"})).status_code == 200
    assert (await stale.post("/console/tokens", {"name": "mine"})).status_code == 403


def _session(visitor: Browser) -> str:
    return httpx.Cookies(visitor.client.cookies).get(session_cookie()) or ""


async def _ways_in() -> str:
    tables = ("agent", "one_time_link", "api_token", "second_factor", "recovery_code", "oidc_provider", "oidc_identity", "installation")  # fmt: skip
    return str([await rows(f"SELECT * FROM hd_{table} ORDER BY id") for table in tables])
