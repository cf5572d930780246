"""All of /api/v1, its schema and its documentation."""

from typing import Any

from litestar import Router

from helpdesk.api import events, messages, tickets
from helpdesk.api.entering import Entering, only_known_parameters
from helpdesk.api.idempotency import Idempotency
from helpdesk.api.openapi import documentation
from helpdesk.api.requests import StrictRequest

MEGABYTE = 1024 * 1024

API = Router(
    path="/api/v1",
    route_handlers=[
        tickets.list_tickets, tickets.open_ticket, tickets.read_ticket, tickets.change_ticket,
        messages.list_messages, messages.write_message, messages.read_message, messages.take_message_back,
        messages.send_message_again, messages.open_follow_up, events.list_events,
    ],
    middleware=[Entering(), Idempotency()],
    guards=[only_known_parameters],
    request_class=StrictRequest,
    request_max_body_size=2 * MEGABYTE,
)  # fmt: skip

ROUTES: list[Any] = [API, *documentation(API)]
