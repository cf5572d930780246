"""What an ID token says, when it is true (OpenID Connect Core 3.1.3.7): signed by one of the provider's keys, for us,
for this visit, and not too old."""

from datetime import datetime
from typing import Any

import msgspec
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import ClaimError, ExpiredTokenError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from helpdesk.kernel.language import _
from helpdesk.people.oidc.metadata import NotGiven

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA"]
"""Signatures with a public key: no `none`, and nothing that whoever knows our secret could make."""
LONGEST_TOKEN, LONGEST_SUBJECT = 32 * 1024, 255
SKEW = 60
"""Seconds by which the provider's clock may be wrong."""


class UnknownKey(NotGiven):
    """Signed with a key that we do not have: the provider may have new ones."""


class Claims(msgspec.Struct, frozen=True):
    """Who somebody is at the provider: the subject stays, all else may change."""

    issuer: str
    subject: str
    email: str = ""
    is_verified: bool = False
    """Whether the provider has made sure of the address."""
    name: str = ""
    signed_in_at: float | None = None
    """When they last showed who they are there, in seconds since 1970."""


def read_id_token(
    token: str, keys: str, *, issuer: str, client_id: str, nonce: str, access_token: str, at: datetime
) -> Claims:
    """Raises NotGiven, and UnknownKey when other keys may help."""
    if len(token) > LONGEST_TOKEN:
        raise NotGiven(_("The provider's token is too long."))
    try:
        key_set = KeySet.import_key_set(msgspec.json.decode(keys))
        read = jwt.decode(token, key_set, algorithms=ALGORITHMS)
        options: Any = {"iss": {"essential": True, "value": issuer}, "aud": {"essential": True, "value": client_id}}
        params = {"nonce": nonce, "client_id": client_id, "access_token": access_token}
        CodeIDToken(read.claims, read.header, options, params).validate(now=int(at.timestamp()), leeway=SKEW)
    except InvalidKeyIdError:
        raise UnknownKey(_("The provider's token is signed with a key that it does not show.")) from None
    except ExpiredTokenError:
        raise NotGiven(_("The provider's token is too old."), _("Compare the clocks of both servers.")) from None
    except ClaimError as error:
        what = error.claim or ""
        raise NotGiven(
            _("The provider's token is not for this sign-in: “%(claim)s” is not as it should be.") % {"claim": what},
            _("Begin again. If it stays so, compare issuer and client ID with those at the provider, and the clocks."),
        ) from None
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        raise UnknownKey(_("The provider's token does not bear a valid signature of its keys.")) from None
    return claims_of(read.claims)


def claims_of(said: dict[str, Any]) -> Claims:
    """Raises NotGiven for a subject that is none."""
    subject, signed_in_at = said.get("sub"), said.get("auth_time")
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT:
        raise NotGiven(_("The provider does not say who you are."))
    return Claims(
        issuer=str(said.get("iss", "")), subject=subject, email=_text(said, "email").lower(),
        is_verified=said.get("email_verified") in (True, "true"), name=_text(said, "name") or _text(said, "preferred_username"),
        signed_in_at=signed_in_at if isinstance(signed_in_at, int | float) else None,
    )  # fmt: skip


def _text(said: dict[str, Any], name: str) -> str:
    value = said.get(name)
    return " ".join(value.split())[:320] if isinstance(value, str) else ""
