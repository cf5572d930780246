"""The provider that agents sign in by: which it is, whom it brings, and whether it works."""

from typing import Any

from litestar import Controller, Response, get, post
from litestar.response import Template

from helpdesk.console.asked import Me, Text, Typed
from helpdesk.console.forms import Form
from helpdesk.console.rendering import frame, render, see_other
from helpdesk.console.words import ROLES
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.directory import directory
from helpdesk.people.oidc import choosing
from helpdesk.people.oidc.choosing import NEW_ROLES, Choice, redirect_url, the_provider
from helpdesk.people.oidc.trying import Finding, try_provider
from helpdesk.people.permissions import demand
from helpdesk.people.tables import Role

HERE = "/console/security/provider"


class ProvidersController(Controller):
    path = HERE

    @get("/")
    async def show(self, agent: Me, said: Text = "") -> Template:
        return await provider_page(agent, said=said)

    @post("/", status_code=200)
    async def save(self, agent: Me, form: Typed) -> Response:
        choice = _typed(form)
        try:
            await choosing.choose(choice, by=agent, at=now())
        except Invalid as error:
            return await provider_page(agent, typed=choice, errors=error.fields, status=422)
        return see_other(f"{HERE}?said=saved")

    @post("/removal", status_code=200)
    async def remove(self, agent: Me) -> Response:
        await choosing.remove(by=agent, at=now())
        return see_other(f"{HERE}?said=removed")

    @post("/test", status_code=200)
    async def test(self, agent: Me) -> Template:
        return await provider_page(agent, findings=await try_provider(by=agent))


async def provider_page(
    agent: SignedIn, *, typed: Choice | None = None, errors: dict[str, str] | None = None, said: str = "",
    findings: list[Finding] | None = None, **more: Any,
) -> Template:  # fmt: skip
    """The form as it was typed or is kept, and what a test found."""
    demand(agent, "manage_security")
    kept = await the_provider()
    people = (await directory()).agents.values()
    return render(
        "settings/provider.html", **await frame(agent), kept=kept, typed=typed or kept or Choice(name="", issuer="", client_id=""),
        errors=errors or {}, said=said, findings=findings, redirect_url=redirect_url(),
        new_roles=[("", _("Nobody: only who was invited gets in")), *((role.value, _(ROLES[role])) for role in NEW_ROLES)],
        admins=[("", _("Nobody’s"))] + [(one.id, one.name) for one in people if one.role == Role.ADMIN and one.is_active], **more,
    )  # fmt: skip


def _typed(form: Form) -> Choice:
    return Choice(
        name=form.line("name"), issuer=form.line("issuer"), client_id=form.line("client_id"),
        client_secret=form.secret("client_secret").strip(),
        domains=list(dict.fromkeys(form.line("domains").lower().replace(",", " ").replace("@", " ").replace("،", " ").split())),
        new_role=form.line("new_role"), brings_factor=form.is_checked("brings_factor"), is_on=form.is_checked("is_on"),
        is_only_way=form.is_checked("is_only_way"), break_glass=form.whole("break_glass"),
    )  # fmt: skip
