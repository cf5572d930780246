"""Lines 10 to 23 of our checklist of ASVS 5 (docs/security.md): what a browser may do with our answers, asked of every route."""

import re
from collections.abc import Callable
from typing import Any, cast

import pytest
from httpx import ASGITransport, AsyncClient, Response
from litestar import Litestar
from litestar.routes import HTTPRoute

from helpdesk.channels.mail_accounts import Server, save_account
from helpdesk.channels.tables import Direction
from helpdesk.kernel.database import rows
from helpdesk.kernel.time import now
from helpdesk.people.api_tokens import create_token
from helpdesk.people.oidc.choosing import Choice, choose
from helpdesk.portal.visitors import customer_cookie
from helpdesk.web.visits import client_address, session_cookie
from tests.articles import indexed
from tests.cast import hire
from tests.console.browsing import HTMX, Browser
from tests.matrix.asking import FIRST, routes_of
from tests.matrix.world import make_world, visit

Browsers = Callable[[], Browser]
CANARIES = {"mail server": "canary-mail-server-password", "provider": "canary-provider-secret"}
WITHOUT_TOKEN = ("/forms/", "/api/v1/")
"""Forms on other people's pages, which sign nobody in; and the API, where a cookie is nothing."""
ENDLESS = ("/console/live",)
PRIVATE = ("/console", "/requests", "/account", "/api/v1/")
MAY_BE_KEPT = re.compile(r"^/(static/|brand/|forms/embed\.js|console/manifest|console/panes/style\.css|service-worker\.js|offline)|/images/|/files/|/attachments/")  # fmt: skip
"""What is the same for everybody, or never changes under its address."""


def _filled(path: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: FIRST.get(found[1], "1"), path)


async def test_b10_every_change_refuses_a_form_without_the_token_of_our_pages(app: Litestar, browser: Browsers) -> None:
    visitor = await browser().sign_in(await hire("alma"))
    asked = [
        (method, path) for method, path in routes_of(app) if method != "GET" and not path.startswith(WITHOUT_TOKEN)
    ]
    assert len(asked) > 100
    for method, path in asked:
        for forged in ({}, {"_csrf_token": "0" * 128}):
            answer = await visitor.client.request(
                method, _filled(path), data=forged, headers={"origin": "https://evil.test"}
            )
            assert answer.status_code == 403, (method, path, answer.status_code)


async def test_b10_a_cookie_opens_nothing_of_the_api(app: Litestar, browser: Browsers) -> None:
    visitor = await browser().sign_in(await hire("alma"))
    for method, path in routes_of(app):
        if path.startswith("/api/v1"):
            answer = await visitor.client.request(method, _filled(path), headers={"origin": "https://evil.test"})
            assert answer.status_code == 401, (method, path)


async def test_b11_b14_b15_b16_b17_b22_t_h_no_answer_of_any_page_changes_allows_or_tells_too_much(app: Litestar, browser: Browsers, database: None) -> None:  # fmt: skip
    """All routes that are read, as an administrator, as a customer and as nobody."""
    people = await make_world()
    await indexed()
    alma = people["alma"]
    server = Server(host="mail.test", port=993, tls="implicit", username="u", password=CANARIES["mail server"], folder="INBOX", afterwards="seen")  # fmt: skip
    await save_account(1, Direction.IN, server, by=alma, at=now())
    choice = Choice(name="P", issuer="https://p.test", client_id="x", client_secret=CANARIES["provider"], is_on=True)
    await choose(choice, by=alma, at=now())
    token = await create_token(alma.id or 0, "canary", at=now())
    admin, guest, nobody = await browser().sign_in(alma), browser(), browser()
    guest.client.cookies.set(customer_cookie(), await visit("dora@customer.test"), domain="localhost.local")
    await admin.get("/console")  # what an open page of the console asks for first
    before = await _all_there_is()
    pages, faults = 0, list[str]()
    for method, path in [*routes_of(app), ("GET", "/nothing/here"), ("GET", "/static/console.css")]:
        if method != "GET" or path in ENDLESS:
            continue
        for visitor in (admin, guest, nobody):
            headers = {"authorization": f"Bearer {token}"} if visitor is admin and path.startswith("/api") else {}
            answer = await visitor.client.get(_filled(path), headers=headers)
            faults += _faults(answer, path)
            pages += 1
    assert sorted(set(faults)) == []
    assert pages > 300
    after = await _all_there_is()
    assert {name for name in before if before[name] != after[name]} == set()


def _faults(answer: Response, path: str) -> list[str]:
    headers, policy = answer.headers, answer.headers.get("content-security-policy", "")
    scripts = re.search(r"script-src ([^;]*)", policy)
    kind = headers.get("content-type", "")
    is_private = path.startswith(PRIVATE) and answer.status_code == 200 and not MAY_BE_KEPT.search(path)
    may_be_framed = path.startswith(("/forms/", "/console/", "/requests/", "/r/")) and "frame-ancestors" in policy
    checks = {
        "sniffed": headers.get("x-content-type-options") == "nosniff",
        "referrer": headers.get("referrer-policy") in ("same-origin", "no-referrer"),
        "read by others": "access-control-allow-origin" not in headers,
        "scripts": "unsafe-inline" not in (scripts[1] if scripts else "") and "unsafe-eval" not in policy,
        "sources, objects among them": "default-src 'none'" in policy,
        "base": "base-uri 'none'" in policy or "sandbox" in policy,
        "framed": "frame-ancestors 'none'" in policy or may_be_framed,
        "kept": not is_private or bool({"no-store", "private"} & set(re.split(r"[,\s]+", headers.get("cache-control", "")))),
        "type": not answer.content or bool(kind),
        "charset": not (answer.content and kind.startswith(("text/", "application/javascript"))) or "charset=utf-8" in kind.lower(),
        "secrets": not any(secret in answer.text for secret in CANARIES.values()),
        "status": answer.status_code < 500,
    }  # fmt: skip
    return [f"{path}: {name}" for name, holds in checks.items() if not holds]


async def _all_there_is() -> dict[str, str]:
    """Of each table what is in it, but for when a session and a token were last used, and what a customer has read."""
    found = await rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename LIKE 'hd\\_%'")
    names = sorted({row["tablename"] for row in found} - {"hd_session", "hd_visitor_session", "hd_customer_session", "hd_api_token", "hd_throttle", "hd_request_reading"})  # fmt: skip
    return {
        name: str(
            (await rows(f"SELECT count(*), md5(string_agg(t::text, '' ORDER BY t::text)) AS all FROM {name} t"))[0]
        )
        for name in names
    }


async def test_b12_no_other_site_may_read_our_answers(app: Litestar, browser: Browsers) -> None:
    visitor = await browser().sign_in(await hire("alma"))
    asks = {"origin": "https://evil.test", "access-control-request-method": "POST", "access-control-request-headers": "authorization"}  # fmt: skip
    for path in ("/", "/console", "/api/v1/tickets", "/api/openapi.json", "/forms/contact", "/console/live"):
        answer = await visitor.client.options(path, headers=asks)
        assert not [name for name in answer.headers if name.startswith("access-control-")], path


async def test_b13_with_https_browsers_keep_to_it_for_a_year_and_more(https_app: Litestar, database: None) -> None:
    async with AsyncClient(transport=ASGITransport(app=cast("Any", https_app)), base_url="https://desk.test") as client:
        for path in ("/", "/console/sign-in", "/api/v1/tickets", "/healthz", "/nothing"):
            said = (await client.get(path)).headers["strict-transport-security"]
            age = re.search(r"max-age=(\d+)", said)
            assert age and int(age[1]) >= 365 * 86400
            assert "includeSubDomains" in said


@pytest.mark.parametrize("peer", ["192.0.2.7", "2001:db8::7"])
def test_b23_only_a_proxy_that_was_named_says_where_somebody_comes_from(
    peer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def address(trusted: str, *forwarded: str) -> str:
        from types import SimpleNamespace

        monkeypatch.setattr("helpdesk.web.visits.settings", lambda: SimpleNamespace(trusted_proxies=trusted))
        headers = [(b"x-forwarded-for", one.encode()) for one in forwarded]
        spoofed = [(b"x-real-ip", b"127.0.0.1"), (b"forwarded", b"for=127.0.0.1"), (b"cf-connecting-ip", b"127.0.0.1")]
        return client_address(cast("Any", {"client": (peer, 1), "headers": [*headers, *spoofed]}))

    assert address("", "127.0.0.1") == peer
    assert address("10.0.0.0/8", "127.0.0.1") == peer
    assert address("192.0.2.0/24 2001:db8::/32", "127.0.0.1, 203.0.113.5") == "203.0.113.5"
    assert address("192.0.2.0/24 2001:db8::/32", "127.0.0.1", "203.0.113.5") == "203.0.113.5"
    assert address("192.0.2.0/24 2001:db8::/32", "not an address") == peer


async def test_b23_t_f_headers_of_clients_neither_sign_in_nor_lead_elsewhere_nor_change_the_method(
    browser: Browsers,
) -> None:
    await hire("alma")
    visitor = browser()
    spoofed = {
        "x-forwarded-host": "evil.test", "x-forwarded-proto": "https", "x-forwarded-user": "alma@helpdesk.test", "x-user-email": "alma@helpdesk.test",
        "remote-user": "alma@helpdesk.test", "x-original-url": "/console/agents", "x-rewrite-url": "/console/agents", "x-http-method-override": "DELETE",
    }  # fmt: skip
    answer = await visitor.client.get("/console", headers=spoofed)
    assert (answer.status_code, answer.headers["location"].split("?")[0]) == (302, "/console/sign-in")
    page = await visitor.client.get("/console/sign-in", headers=spoofed)
    assert "evil.test" not in page.text
    await visitor.post("/console/sign-in", {"email": "alma@helpdesk.test", "password": "wrong"})
    token = await visitor.token()
    form = {"_csrf_token": token, "email": "alma@helpdesk.test", "password": "wrong"}
    for number in range(9):
        await visitor.client.post("/console/sign-in", data=form, headers={"x-forwarded-for": f"203.0.113.{number}"})
    answer = await visitor.client.post("/console/sign-in", data=form, headers={"x-forwarded-for": "203.0.113.99"})
    assert answer.status_code == 429
    assert {row["address"] for row in await rows("SELECT address FROM hd_audit WHERE kind = 'sign_in_refused'")} == {"127.0.0.1"}  # fmt: skip


def test_b25_there_are_no_web_sockets(app: Litestar) -> None:
    assert all(isinstance(route, HTTPRoute) or route.path.startswith("/static") for route in app.routes)


async def test_b25_the_stream_wants_a_session_as_pages_do(browser: Browsers) -> None:
    visitor = browser()
    assert (await visitor.get("/console/live")).status_code == 302
    assert (await visitor.client.get("/console/live", headers=HTMX)).status_code == 401
    visitor.client.cookies.set(session_cookie(), "made up", domain="localhost.local")
    assert (await visitor.get("/console/live")).status_code == 302
