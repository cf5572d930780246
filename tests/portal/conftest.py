"""The application, and visitors of its web forms."""

from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
import pytest_asyncio
from httpx import ASGITransport, AsyncClient
from litestar import Litestar


@pytest.fixture(scope="session")
def app() -> Litestar:
    from helpdesk.app import create_app

    return create_app()


@pytest_asyncio.fixture(loop_scope="session")
async def visitor(database: None, app: Litestar) -> AsyncIterator[AsyncClient]:
    """A browser without scripts, at 192.0.2.7."""
    transport = ASGITransport(app=cast(Any, app), client=("192.0.2.7", 1234))
    async with AsyncClient(transport=transport, base_url="http://localhost:8000") as client:
        yield client
