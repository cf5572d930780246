"""The mailboxes that mail comes in and goes out by."""

from typing import Any

from litestar import Controller, Response, get, post
from litestar.response import Template

from helpdesk.channels.mailboxes import list_mailboxes, save_mailbox, set_in_use
from helpdesk.console.asked import Id, Me, Text, Typed
from helpdesk.console.forms import Form
from helpdesk.console.rendering import frame, render, see_other
from helpdesk.kernel.errors import Invalid, NotFound
from helpdesk.kernel.language import _, reader
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.directory import directory
from helpdesk.people.permissions import demand


class ChannelsController(Controller):
    path = "/console/channels"

    @get("/")
    async def show(self, agent: Me, said: Text = "") -> Template:
        demand(agent, "manage_channels")
        return render("settings/channels.html", **await frame(agent), channels=await list_mailboxes(), said=said)

    @get("/new")
    async def new(self, agent: Me) -> Template:
        return await _form(agent, _new())

    @post("/new", status_code=200)
    async def create(self, agent: Me, form: Typed) -> Response:
        return await _save(agent, _new(), form)

    @get("/{channel_id:int}")
    async def edit(self, agent: Me, channel_id: Id) -> Template:
        return await _form(agent, await _find(agent, channel_id))

    @post("/{channel_id:int}", status_code=200)
    async def change(self, agent: Me, channel_id: Id, form: Typed) -> Response:
        return await _save(agent, await _find(agent, channel_id), form)

    @post("/{channel_id:int}/use", status_code=200)
    async def use(self, agent: Me, channel_id: Id, form: Typed) -> Response:
        """Take the mailbox out of use, or into it again."""
        found = await _find(agent, channel_id)
        try:
            await set_in_use(channel_id, form.is_checked("use"), by=agent, at=now())
        except Invalid as error:
            return await _form(agent, found, errors=error.fields, status=422)
        return see_other("/console/channels?said=saved")


def _new() -> dict[str, Any]:
    return {
        "id": None, "name": "", "address": "", "team": None, "language": reader().language, "signature": "",
        "is_plus_addressed": True, "acknowledges": True, "deactivated_at": None,
    }  # fmt: skip


async def _find(agent: SignedIn, channel_id: int) -> dict[str, Any]:
    demand(agent, "manage_channels")
    for channel in await list_mailboxes():
        if channel["id"] == channel_id:
            return channel
    raise NotFound(_("There is no such mailbox."))


async def _save(agent: SignedIn, channel: dict[str, Any], form: Form) -> Response:
    typed = {
        "name": form.line("name"), "address": form.line("address"), "language": form.line("language"),
        "signature": form.text("signature"), "is_plus_addressed": form.is_checked("is_plus_addressed"),
        "acknowledges": form.is_checked("acknowledges"),
    }  # fmt: skip
    try:
        await save_mailbox(channel["id"], **typed, team=form.choice("team"), by=agent, at=now())
    except Invalid as error:
        return await _form(agent, channel | typed | {"team": form.whole("team")}, errors=error.fields, status=422)
    return see_other("/console/channels?said=saved")


async def _form(
    agent: SignedIn, channel: dict[str, Any], *, errors: dict[str, str] | None = None, status: int = 200
) -> Template:
    demand(agent, "manage_channels")
    people = await directory()
    return render(
        "settings/channel.html",
        status=status,
        **await frame(agent),
        channel=channel,
        people=people,
        errors=errors or {},
    )
