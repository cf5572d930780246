"""Saying whether one is there: in the menu of the rail, and on a page of its own for being out until some day."""

from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.response import Template

from helpdesk.console.asked import Me, Text, Typed
from helpdesk.console.forms import Form
from helpdesk.console.rendering import frame, render, see_other, wants_fragment
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import reader, zone
from helpdesk.kernel.spoken_dates import understand
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.availability import set_availability
from helpdesk.people.directory import directory
from helpdesk.people.standing import availability_of


class AvailabilityController(Controller):
    path = "/console/availability"

    @get("/")
    async def show(self, agent: Me, said: Text = "") -> Template:
        own = await availability_of(agent.id or 0)
        return await _page(agent, {"until": "", "replacement": own["replacement"]}, said=said)

    @post("/", status_code=200)
    async def change(self, request: Request, agent: Me, form: Typed) -> Response:
        """Available, away, or out `until` a moment as people say it, with a `replacement`; both may be empty."""
        try:
            await set_availability(agent.id or 0, form.line("availability"), by=agent, at=now(), **_out(form))
        except Invalid as error:
            typed = {"until": form.line("until"), "replacement": form.whole("replacement")}
            return await _page(agent, typed, errors=error.fields, status=422)
        if wants_fragment(request):
            return render(
                "settings/_availability.html", availability=await availability_of(agent.id or 0), is_fresh=True
            )
        return see_other("/console/availability?said=saved")


def _out(form: Form) -> dict[str, Any]:
    said = form.line("until")
    until = understand(said, at=now(), zone=zone(reader().time_zone), language=reader().language) if said else None
    return {"out_until": until, "replacement": form.choice("replacement") if form.has("replacement") else None}


async def _page(agent: SignedIn, typed: dict[str, Any], *, status: int = 200, **more: Any) -> Template:
    stand_ins = [one for one in (await directory()).assignable if one.id != agent.id]
    shown = {"errors": {}, "said": ""} | more
    return render(
        "settings/availability.html", status=status, **await frame(agent), typed=typed, stand_ins=stand_ins, **shown
    )  # fmt: skip
