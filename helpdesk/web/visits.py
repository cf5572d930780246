"""One visit: its id, who comes, in which language, how long it took."""

import re
import secrets
import time
from ipaddress import ip_address, ip_network
from urllib.parse import unquote

import structlog
from litestar import Request
from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.exceptions import HTTPException
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from helpdesk.kernel.language import Reader, accepted, known, set_reader
from helpdesk.kernel.metrics import observe_request
from helpdesk.kernel.settings import settings
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.signing_in import whose_session, whose_token

log = structlog.get_logger(__name__)

OPEN = ("/console/sign-in", "/console/new-password", "/console/welcome/")
"""What signed-out people may post to."""
BY_ITSELF = re.compile(r"/console/(?:live.*|channels/\d+/(?:fetching|plus)/?)")
"""What an open page asks for by itself: nobody need sit before it, so it keeps no session alive. The same goes for what a
page asks for with the header `X-By-Itself`, because nobody has touched it for a minute."""
LANGUAGE_COOKIE = "helpdesk-language"


class NotSignedIn(HTTPException):
    """Nobody is signed in: a page leads to the sign-in, the API answers 401."""

    status_code = 401
    detail = "not signed in"


def session_cookie() -> str:
    """The cookie's name; with https it is bound to this very host (ASVS 3.3)."""
    return "__Host-helpdesk" if settings().is_https else "helpdesk"


async def provide_agent(request: Request) -> SignedIn:
    """Who is signed in; raises NotSignedIn."""
    agent: SignedIn | None = request.scope["state"].get("agent")
    if agent is None:
        raise NotSignedIn
    return agent


class Visits(ASGIMiddleware):
    """Finds the person and the reader before anything else runs, and writes one line about the visit after it."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        started, path, method = time.perf_counter(), str(scope["path"]), str(scope.get("method", ""))
        request_id = secrets.token_hex(8)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(process="web", request_id=request_id)
        scope["state"]["request_id"] = request_id
        scope["state"]["address"] = client_address(scope)
        await _recognise(scope, path)
        status = 500

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            _demand_sign_in(scope, path)
            await next_app(scope, receive, send_with_id)
        finally:
            seconds = time.perf_counter() - started
            route = str(scope.get("path_template") or "none")
            observe_request(method, route, status, seconds)
            log.info("visit", method=method, path=_loggable(path, route), status=status, ms=round(seconds * 1000, 1))


def _demand_sign_in(scope: Scope, path: str) -> None:
    """Turn strangers away before anybody reads what they post."""
    is_change = scope.get("method") not in ("GET", "HEAD", "OPTIONS")
    if is_change and path.startswith("/console/") and not path.startswith(OPEN) and scope["state"]["agent"] is None:
        raise NotSignedIn


def _loggable(path: str, route: str) -> str:
    """The path, or its pattern where the path itself is a secret: a one-time link is as good as a password."""
    return route if "{token" in route else path


async def _recognise(scope: Scope, path: str) -> None:
    headers = Headers.from_scope(scope)
    cookies = _cookies(headers.get("cookie", ""))
    agent: SignedIn | None = None
    address = scope["state"]["address"]
    if path.startswith("/api/v1"):
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and token:
            agent = await whose_token(token.strip(), at=now(), address=address)
    elif not path.startswith("/static") and (token := cookies.get(session_cookie())):
        is_visit = not (BY_ITSELF.fullmatch(path) or headers.get("x-by-itself"))
        agent = await whose_session(token, at=now(), is_visit=is_visit, address=address)
    scope["state"]["agent"] = agent
    if agent:
        set_reader(Reader(known(agent.language), agent.time_zone, agent.theme))
        structlog.contextvars.bind_contextvars(agent=agent.id)
    else:
        set_reader(stranger(headers))


def stranger(headers: Headers) -> Reader:
    """Somebody who is not signed in: the language they chose, or the first that their browser asks for and we speak."""
    asked = accepted(headers.get("accept-language", ""), settings().default_language)
    return Reader(known(_cookies(headers.get("cookie", "")).get(LANGUAGE_COOKIE) or asked), settings().time_zone)


def client_address(scope: Scope) -> str:
    """The peer's address; X-Forwarded-For counts only from a configured proxy, read from its end (ASVS 4.1.3)."""
    peer = str((scope.get("client") or ("", 0))[0])
    trusted = [ip_network(one) for one in settings().trusted_proxies.replace(",", " ").split()]
    chain = [*",".join(Headers.from_scope(scope).getall("x-forwarded-for", [])).split(","), peer]
    for hop in reversed([one.strip() for one in chain if one.strip()]):
        try:
            if not any(ip_address(hop) in network for network in trusted):
                return hop
        except ValueError:
            return peer
    return peer


def _cookies(header: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in header.split(";"))
    return {name.strip(): unquote(value.strip().strip('"')) for name, _, value in pairs}
