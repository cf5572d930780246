"""Every route asked as everybody: what each is answered."""

import asyncio
import re
from typing import Any

import httpx
from litestar import Litestar
from litestar.routes import HTTPRoute

from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.api_tokens import create_token
from helpdesk.portal.visitors import customer_cookie
from tests.api.conftest import client
from tests.articles import indexed
from tests.console.browsing import HTMX, Browser
from tests.matrix.world import make_world, visit

Route = tuple[str, str]
"""Method and path format."""
Table = dict[Route, dict[str, str]]

ROLES = {"anonymous": None, "customer": "dora", "light": "lia", "agent": "ben", "manager": "mani", "admin": "alma"}
"""The columns of the table, from who may least to who may most. `hidden` asks for the second of each kind: as Ben, and in
the portal, where it is another customer's, as Dora."""
PORTAL = ("/requests", "/account", "/r/")
FIRST = {
    "number": "1001",
    "key": "m1",
    "slug": "contact",
    "kind": "acknowledgement",
    "language": "en",
    "way": "receiving",
    "code": "en",
    "figure": "first_reply",
    "owner": "team",
    "name": "first_reply",
    "session_id": "999999",
    "place": "1-orders",
}
SECOND = {"number": "1002", "key": "m2", "message_id": "2", "attachment_id": "2", "mail_id": "2"}
"""What leads to the private team's ticket; a route without one of these has no hidden column."""
SECONDS = 10.0
STREAMS, STREAM_SECONDS = ("/console/live",), 0.5
"""What has no end is given up soon."""
BODIES: dict[Route, dict[str, Any]] = {
    ("POST", "/api/v1/agents"): {"name": "Nora", "email": "nora@helpdesk.test", "role": "agent"},
    ("PATCH", "/api/v1/agents/{agent_id}"): {"name": "Alma"},
    ("POST", "/api/v1/articles"): {"translations": {"en": {"title": "More", "body_markdown": "More."}}},
    ("PATCH", "/api/v1/articles/{article_id}"): {"tags": ["less"]},
    **{
        ("POST", f"/api/v1/articles/{{article_id}}/{verb}"): {"language": "en"}
        for verb in ("publish", "review", "archive", "restore")
    },
    ("POST", "/api/v1/article-categories"): {"names": {"en": "More"}},
    ("PATCH", "/api/v1/article-categories/{category_id}"): {"names": {"en": "Less"}},
    ("POST", "/api/v1/calendars"): {"name": "More", "time_zone": "UTC", "always": True},
    ("PATCH", "/api/v1/calendars/{calendar_id}"): {"name": "Less"},
    ("POST", "/api/v1/canned-texts"): {"name": "More", "versions": {"en": {"body_text": "More."}}},
    ("PATCH", "/api/v1/canned-texts/{text_id}"): {"name": "Less"},
    ("POST", "/api/v1/channels"): {"name": "Sales", "address": "sales@helpdesk.test"},
    ("PATCH", "/api/v1/channels/{channel_id}"): {"name": "Support"},
    ("POST", "/api/v1/customers"): {"name": "Nina", "identities": [{"kind": "email", "value": "nina@customer.test"}]},
    ("PATCH", "/api/v1/customers/{customer_id}"): {"name": "Dora"},
    ("POST", "/api/v1/customers/{customer_id}/identities"): {"kind": "email", "value": "d@customer.test"},
    ("POST", "/api/v1/forms"): {"slug": "more", "name": "More", "texts": {"en": {"title": "More"}}},
    ("PATCH", "/api/v1/forms/{form_id}"): {"name": "Contact us"},
    ("POST", "/api/v1/organisations"): {"name": "More Ltd"},
    ("PATCH", "/api/v1/organisations/{organisation_id}"): {"name": "Less Ltd"},
    ("POST", "/api/v1/sender-rules"): {"pattern": "more.test", "is_allowed": False},
    ("POST", "/api/v1/sla-policies"): {"name": "More", "targets": [{"metric": "next_reply", "seconds": 3600}]},
    ("PATCH", "/api/v1/sla-policies/{policy_id}"): {"name": "Less"},
    ("PUT", "/api/v1/sla-policies/order"): {"ids": [1]},
    ("POST", "/api/v1/suggestions"): {"text": "Where is my order?"},
    ("POST", "/api/v1/teams"): {"name": "More"},
    ("PATCH", "/api/v1/teams/{team_id}"): {"name": "Fewer"},
    ("POST", "/api/v1/tickets"): {
        "subject": "Hello",
        "body_text": "Hello",
        "customer": {"email": "dora@customer.test"},
    },
    ("PATCH", "/api/v1/tickets/{number}"): {"priority": "high"},
    ("POST", "/api/v1/tickets/{number}/follow-up"): {"body_text": "Once more"},
    ("POST", "/api/v1/tickets/{number}/messages"): {"audience": "internal", "body_text": "Noted"},
    ("POST", "/api/v1/tickets/{number}/merge"): {"into": 1003},
    ("POST", "/api/v1/tickets/{number}/split"): {"message": 1, "subject": "Another matter"},
    ("POST", "/api/v1/tokens"): {"name": "mine"},
}
"""What is sent where an empty body would be refused before anybody looks at who sends it."""


def routes_of(app: Litestar) -> list[Route]:
    """Every route of the application but the static files and the tool that shows the schema."""
    found = [route for route in app.routes if isinstance(route, HTTPRoute)]
    return sorted(
        (method, route.path_format)
        for route in found for method in route.methods
        if method not in ("OPTIONS", "HEAD") and not route.path.startswith("/static")
    )  # fmt: skip


async def answers(app: Litestar, routes: list[Route]) -> Table:
    """The status that each role is answered by each route; "stream" for an answer without an end.

    Who was let in may have changed something, so the next is asked in the world as it was.
    """
    found: Table = {}
    people = await make_world()
    await indexed()  # which other tests of this process may have made of another database
    forms = await _token_of_forms(app)
    for route in routes:
        found[route] = dict.fromkeys([*ROLES, "hidden"], "-")
        for role, name in _asked_by(route):
            people = people or await make_world()
            path = filled(route[1], SECOND if role == "hidden" else FIRST)
            said = await _answer(app, route, path, name, people, forms)
            found[route][role] = said
            if route[0] != "GET" and not said.startswith("4") and said != "sign-in":
                people = {}
    return found


def _asked_by(route: Route) -> list[tuple[str, str | None]]:
    """The roles, with who plays them."""
    has_hidden = any(f"{{{part}}}" in route[1] for part in SECOND)
    outsider = "dora" if route[1].startswith(PORTAL) else "ben"
    return [*ROLES.items(), ("hidden", outsider)] if has_hidden else [*ROLES.items()]


def filled(path: str, values: dict[str, str]) -> str:
    values = values | {"kind": "reply"} if "/drafts/" in path else values
    return re.sub(r"\{(\w+)\}", lambda found: values.get(found[1], FIRST.get(found[1], "1")), path)


async def _token_of_forms(app: Litestar) -> httpx.Cookies:
    """The cookie that every browser needs for a form; whose browser it is does not matter."""
    browser = Browser(app)
    async with browser.client:
        await browser.token()
        return browser.client.cookies


async def _answer(
    app: Litestar, route: Route, path: str, name: str | None, people: dict[str, SignedIn], forms: httpx.Cookies
) -> str:
    if path.startswith("/api/v1"):
        asking = _by_api(app, route, path, people.get(name or ""))
    else:
        asking = _by_page(app, route, path, name, people, forms)
    try:
        answer = await asyncio.wait_for(asking, STREAM_SECONDS if path in STREAMS else SECONDS)
    except TimeoutError:
        return "stream"
    if answer.is_redirect and "/sign-in" in answer.headers["location"]:
        return "sign-in"
    return str(answer.status_code)


async def _by_api(app: Litestar, route: Route, path: str, who: SignedIn | None) -> httpx.Response:
    token = await create_token(who.id or 0, "matrix", at=now()) if who else ""
    sends: dict[str, Any] = {}
    if route[0] not in ("GET", "DELETE"):
        sends = {"files": {"data": ("a.txt", b"a")}} if path.endswith("/uploads") else {"json": BODIES.get(route, {})}
    async with client(app, token) as api:
        return await api.request(route[0], path.removeprefix("/api/v1"), **sends)


async def _by_page(
    app: Litestar, route: Route, path: str, name: str | None, people: dict[str, SignedIn], forms: httpx.Cookies
) -> httpx.Response:
    browser = Browser(app)
    async with browser.client:
        browser.client.cookies.update(forms)
        if name == "dora":
            browser.client.cookies.set(customer_cookie(), await visit("dora@customer.test"), domain="localhost.local")
        elif name:
            await browser.sign_in(people[name])
        if route[0] == "GET":
            return await browser.get(path)
        return await browser.client.request(route[0], path, data={"_csrf_token": await browser.token()}, headers=HTMX)
