"""A person's browser, with and without htmx."""

import re
from typing import Any, cast

from httpx import ASGITransport, AsyncClient, Response
from litestar import Litestar

from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.sessions import open_session
from helpdesk.web.visits import session_cookie

HOST = "http://localhost:8000"
HTMX = {"hx-request": "true"}


class Browser:
    """One person's browser: it keeps cookies and sends the CSRF token with each form."""

    def __init__(self, app: Litestar) -> None:
        self.client = AsyncClient(transport=ASGITransport(app=cast(Any, app)), base_url=HOST)

    async def get(self, path: str, *, htmx: bool = False, **more: Any) -> Response:
        return await self.client.get(path, headers=HTMX if htmx else {}, **more)

    async def post(
        self, path: str, data: dict[str, Any] | None = None, *, htmx: bool = False, files: Any = None
    ) -> Response:
        fields = {"_csrf_token": await self.token(), **(data or {})}
        return await self.client.post(path, data=fields, files=files, headers=HTMX if htmx else {})

    async def delete(self, path: str) -> Response:
        return await self.client.delete(path, headers=HTMX | {"x-csrftoken": await self.token()})

    async def token(self) -> str:
        """The token that the pages of this browser carry."""
        names = [name for name in self.client.cookies if name.startswith("helpdesk-csrf")]
        if not names:
            page = await self.client.get("/console/new-password")
            found = re.search(r'name="csrf-token" content="([^"]+)"', page.text)
            assert found
            return found[1]
        return self.client.cookies[names[0]]

    async def sign_in(self, agent: SignedIn) -> "Browser":
        token = await open_session(agent.id or 0, address="127.0.0.1", user_agent="test", at=now())
        self.client.cookies.set(session_cookie(), token, domain="localhost.local")
        return self
