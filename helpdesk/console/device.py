"""The console as an app that can be installed, and notices on the devices of an agent."""

from datetime import timedelta
from typing import Any

from litestar import Controller, Response, get, post
from litestar.response import Template

from helpdesk.channels.web_push.encrypting import application_keys
from helpdesk.channels.web_push.subscribing import subscribe, subscription_of, unsubscribe
from helpdesk.console.asked import Me, Typed
from helpdesk.deliveries.pushing import push
from helpdesk.kernel.language import _, reader
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.installing import this_installation
from helpdesk.people.throttling import count_try
from helpdesk.web.static import FOLDER, static

_COLOURS = {"theme_color": "#1766c8", "background_color": "#f7f8fa"}
TESTS_AN_HOUR = 20


@get("/console/manifest.webmanifest")
async def manifest() -> Response[dict[str, Any]]:
    """What browsers need to install the console, in the reader's language."""
    company = (await this_installation()).name
    icons = [
        {"src": static("icon-192.png"), "sizes": "192x192", "type": "image/png"},
        {"src": static("icon-512.png"), "sizes": "512x512", "type": "image/png"},
        {"src": static("icon-maskable-512.png"), "sizes": "512x512", "type": "image/png", "purpose": "maskable"},
    ]
    told = {
        "id": "/console", "name": _("%(company)s helpdesk") % {"company": company}, "short_name": _("Helpdesk"),
        "description": _("Answer customers."), "lang": reader().language, "dir": reader().direction, "start_url": "/console",
        "scope": "/console", "display": "standalone", "icons": icons, **_COLOURS,
        "shortcuts": [{"name": _("New ticket"), "url": "/console/tickets/new"}],
    }  # fmt: skip
    return Response(told, media_type="application/manifest+json", headers={"cache-control": "private, max-age=3600"})


@get("/service-worker.js", sync_to_thread=False)
def service_worker() -> Response[bytes]:
    """At an address that never changes and above the console, whose pages it may then watch over."""
    content = (FOLDER / static("service-worker.js").removeprefix("/static/")).read_bytes()
    return Response(content, media_type="text/javascript; charset=utf-8", headers={"cache-control": "no-cache"})


@get("/offline")
async def offline() -> Template:
    """What the app shows without a network: nobody's page, kept on the device."""
    return Template("offline.html", headers={"cache-control": "no-cache"})


class PushController(Controller):
    path = "/console/push"

    @post("/", status_code=204)
    async def create(self, agent: Me, form: Typed) -> None:
        """Tell this browser from now on."""
        named = {name: form.line(name) for name in ("endpoint", "p256dh", "auth", "application_key")}
        await subscribe(**named, shows_text=form.is_checked("shows_text"), by=agent, at=now())

    @post("/ended", status_code=204)
    async def end(self, agent: Me, form: Typed) -> None:
        await unsubscribe(form.line("endpoint"), by=agent)

    @post("/test", status_code=204)
    async def test(self, agent: Me) -> None:
        """A notice to one's own devices, to see that it arrives. Raises TooMany."""
        await count_try(f"push-test:{agent.id}", at_most=TESTS_AN_HOUR, within=timedelta(hours=1), at=now())
        await push(
            agent.id or 0, _("This is a test"), _("Notices of the helpdesk arrive here."), "/console/notices", at=now()
        )


async def device_notices(agent: SignedIn) -> dict[str, Any]:
    """What the card on the page of preferences shows: our key, and whether notices may say what they are about."""
    known = await subscription_of(agent)
    return {"push_key": next(iter(application_keys())), "push_shows_text": bool(known and known["shows_text"])}
