"""How a mailbox is fetched, and leave of its owner to sign in for it."""

from typing import Annotated

from litestar import Controller, Response, get, post
from litestar.params import QueryParameter
from litestar.response import Template

from helpdesk.channels.email import consenting
from helpdesk.channels.email.consenting import Client, begin_consent, disconnect, finish_consent, grant_of, redirect_url
from helpdesk.channels.tables import Channel, OAuthGrant
from helpdesk.console.asked import Id, Me, Text, Typed
from helpdesk.console.rendering import frame, render, see_other
from helpdesk.deliveries.hurrying import hurry
from helpdesk.intake.fetch_states import acknowledge_gap, fetch_earlier, fetch_now, fetching_of
from helpdesk.kernel.errors import Invalid, NotFound
from helpdesk.kernel.language import _
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import demand

State = Annotated[str, QueryParameter(name="state")]  # the framework means something else by that name
FIELDS = ("provider", "tenant", "authorize_url", "token_url", "scope", "client_id")


class FetchingController(Controller):
    path = "/console/channels/{channel_id:int}/fetching"

    @get("/", part_of="/console/channels/{channel_id}")
    async def show(self, agent: Me, channel_id: Id) -> Template:
        """The part of the mailbox's page, asked for again while mails come in."""
        demand(agent, "manage_channels")
        return render("settings/_fetching.html", fetching=await fetching_of(channel_id))

    @post("/now", status_code=200)
    async def look(self, agent: Me, channel_id: Id) -> Response:
        await fetch_now(channel_id, by=agent)
        return see_other(f"/console/channels/{channel_id}")

    @post("/earlier", status_code=200)
    async def take_earlier(self, agent: Me, channel_id: Id) -> Response:
        """Take in what was there before us, too."""
        await fetch_earlier(channel_id, by=agent)
        return see_other(f"/console/channels/{channel_id}")

    @post("/gap", status_code=200)
    async def know_gap(self, agent: Me, channel_id: Id) -> Response:
        """The warning about missed mails was read."""
        await acknowledge_gap(channel_id, by=agent)
        return see_other(f"/console/channels/{channel_id}")


class OAuthController(Controller):
    path = "/console"

    @get("/channels/{channel_id:int}/oauth")
    async def show(self, agent: Me, channel_id: Id, said: Text = "") -> Template:
        return await _form(agent, channel_id, said=said)

    @post("/channels/{channel_id:int}/oauth", status_code=200)
    async def save(self, agent: Me, channel_id: Id, form: Typed) -> Response:
        client = Client(**{name: form.line(name) for name in FIELDS}, client_secret=form.secret("client_secret"))
        try:
            await consenting.save_client(channel_id, client, by=agent, at=now())
        except Invalid as error:
            return await _form(agent, channel_id, typed=client, errors=error.fields, status=422)
        return see_other(f"/console/channels/{channel_id}/oauth?said=saved")

    @post("/channels/{channel_id:int}/oauth/consent", status_code=200)
    async def begin(self, agent: Me, channel_id: Id) -> Template:
        """A page with the link to the provider: a form of ours may not lead there itself (Content-Security-Policy)."""
        url = await begin_consent(channel_id, by=agent, at=now())
        return await _form(agent, channel_id, consent_url=url)

    @post("/channels/{channel_id:int}/oauth/disconnection", status_code=200)
    async def end(self, agent: Me, channel_id: Id) -> Response:
        await disconnect(channel_id, by=agent)
        return see_other(f"/console/channels/{channel_id}/oauth?said=disconnected")

    @get("/oauth/callback")
    async def finish(self, agent: Me, given: State = "", code: Text = "", error: Text = "") -> Response:
        """Back from the provider."""
        try:
            channel_id = await finish_consent(given, code=code, error=error, by=agent, at=now())
        except consenting.Refused as refused:
            return await _form(agent, refused.channel_id, refusal=str(refused), status=422)
        await hurry(channel_id)
        return see_other(f"/console/channels/{channel_id}/oauth?said=connected")


async def _form(
    agent: SignedIn, channel_id: int, *, typed: Client | OAuthGrant | None = None, errors: dict[str, str] | None = None,
    status: int = 200, said: str = "", refusal: str = "", consent_url: str = "",
) -> Template:  # fmt: skip
    demand(agent, "manage_channels")
    channel = await Channel.objects().get((Channel.id == channel_id) & (Channel.kind == "email"))
    if channel is None:
        raise NotFound(_("There is no such mailbox."))
    grant = await grant_of(channel_id)
    return render(
        "settings/oauth.html", status=status, **await frame(agent), channel=channel, grant=grant,
        typed=typed or grant or Client(provider="microsoft"), errors=errors or {}, redirect_url=redirect_url(),
        said=said, refusal=refusal, consent_url=consent_url,
    )  # fmt: skip
