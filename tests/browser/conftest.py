"""One product and one browser for all of these tests that a process has; each test has its own visits."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.browser.chromium import chromium
from tests.browser.product import Product, a_product
from tests.browser.visits import Visits

BROWSER = Path(__file__).parent
PATIENCE = 300
"""Seconds for a test: the first one starts everything."""
expect.set_options(timeout=20_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent == BROWSER:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(PATIENCE))


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def product(browser: Browser) -> AsyncIterator[Product]:
    async with a_product() as product:
        yield product


@pytest_asyncio.fixture(loop_scope="session")
async def visits(browser: Browser, product: Product) -> AsyncIterator[Visits]:
    """Fails the test for whatever went wrong on a page."""
    visits = Visits(browser, product)
    yield visits
    await visits.close()
    assert visits.unexpected() == []
