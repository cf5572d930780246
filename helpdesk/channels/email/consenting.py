"""Getting leave to sign in for a mailbox: what an administrator enters, the way to the provider and back.

The way back is open to a state that was given out for this session, within minutes, once.
"""

import ipaddress
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import msgspec

from helpdesk.channels.email.oauth import NoToken, consent_url, keep, tokens_for
from helpdesk.channels.tables import Channel, OAuthConsent, OAuthGrant
from helpdesk.kernel.database import lock, rows, transaction
from helpdesk.kernel.errors import HelpdeskError, Invalid, NotFound
from helpdesk.kernel.language import _
from helpdesk.kernel.sealing import open_sealed, seal
from helpdesk.kernel.settings import settings
from helpdesk.kernel.tokens import digest, new_token
from helpdesk.people.actor import SignedIn
from helpdesk.people.auditing import About, record
from helpdesk.people.permissions import demand
from helpdesk.people.proving import demand_proof

CONSENT_WITHIN = timedelta(minutes=15)
PROVIDERS = ("microsoft", "google", "custom")


class Refused(HelpdeskError):
    """Why there is no leave, in a sentence for who came back without it; `channel_id` is where they go on."""

    def __init__(self, message: str, channel_id: int) -> None:
        super().__init__(message)
        self.channel_id = channel_id


class Client(msgspec.Struct, frozen=True, kw_only=True):
    """What an administrator enters: who we are at the provider. `client_secret` is "" to keep the one that is there."""

    provider: str
    tenant: str = ""
    authorize_url: str = ""
    token_url: str = ""
    scope: str = ""
    client_id: str = ""
    client_secret: str = ""

    def __repr__(self) -> str:
        return f"Client({self.provider})"


def redirect_url() -> str:
    """Where providers send people back to; the same for all mailboxes, so it is registered once."""
    return f"{settings().base_url}/console/oauth/callback"


async def grant_of(channel_id: int) -> OAuthGrant | None:
    """The grant that the mailbox's servers are signed in to with, if any is."""
    found = await rows(
        "SELECT oauth_grant FROM hd_mail_account WHERE channel = {} AND oauth_grant IS NOT NULL ORDER BY direction LIMIT 1",
        channel_id,
    )
    return await OAuthGrant.objects().get(OAuthGrant.id == found[0]["oauth_grant"]) if found else None


async def save_client(channel_id: int, client: Client, *, by: SignedIn, at: datetime) -> None:
    """Sign in with leave of this provider from now on, at all servers of the mailbox, and forget their passwords.

    A grant of another client or provider is worth nothing here, so it is withdrawn. Raises Invalid at the field.
    """
    demand(by, "manage_channels")
    await demand_proof(by, at=at)
    _check(client)
    async with transaction():
        await lock("oauth", channel_id)
        if not await rows("SELECT FROM hd_mail_account WHERE channel = {} LIMIT 1", channel_id):
            raise Invalid(provider=_("Enter the mailbox's server first."))
        grant = await _held_grant_of(channel_id) or OAuthGrant()
        same = _place(grant) == _place(client)
        if not same:
            if not client.client_secret and grant.client_secret:
                raise Invalid(
                    client_secret=_("Enter the secret again: it is not sent to another place than it was for.")
                )
            grant.access_token = grant.refresh_token = grant.last_error = ""
            grant.granted_at = grant.expires_at = grant.granted_by = None
        grant.provider, grant.tenant, grant.client_id = client.provider, client.tenant, client.client_id
        grant.authorize_url, grant.token_url, grant.scope = client.authorize_url, client.token_url, client.scope
        grant.client_secret = seal(client.client_secret) if client.client_secret else grant.client_secret
        await grant.save()
        await rows(
            "UPDATE hd_mail_account SET oauth_grant = {}, password = '' WHERE channel = {} AND username <> ''",
            grant.id, channel_id,
        )  # fmt: skip
        await record(
            "server_changed", by=by, at=at, about=About("channel", channel_id, "oauth"),
            changes={"provider": (None, client.provider), "client_id": (None, client.client_id)},
        )  # fmt: skip


async def _held_grant_of(channel_id: int) -> OAuthGrant | None:
    """The same until the transaction ends: a token that is renewed meanwhile would be overwritten by the old one."""
    grant = await grant_of(channel_id)
    return grant and await OAuthGrant.objects().where(OAuthGrant.id == grant.id).lock_rows("UPDATE").first()


async def begin_consent(channel_id: int, *, by: SignedIn, at: datetime) -> str:
    """The provider's page where the mailbox's owner gives leave; raises NotFound without a client."""
    demand(by, "manage_channels")
    grant = await grant_of(channel_id)
    channel = await Channel.objects().get(Channel.id == channel_id)
    if grant is None or channel is None or by.session_id is None:
        raise NotFound(_("Enter the provider and the client first."))
    state, verifier = new_token(), new_token()
    await OAuthConsent.delete().where(OAuthConsent.expires_at < at)
    await OAuthConsent(
        state_hash=digest(state), grant=grant.id, channel=channel_id, session=by.session_id, verifier=seal(verifier),
        expires_at=at + CONSENT_WITHIN,
    ).save()  # fmt: skip
    hint = channel.address or ""
    return consent_url(grant, state=state, verifier=verifier, redirect_url=redirect_url(), login_hint=hint)


async def finish_consent(state: str, *, code: str, error: str, by: SignedIn, at: datetime) -> int:
    """What came back from the provider becomes a grant; returns the channel's id.

    Raises NotFound for a state that is not this session's, was used or is too old, and Refused with the channel when
    there is no leave.
    """
    demand(by, "manage_channels")
    consents = await rows(
        """DELETE FROM hd_oauth_consent WHERE state_hash = {} AND session = {} AND expires_at > {}
        RETURNING "grant", channel, verifier""",
        digest(state), by.session_id, at,
    )  # fmt: skip
    grant = await OAuthGrant.objects().get(OAuthGrant.id == consents[0]["grant"]) if consents else None
    if grant is None:
        raise NotFound(_("This way back was used, is too old, or began in another browser. Connect again."))
    channel_id = consents[0]["channel"]
    if error or not code:
        raise Refused(_why_refused(error), channel_id)
    try:
        verifier = open_sealed(consents[0]["verifier"])
        tokens = await tokens_for(grant, code=code, verifier=verifier, redirect_url=redirect_url())
    except NoToken as refused:
        raise Refused(str(refused), channel_id) from None
    async with transaction():
        await keep(grant, tokens, at=at)
        granted = {OAuthGrant.granted_at: at, OAuthGrant.granted_by: by.id}
        await OAuthGrant.update(granted).where(OAuthGrant.id == grant.id)
        await rows("UPDATE hd_mail_account SET last_error = '' WHERE oauth_grant = {}", grant.id)
        await _record(channel_id, "connected", by=by)
    return channel_id


async def disconnect(channel_id: int, *, by: SignedIn) -> None:
    """Forget the tokens; the client stays, so that connecting again is one click."""
    demand(by, "manage_channels")
    if grant := await grant_of(channel_id):
        forgotten = {
            OAuthGrant.access_token: "", OAuthGrant.refresh_token: "", OAuthGrant.expires_at: None,
            OAuthGrant.granted_at: None, OAuthGrant.granted_by: None, OAuthGrant.last_error: "",
        }  # fmt: skip
        async with transaction():
            await OAuthGrant.update(forgotten).where(OAuthGrant.id == grant.id)
            await _record(channel_id, "disconnected", by=by)


async def _record(channel_id: int, what: str, *, by: SignedIn) -> None:
    await record(
        "server_changed", by=by, about=About("channel", channel_id, "oauth"), changes={"permission": (None, what)}
    )


def _why_refused(error: str) -> str:
    """The provider's error code (RFC 6749 4.1.2.1) in words."""
    if error in ("", "access_denied"):
        return _("Permission was denied at the provider. Nothing has changed.")
    return _("The provider refused: %(why)s") % {"why": error[:100]}


def _place(one: OAuthGrant | Client) -> tuple[str, ...]:
    """Where the client's secret goes to, and whose it is."""
    return one.provider, one.tenant, one.token_url, one.client_id


def _check(client: Client) -> None:
    faults = {}
    if client.provider not in PROVIDERS:
        faults["provider"] = _("Choose one of the list.")
    if not 0 < len(client.client_id) <= 300:
        faults["client_id"] = _("Give the client ID that the provider shows.")
    if len(client.client_secret) > 1000:
        faults["client_secret"] = _("Use at most 1000 characters.")
    if len(client.tenant) > 100 or not all(letter.isalnum() or letter in "-." for letter in client.tenant):
        faults["tenant"] = _("Give the directory's ID or domain, such as contoso.onmicrosoft.com.")
    if client.provider == "custom":
        for name in ("authorize_url", "token_url"):
            if not _is_safe(getattr(client, name)):
                faults[name] = _("Give an address that begins with https://.")
        if not 0 < len(client.scope) <= 500:
            faults["scope"] = _("Give what is asked for, such as offline_access and mail.")
    if faults:
        raise Invalid(**faults)


def _is_safe(url: str) -> bool:
    """https; on this very machine http too, as nobody listens in between."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    return len(url) <= 500 and (
        (parts.scheme == "https" and bool(host)) or (parts.scheme == "http" and _is_loopback(host))
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
