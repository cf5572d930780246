"""The application, and visitors of its web forms."""

from collections.abc import AsyncIterator, Callable
from typing import Any, cast

import pytest_asyncio
from httpx import ASGITransport, AsyncClient
from litestar import Litestar

from tests.console.conftest import queries_at_most
from tests.portal.guests import Guest

__all__ = ["queries_at_most"]


@pytest_asyncio.fixture(loop_scope="session")
async def visitor(database: None, app: Litestar) -> AsyncIterator[AsyncClient]:
    """A browser without scripts, at 192.0.2.7."""
    transport = ASGITransport(app=cast(Any, app), client=("192.0.2.7", 1234))
    async with AsyncClient(transport=transport, base_url="http://localhost:8000") as client:
        yield client


@pytest_asyncio.fixture(loop_scope="session")
async def guest(database: None, app: Litestar) -> AsyncIterator[Callable[[], Guest]]:
    """Makes browsers of customers; they are closed at the end."""
    made: list[Guest] = []

    def make() -> Guest:
        made.append(Guest(ASGITransport(app=cast(Any, app), client=("192.0.2.7", 1234))))
        return made[-1]

    yield make
    for one in made:
        await one.client.aclose()
