"""What agents set for themselves: preferences and API tokens."""

from typing import Any
from zoneinfo import available_timezones

from litestar import Controller, Response, get, post
from litestar.response import Template

from helpdesk.console.asked import Id, Me, Text, Typed
from helpdesk.console.rendering import frame, render, see_other
from helpdesk.console.words import DENSITIES, GOINGS, THEMES
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.agents import change_preferences
from helpdesk.people.api_tokens import create_token, list_tokens, revoke
from helpdesk.people.panes import arrange
from helpdesk.people.permissions import demand

ZONES = {
    zone
    for zone in available_timezones()
    if ("/" in zone and not zone.startswith(("Etc/", "posix/", "right/"))) or zone == "UTC"
}
PREFERENCES = ("name", "language", "time_zone", "theme", "goes")


class PreferencesController(Controller):
    path = "/console/preferences"

    @get("/")
    async def show(self, agent: Me, said: Text = "") -> Template:
        return await _preferences(agent, said=said)

    @post("/", status_code=200)
    async def change(self, agent: Me, form: Typed) -> Response:
        typed = {name: form.line(name) for name in PREFERENCES} | {"signature": form.text("signature")}
        typed["goes"] = typed["goes"] or agent.goes  # a page from before an update does not ask
        try:
            await change_preferences(agent.id or 0, **typed)
        except Invalid as error:
            return await _preferences(agent, typed=typed, errors=error.fields, status=422)
        if form.has("rows"):
            await arrange(agent, is_compact=form.line("rows") == "compact")
        return see_other("/console/preferences?said=saved")


class TokensController(Controller):
    path = "/console/tokens"

    @get("/")
    async def show(self, agent: Me) -> Template:
        return await _tokens(agent)

    @post("/", status_code=200)
    async def create(self, agent: Me, form: Typed) -> Template:
        """A new token, shown this once."""
        demand(agent, "create_token")
        try:
            token = await create_token(agent.id or 0, form.line("name"), by=agent, at=now())
        except Invalid as error:
            return await _tokens(agent, name=form.line("name"), errors=error.fields, status=422)
        return await _tokens(agent, token=token)

    @post("/{token_id:int}/revocation", status_code=200)
    async def revoke(self, agent: Me, token_id: Id) -> Response:
        await revoke(token_id, agent_id=agent.id or 0, by=agent, at=now())
        return see_other("/console/tokens")


async def _preferences(
    agent: SignedIn, *, typed: dict[str, Any] | None = None, errors: dict[str, str] | None = None, said: str = "", **more: Any
) -> Template:  # fmt: skip
    shown = typed or {name: getattr(agent, name) for name in (*PREFERENCES, "signature")}
    return render(
        "settings/preferences.html", **await frame(agent), typed=shown, errors=errors or {}, said=said, themes=THEMES, goings=GOINGS, densities=DENSITIES,
        time_zones=[(zone, zone) for zone in sorted({*ZONES, shown["time_zone"]})], **more,
    )  # fmt: skip


async def _tokens(
    agent: SignedIn, *, errors: dict[str, str] | None = None, name: str = "", token: str = "", **more: Any
) -> Template:
    demand(agent, "create_token")
    tokens = await list_tokens(agent.id or 0)
    return render(
        "settings/tokens.html", **await frame(agent), tokens=tokens, errors=errors or {}, name=name, token=token, **more
    )
