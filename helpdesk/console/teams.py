"""Teams: their members, who leads, and how their tickets find an agent."""

from typing import Any

from litestar import Controller, Response, get, post
from litestar.response import Template

from helpdesk.console.asked import Id, Me, Text, Typed
from helpdesk.console.forms import Form, read_whole
from helpdesk.console.rendering import frame, render, see_other
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.availability import away_after_minutes, change_away_after
from helpdesk.people.directory import directory
from helpdesk.people.permissions import demand
from helpdesk.people.tables import Assignment
from helpdesk.people.teams import find_team, list_teams, save_team
from helpdesk.promises.calendars import choice_of
from helpdesk.routing.loads import members_of, waiting_by_team

NEW = {
    "id": None, "name": "", "is_private": False, "member_ids": [], "lead_ids": [], "assignment": Assignment.MANUAL.value,
    "capacities": {},
}  # fmt: skip


class TeamsController(Controller):
    path = "/console/teams"

    @get("/")
    async def show(self, agent: Me, said: Text = "") -> Template:
        return await _page(agent, said=said)

    @post("/away", status_code=200)
    async def set_away_after(self, agent: Me, form: Typed) -> Response:
        """After how many minutes without a visit an agent counts as away."""
        try:
            await change_away_after(form.whole("away_after_minutes"), by=agent, at=now())
        except Invalid as error:
            return await _page(agent, errors=error.fields, away_after=form.line("away_after_minutes"), status=422)
        return see_other("/console/teams?said=saved")

    @get("/new")
    async def new(self, agent: Me) -> Template:
        return await _form(agent, NEW)

    @post("/new", status_code=200)
    async def create(self, agent: Me, form: Typed) -> Response:
        return await _save(agent, None, form)

    @get("/{team_id:int}")
    async def edit(self, agent: Me, team_id: Id, said: Text = "") -> Template:
        demand(agent, "manage_teams")
        return await _form(agent, await find_team(team_id), said=said)

    @post("/{team_id:int}", status_code=200)
    async def change(self, agent: Me, team_id: Id, form: Typed) -> Response:
        return await _save(agent, team_id, form)


async def _save(agent: SignedIn, team_id: int | None, form: Form) -> Response:
    demand(agent, "manage_teams")
    members = sorted({*form.wholes("members"), *form.wholes("leads")})
    typed: dict[str, Any] = {
        "name": form.line("name"), "is_private": form.is_checked("private"), "member_ids": members,
        "lead_ids": form.wholes("leads"), "assignment": form.line("assignment") or Assignment.MANUAL,
    }  # fmt: skip
    written = {one: said for one in members if (said := form.line(f"capacity-{one}"))}
    try:
        await save_team(team_id, by=agent, at=now(), capacities=_capacities(written), **typed)
    except Invalid as error:
        return await _form(agent, typed | {"id": team_id, "capacities": written}, errors=error.fields, status=422)
    return see_other("/console/teams?said=saved")


def _capacities(written: dict[int, str]) -> dict[int, int]:
    read = {one: read_whole(said) for one, said in written.items()}
    if None in read.values():
        raise Invalid(capacity=_("Write a number of tickets, or nothing for no limit."))
    return {one: capacity for one, capacity in read.items() if capacity is not None}


async def _page(agent: SignedIn, *, status: int = 200, **more: Any) -> Template:
    demand(agent, "manage_teams")
    shown = {"errors": {}, "said": "", "away_after": await away_after_minutes()} | more
    return render(
        "settings/teams.html", status=status, **await frame(agent), teams=await list_teams(), waiting=await waiting_by_team(), **shown
    )  # fmt: skip


async def _form(
    agent: SignedIn, team: dict[str, Any], *, errors: dict[str, str] | None = None, status: int = 200, said: str = ""
) -> Template:
    demand(agent, "manage_teams")
    people = [one for one in (await directory()).agents.values() if one.is_active or one.id in team["member_ids"]]
    held = {one.id: one for one in await members_of(team["id"])} if team["id"] else {}
    waiting = (await waiting_by_team()).get(team["id"], 0) if team["id"] else 0
    return render(
        "settings/team.html", status=status, **await frame(agent), team=team, people=people, held=held, waiting=waiting, errors=errors or {},
        said=said, choice=await choice_of("team", team["id"]) if team["id"] else None,
    )  # fmt: skip
