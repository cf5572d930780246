"""What handlers are given: who is signed in, and the parts of the address."""

from typing import Annotated

from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.handlers.base import BaseRouteHandler
from litestar.params import FromPath, FromQuery, QueryParameter

from helpdesk.console.forms import LARGEST_ID, LARGEST_SMALL_ID, Form
from helpdesk.kernel.errors import NotFound
from helpdesk.kernel.language import _
from helpdesk.people.actor import SignedIn

Me = NamedDependency[SignedIn]
Typed = NamedDependency[Form]
Id = FromPath[int]
Name = FromPath[str]
Text = FromQuery[str]
Cursor = FromQuery[str | None]
Flag = FromQuery[bool]
Next = Annotated[str, QueryParameter(name="next")]

_OF_FEW = {
    "agent_id",
    "team_id",
    "channel_id",
    "token_id",
    "form_id",
    "filter_id",
    "rule_id",
    "suppression_id",
    "session_id",
    "text_id",
    "policy_id",
    "calendar_id",
    "set_id",
    "article_id",
    "category_id",
    "file_id",
    "version",
}


def within_reach(connection: ASGIConnection, _handler: BaseRouteHandler) -> None:
    """A number in the address that no row can have: there is nothing, as with any other unknown one."""
    for name, value in connection.path_params.items():
        if isinstance(value, int) and abs(value) > (LARGEST_SMALL_ID if name in _OF_FEW else LARGEST_ID):
            raise NotFound(_("There is nothing here."))
