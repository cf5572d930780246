"""The door of /api/v1: who calls, how often, and with filters that exist."""

from datetime import timedelta
from typing import get_args

from litestar.connection import ASGIConnection
from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.handlers import BaseRouteHandler
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _
from helpdesk.kernel.time import now
from helpdesk.kernel.tokens import digest
from helpdesk.people.rationing import spend
from helpdesk.web.visits import NotSignedIn

CALLS, WINDOW = 600, timedelta(minutes=1)
"""For each token, over all processes."""


class Entering(ASGIMiddleware):
    """Lets in whoever has a token and calls left; outside of any transaction, so that a refused call is counted too."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        if scope["state"].get("agent") is None:
            raise NotSignedIn
        token = Headers.from_scope(scope).get("authorization", "").partition(" ")[2].strip()
        await spend(f"api:{digest(token)}", at_most=CALLS, within=WINDOW, at=now())
        await next_app(scope, receive, send)


def only_known_parameters(connection: ASGIConnection, handler: BaseRouteHandler) -> None:
    """A filter that does not exist is an error: ignoring it would answer another question than the one asked.

    So is `null`, which conversion would take for an absent one.
    """
    parameters = handler.parsed_fn_signature.parameters.items()
    known = {getattr(one.kwarg_definition, "name", None) or name: one for name, one in parameters}
    if unknown := sorted(set(connection.query_params) - set(known)):
        raise Invalid(**dict.fromkeys(unknown, _("There is no such parameter.")))
    for name, value in connection.query_params.multi_items():
        kind = known[name].annotation
        if value.casefold() == "null" and str not in (kind, *get_args(kind)):
            raise Invalid(**{name: _("Leave a parameter out when it has no value.")})
