"""Tokens to sign in to mail servers with, by leave of the mailbox's owner (OAuth 2.0, RFC 6749, with PKCE, RFC 7636).

Secrets and tokens are sealed where they are kept; no log, error or page holds one.
"""

import asyncio
import base64
import hashlib
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import msgspec
import structlog

from helpdesk.channels.tables import OAuthGrant
from helpdesk.kernel import outbound
from helpdesk.kernel.database import transaction
from helpdesk.kernel.errors import HelpdeskError
from helpdesk.kernel.sealing import open_sealed, seal
from helpdesk.kernel.time import now

WITHIN = 15.0  # seconds for the whole answer
EARLY = timedelta(minutes=2)  # so long before it expires a token is renewed
LIFETIME = 3600  # seconds, where the provider does not tell (RFC 6749 5.1)
CONNECT_AGAIN = "connect the mailbox again"

_at_once = asyncio.Semaphore(2)
"""Renewals of this process: each holds a connection to the database while the provider thinks."""

log = structlog.get_logger(__name__)


class NoToken(HelpdeskError):
    """Why there is no token, in a sentence for the mailbox's administrator."""


class Withdrawn(NoToken):
    """The provider takes our leave no more: somebody has to consent again."""


class Provider(msgspec.Struct, frozen=True):
    """Its two addresses, what we ask for, and what it wants to hear besides."""

    authorize_url: str
    token_url: str
    scope: str
    extra: dict[str, str] = {}


class Tokens(msgspec.Struct, frozen=True):
    """What a provider hands out; a refresh token may be missing when the old one stays."""

    access_token: str
    expires_in: int = LIFETIME
    refresh_token: str = ""

    def __repr__(self) -> str:
        return "Tokens(***)"


def provider_of(grant: OAuthGrant) -> Provider:
    """Where the grant is from; a custom one says it itself."""
    if grant.provider == "microsoft":
        base = f"https://login.microsoftonline.com/{grant.tenant or 'common'}/oauth2/v2.0"
        scope = "offline_access https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send"
        return Provider(f"{base}/authorize", f"{base}/token", scope, {"prompt": "select_account"})
    if grant.provider == "google":
        # Without these two, Google gives a refresh token the first time only.
        extra = {"access_type": "offline", "prompt": "consent"}
        return Provider(
            "https://accounts.google.com/o/oauth2/v2/auth", "https://oauth2.googleapis.com/token",
            "https://mail.google.com/", extra,
        )  # fmt: skip
    return Provider(grant.authorize_url, grant.token_url, grant.scope)


def consent_url(grant: OAuthGrant, *, state: str, verifier: str, redirect_url: str, login_hint: str) -> str:
    """Where the mailbox's owner gives leave."""
    provider = provider_of(grant)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    query = {
        "response_type": "code", "client_id": grant.client_id, "redirect_uri": redirect_url, "scope": provider.scope, "state": state,
        "code_challenge": challenge, "code_challenge_method": "S256", "login_hint": login_hint, **provider.extra,
    }  # fmt: skip
    return f"{provider.authorize_url}{'&' if '?' in provider.authorize_url else '?'}{urlencode(query)}"


async def tokens_for(grant: OAuthGrant, *, code: str, verifier: str, redirect_url: str) -> Tokens:
    """The tokens for the code that the owner brought back; raises NoToken."""
    asked = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_url, "code_verifier": verifier}
    tokens = await _ask(grant, asked)
    if not tokens.refresh_token:
        raise NoToken("the provider gave no refresh token: allow offline access for this client there")
    return tokens


async def access_token(grant_id: int) -> str:
    """A token that is good for minutes at least, renewed when it is not; raises NoToken or CannotOpen.

    The row is locked meanwhile: two processes that renewed at once would invalidate each other's refresh token.
    """
    grant = await OAuthGrant.objects().get(OAuthGrant.id == grant_id)
    if grant and _is_fresh(grant, now()):
        return open_sealed(grant.access_token)
    async with _at_once, transaction():
        token = await _renewed(grant_id)
    if isinstance(token, NoToken):
        raise token
    return token


async def _renewed(grant_id: int) -> str | NoToken:
    """The token, or why there is none; the error is handed back so that what was noted of it is committed."""
    grant = await OAuthGrant.objects().where(OAuthGrant.id == grant_id).lock_rows("UPDATE").first()
    if grant is None or not grant.refresh_token:
        why = grant.last_error if grant and grant.last_error else "nobody has given permission"
        return Withdrawn(f"{why}: {CONNECT_AGAIN}")
    if _is_fresh(grant, now()):  # another process was faster
        return open_sealed(grant.access_token)
    try:
        tokens = await _ask(grant, {"grant_type": "refresh_token", "refresh_token": open_sealed(grant.refresh_token)})
    except NoToken as refused:
        await _note_refusal(grant, refused)
        return refused
    await keep(grant, tokens, at=now())
    log.info("token_renewed", grant=grant_id)
    return tokens.access_token


async def keep(grant: OAuthGrant, tokens: Tokens, *, at: datetime) -> None:
    """Seal the tokens into the grant; a provider that gives no new refresh token means the old one."""
    changes: dict[Any, object] = {
        OAuthGrant.access_token: seal(tokens.access_token),
        OAuthGrant.expires_at: at + timedelta(seconds=tokens.expires_in),
        OAuthGrant.last_error: "",
    }
    if tokens.refresh_token:
        changes[OAuthGrant.refresh_token] = seal(tokens.refresh_token)
    await OAuthGrant.update(changes).where(OAuthGrant.id == grant.id)


def _is_fresh(grant: OAuthGrant, at: datetime) -> bool:
    return bool(grant.access_token and grant.expires_at and grant.expires_at > at + EARLY)


async def _note_refusal(grant: OAuthGrant, refused: NoToken) -> None:
    """Keep why; a leave that was withdrawn is not asked for again."""
    changes: dict[Any, object] = {OAuthGrant.last_error: str(refused).removesuffix(f": {CONNECT_AGAIN}")}
    if isinstance(refused, Withdrawn):
        changes |= {OAuthGrant.access_token: "", OAuthGrant.refresh_token: ""}
    await OAuthGrant.update(changes).where(OAuthGrant.id == grant.id)


async def _ask(grant: OAuthGrant, asked: dict[str, str]) -> Tokens:
    """One request at the provider's token address (RFC 6749 3.2), which an administrator may have named: no redirect is
    followed, and it leads nowhere inside unless whoever runs the helpdesk says so."""
    secret = {"client_secret": open_sealed(grant.client_secret)} if grant.client_secret else {}
    form = urlencode(asked | {"client_id": grant.client_id} | secret).encode()
    headers = {"accept": "application/json", "content-type": "application/x-www-form-urlencoded"}
    try:
        answer = await outbound.ask("POST", provider_of(grant).token_url, content=form, headers=headers, within=WITHIN)
    except outbound.NotAllowed as error:
        raise NoToken(
            f"the token address is not asked ({error}): name its host in HELPDESK_OUTBOUND_HOSTS if it is yours"
        ) from None
    except OSError as error:
        raise NoToken(f"the provider cannot be reached ({error}): it is tried again") from None
    return _read(answer.status, answer.content)


def _read(status: int, content: bytes) -> Tokens:
    try:
        said = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        said = None
    if not isinstance(said, dict):
        raise NoToken(f"the provider answered {status} without saying why")
    if error := said.get("error"):
        raise _refusal(str(error), str(said.get("error_description", "")))
    try:
        return msgspec.convert(said, Tokens, strict=False)
    except msgspec.ValidationError:
        raise NoToken("the provider's answer holds no token") from None


def _refusal(error: str, description: str) -> NoToken:
    """RFC 6749 5.2 in words; of a long description the first line says it."""
    said = " ".join(description.splitlines()[:1])[:200]
    if error == "invalid_grant":
        return Withdrawn(f"the provider no longer accepts the permission it gave ({said or error}): {CONNECT_AGAIN}")
    if error in ("invalid_client", "unauthorized_client"):
        return NoToken(f"the provider does not accept the client ID or secret ({said or error}): check both")
    return NoToken(f"the provider refused: {error} {said}".strip())
