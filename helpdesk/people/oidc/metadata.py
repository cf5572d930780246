"""What a provider says of itself (OpenID Connect Discovery 1.0)."""

from urllib.parse import urlencode, urlsplit

import msgspec

from helpdesk.kernel.errors import HelpdeskError
from helpdesk.kernel.language import _

BASIC, POST = "client_secret_basic", "client_secret_post"


class NotGiven(HelpdeskError):
    """The provider did not give what was asked of it; the message says what to do, `advice` perhaps where."""

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.advice = advice


class Metadata(msgspec.Struct, frozen=True):
    """Of section 3 what concerns us, under the names that it has there."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    end_session_endpoint: str = ""
    response_types_supported: tuple[str, ...] = ("code",)
    token_endpoint_auth_methods_supported: tuple[str, ...] = (BASIC,)
    code_challenge_methods_supported: tuple[str, ...] = ()
    authorization_response_iss_parameter_supported: bool = False
    """RFC 9207: it says on the way back who it is."""

    def leave_url(self, client_id: str, *, to: str) -> str:
        """Where somebody signs out of it (OpenID Connect RP-Initiated Logout 1.0), and comes back from; or ""."""
        if not is_web_address(self.end_session_endpoint):
            return ""
        joint = "&" if "?" in self.end_session_endpoint else "?"
        query = urlencode({"client_id": client_id, "post_logout_redirect_uri": to})
        return f"{self.end_session_endpoint}{joint}{query}"


def read_metadata(content: bytes, issuer: str) -> Metadata:
    """Raises NotGiven for what is none, or that of another issuer (Discovery 4.3)."""
    try:
        said = msgspec.json.decode(content, type=Metadata)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise NotGiven(
            _("What is found there is no description of a provider."),
            _("The issuer is the address that comes before /.well-known/openid-configuration."),
        ) from None
    if said.issuer != issuer:
        raise NotGiven(
            _("The provider calls itself %(issuer)s.") % {"issuer": said.issuer[:300]},
            _("Enter the issuer exactly so, to the last slash, if it is the right one."),
        )
    places = (said.authorization_endpoint, said.token_endpoint, said.jwks_uri)
    if not all(is_web_address(one) for one in places):
        raise NotGiven(_("The provider names addresses that are not safe, without https."))
    return said


def kept(metadata: str) -> Metadata | None:
    """As it was stored, None when nothing was."""
    return msgspec.json.decode(metadata, type=Metadata) if metadata else None


def is_web_address(url: str) -> bool:
    """https; http only on this very machine, as nobody listens in between."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    return (parts.scheme == "https" and bool(host)) or (parts.scheme == "http" and host in ("localhost", "127.0.0.1"))
