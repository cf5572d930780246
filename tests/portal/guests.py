"""Customers in their browsers: signed in by a link, or come by that of a mail."""

import re
from typing import Any

from httpx import ASGITransport, AsyncClient, Response

from helpdesk.customers.visiting import make_link
from helpdesk.kernel.time import now
from tests.cast import DORA


class Guest:
    """A browser without scripts that keeps cookies and sends the CSRF token with each form."""

    def __init__(self, transport: ASGITransport) -> None:
        self.client = AsyncClient(transport=transport, base_url="http://localhost:8000")

    async def get(self, path: str) -> Response:
        return await self.client.get(path)

    async def page(self, path: str) -> Response:
        """The page at the end of all redirects."""
        answer = await self.client.get(path, follow_redirects=True)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[:2000])
        return answer

    async def post(
        self, path: str, data: dict[str, str] | None = None, *, on: str = "/sign-in", files: Any = None
    ) -> Response:
        """Send a form of the page `on`."""
        fields = {"_csrf_token": await self._token(on), **(data or {})}
        return await self.client.post(path, data=fields, files=files)

    async def sign_in(self, address: str = DORA[0], *, next_path: str = "") -> Response:
        made = await make_link(address, next_path=next_path, at=now())
        assert made, f"{address} is nobody's"
        return await self.post(f"/sign-in/{made[0]}", on=f"/sign-in/{made[0]}")

    async def _token(self, path: str) -> str:
        page = (await self.client.get(path, follow_redirects=True)).text
        found = re.search(r'name="_csrf_token" value="([^"]+)"', page)
        assert found, page[:2000]
        return found[1]
