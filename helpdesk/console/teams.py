"""Teams: members, leads, and who sees their tickets."""

from typing import Any

from litestar import Controller, Response, get, post
from litestar.response import Template

from helpdesk.console.asked import Id, Me, Text, Typed
from helpdesk.console.forms import Form
from helpdesk.console.rendering import frame, render, see_other
from helpdesk.kernel.errors import Invalid, NotFound
from helpdesk.kernel.language import _
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.directory import directory
from helpdesk.people.permissions import demand
from helpdesk.people.teams import list_teams, save_team

NEW = {"id": None, "name": "", "is_private": False, "member_ids": [], "lead_ids": []}


class TeamsController(Controller):
    path = "/console/teams"

    @get("/")
    async def show(self, agent: Me, said: Text = "") -> Template:
        demand(agent, "manage_teams")
        return render("settings/teams.html", **await frame(agent), teams=await list_teams(), said=said)

    @get("/new")
    async def new(self, agent: Me) -> Template:
        return await _form(agent, NEW)

    @post("/new", status_code=200)
    async def create(self, agent: Me, form: Typed) -> Response:
        return await _save(agent, None, form)

    @get("/{team_id:int}")
    async def edit(self, agent: Me, team_id: Id) -> Template:
        found = next((team for team in await list_teams() if team["id"] == team_id), None)
        if found is None:
            raise NotFound(_("There is no such team."))
        return await _form(agent, found)

    @post("/{team_id:int}", status_code=200)
    async def change(self, agent: Me, team_id: Id, form: Typed) -> Response:
        return await _save(agent, team_id, form)


async def _save(agent: SignedIn, team_id: int | None, form: Form) -> Response:
    demand(agent, "manage_teams")
    typed: dict[str, Any] = {
        "name": form.line("name"), "is_private": form.is_checked("private"), "member_ids": form.wholes("members"),
        "lead_ids": form.wholes("leads"),
    }  # fmt: skip
    typed["member_ids"] = sorted({*typed["member_ids"], *typed["lead_ids"]})
    try:
        await save_team(team_id, by=agent, at=now(), **typed)
    except Invalid as error:
        return await _form(agent, typed | {"id": team_id}, errors=error.fields, status=422)
    return see_other("/console/teams?said=saved")


async def _form(
    agent: SignedIn, team: dict[str, Any], *, errors: dict[str, str] | None = None, status: int = 200
) -> Template:
    demand(agent, "manage_teams")
    people = [one for one in (await directory()).agents.values() if one.is_active or one.id in team["member_ids"]]
    return render(
        "settings/team.html", status=status, **await frame(agent), team=team, people=people, errors=errors or {}
    )
