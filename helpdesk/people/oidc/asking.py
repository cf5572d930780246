"""The requests to a provider: what it says of itself, its keys, a token for a code, and of whom it is.

All go by `kernel.outbound`. No log, error or page holds a code, a token or the secret.
"""

import base64
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

import msgspec
from authlib.oidc.discovery import get_well_known_url

from helpdesk.kernel import outbound
from helpdesk.kernel.language import _
from helpdesk.people.oidc.metadata import BASIC, POST, Metadata, NotGiven, read_metadata

JSON = {"accept": "application/json"}
_FORM = {"content-type": "application/x-www-form-urlencoded", **JSON}


class Client(msgspec.Struct, frozen=True):
    """Who we are at the provider; without a secret it is a public client."""

    id: str
    secret: str

    def __repr__(self) -> str:
        return f"Client({self.id})"


class Tokens(msgspec.Struct, frozen=True):
    id_token: str
    access_token: str = ""

    def __repr__(self) -> str:
        return "Tokens(***)"


class WrongClient(NotGiven):
    """The provider knows neither this client nor its secret."""


async def discover(issuer: str) -> Metadata:
    """Raises NotGiven."""
    answer = await _ask("GET", get_well_known_url(issuer, external=True), headers=JSON)
    if answer.status != 200:
        raise NotGiven(
            _("The provider answers %(status)s where it should describe itself.") % {"status": answer.status},
            _("The issuer is the address that comes before /.well-known/openid-configuration."),
        )
    return read_metadata(answer.content, issuer)


async def fetch_keys(metadata: Metadata) -> str:
    """Its keys, as the JSON of a JWK set (RFC 7517 5); raises NotGiven."""
    answer = await _ask("GET", metadata.jwks_uri, headers=JSON)
    said = _json(answer)
    if answer.status != 200 or not isinstance(said.get("keys"), list) or not said["keys"]:
        raise NotGiven(_("The provider gives no keys to check its signatures with."))
    return msgspec.json.encode({"keys": said["keys"]}).decode()


async def redeem(metadata: Metadata, client: Client, *, code: str, verifier: str, redirect_url: str) -> Tokens:
    """The tokens for a code (RFC 6749 4.1.3, RFC 7636 4.5); raises NotGiven, WrongClient."""
    asked = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_url, "code_verifier": verifier}
    headers = dict(_FORM)
    methods = metadata.token_endpoint_auth_methods_supported
    if client.secret and (BASIC in methods or POST not in methods):
        pair = f"{quote_plus(client.id)}:{quote_plus(client.secret)}"
        headers["authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    else:
        asked |= {"client_id": client.id} | ({"client_secret": client.secret} if client.secret else {})
    answer = await _ask("POST", metadata.token_endpoint, content=urlencode(asked).encode(), headers=headers)
    said = _json(answer)
    if answer.status != 200 or "error" in said:
        raise _refusal(str(said.get("error", answer.status)), str(said.get("error_description", "")))
    try:
        return msgspec.convert(said, Tokens)
    except msgspec.ValidationError:
        raise NotGiven(
            _("The provider gave no ID token."), _("Allow this client OpenID Connect there, with the scope openid.")
        ) from None


async def user_info(metadata: Metadata, access_token: str) -> dict[str, Any]:
    """What it says of the token's owner besides (Core 5.3); {} when it says nothing."""
    if not metadata.userinfo_endpoint or not access_token:
        return {}
    headers = {"authorization": f"Bearer {access_token}", **JSON}
    answer = await _ask("GET", metadata.userinfo_endpoint, headers=headers)
    return _json(answer) if answer.status == 200 else {}


async def _ask(method: str, url: str, **more: Any) -> outbound.Answer:
    host = urlsplit(url).hostname or url
    try:
        return await outbound.ask(method, url, **more)
    except outbound.NotAllowed:
        raise NotGiven(
            _("%(host)s is inside a network, or not on the usual port: the helpdesk does not ask there.")
            % {"host": host},
            _("If it is your provider, name it in HELPDESK_OUTBOUND_HOSTS where the helpdesk is started."),
        ) from None
    except OSError:
        raise NotGiven(
            _("%(host)s does not answer.") % {"host": host},
            _("Is the address right, does the server run, is its certificate valid, and does a firewall let us out?"),
        ) from None


def _json(answer: outbound.Answer) -> dict[str, Any]:
    try:
        said = msgspec.json.decode(answer.content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return said if isinstance(said, dict) else {}


def _refusal(error: str, description: str) -> NotGiven:
    """RFC 6749 5.2 in words; of a long description the first line says it."""
    said = " ".join(description.splitlines()[:1])[:200] or error[:100]
    if error in ("invalid_client", "unauthorized_client"):
        return WrongClient(
            _("The provider does not accept the client ID or the secret: %(why)s") % {"why": said},
            _("Compare both with what the provider shows. A secret may have run out there."),
        )
    if error == "invalid_grant":
        return NotGiven(_("The provider no longer takes this way back. Sign in again."))
    return NotGiven(_("The provider refused: %(why)s") % {"why": said})
