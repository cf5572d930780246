"""To the provider and back: the way back is open to the browser that left, within minutes, once.

What is needed again on the way back (nonce, code verifier, where to go on) is sealed into the visit's row; the state in
the address and the browser's cookie are kept as hashes alone.
"""

from datetime import datetime, timedelta
from typing import Literal

import msgspec
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import NotFound
from helpdesk.kernel.language import _
from helpdesk.kernel.sealing import open_sealed, seal
from helpdesk.kernel.tokens import digest, new_token
from helpdesk.people.actor import SignedIn
from helpdesk.people.oidc.asking import Client, Tokens, discover, fetch_keys, redeem, user_info
from helpdesk.people.oidc.choosing import redirect_url, the_provider
from helpdesk.people.oidc.id_tokens import Claims, UnknownKey, claims_of, read_id_token
from helpdesk.people.oidc.metadata import Metadata, NotGiven, kept
from helpdesk.people.safety_tables import OidcProvider, OidcVisit

Purpose = Literal["sign_in", "proof", "test"]
BACK_WITHIN = timedelta(minutes=10)
METADATA_HOLDS, KEYS_HOLD, KEYS_REST = timedelta(days=1), timedelta(days=1), timedelta(minutes=1)
"""What the provider says is asked for anew after a day; keys also when one is not known, but once a minute at most, as
anybody can bring a token with an unknown key."""


class Onwards(msgspec.Struct, frozen=True, kw_only=True):
    """Where somebody goes on when they are back: the path, and for a form its fields."""

    path: str
    method: Literal["GET", "POST"] = "GET"
    fields: list[tuple[str, str]] = []


class _Secrets(msgspec.Struct, frozen=True):
    nonce: str
    verifier: str
    onwards: Onwards


class Return(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody is back from the provider, and this is who it says they are."""

    purpose: Purpose
    claims: Claims
    begun_at: datetime
    onwards: Onwards
    provider: OidcProvider


async def begin_visit(purpose: Purpose, onwards: Onwards, *, browser: str, by: SignedIn | None, at: datetime) -> str:
    """The provider's address to go to; `browser` is the secret in the cookie. Raises NotFound without a provider, NotGiven."""
    provider = await the_provider()
    if provider is None or not (provider.is_on or purpose == "test"):
        raise NotFound(_("There is no sign-in by a provider here."))
    said = await metadata_of(provider, at=at)
    state, held = new_token(), _Secrets(new_token(), new_token(), onwards)
    await rows("DELETE FROM hd_oidc_visit WHERE expires_at < {}", at)
    await OidcVisit(
        state_hash=digest(state), browser_hash=digest(browser), provider=provider.id, session=by.session_id if by else None,
        purpose=purpose, secrets=seal(msgspec.json.encode(held).decode()), begun_at=at, expires_at=at + BACK_WITHIN,
    ).save()  # fmt: skip
    # Whoever proves that it is they must not be waved through on a cookie of the provider's.
    again = {"prompt": "login", "max_age": "0"} if purpose == "proof" else {}
    return prepare_grant_uri(
        said.authorization_endpoint, provider.client_id, "code", redirect_url(), "openid email profile", state, nonce=held.nonce,
        code_challenge=create_s256_code_challenge(held.verifier), code_challenge_method="S256", **again,
    )  # fmt: skip


async def end_visit(
    state: str, *, code: str, error: str, issuer: str, browser: str, by: SignedIn | None, at: datetime
) -> Return:
    """Who came back. Raises NotFound for a way back that is not this browser's, was used or is too old, and NotGiven."""
    found = await rows(
        """DELETE FROM hd_oidc_visit WHERE state_hash = {} AND browser_hash = {} AND expires_at > {}
            AND (session IS NULL OR session = {}) RETURNING purpose, secrets, begun_at""",
        digest(state), digest(browser), at, by.session_id if by else None,
    )  # fmt: skip
    provider = await the_provider() if found else None
    if provider is None:
        raise NotFound(_("This way back was used, is too old, or began in another browser. Sign in again."))
    held = msgspec.json.decode(open_sealed(found[0]["secrets"]), type=_Secrets)
    said = await metadata_of(provider, at=at)
    if issuer != said.issuer and (issuer or said.authorization_response_iss_parameter_supported):  # RFC 9207 2.4
        raise NotGiven(_("The answer is not from the provider that was asked. Sign in again."))
    if error or not code:
        raise _refusal(error)
    client = Client(provider.client_id, open_sealed(provider.client_secret))
    tokens = await redeem(said, client, code=code, verifier=held.verifier, redirect_url=redirect_url())
    claims = await _claims(provider, said, tokens, nonce=held.nonce, at=at)
    return Return(
        purpose=found[0]["purpose"], claims=claims, begun_at=found[0]["begun_at"], onwards=held.onwards, provider=provider
    )  # fmt: skip


async def metadata_of(provider: OidcProvider, *, at: datetime) -> Metadata:
    """What the provider says of itself, at most a day old; an older one will do when it does not answer. Raises NotGiven."""
    known = kept(provider.metadata)
    if known and provider.asked_at and provider.asked_at > at - METADATA_HOLDS:
        return known
    try:
        said = await discover(provider.issuer)
    except NotGiven:
        if known is None:
            raise
        return known
    await rows(
        "UPDATE hd_oidc_provider SET metadata = {}, asked_at = {} WHERE id = {} AND issuer = {}",
        msgspec.json.encode(said).decode(), at, provider.id, provider.issuer,
    )  # fmt: skip
    return said


async def _claims(provider: OidcProvider, said: Metadata, tokens: Tokens, *, nonce: str, at: datetime) -> Claims:
    """What the ID token says, and where it says no address, what the provider says besides."""
    given = {
        "issuer": provider.issuer,
        "client_id": provider.client_id,
        "nonce": nonce,
        "access_token": tokens.access_token,
    }
    is_fresh = bool(provider.keys and provider.keys_at and provider.keys_at > at - KEYS_HOLD)
    keys = provider.keys if is_fresh else await _new_keys(provider, said, at=at)
    try:
        claims = read_id_token(tokens.id_token, keys, **given, at=at)
    except UnknownKey:
        if not is_fresh or (provider.keys_at and provider.keys_at > at - KEYS_REST):
            raise
        claims = read_id_token(tokens.id_token, await _new_keys(provider, said, at=at), **given, at=at)
    if claims.email:
        return claims
    more = await user_info(said, tokens.access_token)
    if more.get("sub") != claims.subject:  # Core 5.3.2
        return claims
    besides = claims_of(more)
    return msgspec.structs.replace(
        claims, email=besides.email, is_verified=besides.is_verified, name=claims.name or besides.name
    )


async def _new_keys(provider: OidcProvider, said: Metadata, *, at: datetime) -> str:
    keys = await fetch_keys(said)
    await rows(  # not as those of another issuer, chosen meanwhile: whoever has these keys could then sign for it
        "UPDATE hd_oidc_provider SET keys = {}, keys_at = {} WHERE id = {} AND issuer = {}",
        keys, at, provider.id, provider.issuer,
    )  # fmt: skip
    return keys


def _refusal(error: str) -> NotGiven:
    """RFC 6749 4.1.2.1 and OpenID Connect Core 3.1.2.6 in words."""
    if error in ("", "access_denied"):
        return NotGiven(_("You were not signed in at the provider. Nothing has changed; you can try again."))
    if error in ("server_error", "temporarily_unavailable"):
        return NotGiven(_("The provider cannot sign anybody in just now. Try again in a while."))
    return NotGiven(
        _("The provider refused: %(why)s") % {"why": error[:100]},
        _("An administrator can look at what the provider has registered for the helpdesk."),
    )
