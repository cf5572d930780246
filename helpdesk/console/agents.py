"""The people who work here: inviting, roles, and leaving."""

from typing import Any

from litestar import Controller, Response, get, post
from litestar.response import Redirect, Template

from helpdesk.console.account import shown as shown_sessions
from helpdesk.console.asked import Id, Me, Text, Typed
from helpdesk.console.rendering import frame, render, see_other
from helpdesk.deliveries.system_mail import invite, send_invitation, tell_of_change
from helpdesk.kernel.database import transaction
from helpdesk.kernel.errors import Invalid, NotFound
from helpdesk.kernel.language import _, reader
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.agents import list_agents
from helpdesk.people.availability import set_availability, set_capacity
from helpdesk.people.oidc.choosing import forget_identities, identities_of
from helpdesk.people.permissions import demand
from helpdesk.people.resetting import reset_factor
from helpdesk.people.second_factor import factor_state
from helpdesk.people.sessions import end_session, end_sessions_of, list_sessions
from helpdesk.people.standing import availability_of
from helpdesk.people.tables import Agent, Role
from helpdesk.tickets.leaving import change_or_release

NEW = {"email": "", "name": "", "role": Role.AGENT.value, "language": ""}


class AgentsController(Controller):
    path = "/console/agents"

    @get("/")
    async def show(self, agent: Me, said: Text = "") -> Template:
        return await _page(agent, said=said)

    @get("/new")
    async def new(self, agent: Me) -> Template:
        return await _new(agent, NEW)

    @post("/new", status_code=200)
    async def invite(self, agent: Me, form: Typed) -> Template:
        """Add an agent and mail the invitation; the link is shown once, for when mail does not work yet."""
        demand(agent, "manage_agents")
        typed = {name: form.line(name) for name in NEW}
        try:
            invited, link = await invite(**typed, by=agent, at=now())
        except Invalid as error:
            return await _new(agent, typed, errors=error.fields, status=422)
        return await _page(agent, invited=invited, link=link)

    @get("/{agent_id:int}")
    async def edit(self, agent: Me, agent_id: Id, said: Text = "") -> Template:
        return await _form(agent, await _find(agent, agent_id), said=said)

    @post("/{agent_id:int}", status_code=200)
    async def change(self, agent: Me, agent_id: Id, form: Typed) -> Response:
        """Name and role; a new role signs the agent out."""
        found = await _find(agent, agent_id)
        try:
            await change_or_release(agent_id, by=agent, at=now(), name=form.line("name"), role=form.line("role"))
        except Invalid as error:
            found.name, found.role = form.line("name"), form.line("role")
            return await _form(agent, found, errors=error.fields, status=422)
        return see_other("/console/agents?said=saved")

    @post("/{agent_id:int}/capacity", status_code=200)
    async def set_capacity(self, agent: Me, agent_id: Id, form: Typed) -> Response:
        """How many tickets they are given at most; empty is any number."""
        found = await _find(agent, agent_id)
        try:
            await set_capacity(agent_id, form.choice("capacity"), by=agent, at=now())
        except Invalid as error:
            return await _form(agent, found, errors=error.fields, status=422)
        return see_other("/console/agents?said=saved")

    @post("/{agent_id:int}/availability", status_code=200)
    async def set_availability(self, agent: Me, agent_id: Id, form: Typed) -> Response:
        """For somebody who cannot say it themselves: out, or available again."""
        found = await _find(agent, agent_id)
        try:
            await set_availability(agent_id, form.line("availability"), by=agent, at=now())
        except Invalid as error:
            return await _form(agent, found, errors=error.fields, status=422)
        return see_other(f"/console/agents/{agent_id}")

    @post("/{agent_id:int}/activity", status_code=200)
    async def set_active(self, agent: Me, agent_id: Id, form: Typed) -> Response:
        """Deactivate, which ends all sessions, or activate again."""
        found = await _find(agent, agent_id)
        try:
            await change_or_release(agent_id, by=agent, at=now(), is_active=form.is_checked("active"))
        except Invalid as error:
            return await _form(agent, found, errors=error.fields, status=422)
        return see_other("/console/agents?said=saved")

    @post("/{agent_id:int}/invitation", status_code=200)
    async def invite_again(self, agent: Me, agent_id: Id) -> Template | Redirect:
        """A new link; older ones stop working."""
        demand(agent, "manage_agents")
        found = await _find(agent, agent_id)
        if found.deactivated_at is not None:
            return see_other(f"/console/agents/{agent_id}")
        return await _page(agent, invited=found, link=await send_invitation(found, by=agent, at=now()))

    @post("/{agent_id:int}/factor/reset", status_code=200)
    async def reset_factor(self, agent: Me, agent_id: Id) -> Redirect:
        """Take the second factor away from somebody who has lost it; they are signed out and told by mail."""
        async with transaction():
            if await reset_factor(agent_id, by=agent, at=now()):
                await tell_of_change(agent_id, "factor_reset", at=now())
        return see_other(f"/console/agents/{agent_id}?said=reset")

    @post("/{agent_id:int}/provider/removal", status_code=200)
    async def forget_identities(self, agent: Me, agent_id: Id) -> Redirect:
        """Take the link with their account at the provider away."""
        await forget_identities(agent_id, by=agent, at=now())
        return see_other(f"/console/agents/{agent_id}?said=unlinked")

    @post("/{agent_id:int}/sessions/end", status_code=200)
    async def end_sessions(self, agent: Me, agent_id: Id) -> Redirect:
        await end_sessions_of(agent_id, by=agent, at=now())
        return see_other(f"/console/agents/{agent_id}?said=ended")

    @post("/{agent_id:int}/sessions/{session_id:int}/end", status_code=200)
    async def end_session(self, agent: Me, agent_id: Id, session_id: Id) -> Redirect:
        await end_session(session_id, by=agent, at=now())
        return see_other(f"/console/agents/{agent_id}?said=ended")


async def _find(agent: SignedIn, agent_id: int) -> Agent:
    demand(agent, "manage_agents")
    found = await Agent.objects().get(Agent.id == agent_id)
    if found is None:
        raise NotFound(_("There is no such agent."))
    return found


async def _page(agent: SignedIn, *, said: str = "", **more: Any) -> Template:
    demand(agent, "see_agents")
    return render("settings/agents.html", **await frame(agent), agents=await list_agents(), said=said, **more)


async def _new(
    agent: SignedIn, typed: dict[str, str], *, errors: dict[str, str] | None = None, status: int = 200
) -> Template:
    demand(agent, "manage_agents")
    shown = typed | {"language": typed["language"] or reader().language}
    return render("settings/new_agent.html", status=status, **await frame(agent), typed=shown, errors=errors or {})


async def _form(
    agent: SignedIn, found: Agent, *, errors: dict[str, str] | None = None, said: str = "", status: int = 200
) -> Template:
    return render(
        "settings/agent.html", status=status, **await frame(agent), found=found, errors=errors or {}, said=said,
        is_now=await availability_of(found.id), factor=await factor_state(found.id), identities=await identities_of(found.id), sessions=shown_sessions(await list_sessions(found.id, at=now())),
    )  # fmt: skip
