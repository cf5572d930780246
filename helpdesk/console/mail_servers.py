"""The servers of a mailbox, and whether they work: parts of the mailbox's page."""

from typing import Any, cast

from litestar import Controller, Request, Response, get, post
from litestar.response import Template

from helpdesk.channels.mail_accounts import Afterwards, Server, Tls, remove_account, save_account
from helpdesk.channels.mailboxes import get_mailbox
from helpdesk.channels.tables import Direction
from helpdesk.console.asked import Id, Me, Name, Typed
from helpdesk.console.channels import mailbox_page
from helpdesk.console.forms import Form
from helpdesk.console.rendering import render, see_other, wants_fragment
from helpdesk.deliveries.checking import check_mailbox
from helpdesk.deliveries.hurrying import hurry
from helpdesk.deliveries.probing import find_plus
from helpdesk.kernel.errors import Invalid, NotFound
from helpdesk.kernel.language import _
from helpdesk.kernel.time import now
from helpdesk.people.permissions import demand

WAYS = {"receiving": Direction.IN, "sending": Direction.OUT}


class MailServersController(Controller):
    path = "/console/channels/{channel_id:int}"

    @post("/servers/{way:str}", status_code=200)
    async def save(self, agent: Me, channel_id: Id, way: Name, form: Typed) -> Response:
        """Fetch from this server, or send by it."""
        direction, server = _direction(way), _typed(form, way)
        try:
            await save_account(channel_id, direction, server, by=agent, at=now())
        except Invalid as error:
            errors = {f"{way}_{name}": message for name, message in error.fields.items()}
            return await mailbox_page(agent, channel_id, typed={way: server}, errors=errors, status=422)
        return await _done(channel_id, direction)

    @post("/servers/{way:str}/removal", status_code=200)
    async def remove(self, agent: Me, channel_id: Id, way: Name) -> Response:
        direction = _direction(way)
        await remove_account(channel_id, direction, by=agent, at=now())
        return await _done(channel_id, direction)

    @post("/test", status_code=200)
    async def test(self, agent: Me, request: Request, channel_id: Id) -> Template:
        """Takes up to 20 seconds; what it found is shown once and not kept."""
        demand(agent, "manage_channels")
        found = await check_mailbox(await get_mailbox(channel_id), with_probe=True, by=agent, at=now())
        shown: dict[str, Any] = {
            "findings": found[:-1],
            "plus": found[-1],
            "awaits_probe": found[-1].level == "unknown",
        }
        if wants_fragment(request):
            return render("settings/_findings.html", channel={"id": channel_id}, **shown)
        return await mailbox_page(agent, channel_id, **shown)

    @get("/plus", part_of="/console/channels/{channel_id}")
    async def show_plus(self, agent: Me, channel_id: Id) -> Template:
        """Whether the probe has come back by now."""
        demand(agent, "manage_channels")
        plus = await find_plus(await get_mailbox(channel_id))
        return render(
            "settings/_plus.html", channel={"id": channel_id}, plus=plus, awaits_probe=plus.level == "unknown"
        )


def _direction(way: str) -> Direction:
    if way not in WAYS:
        raise NotFound(_("There is nothing here."))
    return WAYS[way]


def _typed(form: Form, way: str) -> Server:
    """As it was typed; `save_account` says what will not do."""
    return Server(
        host=form.line(f"{way}_host"), port=form.whole(f"{way}_port") or 0, tls=cast("Tls", form.line(f"{way}_tls")),
        username=form.line(f"{way}_username"), password=form.secret(f"{way}_password"),
        folder=form.line(f"{way}_folder"), afterwards=cast("Afterwards", form.line(f"{way}_afterwards")),
        move_to=form.line(f"{way}_move_to"),
    )  # fmt: skip


async def _done(channel_id: int, direction: Direction) -> Response:
    if direction == Direction.OUT:
        await hurry(channel_id)
    return see_other(f"/console/channels/{channel_id}?said=saved")
