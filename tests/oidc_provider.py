"""An OpenID provider on this machine: a real one's answers, and on demand false ones."""

import base64
import hashlib
import secrets
import time
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from tests.oauth_provider import CLIENT_ID, CLIENT_SECRET, Provider, serving

__all__ = ["CLIENT_ID", "CLIENT_SECRET", "OpenIdProvider", "serving"]
CALLBACK = "/console/sign-in/provider/callback"


@cache
def _usual_key() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})


class OpenIdProvider(Provider):
    """`claims` go over what a token says by itself (None leaves one out), `metadata` over what the provider says of itself."""

    def __init__(self) -> None:
        super().__init__()
        self.claims: dict[str, Any] = {}
        self.metadata: dict[str, Any] = {}
        self.user: dict[str, Any] = {}
        self.lies_with: RSAKey | ECKey | OctKey | None = None
        self.algorithm = "RS256"
        self.key: RSAKey | ECKey = _usual_key()
        self.paths: list[str] = []
        self.authorised: list[dict[str, str]] = []
        self._visits: dict[str, dict[str, str]] = {}

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def visit(self, url: str) -> dict[str, str]:
        """What somebody brings back who signed in on the page of this address."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        self.authorised.append(asked)
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(16)
        self._visits[code] = asked
        return {"state": asked["state"], "code": code}

    def answer(self, asked: dict[str, str]) -> tuple[int, dict[str, object]]:
        self.asked.append(asked)
        if (asked.get("client_id"), asked.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return 401, {"error": "invalid_client", "error_description": "Unknown client.\nTrace: 1"}
        visit = self._visits.pop(asked["code"], None)
        challenge = (
            base64.urlsafe_b64encode(hashlib.sha256(asked["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        )
        if visit is None or (visit["code_challenge"], visit["redirect_uri"]) != (challenge, asked["redirect_uri"]):
            return 400, {"error": "invalid_grant"}
        return 200, {"token_type": "Bearer", "access_token": "canary-access", "id_token": self.token(visit["nonce"])}

    def token(self, nonce: str) -> str:
        now = int(time.time())
        said = {
            "iss": self.issuer, "sub": "subject-1", "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": nonce, "auth_time": now,
            "email": "ben@helpdesk.test", "email_verified": True, "name": "Ben at the provider",
        } | self.claims  # fmt: skip
        key = self.lies_with or self.key
        header = {"alg": self.algorithm, "kid": self.key.kid or ""}
        return jwt.encode(
            header, {name: value for name, value in said.items() if value is not None}, key, algorithms=[self.algorithm]
        )

    def show(self, path: str, token: str) -> tuple[int, dict[str, object]]:
        self.paths.append(path)
        if path == "/.well-known/openid-configuration":
            return 200, {
                "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize", "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys", "userinfo_endpoint": f"{self.issuer}/user", "response_types_supported": ["code"],
                "end_session_endpoint": f"{self.issuer}/leave", "code_challenge_methods_supported": ["S256"],
            } | self.metadata  # fmt: skip
        if path == "/keys":
            return 200, {"keys": [self.key.as_dict(private=False)]}
        if path == "/user" and token == "canary-access":
            return 200, dict(self.user)
        return 404, {}
