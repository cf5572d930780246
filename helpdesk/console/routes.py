"""All handlers of the console."""

from typing import Any

from litestar import Router
from litestar.di import Provide

from helpdesk.console.fields import FieldsController
from helpdesk.console.forms import read_form
from helpdesk.console.inbox import InboxController
from helpdesk.console.signing_in import SignInController, choose_language
from helpdesk.console.writing import WritingController

ROUTES: list[Any] = [
    Router(
        "/",
        route_handlers=[SignInController, choose_language, InboxController, FieldsController, WritingController],
        dependencies={"form": Provide(read_form)},
        request_max_body_size=256 * 1024,
        include_in_schema=False,
    )
]
