"""What clients send: strict JSON, bounded texts, numbers that the database knows, pages."""

import base64
import re
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, TypeVar

import msgspec
from litestar import Request
from litestar.di import NamedDependency
from litestar.exceptions import ClientException, ValidationException
from litestar.params import HeaderParameter, PathParameter, QueryParameter
from msgspec import Meta

from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _
from helpdesk.people.actor import SignedIn

WITHOUT_NUL = r"^[^\x00]*$"
"""PostgreSQL has no place for NUL in a text."""

Line = Annotated[str, Meta(min_length=1, max_length=200, pattern=WITHOUT_NUL)]
ShortLine = Annotated[str, Meta(min_length=1, max_length=100, pattern=WITHOUT_NUL)]
OptionalLine = Annotated[str, Meta(max_length=200, pattern=WITHOUT_NUL)]
Notes = Annotated[str, Meta(max_length=10_000, pattern=WITHOUT_NUL)]
Email = Annotated[str, Meta(min_length=3, max_length=320, pattern=r"^[^@\s<>,;\"\x00]+@[^@\s<>,;\"\x00]+$")]
Id = Annotated[int, Meta(ge=1, le=2**63 - 1)]
SmallId = Annotated[int, Meta(ge=1, le=2**31 - 1)]

Moment = Annotated[datetime, Meta(tz=True)]
"""With its zone: a time without one is nobody's."""

PathId = Annotated[int, PathParameter(ge=1, le=2**63 - 1)]
PathSmallId = Annotated[int, PathParameter(ge=1, le=2**31 - 1)]
Limit = Annotated[int, QueryParameter(ge=1, le=200, description="How many at most.")]
Cursor = Annotated[
    str | None, QueryParameter(max_length=200, pattern=WITHOUT_NUL, description="`next` of the page before.")
]
Word = Annotated[str | None, QueryParameter(min_length=1, max_length=320, pattern=WITHOUT_NUL)]

Time = Annotated[str | None, QueryParameter(max_length=40, schema_extra={"format": "date-time"})]
"""Text, as conversion would take any number for seconds since 1970; `moment_of` reads it."""

IfMatch = Annotated[
    str | None, HeaderParameter(name="If-Match", max_length=40, description='The version you looked at: `3` or `"3"`.')
]

_PATH = re.compile(r" - at `(?:key in )?\$\.?([^`]*)`$")

T = TypeVar("T")
Caller = NamedDependency[SignedIn]


class StrictRequest(Request):
    """Reads a JSON body straight into the handler's type: no guessing of types, no unknown fields."""

    async def json(self) -> Any:
        """The body; raises ValidationException with the field at fault, ClientException when it is not JSON."""
        wanted = self.route_handler.parsed_data_field
        body = await self.body()
        try:
            return msgspec.json.decode(body, type=wanted.annotation if wanted else Any)
        except msgspec.ValidationError as error:
            raise ValidationException(extra=[_fault(str(error))]) from error
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise ClientException(_("The body is not JSON: %(error)s") % {"error": str(error)[:200]}) from error


def _fault(error: str) -> dict[str, str]:
    """msgspec's message as the place (`customer.email`) and what is wrong there."""
    found = _PATH.search(error)
    return (
        {"key": found[1] or "body", "message": error[: found.start()]} if found else {"key": "body", "message": error}
    )


def moment_of(text: str | None, name: str) -> datetime | None:
    """A time of the address; raises Invalid at `name` when it is not RFC 3339 or has no zone."""
    try:
        return msgspec.convert(text, Moment | None)
    except msgspec.ValidationError as error:
        raise Invalid(**{name: _("Give a time with its zone: 2026-01-31T08:00:00Z.")}) from error


def set_fields(patch: msgspec.Struct) -> dict[str, Any]:
    """The fields that the client sent."""
    found = {name: getattr(patch, name) for name in patch.__struct_fields__}
    return {name: value for name, value in found.items() if value is not msgspec.UNSET}


def page(items: list[T], limit: int, key: Callable[[T], str | int]) -> tuple[list[T], str | None]:
    """The first `limit` of a list that has one more when there is more, and the cursor of the next page."""
    shown = items[:limit]
    return shown, to_cursor(key(shown[-1])) if len(items) > limit else None


def to_cursor(key: str | int) -> str:
    return base64.urlsafe_b64encode(str(key).encode()).decode().rstrip("=")


def from_cursor(cursor: str | None) -> str | None:
    if cursor is None:
        return None
    try:
        return base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (ValueError, UnicodeDecodeError) as error:
        raise bad_cursor() from error


def id_from_cursor(cursor: str | None) -> int:
    """The id after which the page begins; 0 for the first."""
    text = from_cursor(cursor)
    if text is None:
        return 0
    if not (text.isascii() and text.isdecimal() and int(text) < 2**63):
        raise bad_cursor()
    return int(text)


def bad_cursor() -> Invalid:
    return Invalid(cursor=_("This page link is not valid. Start again from the first page."))


def version_of(if_match: str | None) -> int | None:
    """The version of an If-Match header; `*` is any."""
    if if_match is None or if_match.strip() == "*":
        return None
    text = if_match.strip().removeprefix("W/").strip('"')
    if not (text.isascii() and text.isdecimal()):
        raise Invalid(**{"If-Match": _("Send the version of the ticket that you looked at.")})
    return int(text)
