"""How long spam, trash and mails as they came are kept, and what was erased."""

from typing import Any

from litestar import Controller, Response, get, post
from litestar.response import Template

from helpdesk.channels.mailboxes import list_mailboxes
from helpdesk.console.asked import Me, Text, Typed
from helpdesk.console.rendering import frame, render, see_other
from helpdesk.intake.erasing import list_erased
from helpdesk.intake.keeping import keep, keeping
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.settings import settings
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import demand


class KeepingController(Controller):
    path = "/console/keeping"

    @get("/")
    async def show(self, agent: Me, said: Text = "") -> Template:
        return await _form(agent, await keeping(), said=said)

    @post("/", status_code=200)
    async def save(self, agent: Me, form: Typed) -> Response:
        days = {name: form.whole(name) for name in ("trash_kept_days", "raw_kept_days")}
        marking = form.wholes("marking")
        try:
            await keep(**days, marking=marking, by=agent)
        except Invalid as error:
            typed = {name: form.line(name) for name in days}
            return await _form(agent, typed | {"marking": marking}, errors=error.fields, status=422)
        return see_other("/console/keeping?said=saved")


async def _form(agent: SignedIn, kept: dict[str, Any], *, status: int = 200, **more: Any) -> Template:
    demand(agent, "manage_keeping")
    shown = {"errors": {}, "said": "", "erased": await list_erased(), "channels": await list_mailboxes()} | more
    return render(
        "settings/keeping.html", status=status, **await frame(agent), kept=kept, has_trusted_mx=settings().trusted_mx is not None, **shown
    )  # fmt: skip
