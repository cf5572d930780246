"""Clients of the API: the real application in this process, over the test's database."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any, cast

import httpx
import pytest_asyncio
from litestar import Litestar

from helpdesk.kernel.time import now
from helpdesk.people import rationing
from helpdesk.people.actor import SignedIn
from helpdesk.people.api_tokens import create_token
from tests.cast import hire


def client(app: Litestar, token: str = "") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=cast("Any", app), raise_app_exceptions=False)
    headers = {"authorization": f"Bearer {token}"} if token else {}
    return httpx.AsyncClient(transport=transport, base_url="http://helpdesk.test/api/v1", headers=headers)


ClientOf = Callable[[SignedIn], Awaitable[httpx.AsyncClient]]


@pytest_asyncio.fixture(loop_scope="session")
async def client_of(app: Litestar, database: None) -> AsyncIterator[ClientOf]:
    """A client with a token of the agent."""
    rationing.forget_all()
    async with AsyncExitStack() as stack:

        async def client_of(agent: SignedIn) -> httpx.AsyncClient:
            assert agent.id is not None
            token = await create_token(agent.id, "test", at=now())
            return await stack.enter_async_context(client(app, token))

        yield client_of


@pytest_asyncio.fixture(loop_scope="session")
async def ben(database: None) -> SignedIn:
    return await hire("ben")


@pytest_asyncio.fixture(loop_scope="session")
async def api(client_of: ClientOf, ben: SignedIn) -> httpx.AsyncClient:
    """Ben's client; Ben is an ordinary agent."""
    return await client_of(ben)
