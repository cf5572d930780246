"""What the helpdesk demands of those who work in it."""

from typing import Any

from litestar import Controller, Response, get, post
from litestar.response import Template

from helpdesk.console.asked import Me, Text, Typed
from helpdesk.console.rendering import frame, render, see_other
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import digits, ngettext
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.oidc import way_in
from helpdesk.people.permissions import demand
from helpdesk.people.second_factor import factor_state
from helpdesk.people.securing import IDLE_MINUTES, SESSION_DAYS, factor_counts, secure, security

NUMBERS = ("session_idle_minutes", "session_days", "shortest_password")


class SecurityController(Controller):
    path = "/console/security"

    @get("/")
    async def show(self, agent: Me, said: Text = "") -> Template:
        return await _form(agent, await security(), said=said)

    @post("/", status_code=200)
    async def save(self, agent: Me, form: Typed) -> Response:
        typed: dict[str, Any] = {name: form.whole(name) for name in NUMBERS}
        typed["factor_roles"] = form.texts("factor_roles")
        try:
            await secure(**typed, by=agent, at=now())
        except Invalid as error:
            shown = typed | {"shortest_password": form.line("shortest_password")}
            return await _form(agent, shown, errors=error.fields, status=422)
        return see_other("/console/security?said=saved")


async def _form(
    agent: SignedIn, kept: dict[str, Any], *, errors: dict[str, str] | None = None, said: str = "", **more: Any
) -> Template:
    demand(agent, "manage_security")
    return render(
        "settings/security.html", **await frame(agent), kept=kept, errors=errors or {}, said=said, counts=await factor_counts(),
        idle=[(minutes, _span(minutes)) for minutes in IDLE_MINUTES], days=[(n, _days(n)) for n in SESSION_DAYS],
        own=await factor_state(agent.id or 0), provider=await way_in(), **more,
    )  # fmt: skip


def _span(minutes: int) -> str:
    if minutes < 60:
        return ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": digits(minutes)}
    return ngettext("%(n)s hour", "%(n)s hours", minutes // 60) % {"n": digits(minutes // 60)}


def _days(number: int) -> str:
    return ngettext("%(n)s day", "%(n)s days", number) % {"n": digits(number)}
