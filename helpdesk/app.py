"""The web application: routes and wiring, in reading order."""

import hashlib
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from litestar import Litestar, Request, Response, get
from litestar._parsers import parse_url_encoded_form_data
from litestar.config.csrf import CSRFConfig
from litestar.connection import request as litestar_request
from litestar.di import Provide
from litestar.exceptions import NotFoundException
from litestar.middleware import DefineMiddleware
from litestar.middleware.csrf import CSRFMiddleware

from helpdesk.api import routes as api
from helpdesk.console import routes as console
from helpdesk.health import readiness
from helpdesk.kernel import logs
from helpdesk.kernel.database import connected
from helpdesk.kernel.settings import settings
from helpdesk.kernel.tokens import keys
from helpdesk.live.hub import Hub
from helpdesk.live.stream import LiveController
from helpdesk.metrics import CONTENT_TYPE
from helpdesk.metrics import metrics as metrics_now
from helpdesk.portal import routes as portal
from helpdesk.web.compressing import Compression
from helpdesk.web.headers import SecurityHeaders
from helpdesk.web.pages import template_config
from helpdesk.web.problems import answer_error
from helpdesk.web.static import serve_static
from helpdesk.web.visits import Visits, provide_agent

# litestar remembers the last 1,024 form bodies of a process, whoever sent them and however large: it must not.
litestar_request.__dict__["parse_url_encoded_form_data"] = parse_url_encoded_form_data.__wrapped__

POOL = 20
LOOPBACK = {"127.0.0.1", "::1", "localhost", ""}


def create_app() -> Litestar:
    """A new application; everything that belongs to an event loop is made when it starts."""
    logs.configure("web")
    hub = Hub()

    async def provide_hub() -> Hub:
        return hub

    @asynccontextmanager
    async def lifespan(_app: Litestar) -> AsyncIterator[None]:
        async with connected(POOL), hub.listening():
            yield

    return Litestar(
        route_handlers=[
            healthz,
            readyz,
            metrics,
            serve_static,
            LiveController,
            *console.ROUTES,
            *portal.ROUTES,
            *api.ROUTES,
        ],
        dependencies={"agent": Provide(provide_agent), "hub": Provide(provide_hub)},
        middleware=[Compression(), SecurityHeaders(), Visits(), DefineMiddleware(CSRFMiddleware, config=_csrf())],
        lifespan=[lifespan],
        template_config=template_config(),
        exception_handlers={Exception: answer_error},
        request_max_body_size=30 * 1024 * 1024,
        openapi_config=None,
        logging_config=None,
        debug=False,
    )


@get("/healthz", include_in_schema=False)
async def healthz() -> dict[str, str]:
    """The process lives."""
    return {"status": "ok"}


@get("/readyz", include_in_schema=False)
async def readyz() -> Response:
    """Whether everything that a request needs is there, with each queue's lag."""
    found = await readiness()
    return Response(found, status_code=200 if found.is_ready else 503)


@get("/metrics", include_in_schema=False)
async def metrics(request: Request) -> Response[bytes]:
    """For Prometheus: from this machine, or with `Authorization: Bearer METRICS_TOKEN`."""
    token = settings().metrics_token
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    is_local = request.scope["state"]["address"] in LOOPBACK and "x-forwarded-for" not in request.headers
    if not (hmac.compare_digest(given.encode(), token.encode()) if token else is_local):
        raise NotFoundException
    return Response(await metrics_now(), media_type=CONTENT_TYPE)


def _csrf() -> CSRFConfig:
    """Double submit of a signed token. The cookie is named after the key, so that a rotated secret makes a new one."""
    key = keys("csrf")[0]
    return CSRFConfig(
        secret=key.hex(),
        cookie_name=f"{'__Host-' if settings().is_https else ''}helpdesk-csrf-{hashlib.sha256(key).hexdigest()[:6]}",
        cookie_secure=settings().is_https,
        cookie_httponly=True,
        exclude=["^/api/v1", "^/forms/", "^/static", "^/healthz", "^/readyz", "^/metrics"],
    )
