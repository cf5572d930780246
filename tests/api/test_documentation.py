"""/api/docs and /api/openapi.json: self-hosted, about /api/v1 alone."""

import re

from litestar import Litestar

from tests.api.conftest import client


async def test_the_page_loads_nothing_from_elsewhere(app: Litestar, database: None) -> None:
    async with client(app) as anybody:
        page = await anybody.get("http://helpdesk.test/api/docs")
        assert page.status_code == 200
        linked = re.findall(r'(?:href|src)="([^"]+)"', page.text)
        assert len(linked) == 4 and all(one.startswith("/static/") for one in linked)
        for one in linked:
            assert (await anybody.get(f"http://helpdesk.test{one}")).status_code == 200
        policy = page.headers["content-security-policy"]
        assert (
            "script-src 'self';" in policy
            and "style-src 'self' 'unsafe-inline';" in policy
            and "unsafe-eval" not in policy
        )


async def test_the_schema_tells_of_the_api_alone(app: Litestar, database: None) -> None:
    async with client(app) as anybody:
        answer = await anybody.get("http://helpdesk.test/api/openapi.json")
    schema = answer.json()
    assert schema["openapi"].startswith("3.1")
    assert schema["paths"] and all(path.startswith("/api/v1/") for path in schema["paths"])
    assert schema["security"] == [{"token": []}]
    assert schema["components"]["schemas"]["NewTicket"]["additionalProperties"] is False
    key = [one["name"] for one in schema["paths"]["/api/v1/tickets"]["post"]["parameters"]]
    assert key == ["Idempotency-Key"]
