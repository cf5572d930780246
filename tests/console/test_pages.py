"""Every page renders in both languages for every role, or refuses clearly."""

from collections.abc import Callable

import pytest
from litestar import Litestar

from helpdesk.people.actor import SignedIn
from helpdesk.people.agents import change_preferences
from tests.cast import hire, make_team
from tests.console.browsing import Browser
from tests.make import a_ticket
from tests.matrix.asking import FIRST, filled, routes_of
from tests.matrix.world import make_world

OPEN_TO_ALL = [
    "/console", "/console?view=unassigned", "/console?view=open", "/console?view=pending", "/console?view=solved", "/console?view=automatic", "/console?view=spam", "/console?view=trash",
    "/console/tickets/1001", "/console/tickets/1001?view=unassigned", "/console/customers/1", "/console/preferences", "/console/preferences/notices", "/console/notices",
]  # fmt: skip
PARTS = [
    "/console/notices/bell", "/console/notices/panel", "/console/views?view=mine", "/console/tickets/rows?view=unassigned", "/console/tickets/1001/timeline",
    "/console/tickets/1001/header", "/console/tickets/1001/timeline/m1",
]  # fmt: skip
BY_ROLE = {
    "/console/tickets/new": {"alma", "mani", "ben"},
    "/console/tokens": {"alma", "mani", "ben"},
    "/console/agents": {"alma", "mani"},
    "/console/teams": {"alma", "mani"},
    "/console/teams/new": {"alma", "mani"},
    "/console/teams/1": {"alma", "mani"},
    "/console/sink": {"alma"},
    "/console/agents/1": {"alma"},
    "/console/agents/new": {"alma"},
    "/console/channels": {"alma"},
    "/console/channels/new": {"alma"},
    "/console/channels/1": {"alma"},
    "/console/channels/1/texts": {"alma"},
    "/console/channels/1/texts/acknowledgement/fa": {"alma"},
    "/console/settings/forms": {"alma"},
    "/console/settings/forms/new": {"alma"},
    "/console/settings/brand": {"alma"},
    "/console/mail-log": {"alma", "mani"},
    "/console/senders": {"alma", "mani"},
    "/console/filters": {"alma"},
    "/console/filters/new": {"alma"},
    "/console/keeping": {"alma"},
    "/console/queues": {"alma"},
}


async def _in(language: str, agent: SignedIn) -> None:
    await change_preferences(
        agent.id or 0, name=agent.name, language=language, time_zone="Asia/Tehran", theme="dark", signature=""
    )


@pytest.mark.parametrize("language", ["en", "fa"])
@pytest.mark.parametrize("name", ["alma", "mani", "ben", "lia"])
async def test_every_page_renders_or_refuses(browser: Callable[[], Browser], name: str, language: str) -> None:
    agent = await hire(name)
    await make_team("Billing", agent)
    await a_ticket()
    await _in(language, agent)
    visitor = await browser().sign_in(agent)
    direction = "rtl" if language == "fa" else "ltr"
    for path in OPEN_TO_ALL:
        page = await visitor.get(path)
        assert page.status_code == 200, (path, page.text)
        assert f'dir="{direction}"' in page.text
    for path in PARTS:
        assert (await visitor.get(path, htmx=True)).status_code == 200, path
    for path, names in BY_ROLE.items():
        page = await visitor.get(path)
        assert page.status_code == (200 if name in names else 403), (path, page.text)


NO_PAGES = ("/console/attachments/", "/console/live", "/frame", "/raw", ".css")
"""Files, streams, mails as they came, what stands in a frame."""


async def test_what_is_a_part_of_a_page_leads_to_the_whole_when_its_address_is_asked(
    browser: Callable[[], Browser], app: Litestar
) -> None:
    visitor = await browser().sign_in((await make_world())["alma"])
    parts: dict[str, str] = {}
    for method, route in routes_of(app):
        if method != "GET" or not route.startswith("/console") or any(part in route for part in NO_PAGES):
            continue
        answer = await visitor.get(filled(route, FIRST) + "?view=open")
        if answer.status_code == 200 and "html" in answer.headers["content-type"]:
            assert "<html" in answer.text, route
        if answer.status_code == 302:
            parts[route] = answer.headers["location"]
    assert parts["/console/channels/{channel_id}/plus"] == "/console/channels/1?view=open"
    assert parts["/console/tickets/{number}/timeline"] == "/console/tickets/1001?view=open" and len(parts) > 15
    for whole in set(parts.values()):
        assert "<html" in (await visitor.get(whole)).text, whole


async def test_nobody_gets_in_without_signing_in(browser: Callable[[], Browser]) -> None:
    await hire("ben")
    await a_ticket()
    visitor = browser()
    for path in [*OPEN_TO_ALL, *BY_ROLE]:
        page = await visitor.get(path)
        assert (page.status_code, page.headers["location"].split("?")[0]) == (302, "/console/sign-in"), path
        part = await visitor.get(path, htmx=True)
        assert (part.status_code, part.headers["hx-redirect"]) == (401, "/console/sign-in"), path
