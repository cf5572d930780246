"""What the schema promises holds: no undocumented status or content type, no 500, nothing wrong accepted.

A short run; `make schemathesis` is the long one. Cases are made by schemathesis and sent to the application in this
process, over the test's database.
"""

import asyncio
import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

import httpx
import pytest
import pytest_asyncio
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import load_all_checks
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    ignored_auth,
    missing_required_header,
    positive_data_acceptance,
    unsupported_method,
)

from helpdesk.api.openapi import schema_of
from helpdesk.api.routes import API
from helpdesk.articles import indexing
from helpdesk.kernel.time import now
from helpdesk.people import rationing
from helpdesk.tickets.posting import Leaving
from helpdesk.tickets.replying import Draft, note, reply
from helpdesk.tickets.solving import set_status
from helpdesk.tickets.uploading import upload
from tests.api.conftest import ClientOf
from tests.cast import hire, make_team
from tests.make import a_ticket

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "4"))
BASE = "http://helpdesk.test"
# The first three send requests of their own; what is well-formed may still name a team that does not exist; litestar's own
# answer to OPTIONS names the first method alone (405 names all).
LEFT_OUT = [
    ignored_auth,
    missing_required_header,
    unsupported_method,
    positive_data_acceptance,
    allow_header_conformance,
]

Send = Callable[[schemathesis.Case], httpx.Response]

load_all_checks()
schema = schemathesis.openapi.from_dict(schema_of(API))
KNOWN = {"number": [1001, 1002], "message_id": [1, 2, 3], "attachment_id": [1, 2], "identity_id": [1, 2]}
"""What the desk of this test has; other ids are 1, 2 or 3."""

schema.config.phases.coverage.enabled = EXAMPLES > 10
schema.config.generation.with_security_parameters = False


@schema.hook
def map_path_parameters(context: Any, path_parameters: dict[str, Any]) -> dict[str, Any]:
    """Most well-formed ids name something: a case that ends in 404 shows little."""
    for name, value in (path_parameters or {}).items():
        if isinstance(value, int) and 1 <= value < 2**31 and value % 8:
            known = KNOWN.get(name, [1, 2, 3])
            path_parameters[name] = known[value % len(known)]
    return path_parameters


@pytest_asyncio.fixture(loop_scope="session")
async def send(client_of: ClientOf, monkeypatch: pytest.MonkeyPatch) -> Send:
    """Sends a case as an administrator of a small desk."""
    alma, ben = await hire("alma"), await hire("ben")
    await make_team("First line", ben)
    ticket = await a_ticket()
    await reply(ticket, Draft(body_text="An answer"), by=alma, at=now(), leaving=Leaving(hold=timedelta(hours=1)))
    await note(ticket, Draft(body_text="A note"), by=ben, at=now())
    await set_status(await a_ticket(), "closed", by=ben, at=now())
    await upload("a.txt", "text/plain", b"x", by=alma, at=now())
    await indexing.keep_up()  # without an index searches of articles are away, and say so by 503
    monkeypatch.setattr(rationing, "SHARE", 1_000_000)
    monkeypatch.setattr("helpdesk.api.entering.CALLS", 1_000_000)
    client = await client_of(alma)
    loop = asyncio.get_running_loop()

    def send(case: schemathesis.Case) -> httpx.Response:
        prepared = requests.Request(**_of_requests(case.as_transport_kwargs(base_url=BASE))).prepare()
        headers = [
            (name.encode("latin-1"), value if isinstance(value, bytes) else value.encode("latin-1", "replace"))
            for name, value in prepared.headers.items() if name.lower() != "authorization"
        ]  # fmt: skip
        request = client.build_request(
            prepared.method or "GET", prepared.url or BASE, headers=headers, content=cast("bytes", prepared.body or b"")
        )
        return loop.run_until_complete(client.send(request))

    return send


@schema.parametrize()
@settings(
    max_examples=EXAMPLES, deadline=None, database=None, derandomize=EXAMPLES <= 10,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)  # fmt: skip
def test_the_schema_is_kept(case: schemathesis.Case, send: Send) -> None:
    response = send(case)
    case.validate_response(response, excluded_checks=LEFT_OUT)


async def test_the_schema_covers_every_route_and_says_what_may_go_wrong() -> None:
    described = schema_of(API)
    routes = {(route.path_format, method) for handler in API.routes for route in [handler] for method in route.methods}
    told = {(path, method.upper()) for path, item in described["paths"].items() for method in item}
    assert told == {(path, method) for path, method in routes if method != "OPTIONS"}
    for path, item in described["paths"].items():
        for method, operation in item.items():
            assert {"401", "422", "429"} <= operation["responses"].keys(), (path, method)
            assert operation.get("description"), (path, method)


def _of_requests(kwargs: dict[str, Any]) -> dict[str, Any]:
    """Without what belongs to sending."""
    names = ("method", "url", "headers", "files", "data", "params", "auth", "cookies", "json")
    return {name: value for name, value in kwargs.items() if name in names}
