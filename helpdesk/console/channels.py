"""The mailboxes that mail comes in and goes out by."""

from typing import Any

from litestar import Controller, Response, get, post
from litestar.response import Template

from helpdesk.channels.email.providers import PROVIDERS
from helpdesk.channels.mail_accounts import Server, accounts_of
from helpdesk.channels.mailboxes import QUOTES, get_mailbox, list_mailboxes, save_mailbox, set_in_use
from helpdesk.console.asked import Id, Me, Text, Typed
from helpdesk.console.forms import Form
from helpdesk.console.rendering import frame, render, see_other
from helpdesk.deliveries.probing import find_plus
from helpdesk.intake.fetch_states import fetching_of
from helpdesk.kernel.errors import Invalid, NotFound
from helpdesk.kernel.language import _, reader
from helpdesk.kernel.settings import settings
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.directory import directory
from helpdesk.people.permissions import demand

OTHER = {"receiving": Server(host="", port=993), "sending": Server(host="", port=587, tls="starttls")}
"""What the form of a server begins with when no provider is chosen."""


class ChannelsController(Controller):
    path = "/console/channels"

    @get("/")
    async def show(self, agent: Me, said: Text = "") -> Template:
        demand(agent, "manage_channels")
        channels = await list_mailboxes()
        accounts = await accounts_of(*(one["id"] for one in channels))
        return render("settings/channels.html", **await frame(agent), channels=channels, accounts=accounts, said=said)

    @get("/new")
    async def new(self, agent: Me) -> Template:
        return await _new_page(agent, _new())

    @post("/new", status_code=200)
    async def create(self, agent: Me, form: Typed) -> Response:
        typed = _typed(form)
        try:
            made = await save_mailbox(None, **typed, team=form.choice("team"), by=agent, at=now())
        except Invalid as error:
            return await _new_page(
                agent, _new() | typed | {"team": form.whole("team")}, errors=error.fields, status=422
            )
        return see_other(f"/console/channels/{made.id}?said=added")

    @get("/{channel_id:int}")
    async def edit(
        self, agent: Me, channel_id: Id, said: Text = "", receiving: Text = "", sending: Text = ""
    ) -> Template:
        """`receiving` and `sending` open the form of a server, filled for a provider."""
        demand(agent, "manage_channels")
        address = (await _find(channel_id))["address"]
        chosen = {
            way: _preset(way, key, address) for way, key in (("receiving", receiving), ("sending", sending)) if key
        }
        return await mailbox_page(agent, channel_id, typed=chosen, said=said)

    @post("/{channel_id:int}", status_code=200)
    async def change(self, agent: Me, channel_id: Id, form: Typed) -> Response:
        typed = _typed(form)
        try:
            await save_mailbox(channel_id, **typed, team=form.choice("team"), by=agent, at=now())
        except Invalid as error:
            changed = typed | {"team": form.whole("team")}
            return await mailbox_page(agent, channel_id, changed=changed, errors=error.fields, status=422)
        return see_other(f"/console/channels/{channel_id}?said=saved")

    @post("/{channel_id:int}/use", status_code=200)
    async def use(self, agent: Me, channel_id: Id, form: Typed) -> Response:
        """Take the mailbox out of use, or into it again."""
        try:
            await set_in_use(channel_id, form.is_checked("use"), by=agent, at=now())
        except Invalid as error:
            return await mailbox_page(agent, channel_id, errors=error.fields, status=422)
        return see_other("/console/channels?said=saved")


async def mailbox_page(
    agent: SignedIn, channel_id: int, *, changed: dict[str, Any] | None = None, typed: dict[str, Server] | None = None,
    status: int = 200, **shown: Any,
) -> Template:  # fmt: skip
    """All about a mailbox. `changed` are its fields and `typed` its servers as they stand in a form, and are not saved."""
    demand(agent, "manage_channels")
    known = await _find(channel_id)
    context = {
        "channel": known | (changed or {}), "known_as": known["name"], "accounts": (await accounts_of(channel_id))[channel_id],
        "typed": typed or {}, "fetching": await fetching_of(channel_id), "plus": await find_plus(await get_mailbox(channel_id)),
        "has_default": settings().smtp_url is not None, "providers": PROVIDERS, "people": await directory(),
        "findings": None, "awaits_probe": False, "errors": {}, "said": "",
    }  # fmt: skip
    return render("settings/channel.html", status=status, **await frame(agent), quotes=QUOTES, **(context | shown))


async def _new_page(
    agent: SignedIn, channel: dict[str, Any], *, errors: dict[str, str] | None = None, status: int = 200
) -> Template:
    demand(agent, "manage_channels")
    context = {"channel": channel, "people": await directory(), "errors": errors or {}}
    return render("settings/new_channel.html", status=status, **await frame(agent), quotes=QUOTES, **context)


async def _find(channel_id: int) -> dict[str, Any]:
    for channel in await list_mailboxes():
        if channel["id"] == channel_id:
            return channel
    raise NotFound(_("There is no such mailbox."))


def _new() -> dict[str, Any]:
    return {
        "id": None, "name": "", "address": "", "team": None, "language": reader().language, "signature": "",
        "is_plus_addressed": True, "acknowledges": True, "links_to_portal": True, "quotes": "last",
    }  # fmt: skip


def _typed(form: Form) -> dict[str, Any]:
    return {
        "name": form.line("name"), "address": form.line("address"), "language": form.line("language"),
        "signature": form.text("signature"), "is_plus_addressed": form.is_checked("is_plus_addressed"),
        "acknowledges": form.is_checked("acknowledges"), "links_to_portal": form.is_checked("links_to_portal"),
        "quotes": form.line("quotes") or "last",
    }  # fmt: skip


def _preset(way: str, key: str, address: str) -> Server:
    """The form of a server as it begins, for a provider's key or any other word."""
    provider = PROVIDERS.get(key)
    if provider is None:
        return OTHER[way]
    host, port, tls = provider.imap if way == "receiving" else provider.smtp
    return Server(host=host, port=port, tls=tls, username=address)
