"""All handlers of the portal."""

from typing import Any

from litestar import Router

from helpdesk.portal.forms import FormsController
from helpdesk.portal.showing import LARGEST_TOGETHER

ROUTES: list[Any] = [
    Router(
        "/",
        route_handlers=[FormsController],
        request_max_body_size=LARGEST_TOGETHER + 1024 * 1024,
        include_in_schema=False,
    )
]
