"""Pages travel compressed. Files do already, and streams must not wait for a buffer."""

import gzip
import secrets

from litestar.datastructures import Headers, MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, HTTPResponseStartEvent, Message, Receive, Scope, Send

SMALLEST = 1_000  # bytes: less is not worth it
LEVEL = 4  # a page of 113 kB becomes 19 in a millisecond: 22 in 0.6 at level 1, 18 in 2 at level 6
MOST_NOISE = 100  # bytes


class Compression(ASGIMiddleware):
    """Compresses HTML that is sent in one piece, for browsers that take gzip."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        if "gzip" not in Headers.from_scope(scope).get("accept-encoding", ""):
            await next_app(scope, receive, send)
            return
        held: HTTPResponseStartEvent | None = None

        async def send_compressed(message: Message) -> None:
            nonlocal held
            if message["type"] == "http.response.start":
                held = message
                return
            if held is not None and message["type"] == "http.response.body":
                headers, start, held = MutableScopeHeaders.from_message(held), held, None
                if _is_worth_it(headers, message["body"]) and not message["more_body"]:
                    message["body"] = compressed(message["body"])
                    headers["content-encoding"], headers["content-length"] = "gzip", str(len(message["body"]))
                    headers.add("vary", "accept-encoding")
                await send(start)
            await send(message)

        await next_app(scope, receive, send_compressed)


def compressed(body: bytes) -> bytes:
    """As gzip, with a name of random length in its head, so that lengths tell less of a page's secrets.

    The measure against BREACH of "Heal the Breach" (Palacios et al., 2022), which Django takes, too.
    """
    whole = gzip.compress(body, LEVEL, mtime=0)
    name = secrets.token_urlsafe(MOST_NOISE)[: secrets.randbelow(MOST_NOISE)].encode()
    return whole[:3] + b"\x08" + whole[4:10] + name + b"\0" + whole[10:]


def _is_worth_it(headers: MutableScopeHeaders, body: bytes) -> bool:
    is_page = headers.get("content-type", "").startswith("text/html")
    return is_page and len(body) >= SMALLEST and "content-encoding" not in headers
