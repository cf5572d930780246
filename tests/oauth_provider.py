"""An OAuth provider on this machine: gives codes and tokens, remembers what was asked, and refuses on demand."""

import asyncio
import base64
import hashlib
import secrets
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import TypeVar
from urllib.parse import parse_qs, unquote_plus, urlencode, urlsplit

import msgspec

P = TypeVar("P", bound="Provider")
CLIENT_ID, CLIENT_SECRET = "helpdesk-client", "canary-client-secret"


class Provider:
    """`refuses` is an error that every token request is answered with; `lifetime` is in seconds. One that `drips` answers
    so slowly that it never ends, one that `babbles` without end."""

    def __init__(self) -> None:
        self.port = 0
        self.lifetime = 3600
        self.refuses = ""
        self.drips = self.babbles = False
        self.asked: list[dict[str, str]] = []
        self.access_tokens: list[str] = []
        self.refresh_token = ""
        self.owner = "support@helpdesk.test"
        self.shown: list[str] = []
        self._codes: dict[str, str] = {}

    @property
    def authorize_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/authorize"

    @property
    def token_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/token"

    def consent(self, url: str) -> dict[str, str]:
        """What the owner's browser brings back after they agreed on the page of this address."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert asked["client_id"] == CLIENT_ID
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked["code_challenge"]
        return {"state": asked["state"], "code": code}

    def answer(self, asked: dict[str, str]) -> tuple[int, dict[str, object]]:
        self.asked.append(asked)
        if self.refuses:
            return 400, {"error": self.refuses, "error_description": "The user withdrew it.\nTrace ID: 1"}
        if (asked.get("client_id"), asked.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return 401, {"error": "invalid_client"}
        if asked["grant_type"] == "authorization_code":
            challenge = base64.urlsafe_b64encode(hashlib.sha256(asked["code_verifier"].encode()).digest()).rstrip(b"=")
            if self._codes.pop(asked["code"], None) != challenge.decode():
                return 400, {"error": "invalid_grant"}
        elif asked["refresh_token"] != self.refresh_token:  # each refresh token works once, as Microsoft's may
            return 400, {"error": "invalid_grant"}
        self.access_tokens.append(f"canary-access-{secrets.token_urlsafe(8)}")
        self.refresh_token = f"canary-refresh-{secrets.token_urlsafe(8)}"
        return 200, {
            "token_type": "Bearer", "access_token": self.access_tokens[-1], "refresh_token": self.refresh_token,
            "expires_in": self.lifetime,
        }  # fmt: skip

    def show(self, _path: str, token: str) -> tuple[int, dict[str, object]]:
        return 200, self.introspect(token)

    def introspect(self, token: str) -> dict[str, object]:
        """Whose token it is, for a mail server."""
        self.shown.append(token)
        return {"active": True, "username": self.owner} if token in self.access_tokens[-1:] else {"active": False}


@asynccontextmanager
async def serving(provider: P) -> AsyncIterator[P]:
    server = await asyncio.start_server(lambda reader, writer: _serve(provider, reader, writer), "127.0.0.1", 0)
    provider.port = server.sockets[0].getsockname()[1]
    try:
        yield provider
    finally:
        server.close()


def oauth_provider() -> AbstractAsyncContextManager[Provider]:
    return serving(Provider())


async def _serve(provider: Provider, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One POST to the token address, or one GET of a mail server that was shown a token (RFC 7662, more or less)."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
    if head.startswith("POST "):
        body = (await reader.readexactly(int(fields["content-length"]))).decode()
        await asyncio.sleep(0.05)  # so that who does not wait for a lock is seen
        if provider.drips or provider.babbles:
            await _go_on(writer, b"x" * 65_536 if provider.babbles else b"x", 0 if provider.babbles else 0.1)
            return
        status, said = provider.answer(_basic(head) | {name: values[0] for name, values in parse_qs(body).items()})
    else:
        status, said = provider.show(head.split(" ")[1], head.partition("Bearer ")[2].split("\r\n")[0].strip())
    content = msgspec.json.encode(said)
    writer.write(
        f"HTTP/1.1 {status} x\r\ncontent-type: application/json\r\ncontent-length: {len(content)}\r\nconnection: close\r\n\r\n".encode()
        + content
    )
    await writer.drain()
    writer.close()


def _basic(head: str) -> dict[str, str]:
    """Who asks, where the head says it (RFC 6749 2.3.1)."""
    given = head.partition("authorization: Basic ")[2].split("\r\n")[0]
    if not given:
        return {}
    name, _, secret = base64.b64decode(given).decode().partition(":")
    return {"client_id": unquote_plus(name), "client_secret": unquote_plus(secret)}


async def _go_on(writer: asyncio.StreamWriter, piece: bytes, pause: float) -> None:
    """Answer until the other side has enough of it."""
    writer.write(b"HTTP/1.1 200 x\r\nconnection: close\r\n\r\n")
    with suppress(ConnectionError):
        while not writer.is_closing():
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)


def way_back(brought: dict[str, str]) -> str:
    return f"/console/oauth/callback?{urlencode(brought)}"
