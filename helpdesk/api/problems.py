"""What can go wrong, as the schema tells it (RFC 9457)."""

from http import HTTPStatus
from typing import Any

import msgspec
from litestar.openapi.datastructures import ResponseSpec

MEDIA_TYPE = "application/problem+json"


class BothValues(msgspec.Struct, frozen=True):
    theirs: Any
    yours: Any


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """`fields` names each field at fault: with a sentence (422), or with both values of a conflict (409)."""

    type: str
    title: str
    status: int
    instance: str
    request_id: str | None
    fields: dict[str, str | BothValues] | msgspec.UnsetType = msgspec.UNSET


def problems(*statuses: int) -> dict[int, ResponseSpec]:
    """The statuses besides those that every call may have (openapi.py)."""
    return {
        status: ResponseSpec(
            Problem, description=HTTPStatus(status).phrase, media_type=MEDIA_TYPE, generate_examples=False
        )
        for status in statuses
    }
