"""/api/openapi.json and /api/docs: the schema of /api/v1 alone, and a page to read it."""

from functools import cache
from http import HTTPStatus
from typing import Any, get_args

import msgspec
from litestar import Litestar, MediaType, Response, Router, get
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme

from helpdesk.api.problems import MEDIA_TYPE, Problem
from helpdesk.api.uploads import NewUpload
from helpdesk.web.static import static
from helpdesk.web.visits import provide_agent

DESCRIPTION = """Everything that the console can do, for programs. Send `Authorization: Bearer TOKEN` with each call; a token can do what
its agent can. Times are RFC 3339 in UTC. Lists are `{"items": […], "next": CURSOR or null}`. A POST with an
`Idempotency-Key` is done once within a day, however often it is sent."""

COMMON = {
    400: "The body cannot be read: it is not JSON, or not a form where a form is wanted.",
    401: "The token is missing, unknown or revoked.",
    422: "Something is missing or wrong; `fields` says where.",
    429: "More than 600 calls in a minute; `Retry-After` says when to go on.",
    503: "The database cannot be reached just now.",
}
"""What every call may be answered."""

IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key", "in": "header", "required": False,
    "description": "Any text that is new for a new request; the same key and request are answered alike and done once.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": r"^[\x21-\x7e]+$"},
}  # fmt: skip

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>API</title>
<link rel="icon" href="{icon}" type="image/svg+xml">
<link rel="stylesheet" href="{style}">
<script src="{viewer}" defer></script>
<script src="{script}" defer></script>
</head>
<body><div id="docs" data-schema="/api/openapi.json"></div></body>
</html>
"""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
"""The viewer writes style attributes; nowhere else are they allowed."""


def documentation(api: Router) -> list[Any]:
    """The handlers of the schema and the page."""

    @cache
    def described() -> bytes:
        return msgspec.json.encode(schema_of(api))

    @get("/api/openapi.json", include_in_schema=False)
    async def openapi() -> Response[bytes]:
        return Response(described(), media_type=MediaType.JSON, headers={"cache-control": "no-cache"})

    @get("/api/docs", include_in_schema=False)
    async def docs() -> Response[str]:
        page = PAGE.format(
            icon=static("favicon.svg"), style=static("docs/swagger-ui.css"), viewer=static("docs/swagger-ui.js"),
            script=static("docs/docs.js"),
        )  # fmt: skip
        return Response(page, media_type=MediaType.HTML, headers={"content-security-policy": POLICY})

    return [openapi, docs]


def schema_of(api: Router) -> dict[str, Any]:
    """OpenAPI 3.1 of the router alone, whatever else the application serves."""
    config = OpenAPIConfig(
        title="Helpdesk", version="1", description=DESCRIPTION, security=[{"token": []}],
        components=Components(security_schemes={"token": SecurityScheme(type="http", scheme="bearer")}),
        operation_id_creator=lambda handler, _method, _path: handler.handler_name, use_handler_docstrings=True,
    )  # fmt: skip
    app = Litestar([api], openapi_config=config, dependencies={"agent": Provide(provide_agent)})
    schema = app.openapi_schema.to_schema()
    schema["components"]["schemas"] |= _shapes(app)
    for path in schema["paths"].values():
        for method, operation in path.items():
            _complete(method, operation)
    return schema


def _shapes(app: Litestar) -> dict[str, Any]:
    """Schemas of all that is sent and answered, from the types that check it: msgspec says more of them than litestar."""
    handlers = [handler for route in app.routes for handler in getattr(route, "route_handlers", [])]
    fields = [one for handler in handlers for one in (handler.parsed_data_field, handler.parsed_return_field) if one]
    named = [kind for field in fields for kind in (field.annotation, *get_args(field.annotation))]
    shapes = [
        kind for kind in named if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind is not NewUpload
    ]
    _schemas, components = msgspec.json.schema_components(
        [*dict.fromkeys(shapes), Problem], ref_template="#/components/schemas/{name}"
    )
    return components


def _complete(method: str, operation: dict[str, Any]) -> None:
    """Add what belongs to every operation; the framework's own 400 is none of ours."""
    operation["summary"] = operation["description"].split("\n")[0].rstrip(".").replace("`", "")
    for parameter in operation.get("parameters", []):
        parameter["schema"] = _without_null(parameter["schema"])
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    operation["responses"].pop("400", None)
    common = (
        COMMON if "requestBody" in operation else {status: text for status, text in COMMON.items() if status != 400}
    )
    for status, text in common.items():
        operation["responses"][str(status)] = {"description": text, "content": content}
    if "requestBody" in operation:
        operation["responses"]["413"] = {"description": "The body is too large.", "content": content}
    if method == "post":
        operation.setdefault("parameters", []).append(IDEMPOTENCY_KEY)
        conflict = {"description": HTTPStatus(409).phrase, "content": content}
        operation["responses"].setdefault("409", conflict)


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter that is absent is absent: there is no null in an address."""
    kinds = [kind for kind in schema.get("oneOf", []) if kind.get("type") != "null"]
    return {name: value for name, value in schema.items() if name != "oneOf"} | kinds[0] if len(kinds) == 1 else schema
